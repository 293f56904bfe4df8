"""What waits for a reviewer, and what that reviewer has done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, QuerySet, Sum

from annotate.models import Assignment, Flag, Review, Submission


def queue(project_id: int, reviewer_id: int) -> QuerySet[Any, Any]:
    """Return ``{"conversation", "flags"}`` of what this person may review now, most open flags first.

    Left out are conversations where somebody sits, and those on which the person ever held a task.
    """
    conversation = OuterRef("conversation")
    sitting = Review.objects.filter(conversation=conversation, finished_at=None)
    held = Assignment.objects.filter(task__conversation=conversation, annotator=reviewer_id)
    answered = Submission.objects.filter(task__conversation=conversation, annotator=reviewer_id)
    return (
        Flag.objects.filter(project=project_id, status=Flag.Status.OPEN)
        .exclude(Exists(sitting))
        .exclude(Exists(held))
        .exclude(Exists(answered.exclude(origin=Submission.Origin.REVIEW)))
        .values("conversation")
        .annotate(flags=Count("pk"), oldest=Min("pk"))
        .order_by("-flags", "oldest")
    )


@dataclass(frozen=True, slots=True)
class QueuePage:
    """The page before a sitting: how much waits, where one sits, and one's latest reviews.

    How many flags there are is told, never of what kind: the verdict that follows is blind.
    """

    conversations: int
    flags: int
    own: Review | None
    finished: list[Review]
    finished_count: int


LATEST = 20


def queue_page(project_id: int, reviewer_id: int) -> QueuePage:
    """Return what the queue page shows, in four statements."""
    waiting = queue(project_id, reviewer_id).aggregate(
        conversations=Count("conversation"), total=Sum("flags")
    )
    mine = Review.objects.filter(project=project_id, reviewer=reviewer_id)
    finished = mine.exclude(finished_at=None).order_by("-finished_at", "-pk")
    return QueuePage(
        conversations=waiting["conversations"],
        flags=waiting["total"] or 0,
        own=mine.filter(finished_at=None).first(),
        finished=list(finished.annotate(flag_count=Count("flags"))[:LATEST]),
        finished_count=finished.count(),
    )
