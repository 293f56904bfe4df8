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
from annotate.reports.quality.ceiling import People, RunCeiling
from annotate.reports.quality.columns import read
from annotate.reports.quality.given_labels import GivenLabels
from annotate.reports.quality.published import PUBLISHED, PublishedJudge
from annotate.reports.quality.scored_labels import scored_pairs
from annotate.reports.sql import IS_WORK, latest
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
    given = GivenLabels(project_id, runs)
    rubric = Project.objects.values_list("rubric", flat=True).get(pk=project_id)
    dimensions = list(Dimension.objects.filter(rubric=rubric).order_by("position"))
    people = People(project_id, dimensions) if runs else None
    return JudgeReport(
        [_judge(run, dimensions, given, people.beside(run)) for run in runs if people], PUBLISHED
    )


def _judge(run: ScorerRun, dimensions: list[Dimension], given: GivenLabels, ceiling: RunCeiling) -> Judge:
    process = run.scores.filter(step_values__isnull=False).exists()
    preferences = _preferences(run.pk, given)
    dedicated = set(
        Score.objects.filter(run=run).exclude(dimension=None).values_list("dimension", flat=True).distinct()
    )
    return Judge(
        id=run.uid,
        scorer=run.scorer,
        model=run.model,
        revision=run.revision,
        is_process=process,
        preferences=preferences[0],
        preferences_by_turn=preferences[1:],
        dimensions=[
            DimensionJudged(
                one.key,
                one.scope,
                may_speak(one.key, process=process, dedicated=one.pk in dedicated),
                found[0],
                found[1:],
            )
            for one, found in zip(dimensions, _ratings(run, dimensions, sorted(dedicated)), strict=True)
        ],
        ceiling=ceiling,
    )


def _preferences(run_id: int, given: GivenLabels) -> list[PreferenceJudged]:
    """Return the judge on overall preferences between two answers to one prompt: all turns, then each."""
    found = scored_pairs(run_id, given=given)
    used = found.base & ~found.whole & (found.dimension == 0)
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


def _ratings(run: ScorerRun, dimensions: list[Dimension], dedicated: list[int]) -> list[list[RatingsJudged]]:
    """Return the judge by dimension: all turns, then each."""
    parameters = {"project": run.project_id, "run": run.pk, "dedicated": dedicated}
    found = read(_RATINGS, parameters, dict.fromkeys(_COLUMNS, "i8") | {"value": "f8", "score": "f8"})
    found = {
        name: column[np.isin(found["dimension"], [one.pk for one in dimensions])]
        for name, column in found.items()
    }
    places = {one.pk: place for place, one in enumerate(dimensions)}
    question = np.array([places[pk] for pk in found["dimension"].tolist()], dtype=np.int64)
    # What one person gave at one turn on one dimension stands together.
    order = np.lexsort((question, found["turn"], found["annotator"]))
    question = question[order]
    found = {name: column[order] for name, column in found.items()}
    keys = np.stack([found["annotator"], found["turn"], question])
    group = np.concatenate([[0], np.cumsum((keys[:, 1:] != keys[:, :-1]).any(axis=0))])[: len(question)]
    labels = Labels(question, found["number"], found["conversation"])
    value, score = found["value"], found["score"]
    count = len(dimensions)
    pearson = estimates(labels, correlation_sums(score, value), correlation, count)
    several = np.isin(group, np.flatnonzero(np.bincount(group) > 1))
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


def _of(labels: Labels, which: Flags | Ints) -> Labels:
    return Labels(labels.question[which], labels.turn[which], labels.conversation[which])


def _counted(held: Floats) -> Floats:
    return np.stack([np.ones_like(held), held], axis=1)


def _at(found: list[Estimate], turn: int) -> Estimate:
    return found[turn] if turn < len(found) else NOTHING


_COLUMNS = ("conversation", "number", "turn", "dimension", "annotator", "value", "score")

_SOURCE = f"""
    FROM annotate_submission submission JOIN annotate_task task ON task.id = submission.task_id
    JOIN annotate_batch batch ON batch.id = task.batch_id
    LEFT JOIN annotate_assignment assignment ON assignment.id = submission.assignment_id
    WHERE batch.project_id = %(project)s AND {IS_WORK} AND batch.purpose <> 'holdout' AND task.follows_id IS NULL
      AND (submission.origin = 'imported' OR (submission.origin = 'live' AND assignment.purpose = 'base'))"""

# A run that speaks per dimension is taken at its word there, and by its overall number elsewhere. Chains of fewer than
# two steps have no process to score.
_RATINGS = f"""
WITH latest AS MATERIALIZED ({latest("submission.id, submission.annotator_id, task.conversation_id", _SOURCE)}
), given AS (
    SELECT DISTINCT ON (rating.response_id, rating.dimension_id, latest.annotator_id)
           latest.conversation_id, latest.annotator_id, rating.response_id, rating.dimension_id, rating.value,
           rating.state
    FROM latest JOIN annotate_rating rating ON rating.submission_id = latest.id
    ORDER BY rating.response_id, rating.dimension_id, latest.annotator_id, latest.id DESC
), score AS MATERIALIZED (
    SELECT response_id, coalesce(dimension_id, 0) AS dimension_id, value,
           (SELECT min(one) FROM unnest(step_values) one) AS lowest
    FROM annotate_score
    WHERE run_id = %(run)s AND value IS NOT NULL
      AND (step_values IS NULL OR cardinality(step_values) >= {LEAST_STEPS})
)
SELECT given.conversation_id AS conversation, turn.number, turn.id AS turn, given.dimension_id AS dimension,
       given.annotator_id AS annotator, given.value,
       CASE WHEN dimension.key = '{BY_WEAKEST_STEP}' THEN coalesce(score.lowest, score.value) ELSE score.value END AS
       score
FROM given JOIN score ON score.response_id = given.response_id
                     AND score.dimension_id = CASE WHEN given.dimension_id = ANY(%(dedicated)s::bigint[])
                                                   THEN given.dimension_id ELSE 0 END
JOIN annotate_response response ON response.id = given.response_id
JOIN annotate_turn turn ON turn.id = response.turn_id
JOIN annotate_dimension dimension ON dimension.id = given.dimension_id
WHERE given.state = 'rated'
"""  # noqa: S608 - no value is pasted in
