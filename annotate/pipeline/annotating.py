"""One person at work on one task: read, draft, submit, skip, re-open.

Every function names the assignment by its outside id together with its person: somebody else's raises
``Assignment.DoesNotExist``, like one that never was, and so does one's own for whoever is no longer an
annotator of the project: reviewers and managers see what others said.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from annotate.models import Assignment, Image, Membership, Note, Submission
from annotate.pipeline.answers import (
    Answers,
    Checked,
    ComparisonAnswer,
    NoteAnswer,
    Question,
    RatingAnswer,
    StepAnswer,
    check,
)
from annotate.questions import asked, dimensions_of, read_tree
from annotate.refusal import Conflict, Problem, Refusal
from inference.steps import SPLITTER_VERSION

log = logging.getLogger(__name__)

DRAFT_LIMIT = 1024 * 1024
ACTIVE_LIMIT = 2**31 - 1  # milliseconds, the column's; a task can be held for longer
_HAND_TRIES = 3
Status = Assignment.Status


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a submit answers; the same again for the same key and body."""

    uid: uuid.UUID
    revision: int
    project_id: int


@dataclass(frozen=True, slots=True)
class _Work:
    """An assignment, locked, with what checking its answers needs and the submission of the same key."""

    id: int
    status: str
    lease_number: int
    task_id: int
    project_id: int
    asks: str | None
    rubric_id: int
    preference_scale: int
    tie_allowed: bool
    held_ms: int
    replay_uid: uuid.UUID | None
    replay_sha256: str | None
    replay_revision: int | None


_LOCK = """
SELECT assignment.id, assignment.status, assignment.lease_number, assignment.task_id, assignment.project_id,
       task.asks::text, batch.rubric_id, batch.preference_scale, batch.tie_allowed,
       (extract(epoch FROM now() - assignment.claimed_at) * 1000)::bigint,
       replay.uid, replay.body_sha256, replay.revision
FROM annotate_assignment assignment
JOIN annotate_task task ON task.id = assignment.task_id
JOIN annotate_batch batch ON batch.id = task.batch_id
JOIN annotate_membership membership
  ON membership.project_id = assignment.project_id AND membership.user_id = assignment.annotator_id
    AND membership.role = 'annotator'
LEFT JOIN annotate_submission replay
  ON replay.assignment_id = assignment.id AND replay.origin = 'live' AND replay.idempotency_key = %s
WHERE assignment.uid = %s AND assignment.annotator_id = %s
FOR UPDATE OF assignment
"""


def _lock(uid: uuid.UUID, user_id: int, key: str = "") -> _Work:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [key, uid, user_id])
        row = cursor.fetchone()
    if row is None:
        raise Assignment.DoesNotExist
    return _Work(*row)


@transaction.atomic
def submit(uid: uuid.UUID, user_id: int, *, body: Answers, key: str, sha256: str) -> Receipt:
    """Store the answers as the assignment's next revision and close it.

    ``key`` is the caller's Idempotency-Key, ``sha256`` the hex hash of the body as sent: the same key
    and body get the same receipt, whatever happened since; the same key with another body, or a lease
    that someone else took, is a Conflict. Answers that are wrong or missing raise Refusal; nothing is
    stored then, and the draft stays.
    """
    work = _lock(uid, user_id, key)
    if work.status != Status.ACTIVE and work.replay_uid is None:
        # Whoever waited for the lock sees the state after it, but not the submission made meanwhile.
        work = _lock(uid, user_id, key)
    if work.replay_uid is not None and work.replay_revision is not None:
        if work.replay_sha256 != sha256:
            raise Conflict.because(
                "key_reused", "This Idempotency-Key was used for other answers.", "Idempotency-Key"
            )
        return Receipt(work.replay_uid, work.replay_revision, work.project_id)
    _must_hold(work, body.lease)
    tree = read_tree(work.task_id, content=False)
    dimensions = dimensions_of(work.rubric_id)
    asks = None if work.asks is None else msgspec.json.decode(work.asks)
    question = Question(
        tree,
        dimensions,
        asked(tree, dimensions, asks),
        narrowed=asks is not None,
        preference_scale=work.preference_scale,
        tie_allowed=work.tie_allowed,
    )
    checked = check(body, question)
    images = _images(checked, tree_responses=list(tree.responses))
    if checked.problems:
        raise Refusal(checked.problems)
    active_ms = max(0, min(body.active_ms, work.held_ms, ACTIVE_LIMIT))
    return _store(work, user_id, checked, images, {"key": key, "sha256": sha256, "active_ms": active_ms})


def _must_hold(work: _Work, lease: int) -> None:
    """Refuse who no longer holds the task; an expired lease that nobody took still counts."""
    if work.status == Status.SUBMITTED:
        raise Conflict.because(
            "already_submitted", "This task was already submitted; re-open it to change answers."
        )
    if work.status == Status.SKIPPED:
        raise Conflict.because("skipped", "You skipped this task.")
    if work.status == Status.LAPSED:
        raise Conflict.because(
            "lease_taken", "The lease ran out and someone else took this task. Your draft is kept.", "lease"
        )
    if work.lease_number != lease:
        raise Conflict.because(
            "lease_stale",
            "This task was taken up again elsewhere, in another tab perhaps. Load it anew.",
            "lease",
        )


def _images(checked: Checked, tree_responses: list[int]) -> dict[uuid.UUID, int]:
    """Return the ids of the images that notes name; one that is not on a response of the task is a problem."""
    wanted = {row[6] for row in checked.notes if row[6] is not None}
    if not wanted:
        return {}
    rows = Image.objects.filter(uid__in=wanted, parts__response__in=tree_responses).values_list("uid", "id")
    found = dict(rows)
    for index, row in enumerate(checked.notes):
        if row[6] is not None and row[6] not in found:
            detail = "This image is not on a response of this task."
            checked.problems.append(Problem("foreign_image", detail, f"notes[{index}].image"))
    return found


_STORE = """
WITH closed AS (
    UPDATE annotate_assignment SET status = 'submitted', closed_at = now(), draft = NULL WHERE id = %(assignment)s
), submission AS (
    INSERT INTO annotate_submission (task_id, annotator_id, assignment_id, rubric_id, origin, revision,
                                     idempotency_key, body_sha256, active_ms)
    SELECT %(task)s, %(annotator)s, %(assignment)s, %(rubric)s, 'live',
           1 + (SELECT count(*) FROM annotate_submission WHERE assignment_id = %(assignment)s),
           %(key)s, %(sha256)s, %(active_ms)s
    RETURNING id, uid, revision
), rating AS (
    INSERT INTO annotate_rating (submission_id, response_id, dimension_id, value, state)
    SELECT submission.id, answer.* FROM submission,
        unnest(%(r0)s::bigint[], %(r1)s::bigint[], %(r2)s::smallint[], %(r3)s::varchar[]) answer
), comparison AS (
    INSERT INTO annotate_comparison (submission_id, scope, left_id, right_id, dimension_id, preference)
    SELECT submission.id, answer.* FROM submission,
        unnest(%(c0)s::varchar[], %(c1)s::bigint[], %(c2)s::bigint[], %(c3)s::bigint[], %(c4)s::smallint[]) answer
), note AS (
    INSERT INTO annotate_note (submission_id, kind, scope, response_id, left_id, right_id, dimension_id, image_id,
                               text)
    SELECT submission.id, answer.* FROM submission,
        unnest(%(n0)s::varchar[], %(n1)s::varchar[], %(n2)s::bigint[], %(n3)s::bigint[], %(n4)s::bigint[],
               %(n5)s::bigint[], %(n6)s::bigint[], %(n7)s::text[]) answer
), step AS (
    INSERT INTO annotate_steplabel (submission_id, response_id, index, value, splitter_version)
    SELECT submission.id, answer.*, %(splitter)s FROM submission,
        unnest(%(s0)s::bigint[], %(s1)s::smallint[], %(s2)s::smallint[]) answer
)
SELECT uid, revision FROM submission
"""


def _columns(letter: str, width: int, rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """Return rows as the columns that ``unnest`` takes: ``{"r0": [...], "r1": [...]}``."""
    return {f"{letter}{index}": [row[index] for row in rows] for index in range(width)}


def _store(
    work: _Work, user_id: int, checked: Checked, images: dict[uuid.UUID, int], submission: dict[str, Any]
) -> Receipt:
    notes = [(*row[:6], images[row[6]] if row[6] else None, row[7]) for row in checked.notes]
    parameters = {
        "assignment": work.id,
        "task": work.task_id,
        "annotator": user_id,
        "rubric": work.rubric_id,
        "splitter": SPLITTER_VERSION,
        **submission,
        **_columns("r", 4, checked.ratings),
        **_columns("c", 5, checked.comparisons),
        **_columns("n", 8, notes),
        **_columns("s", 3, checked.steps),
    }
    with connection.cursor() as cursor:
        cursor.execute(_STORE, parameters)
        uid, revision = cursor.fetchone()
    log.info("assignment %s submitted, revision %s", work.id, revision)
    return Receipt(uid, revision, work.project_id)


def save_draft(
    uid: uuid.UUID, user_id: int, *, lease: int, base: int, body: dict[str, Any]
) -> tuple[int, datetime]:
    """Store a draft built on sequence ``base``, renew the lease; return the new sequence and expiry.

    A stale base is a Conflict that carries the stored draft, so that the page can merge the two.
    """
    encoded = msgspec.json.encode(body)
    if len(encoded) > DRAFT_LIMIT:
        raise Refusal.because("draft_too_large", f"A draft holds at most {DRAFT_LIMIT:,} bytes.", "body")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE annotate_assignment
            SET draft = %s::jsonb, draft_sequence = draft_sequence + 1,
                lease_expires_at = now() + %s * interval '1 second'
            WHERE uid = %s AND annotator_id = %s AND status = 'active' AND lease_number = %s AND draft_sequence = %s
              AND EXISTS (SELECT FROM annotate_membership membership
                          WHERE membership.project_id = annotate_assignment.project_id
                            AND membership.user_id = annotator_id AND membership.role = 'annotator')
            RETURNING draft_sequence, lease_expires_at
            """,
            [encoded.decode(), settings.LEASE_SECONDS, uid, user_id, lease, base],
        )
        row = cursor.fetchone()
    if row is not None:
        return row[0], row[1]
    stored = Assignment.objects.get(uid=uid, annotator_id=user_id)
    with transaction.atomic():
        _must_hold(_lock(uid, user_id), lease)
    raise Conflict.because(
        "draft_stale",
        "A newer draft is stored, from another tab perhaps; merge with it and save again.",
        "base",
        draft={"sequence": stored.draft_sequence, "body": stored.draft},
    )


@transaction.atomic
def skip(uid: uuid.UUID, user_id: int, *, lease: int, reason: str) -> None:
    """Give the task back for good: its slot opens for somebody else; the draft stays with the row."""
    work = _lock(uid, user_id)
    _must_hold(work, lease)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH skipped AS (
                UPDATE annotate_assignment SET status = 'skipped', closed_at = now(), skip_reason = %s WHERE id = %s
                RETURNING task_id
            )
            UPDATE annotate_task SET open_slots = open_slots + 1 FROM skipped WHERE annotate_task.id = skipped.task_id
            """,
            [reason.strip(), work.id],
        )
    log.info("assignment %s skipped", work.id)


def reopen(uid: uuid.UUID, user_id: int) -> None:
    """Take one's own submitted work up again, its answers as the draft, while the batch allows it."""
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
        .select_related("task__batch")
        .get(uid=uid, annotator_id=user_id)
    )
    if not Membership.objects.filter(
        project=found.project_id, user=user_id, role=Membership.Role.ANNOTATOR
    ).exists():
        raise Assignment.DoesNotExist
    batch = found.task.batch
    if found.status != Status.SUBMITTED:
        raise Conflict.because("not_submitted", "Only submitted work can be re-opened.")
    if not batch.reopen_allowed or batch.state == batch.State.CLOSED:
        raise Conflict.because("reopen_forbidden", "This batch does not allow changing submitted work.")
    busy = set(
        Assignment.objects.filter(
            annotator_id=user_id, project_id=found.project_id, status=Status.ACTIVE
        ).values_list("hand", flat=True)
    )
    free = {1, 2} - busy
    if not free:
        raise _hands_full()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE annotate_assignment
            SET status = 'active', closed_at = NULL, hand = %s, claimed_at = now(), lease_number = lease_number + 1,
                lease_expires_at = now() + %s * interval '1 second', draft = %s::jsonb,
                draft_sequence = draft_sequence + 1
            WHERE id = %s
            """,
            [min(free), settings.LEASE_SECONDS, msgspec.json.encode(_answers_of(found)).decode(), found.pk],
        )
    log.info("assignment %s re-opened", found.pk)


def _hands_full() -> Refusal:
    return Conflict.because("hands_full", "You hold two tasks already; finish or skip one first.")


def _answers_of(assignment: Assignment) -> Answers:
    """Return the latest submitted answers in the form in which they were sent."""
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
