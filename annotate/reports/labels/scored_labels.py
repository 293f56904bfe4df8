"""People's labels beside a scorer run's numbers, as columns: what calibration and the model flags read.

The labels are read by `given_labels`, once for all runs; each run's scores are put beside them here.

Base labels are what calibration may learn from: labels that no flag has asked for (assignments of the ordinary kind,
no follow-up or repeat, no bridge, no holdout batch), as they stood when the first flag on their item was raised, and
audit verdicts on such labels. A model that learned from flagged items alone would look better every month; so would
one that lost what people revised once it was flagged.

Numbers are only ever compared between answers to the same prompt and history, so a pair's two responses belong to one
turn. Global pairs are therefore here only where the whole paths part at their last answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from annotate.models import ScorerRun
from annotate.reports.labels.columns import Columns, read
from annotate.reports.labels.given_labels import (
    STANDING,
    WORDS,
    Flags,
    Floats,
    GivenLabels,
    Ints,
    Names,
    Smalls,
    Spoken,
    base,
    spoken,
)
from annotate.stats.beliefs import LEAST_STEPS


@dataclass(frozen=True, slots=True)
class ScoredPairs:
    """One row a comparison whose two responses the run scored; all columns have the same length.

    ``preference`` > 0 says that the right one is better, ``delta`` is the right one's score less the left one's.
    ``dimension`` is 0 for overall. ``language``, ``left_source`` and ``right_source`` are places in ``names``.
    ``scale`` and ``ties`` are the batch's. ``ordinary``: an annotator's, on what was asked of everybody alike.
    ``single``: this is the only person's word on the pair by this version of the rubric.
    """

    names: Names
    conversation: Ints
    turn: Smalls
    language: Smalls
    left: Ints
    right: Ints
    dimension: Ints
    whole: Flags
    annotator: Ints
    submission: Ints
    preference: Smalls
    delta: Floats
    left_source: Smalls
    right_source: Smalls
    scale: Smalls
    ties: Flags
    review: Flags
    ordinary: Flags
    single: Flags


@dataclass(frozen=True, slots=True)
class ScoredRatings:
    """One row a rating (state ``rated``) of a response that the run scored beside another one of its turn.

    ``score`` is the response's less the mean of its turn's: what it is worth among answers to the same prompt.
    """

    names: Names
    conversation: Ints
    turn: Ints
    language: Smalls
    response: Ints
    dimension: Ints
    annotator: Ints
    submission: Ints
    value: Smalls
    score: Floats
    source: Smalls
    review: Flags


@dataclass(frozen=True, slots=True)
class ScoredSteps:
    """One row a step label (+1, 0, −1) on a step that the run scored; ``count`` is the number of scored steps."""

    names: Names
    conversation: Ints
    language: Smalls
    response: Ints
    annotator: Ints
    submission: Ints
    index: Smalls
    count: Smalls
    value: Smalls
    score: Floats
    source: Smalls
    review: Flags


_SCORE = """
WITH score AS MATERIALIZED (
    SELECT score.response_id, coalesce(score.dimension_id, 0) AS dimension_id, score.value,
           cardinality(score.step_values) AS steps,
           (SELECT min(one) FROM unnest(score.step_values) one) AS lowest,
           response.turn_id, response.source_model
    FROM annotate_score score JOIN annotate_response response ON response.id = score.response_id
    WHERE score.run_id = %(run)s AND score.value IS NOT NULL
      AND (%(conversations)s::bigint[] IS NULL OR response.turn_id IN (
          SELECT id FROM annotate_turn WHERE conversation_id = ANY(%(conversations)s)))
)"""

_SCORES = f"""{_SCORE}
SELECT score.response_id AS response, score.dimension_id AS dimension, score.turn_id AS place, turn.number AS "turn",
       array_position(%(sources)s::text[], score.source_model::text) - 1 AS source,
       score.value, coalesce(score.lowest, score.value) AS lowest
FROM score JOIN annotate_turn turn ON turn.id = score.turn_id
WHERE score.steps IS NULL OR score.steps >= {LEAST_STEPS}
"""  # noqa: S608

_CENTRED = f"""{_SCORE}, centred AS MATERIALIZED (
    SELECT response_id, dimension_id, turn_id, source_model, count(*) OVER turn_mates AS mates,
           value - avg(value) OVER turn_mates AS "value",
           coalesce(lowest, value) - avg(coalesce(lowest, value)) OVER turn_mates AS lowest
    FROM score WHERE steps IS NULL OR steps >= {LEAST_STEPS}
    WINDOW turn_mates AS (PARTITION BY turn_id, dimension_id)
)
SELECT response_id AS response, dimension_id AS dimension, turn_id AS "turn",
       array_position(%(sources)s::text[], source_model::text) - 1 AS source, "value", lowest
FROM centred WHERE mates > 1
"""  # noqa: S608


def _steps(which: str) -> str:
    return f"""{WORDS}, flagged AS (
    SELECT response_id, min(created_at) AS at FROM annotate_flag
    WHERE project_id = %(project)s AND kind = 'F4' GROUP BY 1
), given AS (
    SELECT DISTINCT ON (label.response_id, label.index, word.annotator_id)
           word.*, label.response_id, label.index, label.value, label.splitter_version
    FROM word JOIN annotate_steplabel label ON label.submission_id = word.id {which}
      AND (NOT word.review OR EXISTS (
          SELECT FROM audited WHERE audited.blind_id = word.id AND audited.response_id = label.response_id
             AND audited.dimension_id = 0))
    ORDER BY label.response_id, label.index, word.annotator_id, word.base DESC, word.place DESC
), step AS (
    SELECT score.response_id, response.source_model, score.splitter_version, one.value, one.first, one.last,
           cardinality(score.step_values) AS steps
    FROM annotate_score score JOIN annotate_response response ON response.id = score.response_id,
         unnest(score.step_values, score.step_first, score.step_last) one (value, first, last)
    WHERE score.run_id = %(run)s AND cardinality(score.step_values) >= {LEAST_STEPS}
      AND (%(conversations)s::bigint[] IS NULL OR response.turn_id IN (
          SELECT id FROM annotate_turn WHERE conversation_id = ANY(%(conversations)s)))
)
SELECT given.conversation_id AS conversation,
       array_position(%(languages)s::text[], conversation.language::text) - 1 AS "language",
       given.response_id AS response, given.annotator_id AS annotator, given.id AS submission, given.index,
       step.steps AS "count", given.value, step.value AS score,
       array_position(%(sources)s::text[], step.source_model::text) - 1 AS source, given.review
FROM given JOIN step ON step.response_id = given.response_id
                    AND given.index BETWEEN step.first AND step.last
                    AND step.splitter_version = given.splitter_version
JOIN annotate_conversation conversation ON conversation.id = given.conversation_id
"""  # noqa: S608 - no value is pasted in


_STEPS, _BASE_STEPS = _steps(STANDING), _steps(base("flagged.response_id = label.response_id"))


def scored_pairs(
    run_id: int,
    conversations: Sequence[int] | None = None,
    given: GivenLabels | None = None,
    *,
    base_alone: bool = False,
) -> ScoredPairs:
    """Return the comparisons that the run may be held against, of these conversations or all, or of those given."""
    run, given = _given(run_id, conversations, given)
    says, labels = spoken(run), given.base_pairs if base_alone else given.pairs
    columns: Columns = {**_OF_SCORE, "place": "i8", "turn": "i2"}
    scores = _read(_SCORES, run, given, columns)
    asked = _spoken_number(says, labels["dimension"])
    left, right = (found_at(scores, labels[side], asked) for side in ("left", "right"))
    is_spoken = (labels["dimension"] == 0) | np.isin(labels["dimension"], says.dimensions)
    rows = np.flatnonzero(is_spoken & (left >= 0) & (right >= 0))
    rows = rows[scores["place"][left[rows]] == scores["place"][right[rows]]]
    left, right = left[rows], right[rows]
    kept = {name: column[rows] for name, column in labels.items()}
    weakest = np.isin(kept["dimension"], says.by_weakest)
    return ScoredPairs(
        names=given.names,
        **kept,
        turn=scores["turn"][left],
        delta=_worth(scores, right, weakest) - _worth(scores, left, weakest),
        left_source=scores["source"][left],
        right_source=scores["source"][right],
    )


def scored_ratings(
    run_id: int, given: GivenLabels | None = None, *, base_alone: bool = False
) -> ScoredRatings:
    """Return the ratings on the dimensions that the run may speak of, of a whole project or of those given."""
    run, given = _given(run_id, None, given)
    says, labels = spoken(run), given.base_ratings if base_alone else given.ratings
    scores = _read(_CENTRED, run, given, {**_OF_SCORE, "turn": "i8"})
    places = found_at(scores, labels["response"], _spoken_number(says, labels["dimension"]))
    rows = np.flatnonzero(np.isin(labels["dimension"], says.dimensions) & (places >= 0))
    places = places[rows]
    kept = {name: column[rows] for name, column in labels.items()}
    return ScoredRatings(
        names=given.names,
        **kept,
        turn=scores["turn"][places],
        score=_worth(scores, places, np.isin(kept["dimension"], says.by_weakest)),
        source=scores["source"][places],
    )


def scored_steps(
    run_id: int,
    conversations: Sequence[int] | None = None,
    given: GivenLabels | None = None,
    *,
    base_alone: bool = False,
) -> ScoredSteps:
    """Return the step labels beside the run's step values, of these conversations or all, or of those given."""
    run, given = _given(run_id, conversations, given)
    kinds = {"Ints": "i8", "Smalls": "i2", "Floats": "f8", "Flags": "?"}
    columns = {one.name: kinds[str(one.type)] for one in fields(ScoredSteps) if str(one.type) in kinds}
    statement = _BASE_STEPS if base_alone else _STEPS
    return ScoredSteps(names=given.names, **_read(statement, run, given, columns))


_OF_SCORE = {"response": "i8", "dimension": "i8", "source": "i2", "value": "f8", "lowest": "f8"}


def _given(
    run_id: int, conversations: Sequence[int] | None, given: GivenLabels | None
) -> tuple[ScorerRun, GivenLabels]:
    run = ScorerRun.objects.get(pk=run_id)
    return run, GivenLabels(run.project_id, [run], conversations) if given is None else given


def _read(
    statement: str, run: ScorerRun, given: GivenLabels, columns: Columns
) -> dict[str, npt.NDArray[Any]]:
    parameters = {**given.parameters, "run": run.pk}
    return read(statement, parameters, columns, everything=given.conversations is None)


def _spoken_number(says: Spoken, dimension: Ints) -> Ints:
    """Return the dimension of the run's number: this very one where it gives one for it, else 0, its overall one."""
    return np.where(np.isin(dimension, says.dedicated), dimension, 0)


def found_at(
    scores: dict[str, npt.NDArray[Any]],
    response: npt.NDArray[np.integer[Any]],
    dimension: npt.NDArray[np.integer[Any]],
) -> npt.NDArray[np.intp]:
    """Return where in the scores each response's number on each dimension is; -1 where there is none."""
    width = max(scores["dimension"].max(initial=0), dimension.max(initial=0)) + 1
    keys = scores["response"] * width + scores["dimension"]
    if not keys.size:
        return np.full(response.size, -1)
    order = np.argsort(keys)
    wanted = response * width + dimension
    places = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), keys.size - 1)]
    return np.where(keys[places] == wanted, places, -1)


def _worth(scores: dict[str, npt.NDArray[Any]], places: npt.NDArray[np.intp], by_weakest: Flags) -> Floats:
    return np.where(by_weakest, scores["lowest"][places], scores["value"][places])


@dataclass(frozen=True, slots=True)
class ScoreGaps:
    """One row for every two siblings that the run scored overall, labelled or not: what a cold start knows."""

    delta: Floats


def score_gaps(run_id: int) -> ScoreGaps:
    """Return how far every two answers to one prompt lie apart, ascending, so that a sum of them is always the same."""
    statement = f"""
        SELECT r.value - l.value AS delta FROM annotate_score l
        JOIN annotate_response one ON one.id = l.response_id
        JOIN annotate_response other ON other.turn_id = one.turn_id AND other.id > one.id
        JOIN annotate_score r ON r.response_id = other.id AND r.run_id = l.run_id AND r.dimension_id IS NULL
        WHERE l.run_id = %(run)s AND l.dimension_id IS NULL AND l.value IS NOT NULL AND r.value IS NOT NULL
          AND (l.step_values IS NULL
               OR least(cardinality(l.step_values), cardinality(r.step_values)) >= {LEAST_STEPS})"""  # noqa: S608
    return ScoreGaps(np.sort(read(statement, {"run": run_id}, {"delta": "f8"}, everything=True)["delta"]))
