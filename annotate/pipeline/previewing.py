"""A task as an annotator would get it, for managers to look at: nothing is stored, nobody holds it."""

from __future__ import annotations

import uuid

from annotate.models import Batch
from annotate.pipeline.assigning import Held, one_held
from annotate.pipeline.claim_statements import HELD

# A row that is in no table, of all the columns that an assignment has, now or later.
_PREVIEW = f"""
WITH task AS (
    SELECT task.id, task.uid, task.conversation_id FROM annotate_task task
    JOIN annotate_conversation conversation ON conversation.id = task.conversation_id
    WHERE task.batch_id = %(batch)s AND task.reserved_for_id IS NULL
      AND (%(task)s::uuid IS NOT NULL OR task.follows_id IS NULL)
      AND (%(task)s::uuid IS NULL OR task.uid = %(task)s)
      AND (%(conversation)s::uuid IS NULL OR conversation.uid = %(conversation)s)
      AND (%(after)s::uuid IS NULL OR (task.rank, task.id) > (
           SELECT rank, id FROM annotate_task WHERE uid = %(after)s AND batch_id = %(batch)s))
    ORDER BY task.rank, task.id LIMIT 1
), held AS (
    SELECT (jsonb_populate_record(NULL::annotate_assignment, jsonb_build_object(
        'id', 0, 'uid', task.uid, 'task_id', task.id, 'project_id', %(project)s::bigint, 'status', 'active',
        'lease_number', 1, 'lease_expires_at', now() + interval '1 day', 'draft_sequence', 0,
        'shown_order', ARRAY(SELECT response.id FROM annotate_response response
                             JOIN annotate_turn turn ON turn.id = response.turn_id
                             WHERE turn.conversation_id = task.conversation_id ORDER BY random())))).* FROM task
){HELD}"""  # noqa: S608


def preview(
    batch: Batch,
    *,
    task: uuid.UUID | None = None,
    conversation: uuid.UUID | None = None,
    after: uuid.UUID | None = None,
) -> Held | None:
    """Return a task of the batch as an annotator would get it; nothing is stored, and nobody holds it.

    It is the one named, or the first about the conversation, or the next one in the batch's order. Its
    outside id is the task's own. None when there is no such task.
    """
    parameters = {
        "batch": batch.pk,
        "project": batch.project_id,
        "task": task,
        "conversation": conversation,
        "after": after,
    }
    return one_held(_PREVIEW, parameters)
