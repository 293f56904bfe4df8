"""How people have liked the answers to one turn so far: enough to order siblings, no statistic of its own.

In each conversation one version of the rubric speaks: the asked one where anybody answered by it, else the newest by
which somebody did. An old order is better than none where the newcomers' batch has a new version; two are not mixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

from annotate.reports.sql import IS_WORK, latest


class Standing(NamedTuple):
    """The mean of a response's local ratings, each from 0 to 1 on its scale; then what comparisons say.

    ``preferred`` is the mean overall preference for it against its siblings, positive where it is the better one.
    Ratings come first: every sibling has them from the same people, and their means tie often.
    """

    rated: float
    preferred: float


_STANDINGS = f"""
WITH latest AS ({
    latest(
        "submission.id, submission.rubric_id, task.conversation_id",
        f'''FROM annotate_task task JOIN annotate_submission submission ON submission.task_id = task.id
    JOIN annotate_batch batch ON batch.id = task.batch_id
    WHERE task.conversation_id = ANY(%(conversations)s) AND submission.origin <> 'review' AND {IS_WORK}''',
    )
}), version AS (
    SELECT DISTINCT ON (conversation_id) conversation_id, rubric_id FROM latest
    ORDER BY conversation_id, rubric_id = %(rubric)s DESC, rubric_id DESC
), spoken AS (
    SELECT latest.id FROM latest JOIN version USING (conversation_id, rubric_id)
), rated AS (
    SELECT rating.response_id, avg((rating.value - dimension.minimum)::float / (dimension.maximum - dimension.minimum))
    FROM spoken JOIN annotate_rating rating ON rating.submission_id = spoken.id AND rating.state = 'rated'
    JOIN annotate_dimension dimension ON dimension.id = rating.dimension_id AND dimension.scope = 'local'
    GROUP BY rating.response_id
), compared AS (
    SELECT side.response_id, avg(side.preference::float)
    FROM spoken JOIN annotate_comparison comparison ON comparison.submission_id = spoken.id
      AND comparison.scope = 'local' AND comparison.dimension_id IS NULL
    CROSS JOIN LATERAL (VALUES (comparison.left_id, -comparison.preference),
                               (comparison.right_id, comparison.preference)) side (response_id, preference)
    GROUP BY side.response_id
)
SELECT coalesce(rated.response_id, compared.response_id), coalesce(rated.avg, 0), coalesce(compared.avg, 0)
FROM rated FULL JOIN compared ON compared.response_id = rated.response_id
"""  # noqa: S608 - no value is pasted in


def standings(conversations: Sequence[int], rubric_id: int) -> dict[int, Standing]:
    """Return the standing of every response of these conversations about which people said something."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, {"conversations": list(conversations), "rubric": rubric_id})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return {response: Standing(rated, preferred) for response, rated, preferred in rows}
