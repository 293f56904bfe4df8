"""Statements that find where people contradict one another or themselves, in some conversations."""

from __future__ import annotations

from annotate.reports.sql import IS_WORK, latest

_WIDE = "greatest(least(2, maximum - minimum), (maximum - minimum) * 2 / 3)"

# The valid answers on some conversations: of each person the latest word on each item.
_SOURCE = f"""
    FROM annotate_task task JOIN annotate_submission submission ON submission.task_id = task.id
    JOIN annotate_batch batch ON batch.id = task.batch_id
    WHERE task.conversation_id = ANY(%(conversations)s) AND submission.origin <> 'review' AND {IS_WORK}"""

_COLUMNS = """submission.id, submission.annotator_id, task.conversation_id, submission.rubric_id,
    task.follows_id IS NOT NULL AS further, 2 * batch.preference_scale AS span"""

_ANSWERS = f"""
WITH latest AS ({latest(_COLUMNS, _SOURCE)}
), given AS (
    SELECT DISTINCT ON (rating.response_id, rating.dimension_id, latest.annotator_id)
           latest.conversation_id, latest.annotator_id, latest.id AS submission_id,
           latest.further, rating.response_id, rating.dimension_id, rating.value, rating.state
    FROM latest JOIN annotate_rating rating ON rating.submission_id = latest.id
    ORDER BY rating.response_id, rating.dimension_id, latest.annotator_id, latest.id DESC
), rated AS (
    SELECT given.*, dimension.scope, {_WIDE} AS wide, maximum - minimum AS span
    FROM given JOIN annotate_dimension dimension ON dimension.id = given.dimension_id
    WHERE given.state = 'rated'
), compared AS (
    SELECT DISTINCT ON (latest.rubric_id, comparison.scope, comparison.left_id, comparison.right_id,
                        comparison.dimension_id, latest.annotator_id)
           latest.rubric_id, latest.conversation_id, latest.annotator_id, latest.id AS submission_id,
           comparison.scope, comparison.left_id, comparison.right_id, comparison.dimension_id,
           comparison.preference, latest.further, latest.span
    FROM latest JOIN annotate_comparison comparison ON comparison.submission_id = latest.id
    ORDER BY latest.rubric_id, comparison.scope, comparison.left_id, comparison.right_id,
             comparison.dimension_id, latest.annotator_id, latest.id DESC
)
"""  # noqa: S608 - no value is pasted in

PEOPLE_RATE_APART = f"""{_ANSWERS}
SELECT conversation_id, scope, response_id, NULL, NULL, dimension_id,
       array_agg(annotator_id ORDER BY submission_id), array_agg(value ORDER BY submission_id),
       array_agg(submission_id ORDER BY submission_id), array_agg(further ORDER BY submission_id), span, wide
FROM rated GROUP BY conversation_id, scope, response_id, dimension_id, span, wide
HAVING max(value) - min(value) >= wide
"""  # noqa: S608 - no value is pasted in

# A dimension belongs to one version of a rubric, an overall preference does not say which one it was asked by. Where
# people disagree under two, it is one flag: of the version that a sitting asks by, the first one.
PEOPLE_PREFER_OPPOSITES = f"""{_ANSWERS}
SELECT DISTINCT ON (scope, left_id, right_id, dimension_id)
       conversation_id, scope, NULL, left_id, right_id, dimension_id,
       array_agg(annotator_id ORDER BY submission_id), array_agg(preference ORDER BY submission_id),
       array_agg(submission_id ORDER BY submission_id), array_agg(further ORDER BY submission_id), max(span), 0
FROM compared GROUP BY rubric_id, conversation_id, scope, left_id, right_id, dimension_id
HAVING min(preference) < 0 AND max(preference) > 0
ORDER BY scope, left_id, right_id, dimension_id, rubric_id
"""  # noqa: S608

# Ratings are looked up by index in the very submission that holds the preference: joining the two lists
# of everybody's latest words lets the planner, which cannot know their length, go through all pairs.
SELF_CONTRADICTIONS = f"""{_ANSWERS}, gap AS (
    SELECT compared.*, dimension.key, dimension.position, l.value AS of_left, r.value AS of_right,
           (l.value - r.value) * sign(compared.preference) AS against, {_WIDE} AS wide
    FROM compared
    JOIN annotate_rating l ON l.submission_id = compared.submission_id AND l.response_id = compared.left_id
    JOIN annotate_rating r ON r.submission_id = compared.submission_id AND r.response_id = compared.right_id
                          AND r.dimension_id = l.dimension_id
    JOIN annotate_dimension dimension ON dimension.id = l.dimension_id AND dimension.scope = compared.scope
    WHERE compared.preference <> 0 AND l.state = 'rated' AND r.state = 'rated'
      AND (compared.dimension_id IS NULL OR compared.dimension_id = l.dimension_id)
)
SELECT conversation_id, scope, NULL, left_id, right_id, dimension_id, annotator_id, preference, submission_id,
       array_agg(key ORDER BY position), array_agg(of_left ORDER BY position),
       array_agg(of_right ORDER BY position), array_agg(against >= wide ORDER BY position)
FROM gap GROUP BY conversation_id, scope, left_id, right_id, dimension_id, annotator_id, preference, submission_id
HAVING bool_and(against >= 0) AND bool_or(against >= wide)
"""  # noqa: S608
