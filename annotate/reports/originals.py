"""Tasks whose answers contradict one another: whether one more person can be asked, and is on the way already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True, slots=True)
class Original:
    """A task whose answers contradict one another, and what could be done about it.

    ``is_busy``: somebody is at it, or at a follow-up of it. ``has_place``: one of them is open. ``has_somebody``:
    there is a person who could be asked. ``is_over``: nobody is to be asked, and nobody waited for.
    """

    id: int
    batch: int
    conversation: int
    is_over: bool
    limit: int
    is_busy: bool
    has_place: bool
    has_somebody: bool


# Whom a follow-up can be given to: as pipeline/claim_statements.py gives it.
_ORIGINALS = """
WITH member AS MATERIALIZED (
    SELECT member.* FROM annotate_membership member JOIN annotate_user person ON person.id = member.user_id
    WHERE member.role = 'annotator' AND person.is_active AND member.project_id IN (
        SELECT batch.project_id FROM annotate_task task JOIN annotate_batch batch ON batch.id = task.batch_id
        WHERE task.id = ANY(%(tasks)s))
)
SELECT task.id, task.batch_id, task.conversation_id,
       batch.state = 'closed' OR batch.extra_share = 0 OR task.closed_at IS NOT NULL, batch.overlap_limit,
       EXISTS (SELECT FROM annotate_assignment held JOIN annotate_task one ON one.id = held.task_id
               WHERE held.status = 'active' AND one.reserved_for_id IS NULL
                 AND (one.id = task.id OR one.follows_id = task.id)),
       EXISTS (SELECT FROM annotate_task one WHERE one.open_slots > 0 AND one.reserved_for_id IS NULL
                 AND (one.id = task.id OR one.follows_id = task.id)),
       EXISTS (
           SELECT FROM member
           WHERE member.project_id = batch.project_id
             AND (batch.languages = '{}' OR batch.languages && member.languages)
             AND (batch.teams = '{}' OR member.team = ANY (batch.teams))
             AND (NOT project.qualification_required OR member.qualified_at IS NOT NULL)
             AND NOT EXISTS (
                 SELECT FROM annotate_task twin JOIN annotate_assignment met ON met.task_id = twin.id
                 WHERE twin.conversation_id = task.conversation_id AND met.annotator_id = member.user_id)
             AND NOT EXISTS (
                 SELECT FROM annotate_review review
                 WHERE review.conversation_id = task.conversation_id AND review.reviewer_id = member.user_id))
FROM annotate_task task
JOIN annotate_batch batch ON batch.id = task.batch_id
JOIN annotate_project project ON project.id = batch.project_id
WHERE task.id = ANY(%(tasks)s)
"""


def originals_of(tasks: Iterable[int]) -> dict[int, Original]:
    """Return these tasks by id; one statement."""
    wanted = sorted(tasks)
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_ORIGINALS, {"tasks": wanted})
        return {row[0]: Original(*row) for row in cursor.fetchall()}
