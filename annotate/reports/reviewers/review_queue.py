"""What waits for a reviewer, and what that reviewer has done.

One queue holds conversations with open flags, with labels drawn for the random audit, and with a finished review that
a second person is to repeat. Nobody is told which is which.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count

from annotate.models import Review
from annotate.reports.reviewers.sent_back import SentBack, sent_back_by

# Whose labels fill more than so many times an equal share of the latest sittings is not looked for first.
CAP = 3
LATEST_SITTINGS = 50
LATEST = 20

# Never where somebody sits, where the person held a task or answered, or what the person reviewed first.
_WAITING = """
WITH reason AS (
    SELECT conversation_id, project_id, id, priority, annotator_id, TRUE AS flagged FROM annotate_flag
    WHERE project_id = ANY(%(projects)s) AND status = 'open' AND conversation_id IS NOT NULL
    UNION ALL
    SELECT conversation_id, project_id, id, NULL, NULL, FALSE FROM annotate_audititem
    WHERE project_id = ANY(%(projects)s) AND review_id IS NULL
    UNION ALL
    SELECT conversation_id, project_id, id, NULL, NULL, FALSE FROM annotate_review first
    WHERE project_id = ANY(%(projects)s) AND wants_second AND NOT EXISTS (
        SELECT FROM annotate_review own
        WHERE own.conversation_id = first.conversation_id AND own.reviewer_id = %(reviewer)s)
), waiting AS (
    SELECT reason.* FROM reason
    WHERE NOT EXISTS (
        SELECT FROM annotate_review sitting
        WHERE sitting.conversation_id = reason.conversation_id AND sitting.finished_at IS NULL)
    AND NOT EXISTS (
        SELECT FROM annotate_task task JOIN annotate_assignment held ON held.task_id = task.id
        WHERE task.conversation_id = reason.conversation_id AND held.annotator_id = %(reviewer)s)
    AND NOT EXISTS (
        SELECT FROM annotate_task task JOIN annotate_submission given ON given.task_id = task.id
        WHERE task.conversation_id = reason.conversation_id AND given.annotator_id = %(reviewer)s
          AND given.origin <> 'review')
)
"""

_NEXT = f"""{_WAITING}, latest AS (
    SELECT id FROM annotate_review WHERE project_id = ANY(%(projects)s) ORDER BY id DESC LIMIT %(sittings)s
), looked_at AS (
    SELECT flag.annotator_id, count(*) AS flags, sum(count(*)) OVER () AS total
    FROM annotate_flag flag JOIN latest ON latest.id = flag.review_id
    WHERE flag.annotator_id IS NOT NULL GROUP BY flag.annotator_id
), rested AS (
    SELECT annotator_id FROM looked_at WHERE flags > %(cap)s AND flags > %(cap)s * total / greatest(1, (
        SELECT count(*) FROM annotate_membership WHERE project_id = ANY(%(projects)s) AND role = 'annotator'))
), conversation AS (
    SELECT conversation_id, bool_or(flagged) AS flagged, max(priority) AS priority,
           count(*) FILTER (WHERE flagged) AS flags, min(id) AS oldest,
           bool_and(annotator_id IN (SELECT annotator_id FROM rested)) AS is_rested
    FROM waiting GROUP BY conversation_id
)
SELECT DISTINCT ON (flagged) conversation_id, count(*) OVER (PARTITION BY flagged)
FROM conversation
ORDER BY flagged DESC, is_rested IS TRUE, priority DESC NULLS LAST, flags DESC,
         CASE WHEN flagged THEN '' ELSE md5(concat_ws(':', conversation_id, %(reviewer)s)) END, oldest
"""  # noqa: S608 - no value is pasted in

_COUNT = f"""{_WAITING}
SELECT project_id, count(DISTINCT conversation_id) FROM waiting GROUP BY project_id
"""  # noqa: S608


def next_conversation(project_id: int, reviewer_id: int) -> int | None:
    """Return what this person is to look at next, in two statements; None when nothing is left.

    Of flagged conversations the one with the highest priority, then with most flags; one whose flags all concern
    a person who was looked at more than three times an equal share of late comes after the others, so that no
    queue hunts one person. The others come in random order, as often as chance would have it among all that wait.
    Asked again before another sitting is finished, the answer is the same.
    """
    parameters = {"cap": CAP, "sittings": LATEST_SITTINGS}
    found = _rows(_NEXT, [project_id], reviewer_id, parameters)
    if not found:
        return None
    done = Review.objects.filter(project=project_id, reviewer=reviewer_id).count()
    lot = random.Random(f"{project_id}:{reviewer_id}:{done}")  # noqa: S311 - an order, not a secret
    ((conversation, _),) = lot.choices(found, [count for _, count in found])
    return int(conversation)


def conversations_waiting(projects: Iterable[int], reviewer_id: int) -> dict[int, int]:
    """Return, by project, how many conversations this person may review now. One statement."""
    return dict(_rows(_COUNT, list(projects), reviewer_id, {}))


def _rows(
    statement: str, projects: list[int], reviewer_id: int, parameters: dict[str, Any]
) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"projects": projects, "reviewer": reviewer_id, **parameters})
        rows: list[tuple[int, int]] = cursor.fetchall()
    return rows


@dataclass(frozen=True, slots=True)
class QueuePage:
    """The page before a sitting: how much waits, where one sits, and one's latest reviews.

    Not how many flags there are: the number before a sitting and the one within it would tell an audit.
    """

    conversations: int
    own: Review | None
    finished: list[Review]
    finished_count: int
    sent_back: list[SentBack]


def queue_page(project_id: int, reviewer_id: int) -> QueuePage:
    """Return what the queue page shows, in seven statements at most."""
    mine = Review.objects.filter(project=project_id, reviewer=reviewer_id)
    finished = mine.exclude(finished_at=None).order_by("-finished_at", "-pk")
    return QueuePage(
        conversations=conversations_waiting([project_id], reviewer_id).get(project_id, 0),
        own=mine.filter(finished_at=None).first(),
        finished=list(finished.annotate(flag_count=Count("flags"))[:LATEST]),
        finished_count=finished.count(),
        sent_back=sent_back_by(reviewer_id, project_id),
    )
