"""Who gets which task: claim, take over what lapsed, never more people than wanted.

The promise is made by the database: ``task_open_slots_within_overlap``, one row per task and person,
one live row per hand. A claim is two statements and needs no transaction around them: renew one's
own live assignment; else take the first open task. docs/decisions/0003-claim.md says why it is SQL.
"""

from __future__ import annotations

import random
import time
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from annotate.models import Assignment, Task

QueueState = Literal["done", "leased", "closed", "training"]
RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Held:
    """An assignment as claiming leaves it, with what is needed to show it; draft and asks as JSON text."""

    id: int
    uid: uuid.UUID
    task_id: int
    lease_number: int
    lease_expires_at: datetime
    draft: str | None
    draft_sequence: int
    shown_order: list[int]
    asks: str | None
    rubric_id: int
    preference_scale: int
    tie_allowed: bool


@dataclass(frozen=True, slots=True)
class NothingToClaim:
    """Why there is no task for this person, and in how many seconds to ask again."""

    state: QueueState
    retry_after: int


class Busy(Exception):  # noqa: N818 - the queue is busy; nothing went wrong
    """Open tasks exist, but other claims held every one of them for a whole second."""


@dataclass(frozen=True, slots=True)
class Claimant:
    """The person who claims, in one project."""

    user_id: int
    project_id: int
    languages: list[str]
    team: str

    def parameters(self) -> dict[str, Any]:
        """Return what the statements below refer to."""
        return {
            "user": self.user_id,
            "project": self.project_id,
            "languages": self.languages,
            "team": self.team,
            "lease": settings.LEASE_SECONDS,
        }


_HELD = """
SELECT held.id, held.uid, held.task_id, held.lease_number, held.lease_expires_at, held.draft::text,
       held.draft_sequence, held.shown_order, task.asks::text, batch.rubric_id, batch.preference_scale,
       batch.tie_allowed
FROM held
JOIN annotate_task task ON task.id = held.task_id
JOIN annotate_batch batch ON batch.id = task.batch_id
"""

_RENEW = f"""
WITH held AS (
    UPDATE annotate_assignment SET lease_expires_at = now() + %(lease)s * interval '1 second'
    WHERE status = 'active' AND id = (
        SELECT id FROM annotate_assignment
        WHERE annotator_id = %(user)s AND project_id = %(project)s AND status = 'active'
          AND uid IS DISTINCT FROM %(after)s
        ORDER BY claimed_at, id LIMIT 1)
    RETURNING *
){_HELD}"""  # noqa: S608 - no value is pasted in

_READ = f"""
WITH held AS (
    UPDATE annotate_assignment SET lease_expires_at = CASE status
        WHEN 'active' THEN now() + %(lease)s * interval '1 second' ELSE lease_expires_at END
    WHERE uid = %(uid)s AND annotator_id = %(user)s AND EXISTS (
        SELECT FROM annotate_membership membership
        WHERE membership.project_id = annotate_assignment.project_id AND membership.user_id = %(user)s
          AND membership.role = 'annotator')
    RETURNING *
){_HELD.replace("FROM held", ", held.status FROM held", 1)}"""  # noqa: S608

# Batches that this person may claim from, each with the place in it where the person was last: tasks
# of a smaller rank first (they became urgent), then onwards, then from the head up to that place.
_MINE = """
last AS (
    SELECT task.batch_id, task.rank, task.id FROM annotate_assignment assignment
    JOIN annotate_task task ON task.id = assignment.task_id
    WHERE assignment.annotator_id = %(user)s AND assignment.project_id = %(project)s
    ORDER BY assignment.id DESC LIMIT 1
), mine AS MATERIALIZED (
    SELECT batch.id, coalesce(last.rank, -2147483648) AS last_rank, coalesce(last.id, 0) AS last_id
    FROM annotate_batch batch LEFT JOIN last ON last.batch_id = batch.id
    WHERE batch.project_id = %(project)s AND batch.state = 'open'
      AND (batch.languages = '{}' OR batch.languages && %(languages)s::varchar[])
      AND (batch.teams = '{}' OR %(team)s = ANY (batch.teams))
    ORDER BY batch.priority DESC, batch.id
)"""

_NOT_YET = """NOT EXISTS (
    SELECT FROM annotate_assignment assignment
    WHERE assignment.task_id = task.id AND assignment.annotator_id = %(user)s
      AND assignment.status <> 'lapsed')"""


def _open_task(where: str) -> str:
    return f"""SELECT * FROM (
        SELECT task.id FROM annotate_task task
        WHERE task.batch_id = mine.id AND task.open_slots > 0 AND {where} AND {_NOT_YET}
        ORDER BY task.rank, task.id LIMIT 1 FOR UPDATE OF task SKIP LOCKED) one"""  # noqa: S608


# Only what lapsed may be revived. When the same person took this very task since the statement began, the
# impossible hand 0 makes the database refuse the whole statement, the slot that it took included.
_GRANT = """
held AS (
    INSERT INTO annotate_assignment (
        uid, task_id, project_id, annotator_id, purpose, status, hand, lease_number, lease_expires_at,
        draft_sequence, shown_order, skip_reason, claimed_at)
    SELECT gen_random_uuid(), taken.id, %(project)s, %(user)s, 'base', 'active',
        CASE WHEN EXISTS (
            SELECT FROM annotate_assignment busy
            WHERE busy.annotator_id = %(user)s AND busy.project_id = %(project)s
              AND busy.status = 'active' AND busy.hand = 1) THEN 2 ELSE 1 END,
        1, now() + %(lease)s * interval '1 second', 0,
        ARRAY(SELECT response.id FROM annotate_response response
              JOIN annotate_turn turn ON turn.id = response.turn_id
              WHERE turn.conversation_id = taken.conversation_id ORDER BY random()),
        '', now()
    FROM taken
    ON CONFLICT (task_id, annotator_id) DO UPDATE SET
        status = 'active', closed_at = NULL, claimed_at = excluded.claimed_at,
        hand = CASE annotate_assignment.status WHEN 'lapsed' THEN excluded.hand ELSE 0 END,
        lease_number = annotate_assignment.lease_number + 1, lease_expires_at = excluded.lease_expires_at
    RETURNING *
)"""

_TAKE_OPEN = f"""
WITH {_MINE}, picked AS (
    SELECT candidate.id FROM mine CROSS JOIN LATERAL (
        {_open_task("task.rank < mine.last_rank")}
        UNION ALL
        {_open_task("(task.rank, task.id) > (mine.last_rank, mine.last_id)")}
        UNION ALL
        {_open_task("task.rank = mine.last_rank AND task.id <= mine.last_id")}
    ) candidate LIMIT 1
), taken AS (
    UPDATE annotate_task task SET open_slots = open_slots - 1 FROM picked WHERE task.id = picked.id
    RETURNING task.id, task.conversation_id
), {_GRANT}{_HELD}"""  # noqa: S608

_TAKE_OVER = f"""
WITH {_MINE}, lapsed AS (
    UPDATE annotate_assignment SET status = 'lapsed', closed_at = now()
    WHERE id = (
        SELECT expired.id FROM annotate_assignment expired
        JOIN annotate_task task ON task.id = expired.task_id
        WHERE expired.project_id = %(project)s AND expired.status = 'active'
          AND expired.lease_expires_at < now() AND expired.annotator_id <> %(user)s
          AND task.batch_id IN (SELECT id FROM mine) AND {_NOT_YET}
        ORDER BY expired.lease_expires_at LIMIT 1 FOR UPDATE OF expired SKIP LOCKED)
    RETURNING task_id
), taken AS (
    SELECT task.id, task.conversation_id FROM lapsed JOIN annotate_task task ON task.id = lapsed.task_id
), {_GRANT}{_HELD}"""  # noqa: S608

_TAKE_NAMED = f"""
WITH taken AS (
    UPDATE annotate_task task SET open_slots = open_slots - 1
    WHERE task.id = %(task)s AND task.open_slots > 0 AND {_NOT_YET}
      AND EXISTS (SELECT FROM annotate_batch batch
                  WHERE batch.id = task.batch_id AND batch.project_id = %(project)s AND batch.state = 'open')
      AND (SELECT count(*) FROM annotate_assignment busy
           WHERE busy.annotator_id = %(user)s AND busy.project_id = %(project)s AND busy.status = 'active') < 2
    RETURNING task.id, task.conversation_id
), {_GRANT}{_HELD}"""  # noqa: S608

_LOOK = f"""
WITH {_MINE}
SELECT EXISTS (SELECT FROM mine),
       EXISTS (SELECT FROM mine JOIN annotate_task task ON task.batch_id = mine.id
               WHERE task.open_slots > 0 AND {_NOT_YET}),
       (SELECT extract(epoch FROM min(other.lease_expires_at) - now())::float
        FROM annotate_assignment other JOIN annotate_task task ON task.id = other.task_id
        WHERE other.project_id = %(project)s AND other.status = 'active' AND other.annotator_id <> %(user)s
          AND task.batch_id IN (SELECT id FROM mine) AND {_NOT_YET})"""  # noqa: S608


def claim(claimant: Claimant, *, after: uuid.UUID | None = None) -> Held | NothingToClaim:
    """Return the person's live assignment, or a new one, or why there is none.

    With ``after`` (the one in work) it returns another: the prefetched one, or a new one for the
    free hand. Safe against any number of people and tabs at once. Raises Busy when other claims
    kept every open task locked for a second.
    """
    parameters = {**claimant.parameters(), "after": after}
    deadline = time.monotonic() + RETRY_SECONDS
    while True:
        held = _one(_RENEW, parameters) or _take(parameters)
        if held is not None:
            return held
        state = _look(parameters)
        if state is not None:
            return state
        if time.monotonic() > deadline:
            raise Busy
        # Others hold the locks of the last open tasks for a moment: ask again, never say "none left".
        time.sleep(random.uniform(0.001, 0.005))  # noqa: S311 - spreads retries, guards nothing


@transaction.atomic
def assign(claimant: Claimant, task_id: int) -> Held | None:
    """Give the person this very task: their live assignment on it with its lease renewed, or a new one.

    The batch's languages and teams say who may claim; whoever gives a task by name has decided that.
    None when there is nothing to give: no slot is open, the person has submitted or skipped the task,
    holds two others, or the task is in no open batch of the project.
    """
    # Locked in a statement of its own: the next ones see what a rival on this task has committed.
    if not Task.objects.select_for_update(no_key=True).filter(pk=task_id).exists():
        return None
    mine = Assignment.objects.filter(task=task_id, annotator=claimant.user_id, status="active").first()
    if mine is not None:
        return read(mine.uid, claimant.user_id)[0]
    return _one(_TAKE_NAMED, {**claimant.parameters(), "task": task_id})


def read(uid: uuid.UUID, user_id: int) -> tuple[Held, str]:
    """Return one's own assignment and its status, its lease renewed while it is live.

    Raises Assignment.DoesNotExist for anybody else's, and for whoever no longer annotates in the project.
    """
    row: tuple[Any, ...] | None = None
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"uid": uid, "user": user_id, "lease": settings.LEASE_SECONDS})
        row = cursor.fetchone()
    if row is None:
        raise Assignment.DoesNotExist
    return Held(*row[:-1]), row[-1]


def _take(parameters: dict[str, Any]) -> Held | None:
    try:
        return _one(_TAKE_OPEN, parameters) or _one(_TAKE_OVER, parameters)
    except IntegrityError:
        # The same person claimed in another tab at this very moment: the next round renews that one.
        return None


def _one(statement: str, parameters: dict[str, Any]) -> Held | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row = cursor.fetchone()
    return None if row is None else Held(*row)


def _look(parameters: dict[str, Any]) -> NothingToClaim | None:
    """Say why nothing could be taken; None when something open is there after all."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, parameters)
        may_claim, open_left, lease_seconds = cursor.fetchone()
    if not may_claim:
        return NothingToClaim("closed", 300)
    if open_left:
        return None
    if lease_seconds is not None:
        return NothingToClaim("leased", int(min(max(lease_seconds, 5), 300)))
    return NothingToClaim("done", 300)
