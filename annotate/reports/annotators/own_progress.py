"""What a person has done in projects: how much, when, how fast. Days are UTC and begin at midnight.

The definitions hold wherever such numbers are shown: to the person, and to managers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Max, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from annotate.models import Assignment, Submission
from annotate.reports.sql import Median


def pace(*, with_followups: bool = True) -> Median:
    """Return the aggregate over submissions that is called pace: the usual time a task, in ms.

    It is the median active time of tasks' first submissions. A later revision holds the time of the change
    alone, and programs that submit may measure no time: neither says how long a task takes. Null without any.
    Follow-ups ask less than a task: where people are compared they are left out. What people see of themselves holds
    them, as hidden repeats.
    """
    timed = Q(origin=Submission.Origin.LIVE, revision=1, active_ms__gt=0)
    return Median("active_ms", filter=timed if with_followups else timed & Q(task__follows=None))


@dataclass(slots=True)
class OwnProgress:
    """One person's submitted tasks in one project; the week begins on Monday. ``pace_ms`` as `pace` says."""

    total: int = 0
    today: int = 0
    week: int = 0
    last_at: datetime | None = None
    pace_ms: float | None = None


def own_progress(user_id: int, projects: Iterable[int]) -> dict[int, OwnProgress]:
    """Return a person's progress in each of these projects, in two statements."""
    found = {project: OwnProgress() for project in projects}
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today - timedelta(days=today.weekday())
    submitted = Assignment.objects.filter(
        annotator=user_id, project__in=found, status=Assignment.Status.SUBMITTED
    )
    for row in submitted.values("project").annotate(
        total=Count("pk"),
        today=Count("pk", filter=Q(closed_at__gte=today)),
        week=Count("pk", filter=Q(closed_at__gte=monday)),
        last_at=Max("closed_at"),
    ):
        found[row["project"]] = OwnProgress(row["total"], row["today"], row["week"], row["last_at"])
    own = Submission.objects.filter(annotator=user_id, assignment__project__in=found)
    for project, pace_ms in (
        own.values("assignment__project").annotate(pace=pace()).values_list("assignment__project", "pace")
    ):
        found[project].pace_ms = pace_ms
    return found


@dataclass(frozen=True, slots=True)
class Day:
    """A day of one person in one project: ``tasks`` submitted, each once however often, and the time at them."""

    day: date
    tasks: int
    active_ms: int


def own_days(user_id: int, projects: Iterable[int], count: int) -> dict[int, list[Day]]:
    """Return by project today and the days before it, oldest first, the empty ones too. One statement."""
    today = timezone.now().date()
    days = [today - timedelta(days=back) for back in reversed(range(count))]
    found = {project: {day: Day(day, 0, 0) for day in days} for project in projects}
    rows = (
        Submission.objects.filter(
            annotator=user_id,
            assignment__project__in=found,
            origin=Submission.Origin.LIVE,
            created_at__date__range=(days[0], today),
        )
        .annotate(day=TruncDate("created_at"))
        .values("assignment__project", "day")
        .annotate(tasks=Count("assignment", distinct=True), active=Sum("active_ms"))
    )
    for row in rows:
        found[row["assignment__project"]][row["day"]] = Day(row["day"], row["tasks"], row["active"])
    return {project: list(by_day.values()) for project, by_day in found.items()}
