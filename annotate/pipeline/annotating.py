"""One person at work on one task: draft, submit, skip. Taking it up again is reopening.py's.

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
from django.db import connection, transaction
from django.utils.translation import gettext

from annotate.models import Assignment, Batch, Image
from annotate.models.prepared import prepared_cursor
from annotate.pipeline.answers import Answers, Checked, Question, check
from annotate.questions import asked, dimensions_of, read_tree
from annotate.refusal import Conflict, Problem, Refusal
from annotate.steps import SPLITTER_VERSION, count_steps

log = logging.getLogger(__name__)

DRAFT_LIMIT = 1024 * 1024
REASON_LIMIT = 2_000
ACTIVE_LIMIT = 2**31 - 1  # milliseconds, the column's; a task can be held for longer
Status = Assignment.Status


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a submit answers; the same again for the same key and body."""

    uid: uuid.UUID
    revision: int
    project_id: int
    purpose: str = Batch.Purpose.PRODUCTION


@dataclass(frozen=True, slots=True)
class _Work:
    """An assignment, locked, with what checking its answers needs and the submission of the same key."""

    id: int
    status: str
    lease_number: int
    draft_sequence: int
    task_id: int
    project_id: int
    asks: str | None
    rubric_id: int
    preference_scale: int
    tie_allowed: bool
    required_texts: list[str]
    step_labels: bool
    purpose: str
    held_ms: int
    replay_uid: uuid.UUID | None
    replay_sha256: str | None
    replay_revision: int | None


_LOCK = """
SELECT assignment.id, assignment.status, assignment.lease_number, assignment.draft_sequence,
       assignment.task_id, assignment.project_id, task.asks::text, batch.rubric_id, batch.preference_scale,
       batch.tie_allowed, batch.required_texts, batch.step_labels, batch.purpose,
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
    with prepared_cursor() as cursor:
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
    that someone else took, is a Conflict. So is a stored draft newer than the one that the body says it
    builds on: another tab wrote what these answers do not know of. Answers that are wrong or missing
    raise Refusal; nothing is stored then, and the draft stays.
    """
    work = _lock(uid, user_id, key)
    if work.status != Status.ACTIVE and work.replay_uid is None:
        # Whoever waited for the lock sees the state after it, but not the submission made meanwhile.
        work = _lock(uid, user_id, key)
    if work.replay_uid is not None and work.replay_revision is not None:
        if work.replay_sha256 != sha256:
            raise Conflict.because(
                "key_reused", gettext("This Idempotency-Key was used for other answers."), "Idempotency-Key"
            )
        return Receipt(work.replay_uid, work.replay_revision, work.project_id, work.purpose)
    _must_hold(work, body.lease)
    if body.base is not None and work.draft_sequence > body.base:
        raise _stale(uid, user_id)
    question = _question(work, has_steps=bool(body.steps))
    checked = check(body, question)
    images = _images(checked, tree_responses=list(question.tree.responses))
    if checked.problems:
        raise Refusal(checked.problems)
    active_ms = max(0, min(body.active_ms, work.held_ms, ACTIVE_LIMIT))
    return _store(work, user_id, checked, images, {"key": key, "sha256": sha256, "active_ms": active_ms})


def _question(work: _Work, *, has_steps: bool) -> Question:
    """Return what the answers are checked against; one statement."""
    # How many steps a response has is in its text: read where steps were labelled, in the same statement.
    tree = read_tree(work.task_id, content=has_steps)
    dimensions = dimensions_of(work.rubric_id)
    asks = None if work.asks is None else msgspec.json.decode(work.asks)
    return Question(
        tree,
        dimensions,
        asked(tree, dimensions, asks),
        narrowed=asks is not None,
        preference_scale=work.preference_scale,
        tie_allowed=work.tie_allowed,
        required_texts=frozenset(work.required_texts),
        steps=count_steps(tree) if work.step_labels else None,
    )


def _must_hold(work: _Work, lease: int) -> None:
    """Refuse who no longer holds the task; an expired lease that nobody took still counts."""
    if work.status == Status.SUBMITTED:
        raise Conflict.because(
            "already_submitted", gettext("This task was already submitted; re-open it to change answers.")
        )
    if work.status == Status.SKIPPED:
        raise Conflict.because("skipped", gettext("You skipped this task."))
    if work.status == Status.LAPSED:
        raise Conflict.because(
            "lease_taken",
            gettext("The lease ran out and someone else took this task. Your draft is kept."),
            "lease",
        )
    if work.lease_number != lease:
        raise Conflict.because(
            "lease_stale",
            gettext("This task was taken up again elsewhere, in another tab perhaps. Load it anew."),
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
            detail = gettext("This image is not on a response of this task.")
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
    with prepared_cursor() as cursor:
        cursor.execute(_STORE, parameters)
        uid, revision = cursor.fetchone()
    log.info("assignment %s submitted, revision %s", work.id, revision)
    return Receipt(uid, revision, work.project_id, work.purpose)


def save_draft(
    uid: uuid.UUID, user_id: int, *, lease: int, base: int, body: dict[str, Any]
) -> tuple[int, datetime]:
    """Store a draft built on sequence ``base``, renew the lease; return the new sequence and expiry.

    A stale base is a Conflict that carries the stored draft, so that the page can merge the two.
    """
    encoded = msgspec.json.encode(body)
    if len(encoded) > DRAFT_LIMIT:
        detail = gettext("A draft holds at most %(limit)s bytes.") % {"limit": f"{DRAFT_LIMIT:,}"}
        raise Refusal.because("draft_too_large", detail, "body")
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
    with transaction.atomic():
        _must_hold(_lock(uid, user_id), lease)
    raise _stale(uid, user_id)


def _stale(uid: uuid.UUID, user_id: int) -> Refusal:
    """Return the refusal of what was built on an older draft than the stored one, which comes along."""
    sequence, draft = Assignment.objects.values_list("draft_sequence", "draft").get(
        uid=uid, annotator_id=user_id
    )
    return Conflict.because(
        "draft_stale",
        gettext("A newer draft is stored, from another tab perhaps; merge with it and send again."),
        "base",
        draft={"sequence": sequence, "body": draft},
    )


@transaction.atomic
def skip(uid: uuid.UUID, user_id: int, *, lease: int, reason: str) -> None:
    """Give the task back for good: its slot opens for somebody else; the draft stays with the row.

    A task that was closed as a bad item gets no slot back. Refuses a reason that is too long.
    """
    if len(reason) > REASON_LIMIT:
        raise Refusal.because(
            "text_too_long", f"A reason holds at most {REASON_LIMIT:,} characters.", "reason"
        )
    work = _lock(uid, user_id)
    _must_hold(work, lease)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH skipped AS (
                UPDATE annotate_assignment SET status = 'skipped', closed_at = now(), skip_reason = %s WHERE id = %s
                RETURNING task_id
            )
            UPDATE annotate_task SET open_slots = open_slots + 1 FROM skipped
            WHERE annotate_task.id = skipped.task_id AND annotate_task.closed_at IS NULL
            """,
            [reason.strip(), work.id],
        )
    log.info("assignment %s skipped", work.id)
