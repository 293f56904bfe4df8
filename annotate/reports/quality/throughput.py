"""How fast the work goes: by day and batch, what is left and how long that takes, what reviewers do. Days are UTC.

Real work alone: training, qualification and gold are in no number here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Min, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from annotate.models import Batch, Flag, Review
from annotate.reports.managers.progress import batch_progress
from annotate.reports.sql import IS_WORK

DAYS = 42
RECENT = 14


@dataclass(frozen=True, slots=True)
class DayWork:
    """A day: tasks submitted for the first time, what they hold, active time, how many people."""

    day: date
    tasks: int
    ratings: int
    comparisons: int
    active_ms: int
    people: int


@dataclass(frozen=True, slots=True)
class BatchWork:
    """A batch: tasks submitted in all and in the last 14 days, places left (open or in work), active time in all.

    ``days_left`` at the pace of the last 14 days; None where nothing was done in them.
    """

    name: str
    purpose: str
    state: str
    submitted: int
    recent: int
    left: int
    active_ms: int
    days_left: float | None


@dataclass(frozen=True, slots=True)
class DayReviews:
    """A day's finished reviews, and the active time in them."""

    day: date
    reviews: int
    active_ms: int


@dataclass(frozen=True, slots=True)
class ReviewQueue:
    """What waits for reviewers: open flags in so many conversations, since when; and flags that ask people first.

    ``days_left`` at the pace of the last 14 days in conversations; None where nothing was reviewed in them.
    """

    flags: int
    conversations: int
    waiting: int
    oldest_at: datetime | None
    days_left: float | None


@dataclass(frozen=True, slots=True)
class ThroughputReport:
    """The last 42 days, oldest first and empty ones too; batches by priority; the reviewers' part.

    ``task_ms``: mean active time of these days a task, changes included, follow-ups left out, which ask little.
    """

    days: list[DayWork]
    task_ms: float | None
    batches: list[BatchWork]
    reviews: list[DayReviews]
    queue: ReviewQueue
    left: int
    days_left: float | None


_DAYS = f"""
WITH done AS (
    SELECT submission.id, (submission.created_at AT TIME ZONE 'UTC')::date AS day, submission.annotator_id,
           submission.active_ms, submission.revision, task.follows_id IS NULL AS whole
    FROM annotate_submission submission JOIN annotate_task task ON task.id = submission.task_id
    JOIN annotate_batch batch ON batch.id = task.batch_id
    WHERE batch.project_id = %(project)s AND submission.origin = 'live' AND submission.created_at >= %(since)s AND
    {IS_WORK}
), first AS (SELECT id, day FROM done WHERE revision = 1),
rated AS (
    SELECT day, count(*) AS count FROM first JOIN annotate_rating rating ON rating.submission_id = first.id GROUP BY day
), compared AS (
    SELECT day, count(*) AS count FROM first JOIN annotate_comparison comparison ON comparison.submission_id = first.id
    GROUP BY day
)
SELECT done.day, count(*) FILTER (WHERE revision = 1), coalesce(max(rated.count), 0), coalesce(max(compared.count), 0),
       sum(active_ms)::bigint, count(DISTINCT annotator_id),
       count(*) FILTER (WHERE revision = 1 AND whole), coalesce(sum(active_ms) FILTER (WHERE whole), 0)::bigint
FROM done LEFT JOIN rated ON rated.day = done.day LEFT JOIN compared ON compared.day = done.day GROUP BY done.day
"""  # noqa: S608 - no value is pasted in

_BATCHES = f"""
SELECT batch.id, count(*) FILTER (WHERE submission.created_at >= %(recent)s AND submission.revision = 1),
       sum(submission.active_ms)::bigint
FROM annotate_submission submission JOIN annotate_task task ON task.id = submission.task_id
JOIN annotate_batch batch ON batch.id = task.batch_id
WHERE batch.project_id = %(project)s AND submission.origin = 'live' AND {IS_WORK} GROUP BY batch.id
"""  # noqa: S608


def throughput_report(project_id: int) -> ThroughputReport:
    """Return the report, in six statements."""
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    dates = [midnight.date() - timedelta(days=back) for back in reversed(range(DAYS))]
    since, recent = midnight - timedelta(days=DAYS - 1), midnight - timedelta(days=RECENT - 1)
    rows = _rows(_DAYS, project=project_id, since=since)
    found = {row[0]: DayWork(*row[:-2]) for row in rows}
    tasks, task_ms = (sum(row[place] for row in rows) for place in (-2, -1))
    batches = _batches(project_id, recent)
    left, done = sum(one.left for one in batches), sum(one.recent for one in batches)
    reviews = _reviews(project_id, dates)
    return ThroughputReport(
        days=[found.get(one, DayWork(one, 0, 0, 0, 0, 0)) for one in dates],
        task_ms=task_ms / tasks if tasks else None,
        batches=batches,
        reviews=reviews,
        queue=_queue(project_id, sum(one.reviews for one in reviews[-RECENT:])),
        left=left,
        days_left=_days_left(left, done),
    )


def _batches(project_id: int, recent: datetime) -> list[BatchWork]:
    done: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    done |= {row[0]: row[1:] for row in _rows(_BATCHES, project=project_id, recent=recent)}
    return [
        BatchWork(
            name=one.name,
            purpose=one.purpose,
            state=one.state,
            submitted=one.submitted,
            recent=done[pk][0],
            left=one.open + one.active,
            active_ms=done[pk][1],
            days_left=_days_left(one.open + one.active, done[pk][0]),
        )
        for pk, one in batch_progress(project_id).items()
        if one.purpose not in Batch.PRACTICE
    ]


def _reviews(project_id: int, dates: list[date]) -> list[DayReviews]:
    finished = Review.objects.filter(project=project_id, finished_at__date__gte=dates[0])
    by_day = finished.annotate(day=TruncDate("finished_at")).values("day")
    rows = by_day.annotate(count=Count("pk"), active=Sum("active_ms")).values_list("day", "count", "active")
    found = {day: DayReviews(day, count, active) for day, count, active in rows}
    return [found.get(one, DayReviews(one, 0, 0)) for one in dates]


def _queue(project_id: int, recent: int) -> ReviewQueue:
    is_open = Q(status=Flag.Status.OPEN)
    counts = Flag.objects.filter(project=project_id, conversation__isnull=False).aggregate(
        flags=Count("pk", filter=is_open),
        conversations=Count("conversation", filter=is_open, distinct=True),
        waiting=Count("pk", filter=Q(status=Flag.Status.WAITING)),
        oldest_at=Min("created_at", filter=is_open),
    )
    return ReviewQueue(**counts, days_left=_days_left(counts["conversations"], recent))


def _days_left(left: int, recent: int) -> float | None:
    if not left:
        return 0.0
    return left * RECENT / recent if recent else None


def _rows(statement: str, **parameters: int | datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
