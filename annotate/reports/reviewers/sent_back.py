"""Work that a reviewer sends back to its annotator: what may be, what was, and what came of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from annotate.models import Assignment, Batch, Inquiry, InquiryMessage, Membership, Review, Submission
from annotate.reports.annotators.own_work import MAY_CHANGE
from annotate.reports.pseudonyms import pseudonyms
from annotate.reports.wording import person


@dataclass(frozen=True, slots=True)
class Returnable:
    """Somebody's submitted work that may be sent back; ``uid`` is the assignment's."""

    uid: uuid.UUID
    person: str
    may_change: bool


@dataclass(frozen=True, slots=True)
class Returned:
    """What was sent back in a sitting, what was written since, and whether the answers were revised."""

    thread: uuid.UUID
    person: str
    messages: list[tuple[bool, str, Any]]
    revised: bool
    resolved: bool


@dataclass(frozen=True, slots=True)
class SentBack:
    """A thread with an annotator: whether it was answered, and whether the work was revised since."""

    thread: uuid.UUID
    review: uuid.UUID
    person: str
    remark: str
    sent_at: datetime
    answered: bool
    revised: bool


def returnable(conversation_id: int) -> list[Returnable]:
    """Return submitted work on a conversation whose annotators are still there, in two statements."""
    numbers = pseudonyms([conversation_id])
    rows = submitted(conversation_id).annotate(may_change=MAY_CHANGE).order_by("pk")
    return sorted(
        (
            Returnable(one.uid, person(numbers[conversation_id, one.annotator_id]), one.may_change)
            for one in rows
            if (conversation_id, one.annotator_id) in numbers
        ),
        key=lambda one: one.person,
    )


def submitted(conversation_id: int) -> QuerySet[Assignment]:
    """Return submitted assignments on a conversation that hold labels, of people who still annotate."""
    there = Membership.objects.filter(
        project=OuterRef("project"), user=OuterRef("annotator"), role=Membership.Role.ANNOTATOR
    )
    return Assignment.objects.filter(
        Exists(there),
        task__conversation=conversation_id,
        task__is_gold=False,
        status=Assignment.Status.SUBMITTED,
    ).exclude(task__batch__purpose__in=Batch.PRACTICE)


def returned(review: Review) -> list[Returned]:
    """Return what was sent back in this sitting, in three statements."""
    numbers = pseudonyms([review.conversation_id])
    threads = (
        _with_revision(Inquiry.objects.filter(review=review)).prefetch_related("messages").order_by("pk")
    )
    return [
        Returned(
            thread=one.uid,
            person=person(numbers[review.conversation_id, one.asked_by_id]),
            messages=[
                (own.author_id == one.asked_by_id, own.text, own.created_at) for own in one.messages.all()
            ],
            revised=one.revised,
            resolved=one.resolved_at is not None,
        )
        for one in threads
    ]


def _with_revision(threads: QuerySet[Inquiry]) -> QuerySet[Any]:
    later = Submission.objects.filter(
        task=OuterRef("task"),
        annotator=OuterRef("asked_by"),
        origin=Submission.Origin.LIVE,
        created_at__gt=OuterRef("created_at"),
    )
    return threads.annotate(revised=Exists(later))


def sent_back_by(reviewer_id: int, project_id: int) -> list[SentBack]:
    """Return the unresolved threads that a reviewer began by sending work back, in two statements at most."""
    answer = InquiryMessage.objects.filter(inquiry=OuterRef("pk"), author=OuterRef("asked_by"))
    threads = Inquiry.objects.filter(
        review__reviewer=reviewer_id, project=project_id, review__isnull=False, resolved_at=None
    ).select_related("review")
    rows = list(_with_revision(threads).annotate(answered=Exists(answer)).order_by("-pk"))
    numbers = pseudonyms({one.review.conversation_id for one in rows})
    return [
        SentBack(
            thread=one.uid,
            review=one.review.uid,
            person=person(numbers[one.review.conversation_id, one.asked_by_id]),
            remark=one.review.remark,
            sent_at=one.created_at,
            answered=one.answered,
            revised=one.revised,
        )
        for one in rows
    ]


def waiting_for(user_id: int, projects: Iterable[int]) -> QuerySet[Any]:
    """Return the threads about work sent back to a person that were neither answered nor followed by a revision.

    Each has ``assignment`` (outside id), ``remark`` and ``may_change``. One statement.
    """
    answer = InquiryMessage.objects.filter(inquiry=OuterRef("pk"), author=OuterRef("asked_by"))
    first = InquiryMessage.objects.filter(inquiry=OuterRef("pk")).order_by("pk")
    own = Assignment.objects.filter(task=OuterRef("task"), annotator=user_id)
    threads = Inquiry.objects.filter(
        asked_by=user_id, project__in=projects, review__isnull=False, resolved_at=None
    )
    rows: QuerySet[Any] = (
        _with_revision(threads)
        .filter(~Exists(answer), Q(revised=False))
        .annotate(
            assignment=Subquery(own.values("uid")[:1]),
            may_change=Exists(own.filter(MAY_CHANGE)),
            remark=Subquery(first.values("text")[:1]),
            project_slug=F("project__slug"),
        )
        .order_by("pk")
    )
    return rows
