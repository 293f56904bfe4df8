"""Versions of a rubric side by side, on the items that were answered under both.

Among people's valid answers and those that came with a file; practice, gold, hidden repeats and reviewers' verdicts are
left out. Rated dimensions are held together by their key; overall comparisons by their scope.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from django.db import connection

from annotate.models import Batch, Dimension
from annotate.reports.sql import IS_WORK, latest
from annotate.stats.bootstrap import LEAST_CONVERSATIONS
from annotate.stats.versions import (
    AGREEMENT_MARGIN,
    APART,
    LEAST_ITEMS,
    POOL,
    SHIFT_MARGIN,
    UNKNOWN,
    Item,
    Versions,
    compare,
)

NAME = "bridge"


@dataclass(frozen=True, slots=True)
class Question:
    """One question of both versions: a dimension by its key, or overall comparisons (None) of a scope.

    ``shift_margin`` is in the question's own steps.
    """

    dimension: str | None
    scope: str
    shift_margin: float
    found: Versions


@dataclass(frozen=True, slots=True)
class Bridge:
    """Two versions of a rubric; ``verdict`` is the worst of the questions'. People are those on the shared items."""

    rubric: str
    old: int
    new: int
    conversations: int
    old_people: int
    new_people: int
    both_people: int
    verdict: str
    questions: list[Question]
    only_old: list[str]
    only_new: list[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """What pooling asks for: enough items and conversations, and both intervals within their margins."""

    least_items: int = LEAST_ITEMS
    least_conversations: int = LEAST_CONVERSATIONS
    shift_margin: float = SHIFT_MARGIN
    agreement_margin: float = AGREEMENT_MARGIN


@dataclass(frozen=True, slots=True)
class BridgeReport:
    """Every two versions that share items, the oldest first; ``shift_margin`` of the rule is a share of the scale."""

    rule: Rule
    bridges: list[Bridge]


_SOURCE = f"""
    FROM annotate_submission submission JOIN annotate_task task ON task.id = submission.task_id
    JOIN annotate_batch batch ON batch.id = task.batch_id
    WHERE batch.project_id = %(project)s AND submission.origin <> 'review' AND {IS_WORK}"""

# The items of conversations that were answered under two versions, of each person the latest word under each.
_ANSWERS = f"""
WITH latest AS ({
    latest(
        "submission.id, submission.annotator_id, submission.rubric_id, task.conversation_id, batch.preference_scale",
        _SOURCE,
    )
}), shared AS (
    SELECT latest.* FROM latest WHERE conversation_id IN (
        SELECT latest.conversation_id FROM latest JOIN annotate_rubric rubric ON rubric.id = latest.rubric_id
        GROUP BY latest.conversation_id, rubric.key HAVING count(DISTINCT rubric.id) > 1)
), rated AS (
    SELECT DISTINCT ON (rating.response_id, rating.dimension_id, shared.annotator_id)
           shared.rubric_id, shared.conversation_id, shared.annotator_id, dimension.scope, dimension.key, rating.state,
           rating.response_id, dimension.minimum, dimension.maximum, rating.value
    FROM shared JOIN annotate_rating rating ON rating.submission_id = shared.id
    JOIN annotate_dimension dimension ON dimension.id = rating.dimension_id
    ORDER BY rating.response_id, rating.dimension_id, shared.annotator_id, shared.id DESC
), compared AS (
    SELECT DISTINCT ON (shared.rubric_id, comparison.scope, comparison.left_id, comparison.right_id,
                        shared.annotator_id)
           shared.rubric_id, shared.conversation_id, shared.annotator_id, comparison.scope, comparison.left_id,
           comparison.right_id, shared.preference_scale AS scale, comparison.preference
    FROM shared JOIN annotate_comparison comparison ON comparison.submission_id = shared.id
    WHERE comparison.dimension_id IS NULL
    ORDER BY shared.rubric_id, comparison.scope, comparison.left_id, comparison.right_id, shared.annotator_id,
             shared.id DESC
)
SELECT rubric_id, scope, key, response_id, 0, conversation_id, minimum, maximum,
       array_agg(annotator_id), array_agg(value)
FROM rated WHERE state = 'rated' GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
UNION ALL
SELECT rubric_id, scope, NULL, left_id, right_id, conversation_id, -scale, scale,
       array_agg(annotator_id), array_agg(preference)
FROM compared GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""  # noqa: S608 - no value is pasted in


@dataclass(frozen=True, slots=True)
class _Answers:
    """What was said of one item under one version, and on which scale."""

    conversation: int
    scale: tuple[int, int]
    values: Mapping[int, int]


# By question (scope, dimension's key or None), then by item, what was said under one version.
_Version = dict[tuple[str, str | None], dict[tuple[int, int], _Answers]]


def bridge_report(project_id: int) -> BridgeReport:
    """Return how alike the versions of the project's rubrics are, where items were answered under two of them."""
    rubrics = dict(Batch.objects.filter(project=project_id).values_list("rubric", "rubric__key"))
    if len(rubrics) < 2:  # noqa: PLR2004 - a bridge has two ends
        return BridgeReport(Rule(), [])
    answers = _read(project_id)
    dimensions: dict[int, list[str]] = defaultdict(list)
    versions: dict[int, tuple[str, int]] = {}
    found = Dimension.objects.filter(rubric__in=answers).order_by("position")
    for rubric, key, own, version in found.values_list("rubric", "key", "rubric__key", "rubric__version"):
        dimensions[rubric].append(key)
        versions[rubric] = (own, version)
    bridges = [
        _bridge(
            (versions[old], versions[new]), (answers[old], answers[new]), (dimensions[old], dimensions[new])
        )
        for old, new in combinations(sorted(answers, key=lambda one: versions[one]), 2)
        if versions[old][0] == versions[new][0]
    ]
    return BridgeReport(Rule(), [one for one in bridges if one.questions])


def _read(project_id: int) -> dict[int, _Version]:
    found: dict[int, _Version] = {}
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS, {"project": project_id})
        rows: Iterable[tuple[Any, ...]] = cursor.fetchall()
    for rubric, scope, key, left, right, conversation, minimum, maximum, people, values in rows:
        given = _Answers(conversation, (minimum, maximum), dict(zip(people, values, strict=True)))
        found.setdefault(rubric, {}).setdefault((scope, key), {})[left, right] = given
    return found


def _bridge(
    names: tuple[tuple[str, int], tuple[str, int]],
    answers: tuple[_Version, _Version],
    dimensions: tuple[list[str], list[str]],
) -> Bridge:
    old, new = answers
    order = [*dimensions[1], None]
    shared = {
        question: [
            (old[question][item], new[question][item]) for item in old[question] if item in new[question]
        ]
        for question in sorted(set(old) & set(new), key=lambda one: (order.index(one[1]), one[0] != "local"))
    }
    pairs = [pair for several in shared.values() for pair in several]
    before = {person for one, _ in pairs for person in one.values}
    after = {person for _, one in pairs for person in one.values}
    questions = [_question(*question, several) for question, several in shared.items() if several]
    verdicts = {one.found.verdict for one in questions}
    return Bridge(
        rubric=names[0][0],
        old=names[0][1],
        new=names[1][1],
        conversations=len({one.conversation for one, _ in pairs}),
        old_people=len(before),
        new_people=len(after),
        both_people=len(before & after),
        verdict=next((one for one in (APART, UNKNOWN, POOL) if one in verdicts), UNKNOWN),
        questions=questions,
        only_old=[key for key in dimensions[0] if key not in dimensions[1]],
        only_new=[key for key in dimensions[1] if key not in dimensions[0]],
    )


def _question(scope: str, key: str | None, pairs: list[tuple[_Answers, _Answers]]) -> Question:
    scales = {one.scale for pair in pairs for one in pair}
    low, high = min(scale[0] for scale in scales), max(scale[1] for scale in scales)
    items = [Item(one.conversation, one.values, other.values) for one, other in pairs]
    found = compare(items, high - low, same_scale=len(scales) == 1)
    return Question(key, scope, SHIFT_MARGIN * (high - low), found)
