"""The first page: each of a person's projects, own progress, whether work waits, what asks for attention."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, Func, OuterRef, Q, QuerySet

from annotate.models import Assignment, Batch, Membership, Review, Task
from annotate.reports.annotators.own_progress import Day, OwnProgress, own_days, own_progress
from annotate.reports.managers.waiting import waiting
from annotate.reports.reviewers.review_queue import conversations_waiting
from annotate.reports.reviewers.sent_back import waiting_for

DAYS = 14
Role = Membership.Role


@dataclass(slots=True)
class Card:
    """A project on the first page; the numbers are the person's own.

    ``waits``: a task could be claimed now; ``in_work``: one is held. ``days`` are there once a task is
    submitted. ``sent_back`` counts own work that a reviewer asks to look at again. ``reviews`` counts conversations to
    review; the three attention counts are for managers.
    """

    membership: Membership
    waits: bool
    in_work: bool
    progress: OwnProgress = field(default_factory=OwnProgress)
    days: list[Day] = field(default_factory=list)
    sent_back: int = 0
    reviews: int = 0
    own_reviews: int = 0
    problems: int = 0
    questions: int = 0
    paused: int = 0


def home(user_id: int) -> list[Card]:
    """Return a person's projects by name, in at most nine statements however many there are."""
    cards = {
        one.project_id: Card(
            one, waits=one.practice_waits if _is_gated(one) else one.work_waits, in_work=one.in_work
        )
        for one in _memberships(user_id)
    }
    by_role = {role: [one for one, card in cards.items() if card.membership.role == role] for role in Role}
    if by_role[Role.ANNOTATOR]:
        _add_own_work(cards, user_id)
    if by_role[Role.REVIEWER] or by_role[Role.MANAGER]:
        _add_reviews(cards, user_id, by_role[Role.REVIEWER] + by_role[Role.MANAGER])
    if by_role[Role.MANAGER]:
        _add_attention(cards, by_role[Role.MANAGER])
    return list(cards.values())


def _is_gated(membership: Membership) -> bool:
    """Return whether the person may do nothing but training and qualification yet."""
    return membership.project.qualification_required and membership.qualified_at is None


def _memberships(user_id: int) -> QuerySet[Any, Any]:
    """Return the memberships, each with whether practice or work waits or is in hand: looked for, never counted."""
    mine = Assignment.objects.filter(annotator=user_id)
    seen = mine.filter(task=OuterRef("pk")).exclude(status=Assignment.Status.LAPSED)
    reviewed = Review.objects.filter(conversation=OuterRef("conversation"), reviewer=user_id)
    team = Func(OuterRef("team"), template="ARRAY[%(expressions)s]::varchar[]")
    open_task = (
        Task.objects.filter(
            Q(batch__languages=[]) | Q(batch__languages__overlap=OuterRef("languages")),
            Q(batch__teams=[]) | Q(batch__teams__contains=team),
            batch__project=OuterRef("project"),
            batch__state=Batch.State.OPEN,
            open_slots__gt=0,
            is_gold=False,
            reserved_for=None,
        )
        .exclude(Exists(seen))
        .exclude(Exists(reviewed))
    )
    # Whoever met the conversation in a task with a key is not asked it again in real work.
    met = mine.filter(task__conversation=OuterRef("conversation"), task__gold_key__isnull=False)
    met = met.exclude(task=OuterRef("pk"))
    # A follow-up is for people who held no task of its conversation.
    told = Exists(mine.filter(task__conversation=OuterRef("conversation")).exclude(task=OuterRef("pk")))
    open_work = open_task.exclude(batch__purpose__in=Batch.PRACTICE).exclude(Exists(met))
    held = mine.filter(project=OuterRef("project"), status=Assignment.Status.ACTIVE)
    return (
        Membership.objects.filter(user=user_id)
        .select_related("project")
        .annotate(
            practice_waits=Exists(open_task.filter(batch__purpose__in=Batch.PRACTICE)),
            work_waits=Exists(open_work.exclude(told, follows__isnull=False)),
            in_work=Exists(held),
        )
        .order_by("project__name", "project_id")
    )


def _add_own_work(cards: dict[int, Card], user_id: int) -> None:
    days = own_days(user_id, cards, DAYS)
    for project, progress in own_progress(user_id, cards).items():
        cards[project].progress = progress
        if progress.total:
            cards[project].days = days[project]
    for thread in waiting_for(user_id, cards):
        cards[thread.project_id].sent_back += 1


def _add_reviews(cards: dict[int, Card], user_id: int, projects: list[int]) -> None:
    for project, count in conversations_waiting(projects, user_id).items():
        cards[project].reviews = count
    finished = Review.objects.filter(project__in=projects, reviewer=user_id, finished_at__isnull=False)
    for row in finished.values("project").annotate(count=Count("pk")):
        cards[row["project"]].own_reviews = row["count"]


def _add_attention(cards: dict[int, Card], projects: list[int]) -> None:
    for project, open_now in waiting(projects).items():
        cards[project].questions, cards[project].problems = open_now.questions, open_now.problems
    paused = Batch.objects.filter(project__in=projects, state=Batch.State.PAUSED)
    for batch in paused.values("project").annotate(count=Count("pk")):
        cards[batch["project"]].paused = batch["count"]
