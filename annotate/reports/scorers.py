"""How far the scorer runs of a project are, and what went wrong in them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, Subquery, Sum
from django.utils import timezone

from annotate.models import Conversation, Response, Score, ScorerRun
from annotate.reports.workers import ScoringWorker, scoring_workers

_LONGEST = 10 * 365 * 24 * 3600.0  # seconds; what takes longer has no date


@dataclass(frozen=True, slots=True)
class ErrorCount:
    """One kind of error in a run, with an example."""

    code: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class RunProgress:
    """A run: of ``total`` responses so many are scored, in error and left; seconds are of computing.

    ``oldest_unscored_at`` is the arrival of the oldest conversation with responses left. The workers
    that are at it score ``items_per_second`` together, and need ``seconds_left`` for the rest; both are
    None where no worker is at it, or where it has finished no batch yet.
    """

    id: uuid.UUID
    scorer: str
    model: str
    revision: str
    dtype: str
    image_budget: str
    configuration: dict[str, Any]
    trained: bool
    status: str
    error: str
    total: int
    scored: int
    errors: int
    left: int
    seconds: float
    updated_at: datetime
    oldest_unscored_at: datetime | None
    items_per_second: float | None
    seconds_left: float | None
    error_kinds: list[ErrorCount]

    @property
    def expected_at(self) -> datetime | None:
        """When it will be through at this pace."""
        if self.seconds_left is None:
            return None
        return timezone.now() + timedelta(seconds=min(self.seconds_left, _LONGEST))


def scorer_runs(project_id: int, workers: list[ScoringWorker] | None = None) -> list[RunProgress]:
    """Return the project's runs, the latest first, in five statements at most.

    ``workers`` are those that are alive, asked for here if not given.
    """
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
    unfinished = [run.pk for run in runs if counts.get(run.pk, (0,))[0] < total]
    oldest = _oldest_unscored(unfinished) if unfinished else {}
    speeds = _speeds(scoring_workers() if workers is None else workers)
    return [
        _progress(
            run,
            total,
            counts.get(run.pk, (0, 0, 0.0)),
            oldest_unscored_at=oldest.get(run.pk),
            items_per_second=speeds.get(run.pk),
            error_kinds=kinds.get(run.pk, []),
        )
        for run in runs
    ]


def _oldest_unscored(runs: list[int]) -> dict[int, datetime | None]:
    """Return when the first conversation arrived that has responses left, by run; they come by rising id."""
    scored = Score.objects.filter(run=OuterRef(OuterRef(OuterRef("pk"))), response=OuterRef("pk"))
    unscored = Response.objects.filter(~Exists(scored), turn__conversation=OuterRef("pk"))
    oldest = Conversation.objects.filter(Exists(unscored), project=OuterRef("project")).order_by("pk")
    found = ScorerRun.objects.filter(pk__in=runs).annotate(oldest=Subquery(oldest.values("created_at")[:1]))
    return dict(found.values_list("pk", "oldest"))


def _speeds(workers: list[ScoringWorker]) -> dict[int, float]:
    """Return how many responses a second the workers that are at a run score together."""
    speeds: dict[int, float] = {}
    for one in workers:
        if one.run_id is not None and one.items_per_second and one.is_at_work():
            speeds[one.run_id] = speeds.get(one.run_id, 0) + one.items_per_second
    return speeds


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


def _progress(run: ScorerRun, total: int, counts: tuple[int, int, float], **more: Any) -> RunProgress:  # noqa: ANN401
    answered, failed, seconds = counts
    speed = more["items_per_second"]
    return RunProgress(
        id=run.uid,
        scorer=run.scorer,
        model=run.model,
        revision=run.revision,
        dtype=run.dtype,
        image_budget=run.image_budget,
        configuration=run.configuration,
        trained=run.trained,
        status=run.status,
        error=run.error,
        total=total,
        scored=answered - failed,
        errors=failed,
        left=total - answered,
        seconds=seconds,
        updated_at=run.updated_at,
        seconds_left=(total - answered) / speed if speed else None,
        **more,
    )
