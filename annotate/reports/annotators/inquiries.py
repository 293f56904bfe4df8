"""Questions to the lead: as who asked sees them, without a name; and as the leads do."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery

from annotate.models import Assignment, Inquiry, InquiryMessage, MessagePart, Turn
from annotate.questions import read_tree
from annotate.reports.turns import TurnShown, turns_shown

OWN = 50  # of one's own questions, the latest
PUBLISHED = 200
PER_PAGE = 25
WORDS = 160


@dataclass(frozen=True, slots=True)
class Message:
    """One message; its author is oneself ("you") or somebody who leads ("lead"), never a name."""

    id: uuid.UUID
    author: Literal["you", "lead"]
    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Thread:
    """One's own question: ``assignment`` is one's own on its task, ``unseen`` says that an answer is new."""

    id: uuid.UUID
    assignment: uuid.UUID | None
    dimension: str | None
    resolved: bool
    unseen: bool
    messages: list[Message]


@dataclass(frozen=True, slots=True)
class Published:
    """A question with its answer, for everybody."""

    id: uuid.UUID
    dimension: str | None
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Inquiries:
    """What a person sees: own questions, the latest first, and what is published."""

    unseen: int
    own: list[Thread]
    published: list[Published]


def _answers() -> QuerySet[InquiryMessage]:
    """Return, inside a query of inquiries, the messages that are not by who asked."""
    return InquiryMessage.objects.filter(inquiry=OuterRef("pk")).exclude(author=OuterRef("asked_by"))


def _own(project_id: int, user_id: int) -> QuerySet[Inquiry]:
    return Inquiry.objects.filter(project=project_id, asked_by=user_id, published=False)


def unseen(project_id: int, user_id: int) -> int:
    """Return how many of one's own questions have an answer that one has not seen."""
    new = _answers().filter(created_at__gt=OuterRef("seen_at"))
    return _own(project_id, user_id).filter(Exists(new)).count()


def inquiries_of(project_id: int, user_id: int) -> Inquiries:
    """Return one's own questions and what is published, in four statements."""
    assignment = Assignment.objects.filter(task=OuterRef("task"), annotator=user_id)
    rows = (
        _own(project_id, user_id)
        .select_related("dimension")
        .prefetch_related("messages")
        .annotate(assignment=Subquery(assignment.values("uid")[:1]))
        .order_by("-pk")[:OWN]
    )
    threads = [_thread(one) for one in rows]
    return Inquiries(sum(one.unseen for one in threads), threads, published(project_id))


def _thread(row: Any) -> Thread:  # noqa: ANN401 - an inquiry with its annotation
    messages = list(row.messages.all())
    seen = row.seen_at or row.created_at
    return Thread(
        id=row.uid,
        assignment=row.assignment,
        dimension=row.dimension.key if row.dimension else None,
        resolved=row.resolved_at is not None,
        unseen=any(one.author_id != row.asked_by_id and one.created_at > seen for one in messages),
        messages=[
            Message(one.uid, "you" if one.author_id == row.asked_by_id else "lead", one.text, one.created_at)
            for one in messages
        ],
    )


def published(project_id: int) -> list[Published]:
    """Return what is published in a project, the latest first, in two statements."""
    rows = (
        Inquiry.objects.filter(project=project_id, published=True)
        .select_related("dimension")
        .prefetch_related("messages")
        .order_by("-pk")[:PUBLISHED]
    )
    found = []
    for one in rows:
        texts = [message.text for message in one.messages.all()]
        found.append(
            Published(one.uid, one.dimension.key if one.dimension else None, texts[0], "\n\n".join(texts[1:]))
        )
    return found


def inquiry_page(project_id: int, *, state: str = "", number: str | int = 1) -> Page[Any]:
    """Return a page of a project's questions for its leads, open ones first, then the latest, in two statements.

    Each row has ``question``, ``message_count``, ``begins`` (of its conversation) and ``waits``: the last word is
    the asker's. ``state`` "open" or "resolved" leaves out the others; what is published is not among them, nor
    what reviewers sent back, which would tell another reviewer of the same conversation.
    """
    messages = InquiryMessage.objects.filter(inquiry=OuterRef("pk"))
    first = Turn.objects.filter(conversation=OuterRef("task__conversation"), parent=None).order_by("pk")
    begins = MessagePart.objects.filter(kind="text", turn=OuterRef("turn_id")).order_by("position")
    rows = Inquiry.objects.filter(project=project_id, published=False, review=None)
    if state == "open":
        rows = rows.filter(resolved_at=None)
    elif state == "resolved":
        rows = rows.filter(resolved_at__isnull=False)
    rows = (
        rows.select_related("asked_by", "dimension")
        .annotate(
            question=Subquery(messages.order_by("pk").values("text")[:1]),
            last_author=Subquery(messages.order_by("-pk").values("author")[:1]),
            last_at=Subquery(messages.order_by("-pk").values("created_at")[:1]),
            message_count=Count("messages"),
            turn_id=Subquery(first.values("pk")[:1]),
        )
        .annotate(begins=Subquery(begins.values("text")[:1]))
        .order_by(F("resolved_at").desc(nulls_first=True), "-pk")
    )
    return Paginator(rows, PER_PAGE).get_page(number)


def task_shown(inquiry: Inquiry) -> list[TurnShown]:
    """Return the conversation of a question's task as who asked sees it, letters included; no labels.

    Empty where the question is about no task.
    """
    if inquiry.task is None:
        return []
    shown_order = (
        Assignment.objects.filter(task=inquiry.task_id, annotator=inquiry.asked_by_id)
        .values_list("shown_order", flat=True)
        .first()
    )
    place = {response: index for index, response in enumerate(shown_order or [])}
    tree = read_tree(inquiry.task.pk, content=False)

    def arrange(rows: list[Any]) -> None:
        rows.sort(key=lambda one: place.get(one.pk, one.pk))

    return [turn for turn, _ in turns_shown(inquiry.task.conversation_id, arrange, tree.responses)]


def thread_of(inquiry_id: int) -> QuerySet[InquiryMessage]:
    """Return a thread's messages in order, with their authors."""
    return InquiryMessage.objects.filter(inquiry=inquiry_id).select_related("author").order_by("pk")
