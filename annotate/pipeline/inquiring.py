"""Questions to the lead: asked at work, answered by those who lead it, published for everybody where it helps.

What is published is a text of its own, worded by a lead and tied to no task and no person: the thread that it
came from stays between those who wrote it.
"""

from __future__ import annotations

import uuid

from django.db import transaction
from django.db.models.functions import Greatest, Now
from django.utils import timezone
from django.utils.translation import gettext

from annotate.models import Assignment, Dimension, Inquiry, InquiryMessage, Project
from annotate.refusal import Refusal

TEXT_LIMIT = 4_000


def _checked(text: str, path: str = "text") -> str:
    text = text.strip()
    if not text:
        raise Refusal.because("empty_text", gettext("Write something first."), path)
    if len(text) > TEXT_LIMIT:
        detail = gettext("A message holds at most %(limit)s characters.") % {"limit": f"{TEXT_LIMIT:,}"}
        raise Refusal.because("text_too_long", detail, path)
    return text


@transaction.atomic
def ask(
    project: Project,
    user_id: int,
    *,
    text: str,
    assignment: uuid.UUID | None = None,
    dimension: str | None = None,
) -> Inquiry:
    """Ask about one's own assignment, a dimension of the rubric, both, or the work in general; return it.

    The same words about the same thing while that question is open are the same question: sent twice is
    asked once. Refuses an assignment that is not one's own in this project, a dimension that the rubric
    lacks, and a text that is empty or too long.
    """
    text = _checked(text)
    task_id, about = _subject(project, user_id, assignment, dimension)
    same = Inquiry.objects.filter(
        project=project,
        asked_by=user_id,
        task=task_id,
        dimension=about,
        resolved_at=None,
        messages__text=text,
    ).first()
    if same is not None:
        return same
    made = Inquiry.objects.create(
        project=project, asked_by_id=user_id, task_id=task_id, dimension=about, seen_at=timezone.now()
    )
    InquiryMessage.objects.create(inquiry=made, author_id=user_id, text=text)
    return made


def _subject(
    project: Project, user_id: int, assignment: uuid.UUID | None, dimension: str | None
) -> tuple[int | None, Dimension | None]:
    """Return the task and the dimension that a question is about, or refuse them."""
    task_id, rubric_id = None, project.rubric_id
    if assignment is not None:
        row = (
            Assignment.objects.filter(uid=assignment, annotator=user_id, project=project)
            .values_list("task", "task__batch__rubric")
            .first()
        )
        if row is None:
            raise Refusal.because("unknown_assignment", gettext("This is not a task of yours."), "assignment")
        task_id, rubric_id = row
    if dimension is None:
        return task_id, None
    about = Dimension.objects.filter(rubric=rubric_id, key=dimension).first()
    if about is None:
        raise Refusal.because("unknown_dimension", gettext("The rubric has no such dimension."), "dimension")
    return task_id, about


@transaction.atomic
def write(inquiry: Inquiry, user_id: int, text: str) -> InquiryMessage:
    """Add a message to a thread; one by who asked opens it again."""
    text = _checked(text)
    # Messages of a thread come one after another, so that their times tell their order.
    Inquiry.objects.select_for_update(no_key=True).get(pk=inquiry.pk)
    made = InquiryMessage.objects.create(inquiry=inquiry, author_id=user_id, text=text)
    if user_id == inquiry.asked_by_id:
        Inquiry.objects.filter(pk=inquiry.pk).update(resolved_at=None)
    return made


def mark_seen(inquiry: Inquiry, message: uuid.UUID) -> None:
    """Record that who asked has seen the thread up to this message; it never goes back."""
    moment = (
        InquiryMessage.objects.filter(inquiry=inquiry, uid=message)
        .values_list("created_at", flat=True)
        .first()
    )
    if moment is None:
        raise Refusal.because("unknown_message", gettext("This message is not in the thread."), "message")
    Inquiry.objects.filter(pk=inquiry.pk).update(seen_at=Greatest("seen_at", moment))


def resolve(inquiry_id: int, *, resolved: bool) -> None:
    """Close the question, or open it again."""
    if resolved:
        Inquiry.objects.filter(pk=inquiry_id, resolved_at=None).update(resolved_at=Now())
    else:
        Inquiry.objects.filter(pk=inquiry_id, published=False).update(resolved_at=None)


@transaction.atomic
def publish(
    project_id: int, user_id: int, *, question: str, answer: str, dimension_id: int | None
) -> Inquiry:
    """Store a question with its answer, as worded here, for everybody in the project; return it."""
    question, answer = _checked(question, "question"), _checked(answer, "answer")
    now = timezone.now()
    made = Inquiry.objects.create(
        project_id=project_id,
        asked_by_id=user_id,
        dimension_id=dimension_id,
        published=True,
        resolved_at=now,
        seen_at=now,
    )
    for text in (question, answer):
        InquiryMessage.objects.create(inquiry=made, author_id=user_id, text=text)
    return made


@transaction.atomic
def reword(inquiry_id: int, *, question: str, answer: str, dimension_id: int | None) -> None:
    """Change the wording of what is published, and what it is about."""
    Inquiry.objects.filter(pk=inquiry_id, published=True).update(dimension=dimension_id)
    first, second = InquiryMessage.objects.filter(inquiry=inquiry_id, inquiry__published=True).order_by("pk")[
        :2
    ]
    for row, text in ((first, _checked(question, "question")), (second, _checked(answer, "answer"))):
        InquiryMessage.objects.filter(pk=row.pk).update(text=text)


def withdraw(inquiry_id: int) -> None:
    """Take back what was published."""
    Inquiry.objects.filter(pk=inquiry_id, published=True).delete()
