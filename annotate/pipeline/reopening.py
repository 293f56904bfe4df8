"""Taking one's own submitted work up again, its answers as the draft.

A person holds at most two tasks of a project. Where both hands are full, one that was only fetched ahead and
never touched goes back to the others, so that the way back is open while the next task lies ready.
"""

from __future__ import annotations

import logging
import uuid

import msgspec
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext

from annotate.models import Assignment, Membership, Note, Submission
from annotate.pipeline.answers import Answers, ComparisonAnswer, NoteAnswer, RatingAnswer, StepAnswer
from annotate.refusal import Conflict, Refusal
from annotate.reports.annotators.own_work import MAY_CHANGE

log = logging.getLogger(__name__)

_HAND_TRIES = 3
Status = Assignment.Status


def reopen(uid: uuid.UUID, user_id: int) -> None:
    """Take one's own submitted work up again, its answers as the draft, while the batch allows it.

    Raises Assignment.DoesNotExist for anybody else's, and for whoever no longer annotates in the project;
    Conflict for work that is not submitted or may not be changed, and when both hands hold begun work.
    """
    for _ in range(_HAND_TRIES):
        try:
            return _reopen(uid, user_id)
        except IntegrityError:
            # The same person's other tab filled the free hand at this very moment: look again.
            log.info("the hand for user %s was filled meanwhile", user_id)
    raise _hands_full()


@transaction.atomic
def _reopen(uid: uuid.UUID, user_id: int) -> None:
    found = (
        Assignment.objects.select_for_update(of=("self",))
        .annotate(may_change=MAY_CHANGE)
        .get(uid=uid, annotator_id=user_id)
    )
    if not Membership.objects.filter(
        project=found.project_id, user=user_id, role=Membership.Role.ANNOTATOR
    ).exists():
        raise Assignment.DoesNotExist
    if found.status != Status.SUBMITTED:
        raise Conflict.because("not_submitted", gettext("Only submitted work can be re-opened."))
    if not found.may_change:
        raise Conflict.because(
            "reopen_forbidden", gettext("This batch does not allow changing submitted work.")
        )
    hand = _free_hand(user_id, found.project_id)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE annotate_assignment
            SET status = 'active', closed_at = NULL, hand = %s, claimed_at = now(), lease_number = lease_number + 1,
                lease_expires_at = now() + %s * interval '1 second', draft = %s::jsonb,
                draft_sequence = draft_sequence + 1
            WHERE id = %s
            """,
            [hand, settings.LEASE_SECONDS, msgspec.json.encode(_answers_of(found)).decode(), found.pk],
        )
    log.info("assignment %s re-opened", found.pk)


# Whatever lies ready goes back, or the refusal would tell what it is; a closed task gets no slot.
_GIVE_BACK = """
WITH given_back AS (
    UPDATE annotate_assignment SET status = 'lapsed', closed_at = now()
    WHERE id = (
        SELECT id FROM annotate_assignment
        WHERE annotator_id = %s AND project_id = %s AND status = 'active' AND draft_sequence = 0
        ORDER BY claimed_at DESC, id DESC LIMIT 1 FOR UPDATE)
    RETURNING task_id, hand
)
UPDATE annotate_task SET open_slots = open_slots + (closed_at IS NULL)::int
FROM given_back WHERE annotate_task.id = given_back.task_id
RETURNING given_back.hand
"""


def _free_hand(user_id: int, project_id: int) -> int:
    """Return a hand that holds nothing; if need be, give back the untouched task that was claimed last."""
    busy = Assignment.objects.filter(annotator_id=user_id, project_id=project_id, status=Status.ACTIVE)
    free = {1, 2} - set(busy.values_list("hand", flat=True))
    if free:
        return min(free)
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, [user_id, project_id])
        row = cursor.fetchone()
    if row is None:
        raise _hands_full()
    return int(row[0])


def _hands_full() -> Refusal:
    return Conflict.because("hands_full", gettext("You hold two tasks already; finish or skip one first."))


def _answers_of(assignment: Assignment) -> Answers:
    """Return the latest submitted answers in the form in which they were sent.

    What mypy is told to ignore here: a column's type is any text, its constraint holds what the literal says.
    """
    latest = Submission.objects.filter(assignment=assignment).latest("revision")
    ratings = latest.ratings.select_related("response", "dimension").order_by("id")
    comparisons = latest.comparisons.select_related("left", "right", "dimension").order_by("id")
    notes = latest.notes.select_related("response", "left", "right", "dimension", "image").order_by("id")
    steps = latest.steps.select_related("response").order_by("id")
    return Answers(
        lease=assignment.lease_number + 1,
        ratings=[
            RatingAnswer(one.response.uid, one.dimension.key, one.value, one.state)  # type: ignore[arg-type]
            for one in ratings
        ],
        comparisons=[
            ComparisonAnswer(
                one.scope,  # type: ignore[arg-type]
                one.left.uid,
                one.right.uid,
                one.preference,
                one.dimension.key if one.dimension else None,
            )
            for one in comparisons
        ],
        notes=[_note_answer(one) for one in notes],
        steps=[StepAnswer(one.response.uid, one.index, one.value) for one in steps],  # type: ignore[arg-type]
    )


def _note_answer(note: Note) -> NoteAnswer:
    return NoteAnswer(
        kind=note.kind,  # type: ignore[arg-type]
        text=note.text,
        scope=note.scope,  # type: ignore[arg-type]
        response=note.response.uid if note.response else None,
        pair=(note.left.uid, note.right.uid) if note.left and note.right else None,
        dimension=note.dimension.key if note.dimension else None,
        image=note.image.uid if note.image else None,
    )
