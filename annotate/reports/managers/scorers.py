"""How far the scorer runs of a project are, and what went wrong in them."""

from __future__ import annotations

import logging
import uuid
from contextlib import suppress
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Exists, Min, OuterRef, Q, Subquery, Sum
from django.utils import timezone
from redis.exceptions import RedisError

from annotate.models import Conversation, Response, Score, ScorerRun
from annotate.reports.managers.workers import ScoringWorker, scoring_workers

log = logging.getLogger(__name__)

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


def scorer_runs(
    project_id: int, workers: list[ScoringWorker] | None = None, total: int | None = None
) -> list[RunProgress]:
    """Return the project's runs, the latest first, in five statements at most.

    ``workers`` are those that are alive, ``total`` is how many responses there are: both are asked for here if not
    given.
    """
    runs = list(ScorerRun.objects.filter(project=project_id).order_by("-updated_at", "-pk"))
    if not runs:
        return []
    if total is None:
        total = Response.objects.filter(turn__conversation__project=project_id).count()
    counts = _counts(runs)
    unfinished = [run.pk for run in runs if counts[run.pk].answered < total]
    oldest = _oldest_unscored(unfinished) if unfinished else {}
    speeds = _speeds(scoring_workers() if workers is None else workers)
    return [
        _progress(
            run,
            total,
            counts[run.pk],
            oldest_unscored_at=oldest.get(run.pk),
            items_per_second=speeds.get(run.pk),
        )
        for run in runs
    ]


@dataclass(frozen=True, slots=True)
class _Counts:
    """What a run has done: responses answered, of these failed, and how; seconds of computing."""

    answered: int = 0
    failed: int = 0
    seconds: float = 0.0
    kinds: tuple[tuple[str, int, str], ...] = ()


def _counts(runs: list[ScorerRun]) -> dict[int, _Counts]:
    """Return what each run has done; what was counted is kept until the run changes.

    To count is to pass over all scores of a run: seconds, where they lie on the disk.
    """
    keys = {run.pk: f"scores-counted:{run.uid}" for run in runs}
    try:
        kept = cache.get_many(keys.values())
    except RedisError as error:
        log.warning("what was counted of scorer runs is not at hand: %s", type(error).__name__)
        kept = {}
    found = {}
    for run in runs:
        changed_at, *numbers = kept.get(keys[run.pk], (None,))
        if changed_at == run.updated_at:
            found[run.pk] = _Counts(*numbers)
    new = [run for run in runs if run.pk not in found]
    counted = _counted([run.pk for run in new]) if new else {}
    found |= {run.pk: counted.get(run.pk, _Counts()) for run in new}
    with suppress(RedisError):
        cache.set_many({keys[run.pk]: (run.updated_at, *astuple(found[run.pk])) for run in new}, None)
    return found


def _counted(runs: list[int]) -> dict[int, _Counts]:
    # A scorer that speaks per dimension has several rows per response.
    rows = list(
        Score.objects.filter(run__in=runs)
        .values("run")
        .annotate(
            answered=Count("response", distinct=True),
            failed=Count("response", distinct=True, filter=Q(value=None)),
            seconds=Sum("seconds"),
        )
        .values_list("run", "answered", "failed", "seconds")
    )
    kinds = _error_kinds([run for run, _, failed, _ in rows if failed])
    return {
        run: _Counts(answered, failed, seconds, tuple(kinds.get(run, ())))
        for run, answered, failed, seconds in rows
    }


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


def _error_kinds(runs: list[int]) -> dict[int, list[tuple[str, int, str]]]:
    """Return code, count and an example of each kind of error, by run."""
    if not runs:
        return {}
    rows = (
        Score.objects.filter(run__in=runs, value=None)
        .values("run", "error_code")
        .annotate(count=Count("pk"), example=Min("error_detail"))
        .order_by("run", "-count", "error_code")
    )
    kinds: dict[int, list[tuple[str, int, str]]] = {}
    for row in rows:
        kinds.setdefault(row["run"], []).append((row["error_code"], row["count"], row["example"]))
    return kinds


def _progress(run: ScorerRun, total: int, counts: _Counts, **more: Any) -> RunProgress:  # noqa: ANN401
    speed, left = more["items_per_second"], total - counts.answered
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
        scored=counts.answered - counts.failed,
        errors=counts.failed,
        left=left,
        seconds=counts.seconds,
        updated_at=run.updated_at,
        seconds_left=left / speed if speed else None,
        error_kinds=[ErrorCount(*one) for one in counts.kinds],
        **more,
    )
