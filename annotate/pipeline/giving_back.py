"""Letting go of a task that was closed, or whose batch was closed or paused, before the person began it."""

from __future__ import annotations

import uuid

from django.db import connection

from annotate.pipeline.claim_statements import WITHDRAWN

_GIVE_BACK = f"""
WITH given AS (
    UPDATE annotate_assignment held SET status = 'lapsed', closed_at = now()
    FROM annotate_task task JOIN annotate_batch batch ON batch.id = task.batch_id
    WHERE held.uid = %s AND held.annotator_id = %s AND task.id = held.task_id AND {WITHDRAWN}
    RETURNING held.task_id
), slot AS (
    UPDATE annotate_task task SET open_slots = open_slots + 1 FROM given
    WHERE task.id = given.task_id AND task.closed_at IS NULL
)
SELECT FROM given"""  # noqa: S608


def give_back(uid: uuid.UUID, user_id: int) -> bool:
    """Let go of a task that was withdrawn before the person began; return whether it was.

    It lapses: should it be opened again, they may get it like anybody else.
    """
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, [uid, user_id])
        return cursor.fetchone() is not None
