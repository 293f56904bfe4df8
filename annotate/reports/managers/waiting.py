"""How much waits for those who lead projects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from annotate.models.prepared import prepared_cursor


@dataclass(frozen=True, slots=True)
class Waiting:
    """Open ``questions``, not what reviewers sent back, and ``problems``: tasks with undecided reports."""

    questions: int
    problems: int


# Every page of a manager asks this. Both counts read partial indexes that hold what waits and nothing else.
_WAITING = """
SELECT project.id,
       (SELECT count(*) FROM annotate_inquiry inquiry
        WHERE inquiry.project_id = project.id AND inquiry.resolved_at IS NULL
           AND inquiry.review_id IS NULL),
       (SELECT count(DISTINCT report.task_id) FROM annotate_problemreport report
        JOIN annotate_task task ON task.id = report.task_id
        JOIN annotate_batch batch ON batch.id = task.batch_id
        WHERE batch.project_id = project.id AND report.decided_at IS NULL)
FROM annotate_project project WHERE project.id = ANY(%s)
"""


def waiting(projects: Iterable[int]) -> dict[int, Waiting]:
    """Return how much is open in each of these projects, in one statement."""
    with prepared_cursor() as cursor:
        cursor.execute(_WAITING, [list(projects)])
        return {project: Waiting(questions, problems) for project, questions, problems in cursor.fetchall()}
