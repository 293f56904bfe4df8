"""Scorers as judges: how each trained run's numbers go with people's labels, by dimension and by turn number.

In the terms of InterMT-Bench: Pearson's correlation of a judge's number with a person's rating, and the share of pairs
in which the judge prefers what the person rated or called better, ties skipped. Every person's label counts by
itself, as the benchmark has one a question. Beside them what fits a reward model better, whose numbers mean nothing
across prompts: the correlation within one prompt, and preferences with ties counted half.

Labels are those that no flag asked for, as calibration reads them: holdout, follow-ups and repeats are left out.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import numpy as np

from annotate.models import Dimension, Project, Score, ScorerRun
from annotate.reports.labels.columns import read
from annotate.reports.labels.given import UNPROMPTED, given_ratings, of_responses
from annotate.reports.labels.given_labels import GivenLabels, spoken
from annotate.reports.labels.scored_labels import found_at, scored_pairs
from annotate.reports.quality.ceiling import People, RunCeiling
from annotate.reports.quality.published import PUBLISHED, PublishedJudge
from annotate.stats.beliefs import BY_WEAKEST_STEP, LEAST_STEPS, may_speak
from annotate.stats.judging import (
    NOTHING,
    Estimate,
    Flags,
    Floats,
    Ints,
    Labels,
    centred,
    correlation,
    correlation_sums,
    estimates,
    pairs,
    same_side,
    share,
)


@dataclass(frozen=True, slots=True)
class RatingsJudged:
    """A judge on one dimension, over all turns (``turn`` None) or at one.

    ``pearson`` over all rated responses, ``within_prompt`` after taking from each rating the mean of what the same
    person
    gave at the turn, and from each number the mean of the run's; ``accuracy`` on pairs of responses of one turn
    that one person rated differently.
    """

    turn: int | None
    pearson: Estimate
    within_prompt: Estimate
    accuracy: Estimate


@dataclass(frozen=True, slots=True)
class DimensionJudged:
    """A judge on one dimension; ``taught`` is whether a model of its kind was taught anything of the sort."""

    dimension: str
    scope: str
    taught: bool
    whole: RatingsJudged
    turns: list[RatingsJudged]


@dataclass(frozen=True, slots=True)
class PreferenceJudged:
    """A judge on stated overall preferences: the share on whose side it is, ties skipped and ties as a half."""

    turn: int | None
    accuracy: Estimate
    ties_as_half: Estimate


@dataclass(frozen=True, slots=True)
class Judge:
    """One scorer run beside people."""

    id: uuid.UUID
    scorer: str
    model: str
    revision: str
    is_process: bool
    preferences: PreferenceJudged
    preferences_by_turn: list[PreferenceJudged]
    dimensions: list[DimensionJudged]
    ceiling: RunCeiling


@dataclass(frozen=True, slots=True)
class JudgeReport:
    """The trained runs, the latest first; and the judges of the published table."""

    judges: list[Judge]
    published: list[PublishedJudge]


def judge_report(project_id: int) -> JudgeReport:
    """Return every trained run that scored something beside people, in about seven statements a run."""
    scored = Score.objects.filter(value__isnull=False).values("run")
    runs = list(
        ScorerRun.objects.filter(project=project_id, trained=True, pk__in=scored).order_by(
            "-updated_at", "-pk"
        )
    )
    if not runs:
        return JudgeReport([], PUBLISHED)
    rubric = Project.objects.values_list("rubric", flat=True).get(pk=project_id)
    dimensions = list(Dimension.objects.filter(rubric=rubric).order_by("position"))
    given = GivenLabels(project_id, runs)
    rated = _rated(project_id, dimensions)
    people = People(project_id, dimensions)
    return JudgeReport([_judge(run, dimensions, given, rated, people.beside(run)) for run in runs], PUBLISHED)


def _judge(
    run: ScorerRun, dimensions: list[Dimension], given: GivenLabels, rated: _Rated, ceiling: RunCeiling
) -> Judge:
    says = spoken(run)
    preferences = _preferences(run.pk, given)
    return Judge(
        id=run.uid,
        scorer=run.scorer,
        model=run.model,
        revision=run.revision,
        is_process=says.process,
        preferences=preferences[0],
        preferences_by_turn=preferences[1:],
        dimensions=[
            DimensionJudged(
                one.key,
                one.scope,
                may_speak(one.key, process=says.process, dedicated=one.pk in says.dedicated),
                found[0],
                found[1:],
            )
            for one, found in zip(dimensions, _ratings(run, dimensions, rated), strict=True)
        ],
        ceiling=ceiling,
    )


def _preferences(run_id: int, given: GivenLabels) -> list[PreferenceJudged]:
    """Return the judge on overall preferences between two answers to one prompt: all turns, then each."""
    found = scored_pairs(run_id, given=given, base_alone=True)
    used = ~found.whole & (found.dimension == 0)
    labels = Labels(np.zeros(used.sum(), np.int64), found.turn[used], found.conversation[used])
    right = same_side(found.preference[used], found.delta[used])
    (half,) = estimates(labels, _counted(right), share, 1)
    sided = found.preference[used] != 0
    (whole,) = estimates(
        Labels(labels.question[sided], labels.turn[sided], labels.conversation[sided]),
        _counted(right[sided]),
        share,
        1,
    )
    return [PreferenceJudged(turn or None, _at(whole, turn), one) for turn, one in enumerate(half)]


@dataclass(frozen=True, slots=True)
class _Rated:
    """People's ratings on a rubric's dimensions; what one person gave at one turn on one dimension stands together.

    ``question`` is the dimension's place in the rubric, ``group`` numbers what stands together.
    """

    labels: Labels
    group: Ints
    response: Ints
    dimension: Ints
    value: Floats


def _rated(project_id: int, dimensions: list[Dimension]) -> _Rated:
    """Read the ratings that no flag asked for, once for all runs."""
    given = given_ratings(project_id, UNPROMPTED)
    given = given.of(np.isin(given.dimension, [one.pk for one in dimensions]))
    turn, number = of_responses(project_id, given.response, "turn", "number")
    places = np.zeros(max((one.pk for one in dimensions), default=0) + 1, dtype=np.int64)
    places[[one.pk for one in dimensions]] = np.arange(len(dimensions))
    question = places[given.dimension]
    order = np.lexsort((question, turn, given.annotator))
    given, question, number = given.of(order), question[order], number[order]
    keys = (given.annotator, turn[order], question)
    differs = np.logical_or.reduce([one[1:] != one[:-1] for one in keys])
    group = np.concatenate([[0], np.cumsum(differs)])[: len(question)]
    labels = Labels(question, number, given.conversation)
    return _Rated(labels, group, given.response, given.dimension, given.value.astype(np.float64))


def _ratings(run: ScorerRun, dimensions: list[Dimension], rated: _Rated) -> list[list[RatingsJudged]]:
    """Return the judge by dimension: all turns, then each."""
    score = _scores(run, dimensions, rated)
    known = ~np.isnan(score)
    labels, group = _of(rated.labels, known), rated.group[known]
    value, score = rated.value[known], score[known]
    count = len(dimensions)
    pearson = estimates(labels, correlation_sums(score, value), correlation, count)
    several = np.bincount(group)[group] > 1
    within = estimates(
        _of(labels, several),
        correlation_sums(centred(group, score)[several], centred(group, value)[several]),
        correlation,
        count,
    )
    left, right = pairs(group)
    differ = value[left] != value[right]
    left, right = left[differ], right[differ]
    side = same_side(value[right] - value[left], score[right] - score[left])
    accuracy = estimates(_of(labels, left), _counted(side), share, count)
    return [
        [
            RatingsJudged(turn or None, one, _at(within[q], turn), _at(accuracy[q], turn))
            for turn, one in enumerate(pearson[q])
        ]
        for q in range(count)
    ]


def _scores(run: ScorerRun, dimensions: list[Dimension], rated: _Rated) -> Floats:
    """Return the run's number for each rating, not a number where it gave none.

    A run that speaks per dimension is taken at its word there, and by its overall number elsewhere.
    """
    columns = {"response": "i8", "dimension": "i8", "value": "f8", "lowest": "f8"}
    scores = read(_SCORES, {"run": run.pk}, columns, everything=True)
    asked = np.where(np.isin(rated.dimension, spoken(run).dedicated), rated.dimension, 0)
    places = found_at(scores, rated.response, asked)
    if not len(scores["value"]):
        return np.full(len(places), np.nan)
    weakest = np.isin(rated.dimension, [one.pk for one in dimensions if one.key == BY_WEAKEST_STEP])
    number = np.where(weakest, scores["lowest"][places], scores["value"][places])
    return np.where(places >= 0, number, np.nan)


def _of(labels: Labels, which: Flags | Ints) -> Labels:
    return Labels(labels.question[which], labels.turn[which], labels.conversation[which])


def _counted(held: Floats) -> Floats:
    return np.stack([np.ones_like(held), held], axis=1)


def _at(found: list[Estimate], turn: int) -> Estimate:
    return found[turn] if turn < len(found) else NOTHING


# Chains of fewer than two steps have no process to score.
_SCORES = f"""
SELECT response_id AS response, coalesce(dimension_id, 0) AS dimension, "value",
       coalesce((SELECT min(one) FROM unnest(step_values) one), "value") AS lowest
FROM annotate_score
WHERE run_id = %(run)s AND value IS NOT NULL
  AND (step_values IS NULL OR cardinality(step_values) >= {LEAST_STEPS})
"""  # noqa: S608 - no value is pasted in
