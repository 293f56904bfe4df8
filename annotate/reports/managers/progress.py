"""How far the work of a project is: in all, by batch, by day, by person.

Gold tasks and repeats are in no batch's numbers, and training and qualification in no sum: they have room for
everybody, so there is no end to be near. What people did there counts for the person and for the day.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from annotate.models import Assignment, Batch, Conversation, Membership, Response, Review, Submission, Task

DAYS = 14
_ALL = Q()
_NOTHING: dict[str, Any] = {"submitted": 0, "active": 0, "skipped": 0, "last_at": None}


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """A batch: of ``places`` (one per task and person wanted) so many are submitted, in work and open.

    Training and qualification want nobody in particular: their places are those taken.
    """

    name: str
    purpose: str
    state: str
    tasks: int
    places: int
    submitted: int
    active: int
    open: int
    skipped: int


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many submissions a day (UTC) brought, revisions included."""

    day: date
    submissions: int


@dataclass(frozen=True, slots=True)
class Progress:
    """A project's numbers; the sums of its batches of real work stand beside what it holds."""

    conversations: int
    responses: int
    tasks: int
    places: int
    submitted: int
    active: int
    open: int
    skipped: int
    batches: list[BatchProgress]
    days: list[DayCount]


def progress(project_id: int) -> Progress:
    """Return how far a project is, in five statements."""
    batches = list(batch_progress(project_id).values())
    real = [one for one in batches if one.purpose not in Batch.PRACTICE]
    return Progress(
        conversations=Conversation.objects.filter(project=project_id).count(),
        responses=Response.objects.filter(turn__conversation__project=project_id).count(),
        tasks=sum(one.tasks for one in real),
        places=sum(one.places for one in real),
        submitted=sum(one.submitted for one in real),
        active=sum(one.active for one in real),
        open=sum(one.open for one in real),
        skipped=sum(one.skipped for one in real),
        batches=batches,
        days=_days(project_id),
    )


def batch_progress(project_id: int) -> dict[int, BatchProgress]:
    """Return how far each batch with tasks is, by its inside id, as they are served; gold and repeats aside."""
    held = _held_by("task__batch", project_id, Q(task__is_gold=False, task__reserved_for=None))
    rows = (
        Task.objects.filter(batch__project=project_id, is_gold=False, reserved_for=None)
        .values("batch", "batch__name", "batch__purpose", "batch__state")
        .annotate(tasks=Count("pk"), places=Sum("overlap"), open=Sum("open_slots"))
        .order_by("-batch__priority", "batch")
    )
    return {row["batch"]: _batch(row, held.get(row["batch"], _NOTHING)) for row in rows}


def _batch(row: Mapping[str, Any], held: dict[str, Any]) -> BatchProgress:
    is_practice = row["batch__purpose"] in Batch.PRACTICE
    return BatchProgress(
        name=row["batch__name"],
        purpose=row["batch__purpose"],
        state=row["batch__state"],
        tasks=row["tasks"],
        places=held["submitted"] + held["active"] if is_practice else row["places"],
        submitted=held["submitted"],
        active=held["active"],
        open=0 if is_practice else row["open"],
        skipped=held["skipped"],
    )


def _held_by(column: str, project_id: int, which: Q = _ALL) -> dict[int, dict[str, Any]]:
    """Return how many assignments are submitted, active and skipped, and when the last was closed."""
    rows = (
        Assignment.objects.filter(which, project=project_id)
        .values(column)
        .annotate(
            submitted=Count("pk", filter=Q(status=Assignment.Status.SUBMITTED)),
            active=Count("pk", filter=Q(status=Assignment.Status.ACTIVE)),
            skipped=Count("pk", filter=Q(status=Assignment.Status.SKIPPED)),
            last_at=Max("closed_at"),
        )
    )
    return {row[column]: dict(row) for row in rows}


def _days(project_id: int) -> list[DayCount]:
    today = timezone.now().date()
    first = today - timedelta(days=DAYS - 1)
    counts = dict(
        Submission.objects.filter(
            assignment__project=project_id, origin=Submission.Origin.LIVE, created_at__date__gte=first
        )
        .annotate(day=TruncDate("created_at"))
        .values("day")
        .annotate(count=Count("pk"))
        .values_list("day", "count")
    )
    days = [first + timedelta(days=number) for number in range(DAYS)]
    return [DayCount(day, counts.get(day, 0)) for day in days]


@dataclass(frozen=True, slots=True)
class MemberProgress:
    """A person in the project and what they have done there."""

    id: uuid.UUID
    username: str
    role: str
    team: str
    languages: list[str]
    submitted: int
    active: int
    skipped: int
    reviews: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class HeadCount:
    """How many people there are, by role, and how many of them worked in the last seven days."""

    annotators: int
    reviewers: int
    managers: int
    recent: int


def head_count(project_id: int) -> HeadCount:
    """Return how many people take part in a project, in two statements."""
    role = Membership.Role
    counts = Membership.objects.filter(project=project_id).aggregate(
        annotators=Count("pk", filter=Q(role=role.ANNOTATOR)),
        reviewers=Count("pk", filter=Q(role=role.REVIEWER)),
        managers=Count("pk", filter=Q(role=role.MANAGER)),
    )
    since = timezone.now() - timedelta(days=7)
    recent = Assignment.objects.filter(project=project_id, closed_at__gte=since)
    return HeadCount(**counts, recent=recent.aggregate(count=Count("annotator", distinct=True))["count"])


def members(project_id: int) -> list[MemberProgress]:
    """Return the project's people by role and name, in three statements."""
    done = _held_by("annotator", project_id)
    reviews = _finished_reviews(project_id)
    return [
        MemberProgress(
            id=one.user.uid,
            username=one.user.username,
            role=one.role,
            team=one.team,
            languages=one.languages,
            submitted=done.get(one.user_id, _NOTHING)["submitted"],
            active=done.get(one.user_id, _NOTHING)["active"],
            skipped=done.get(one.user_id, _NOTHING)["skipped"],
            reviews=reviews.get(one.user_id, 0),
            last_at=done.get(one.user_id, _NOTHING)["last_at"],
        )
        for one in Membership.objects.filter(project=project_id)
        .select_related("user")
        .order_by("role", "user__username")
    ]


def _finished_reviews(project_id: int) -> dict[int, int]:
    return dict(
        Review.objects.filter(project=project_id)
        .exclude(finished_at=None)
        .values("reviewer")
        .annotate(count=Count("pk"))
        .values_list("reviewer", "count")
    )
