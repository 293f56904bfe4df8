"""How far the annotators of a project agree, by dimension and on comparisons.

Among live submissions only, each person's latest word on an item; of ratings only those of state
``rated``: an accepted default says nothing about agreement.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db import connection

from annotate.models import Dimension, Project
from annotate.stats.agreement import Agreement, agreement, same_direction


@dataclass(frozen=True, slots=True)
class RatingAgreement:
    """Agreement on one dimension; ``left_out`` counts what was not rated, by state."""

    dimension: str
    code: str
    scope: str
    minimum: int
    maximum: int
    agreement: Agreement
    left_out: dict[str, int]


@dataclass(frozen=True, slots=True)
class ComparisonAgreement:
    """Agreement on which of two is better, by scope, on a dimension or overall (None).

    ``same_side`` is the share of pairs of people who prefer the same side, ties left out.
    """

    scope: str
    dimension: str | None
    agreement: Agreement
    same_side: float | None


@dataclass(frozen=True, slots=True)
class AgreementReport:
    """Dimensions in the rubric's order, then comparisons, overall ones first."""

    dimensions: list[RatingAgreement]
    comparisons: list[ComparisonAgreement]


_LATEST = """
WITH latest AS (
    SELECT DISTINCT ON (submission.task_id, submission.annotator_id) submission.id, submission.annotator_id
    FROM annotate_submission submission JOIN annotate_assignment assignment
      ON assignment.id = submission.assignment_id
    WHERE assignment.project_id = %s AND submission.origin = 'live'
    ORDER BY submission.task_id, submission.annotator_id, submission.revision DESC
)
"""

_RATINGS = f"""{_LATEST}, given AS (
    SELECT DISTINCT ON (rating.response_id, rating.dimension_id, latest.annotator_id)
           rating.response_id, rating.dimension_id, rating.value, rating.state
    FROM latest JOIN annotate_rating rating ON rating.submission_id = latest.id
    ORDER BY rating.response_id, rating.dimension_id, latest.annotator_id, latest.id DESC
), item AS (
    SELECT dimension_id, state, array_agg(value ORDER BY value) AS values
    FROM given GROUP BY dimension_id, state, response_id
)
SELECT dimension_id, state, values, count(*) FROM item GROUP BY dimension_id, state, values
"""  # noqa: S608 - no value is pasted in

_COMPARISONS = f"""{_LATEST}, given AS (
    SELECT DISTINCT ON (comparison.scope, comparison.left_id, comparison.right_id, comparison.dimension_id,
                        latest.annotator_id)
           comparison.scope, comparison.left_id, comparison.right_id, comparison.dimension_id,
           comparison.preference
    FROM latest JOIN annotate_comparison comparison ON comparison.submission_id = latest.id
    ORDER BY comparison.scope, comparison.left_id, comparison.right_id, comparison.dimension_id,
             latest.annotator_id, latest.id DESC
), item AS (
    SELECT scope, dimension_id, array_agg(preference ORDER BY preference) AS values
    FROM given GROUP BY scope, dimension_id, left_id, right_id
)
SELECT scope, dimension_id, values, count(*) FROM item GROUP BY scope, dimension_id, values
"""  # noqa: S608


def agreement_report(project_id: int) -> AgreementReport:
    """Return agreement on everything that is rated or compared, in four statements.

    The database counts value patterns (there are few), so memory does not grow with the project.
    """
    ratings: dict[int, dict[tuple[int, ...], int]] = defaultdict(dict)
    left_out: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for dimension, state, values, count in _rows(_RATINGS, project_id):
        if state == "rated":
            ratings[dimension][tuple(values)] = count
        else:
            left_out[dimension][state] += count * len(values)
    comparisons: dict[tuple[str, int | None], dict[tuple[int, ...], int]] = defaultdict(dict)
    for scope, dimension, values, count in _rows(_COMPARISONS, project_id):
        comparisons[scope, dimension][tuple(values)] = count
    rubric = Project.objects.values_list("rubric", flat=True).get(pk=project_id)
    seen = {*ratings, *left_out, *(dimension for _, dimension in comparisons if dimension)}
    dimensions = Dimension.objects.filter(rubric=rubric) | Dimension.objects.filter(pk__in=seen)
    ordered = {one.pk: one for one in dimensions.order_by("rubric", "position")}
    keys = {pk: one.key for pk, one in ordered.items()}
    return AgreementReport(
        [_rating(one, ratings[pk], dict(left_out[pk])) for pk, one in ordered.items()],
        [
            ComparisonAgreement(
                scope, keys[dimension] if dimension else None, agreement(patterns), same_direction(patterns)
            )
            for (scope, dimension), patterns in sorted(
                comparisons.items(), key=lambda one: (one[0][1] or 0, one[0][0] != "local")
            )
        ],
    )


def _rating(
    dimension: Dimension, patterns: dict[tuple[int, ...], int], left_out: dict[str, int]
) -> RatingAgreement:
    return RatingAgreement(
        dimension=dimension.key,
        code=dimension.code,
        scope=dimension.scope,
        minimum=dimension.minimum,
        maximum=dimension.maximum,
        agreement=agreement(patterns),
        left_out=left_out,
    )


def _rows(statement: str, project_id: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [project_id])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
