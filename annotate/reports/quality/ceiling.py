"""What a scorer is to be measured by: one person held against the others, and the scorer against the very same.

On items that at least two people answered each person in turn is left out and held against what the others said, as
a judge would be: against the mean of their ratings (Pearson's correlation), the side of the mean of their differences
between two answers to one prompt, the side that most of them preferred. Where the others are undecided nobody is
measured; a judge's own tie counts half. A scorer that reaches the person's figure says as much as one more person
would. It is the lower bound of the noise ceiling (H. Nili et al., PLoS Computational Biology 10 (2014), e1003553): one
person's slips are in it, so a scorer that does not have them may come out above.

The figures of `judges` count every label by itself, so they lie lower: one person's rating is noisier than a mean.
Labels are those that `judges` counts. Only answers by one version of the rubric are held against one another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from annotate.models import Dimension, ScorerRun
from annotate.reports.labels.columns import read
from annotate.reports.sql import IS_WORK, latest
from annotate.stats.beliefs import BY_WEAKEST_STEP, LEAST_STEPS
from annotate.stats.judging import (
    Estimate,
    Floats,
    Ints,
    Labels,
    Number,
    correlation,
    correlation_sums,
    estimates,
    others,
    pairs,
    same_side,
    share,
)

Columns = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Ceiling:
    """One person against the others, and the run against the same others on the same items."""

    person: Estimate
    run: Estimate


@dataclass(frozen=True, slots=True)
class DimensionCeiling:
    """The ceiling of Pearson's correlation and of accuracy on pairs, on one dimension."""

    dimension: str
    pearson: Ceiling
    accuracy: Ceiling


@dataclass(frozen=True, slots=True)
class RunCeiling:
    """The ceiling of stated overall preferences, and those by dimension in the rubric's order."""

    preferences: Ceiling
    dimensions: list[DimensionCeiling]


_SOURCE = f"""
    FROM annotate_submission submission JOIN annotate_task task ON task.id = submission.task_id
    JOIN annotate_batch batch ON batch.id = task.batch_id
    LEFT JOIN annotate_assignment assignment ON assignment.id = submission.assignment_id
    WHERE batch.project_id = %(project)s AND {IS_WORK} AND batch.purpose NOT IN ('bridge', 'holdout')
      AND task.follows_id IS NULL
      AND (submission.origin = 'imported' OR (submission.origin = 'live' AND assignment.purpose = 'base'))"""

_LATEST = f"""
WITH latest AS MATERIALIZED ({
    latest("submission.id, submission.annotator_id, submission.rubric_id, task.conversation_id", _SOURCE)
})"""

_RATINGS = f"""{_LATEST}, given AS (
    SELECT DISTINCT ON (rating.response_id, rating.dimension_id, latest.annotator_id)
           latest.conversation_id, latest.annotator_id, rating.response_id, rating.dimension_id, rating.value,
           rating.state
    FROM latest JOIN annotate_rating rating ON rating.submission_id = latest.id
    WHERE rating.dimension_id = ANY(%(dimensions)s)
    ORDER BY rating.response_id, rating.dimension_id, latest.annotator_id, latest.id DESC
), rated AS (
    SELECT given.*, count(*) OVER (PARTITION BY response_id, dimension_id) AS people
    FROM given WHERE state = 'rated'
)
SELECT rated.conversation_id AS conversation, response.turn_id AS turn, rated.response_id AS response,
       rated.dimension_id AS dimension, rated.annotator_id AS annotator, rated.value
FROM rated JOIN annotate_response response ON response.id = rated.response_id
WHERE rated.people > 1
"""  # noqa: S608 - no value is pasted in

_PREFERENCES = f"""{_LATEST}, given AS (
    SELECT DISTINCT ON (comparison.left_id, comparison.right_id, latest.rubric_id, latest.annotator_id)
           latest.conversation_id, latest.annotator_id, latest.rubric_id, comparison.left_id, comparison.right_id,
           comparison.preference
    FROM latest JOIN annotate_comparison comparison ON comparison.submission_id = latest.id
    WHERE comparison.scope = 'local' AND comparison.dimension_id IS NULL
    ORDER BY comparison.left_id, comparison.right_id, latest.rubric_id, latest.annotator_id, latest.id DESC
), compared AS (
    SELECT given.*, count(*) OVER (PARTITION BY left_id, right_id, rubric_id) AS people FROM given
)
SELECT conversation_id AS conversation, left_id AS "left", right_id AS "right", rubric_id AS rubric, preference
FROM compared WHERE people > 1
"""  # noqa: S608

# Chains of fewer than two steps have no process to score, as for the figures beside which the ceiling stands.
_SCORES = f"""
SELECT response_id AS response, coalesce(dimension_id, 0) AS dimension, value,
       coalesce((SELECT min(one) FROM unnest(step_values) one), value) AS lowest
FROM annotate_score
WHERE run_id = %(run)s AND value IS NOT NULL AND (step_values IS NULL OR cardinality(step_values) >= {LEAST_STEPS})
"""  # noqa: S608


class People:
    """What at least two people answered, read once for all runs of a project."""

    def __init__(self, project_id: int, dimensions: Sequence[Dimension]) -> None:
        self.dimensions = list(dimensions)
        wanted = {"project": project_id, "dimensions": [one.pk for one in dimensions]}
        names = ("conversation", "turn", "response", "dimension", "annotator")
        self.ratings = _by_item(
            read(_RATINGS, wanted, {**dict.fromkeys(names, "i8"), "value": "f8"}, everything=True),
            "annotator",
            "turn",
            "dimension",
            "response",
        )
        columns = dict.fromkeys(("conversation", "left", "right", "rubric"), "i8")
        self.preferences = read(_PREFERENCES, wanted, {**columns, "preference": "f8"}, everything=True)

    def beside(self, run: ScorerRun) -> RunCeiling:
        """Return the ceiling on what this run scored; one statement."""
        scores = read(
            _SCORES,
            {"run": run.pk},
            {"response": "i8", "dimension": "i8", "value": "f8", "lowest": "f8"},
            everything=True,
        )
        scores = _by_item(scores, "dimension", "response")
        places = {one.pk: place for place, one in enumerate(self.dimensions)}
        rated = self.ratings
        worth = np.full(rated["value"].size, np.nan)
        for one in self.dimensions:
            rows = np.flatnonzero(rated["dimension"] == one.pk)
            number = one.pk if np.any(scores["dimension"] == one.pk) else 0
            what = "lowest" if one.key == BY_WEAKEST_STEP else "value"
            worth[rows] = _numbers(scores, number, what, rated["response"][rows])
        question = np.array([places[pk] for pk in rated["dimension"].tolist()], dtype=np.int64)
        pearson = self._pearson(question, worth)
        accuracy = self._accuracy(question, worth)
        return RunCeiling(
            self._preferences(scores),
            [
                DimensionCeiling(one.key, pearson[place], accuracy[place])
                for place, one in enumerate(self.dimensions)
            ],
        )

    def _pearson(self, question: Ints, worth: Floats) -> list[Ceiling]:
        rated, rows = self.ratings, np.flatnonzero(np.isfinite(worth))
        item = _numbered(rated["response"][rows], question[rows])
        value = rated["value"][rows]
        mean = others(item, value)
        return _ceilings(
            question[rows],
            rated["conversation"][rows],
            correlation_sums(value, mean),
            correlation_sums(worth[rows], mean),
            correlation,
            len(self.dimensions),
        )

    def _accuracy(self, question: Ints, worth: Floats) -> list[Ceiling]:
        rated, rows = self.ratings, np.flatnonzero(np.isfinite(worth))
        # What one person gave at one turn on one dimension stands together: so it was sorted.
        left, right = pairs(_runs(rated["annotator"][rows], rated["turn"][rows], question[rows]))
        left, right = rows[left], rows[right]
        apart = rated["value"][right] - rated["value"][left]
        pair = _numbered(rated["response"][left], rated["response"][right], question[left])
        mean = others(pair, apart)
        decided = np.flatnonzero(np.isfinite(mean) & (mean != 0))
        left, right, mean = left[decided], right[decided], mean[decided]
        return _ceilings(
            question[left],
            rated["conversation"][left],
            _counted(same_side(mean, apart[decided])),
            _counted(same_side(mean, worth[right] - worth[left])),
            share,
            len(self.dimensions),
        )

    def _preferences(self, scores: Columns) -> Ceiling:
        given = self.preferences
        left, right = (_numbers(scores, 0, "value", given[side]) for side in ("left", "right"))
        pair = _numbered(given["left"], given["right"], given["rubric"])
        side = np.sign(given["preference"])
        majority = others(pair, side)
        rows = np.flatnonzero(np.isfinite(right - left) & (majority != 0))
        (found,) = _ceilings(
            np.zeros(rows.size, np.int64),
            given["conversation"][rows],
            _counted(same_side(majority[rows], side[rows])),
            _counted(same_side(majority[rows], (right - left)[rows])),
            share,
            1,
        )
        return found


def _ceilings(  # noqa: PLR0913, PLR0917 - two judges on the same items
    question: Ints, conversation: Ints, person: Floats, run: Floats, number: Number, questions: int
) -> list[Ceiling]:
    labels = Labels(question, np.ones_like(question), conversation)
    both = (estimates(labels, sums, number, questions) for sums in (person, run))
    return [Ceiling(one[0], other[0]) for one, other in zip(*both, strict=True)]


def _by_item(columns: Columns, *names: str) -> Columns:
    """Return the columns sorted by these, the first one first."""
    order = np.lexsort([columns[name] for name in reversed(names)])
    return {name: column[order] for name, column in columns.items()}


def _numbered(*columns: Ints) -> Ints:
    """Return a number for each different row of these columns."""
    order = np.lexsort(columns)
    found = np.empty(order.size, dtype=np.int64)
    found[order] = _runs(*(column[order] for column in columns))
    return found


def _runs(*columns: Ints) -> Ints:
    """Return which run of equal rows each row belongs to, from 0 on."""
    differs = np.zeros(columns[0].size, dtype=np.int64)
    for column in columns:
        differs[1:] |= column[1:] != column[:-1]
    return np.cumsum(differs)


def _numbers(scores: Columns, dimension: int, name: str, responses: Ints) -> Floats:
    """Return the run's number of each response on a dimension (0: overall), nan where there is none."""
    first, end = np.searchsorted(scores["dimension"], [dimension, dimension + 1])
    known, value = scores["response"][first:end], scores[name][first:end]
    if not known.size:
        return np.full(responses.size, np.nan)
    place = np.minimum(np.searchsorted(known, responses), known.size - 1)
    return np.where(known[place] == responses, value[place], np.nan)


def _counted(held: Floats) -> Floats:
    return np.stack([np.ones_like(held), held], axis=1)
