"""How much more a batch may ask where people disagree: its budget of extra questions, and what it spent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import connection

from annotate.models import Batch, Project
from annotate.reports.settled import settled
from annotate.reports.sql import IS_BASE

# Every claim passes over the follow-ups that are not for this person: this many cost it little.
READY_AT_ONCE = 100


@dataclass(slots=True)
class Room:
    """What may still be asked in a batch: single questions, and follow-ups that lie ready."""

    questions: int
    tasks: int


def _rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def rooms_of(project: Project, batches: set[int]) -> dict[int, Room]:
    """Return by batch how much more may be asked."""
    answered = _base_answers(project)
    asked = {
        batch: (questions, ready)
        for batch, questions, ready in _rows(
            """
            SELECT batch_id, sum(jsonb_array_length(asks)), count(*) FILTER (WHERE open_slots > 0)
            FROM annotate_task
            WHERE batch_id = ANY(%(batches)s) AND follows_id IS NOT NULL AND reserved_for_id IS NULL AND overlap > 0
              AND jsonb_typeof(asks) = 'array'
            GROUP BY batch_id
            """,
            {"batches": list(batches)},
        )
    }
    shares = dict(Batch.objects.filter(pk__in=batches).values_list("pk", "extra_share"))
    rooms = {}
    for batch in batches:
        questions, ready = asked.get(batch, (0, 0))
        budget = math.floor(shares[batch] * answered.get(batch, 0))
        rooms[batch] = Room(budget - questions, READY_AT_ONCE - ready)
    return rooms


# In single questions: ratings, whatever their state, and overall comparisons. A later revision is no new answer.
_ANSWERS = f"""
SELECT task.batch_id, submission.id <= %(settled)s,
       sum((SELECT count(*) FROM annotate_rating rating WHERE rating.submission_id = submission.id)
           + (SELECT count(*) FROM annotate_comparison comparison
              WHERE comparison.submission_id = submission.id AND comparison.dimension_id IS NULL))
FROM annotate_submission submission
JOIN annotate_task task ON task.id = submission.task_id
JOIN annotate_batch batch ON batch.id = task.batch_id
WHERE batch.project_id = %(project)s AND submission.id > %(after)s
  AND submission.origin = 'live' AND submission.revision = 1 AND {IS_BASE}
GROUP BY 1, 2
"""  # noqa: S608


def _base_answers(project: Project) -> dict[int, int]:
    """Return by batch how many questions of its own tasks were answered; those that settled are kept counted."""
    mark = settled()
    key = f"base-answers:{project.uid}"
    stored: tuple[int, dict[int, int]] = cache.get(key) or (0, {})
    through, counts = stored
    if through > mark:  # the database was set back
        through, counts = 0, {}
    total = dict(counts)
    rows = _rows(_ANSWERS, {"project": project.pk, "after": through, "settled": mark})
    for batch, is_settled, count in rows:
        total[batch] = total.get(batch, 0) + int(count)
        if is_settled:
            counts[batch] = counts.get(batch, 0) + int(count)
    cache.set(key, (mark, counts), None)
    return total
