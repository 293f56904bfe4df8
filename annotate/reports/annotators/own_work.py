"""The tasks that a person has submitted or skipped in a project; nothing of others."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db.models import Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Left
from django.utils import timezone

from annotate.formats.masking import Masker
from annotate.models import Assignment, Batch, MessagePart, Project, Submission

WORDS = 160  # characters of a conversation's beginning
_READ = 2 * WORDS  # so that no name to be masked is cut in two before it is found
Status = Assignment.Status

# Where there are hidden repeats, a task is asked again of the person who did it after so many others and hours.
REPEAT_AFTER_TASKS = 20
REPEAT_AFTER_HOURS = 24

# What its person may still change. Whoever has seen the key cannot answer anew.
MAY_CHANGE = (
    Q(status=Status.SUBMITTED, task__batch__reopen_allowed=True)
    & ~Q(task__batch__state=Batch.State.CLOSED)
    & ~Assignment.SHOWS_KEY
)


def own_work(user_id: int, project_id: int) -> QuerySet[Assignment]:
    """Return a person's submitted and skipped assignments in a project, the newest first.

    Each has ``words`` (how its conversation begins, for `beginning`), ``revision`` and ``active_ms`` of its latest
    submission (None where it was skipped), ``may_change`` and ``is_out_of_sight``: one statement, whatever the number
    of rows.
    """
    latest = Submission.objects.filter(assignment=OuterRef("pk"), origin=Submission.Origin.LIVE).order_by(
        "-revision"
    )
    first = MessagePart.objects.filter(
        turn__conversation=OuterRef("task__conversation"), turn__parent=None, kind=MessagePart.Kind.TEXT
    ).order_by("position")
    return (
        Assignment.objects.filter(
            annotator=user_id, project=project_id, status__in=[Status.SUBMITTED, Status.SKIPPED]
        )
        .annotate(
            words=Left(Subquery(first.values("text")[:1]), _READ),
            revision=Subquery(latest.values("revision")[:1], output_field=IntegerField()),
            active_ms=Subquery(latest.values("active_ms")[:1], output_field=IntegerField()),
            minutes=F("active_ms") / 60_000.0,
            may_change=MAY_CHANGE,
            is_out_of_sight=Exists(out_of_sight(user_id, project_id).filter(pk=OuterRef("pk"))),
        )
        .order_by("-closed_at", "-pk")
    )


def out_of_sight(user_id: int, project_id: int) -> QuerySet[Assignment]:
    """Return a person's ended assignments whose answers they can no longer look up, as any may be asked again.

    All that is old enough to be repeated, whether it ever is or was: so nothing tells the ones from the others.
    """
    own = Assignment.objects.filter(annotator=user_id, project=project_id)
    nearest = own.order_by("-pk").values("pk")[REPEAT_AFTER_TASKS - 1 : REPEAT_AFTER_TASKS]
    return own.filter(
        project__repeat_share__gt=0,
        closed_at__lt=timezone.now() - timedelta(hours=REPEAT_AFTER_HOURS),
        pk__lt=Subquery(nearest),
    )


def last_changeable(user_id: int, project_id: int) -> uuid.UUID | None:
    """Return the assignment that the person submitted last and may still change. One statement."""
    return own_work(user_id, project_id).filter(MAY_CHANGE).values_list("uid", flat=True).first()


def beginning(words: str | None, project: Project) -> str:
    """Return how a conversation begins as annotators may read it: the project's names masked."""
    mask = Masker.of(tuple(project.masked_names))
    return (mask.text(words or "") if mask else words or "")[:WORDS]
