"""How far the scorer runs of a project are, and what went wrong in them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, Sum

from annotate.models import Response, Score, ScorerRun


@dataclass(frozen=True, slots=True)
class ErrorCount:
    """One kind of error in a run, with an example."""

    code: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class RunProgress:
    """A run: of ``total`` responses so many are scored, in error and left; seconds are of computing."""

    id: uuid.UUID
    scorer: str
    model: str
    revision: str
    trained: bool
    status: str
    error: str
    total: int
    scored: int
    errors: int
    left: int
    seconds: float
    updated_at: datetime
    error_kinds: list[ErrorCount]


def scorer_runs(project_id: int) -> list[RunProgress]:
    """Return the project's runs, the latest first, in four statements at most."""
    runs = list(ScorerRun.objects.filter(project=project_id).order_by("-updated_at", "-pk"))
    if not runs:
        return []
    total = Response.objects.filter(turn__conversation__project=project_id).count()
    # A scorer that speaks per dimension has several rows per response.
    counts = {
        run: (answered, failed, seconds)
        for run, answered, failed, seconds in Score.objects.filter(run__in=runs)
        .values("run")
        .annotate(
            answered=Count("response", distinct=True),
            failed=Count("response", distinct=True, filter=Q(value=None)),
            seconds=Sum("seconds"),
        )
        .values_list("run", "answered", "failed", "seconds")
    }
    kinds = _error_kinds(runs)
    return [_progress(run, total, *counts.get(run.pk, (0, 0, 0.0)), kinds.get(run.pk, [])) for run in runs]


def _error_kinds(runs: list[ScorerRun]) -> dict[int, list[ErrorCount]]:
    rows = (
        Score.objects.filter(run__in=runs, value=None)
        .values("run", "error_code")
        .annotate(count=Count("pk"), example=Min("error_detail"))
        .order_by("run", "-count", "error_code")
    )
    kinds: dict[int, list[ErrorCount]] = {}
    for row in rows:
        kinds.setdefault(row["run"], []).append(ErrorCount(row["error_code"], row["count"], row["example"]))
    return kinds


def _progress(  # noqa: PLR0913, PLR0917 - one row of the answer
    run: ScorerRun, total: int, answered: int, failed: int, seconds: float, kinds: list[ErrorCount]
) -> RunProgress:
    return RunProgress(
        id=run.uid,
        scorer=run.scorer,
        model=run.model,
        revision=run.revision,
        trained=run.trained,
        status=run.status,
        error=run.error,
        total=total,
        scored=answered - failed,
        errors=failed,
        left=total - answered,
        seconds=seconds,
        updated_at=run.updated_at,
        error_kinds=kinds,
    )
