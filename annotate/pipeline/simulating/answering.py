"""One person's answers to one task: drawn from the truth, and from what the person is like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.random import Generator

from annotate.models import Batch
from annotate.pipeline.simulating import texts
from annotate.pipeline.simulating.plans import Habits, Plan
from annotate.pipeline.simulating.scenes import Scene, Sheet, levels_of
from annotate.stats.simulation import (
    Answers,
    Integers,
    Mood,
    Person,
    Truth,
    fair_rating,
    generator,
    label_steps,
    prefer,
    rate,
    repeat,
)

_MS_A_QUESTION, _PACE_SPREAD, _HASTE = 4_500, 0.35, 0.35
MARKS = np.array([-1, 0, 1])  # of a step
_COPIED_SHARE = 0.5  # of the responses that who copies writes about


@dataclass(frozen=True, slots=True)
class FileLabels:
    """The labels that came with a file for one task: ratings by (response, dimension), preferences by pair."""

    ratings: Mapping[tuple[int, int], int] = field(default_factory=dict)
    comparisons: Mapping[tuple[str, int, int], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled sheet: ratings and preferences in its order, step labels by response, the order shown."""

    shown: list[int]
    ratings: Answers
    comparisons: Answers
    steps: dict[int, Answers]
    notes: list[tuple[str, str, int | None, int | None, int | None, str]]
    active_ms: int


@dataclass(frozen=True, slots=True)
class Sitting:
    """Who answers which task: the person's number, the task's number within its conversation."""

    scene: Scene
    truth: Truth
    sheet: Sheet
    batch: Batch
    number: int
    person: int
    labels: FileLabels


def fill(plan: Plan, habits: Habits, at: Sitting) -> Filled:
    """Return the answers of a person to a task; the same call always returns the same."""
    rng = generator(plan.seed, "answers", at.scene.name, at.number, at.person)
    person, sheet, count = habits.person, at.sheet, len(at.scene.responses)
    shown = rng.permutation(count)
    mood = Mood.draw(rng, person, count)
    ratings = rate(
        rng,
        mood,
        levels_of(at.truth, sheet),
        responses=sheet.places,
        is_global=sheet.is_global,
        minimum=sheet.minimum,
        maximum=sheet.maximum,
    )
    shown_at = np.empty(count, dtype=np.int64)
    shown_at[shown] = np.arange(count)
    comparisons = prefer(
        rng,
        mood,
        at.truth.worth,
        pairs=sheet.pairs,
        scopes=sheet.scopes,
        right_first=shown_at[sheet.pairs[:, 1]] < shown_at[sheet.pairs[:, 0]],
        scale=at.batch.preference_scale,
        tie=plan.tie if at.batch.tie_allowed else 0.0,
    )
    place = at.scene.place
    steps = {one: label_steps(rng, person, at.truth.right[place[one]]) for one in sheet.stepped}
    if plan.follow is not None:
        ratings, comparisons = _following(rng, plan.follow, at, ratings, comparisons)
    notes = list(_notes(rng, plan, habits, at))
    return Filled(
        shown=[at.scene.responses[one] for one in shown],
        ratings=ratings,
        comparisons=comparisons,
        steps=steps,
        notes=notes,
        active_ms=_active_ms(rng, habits, at),
    )


def fill_again(plan: Plan, habits: Habits, at: Sitting) -> Filled:
    """Return a person's answers to the same task some time later: mostly what they said the first time.

    Each stays with the probability of `consistency` and lies one level beside it otherwise; who gives answers at
    random does so again.
    """
    first = fill(plan, habits, at)
    rng = generator(plan.seed, "again", at.scene.name, at.number, at.person)
    kept, sheet, scale = consistency(plan, habits.person), at.sheet, at.batch.preference_scale
    ties = plan.tie > 0 and at.batch.tie_allowed
    sides = np.array([one for one in range(-scale, scale + 1) if one or ties], dtype=np.int64)

    def again(given: Answers, minimum: Integers, maximum: Integers) -> Answers:
        values = repeat(rng, given.values, minimum, maximum, kept)
        careless = rng.random(len(values)) < habits.person.careless
        return Answers(np.where(careless, rng.integers(minimum, maximum + 1), values), careless)

    def on(levels: Integers, given: Answers) -> Answers:
        nothing = np.zeros(len(given.values), dtype=np.int64)
        places = again(
            Answers(np.searchsorted(levels, given.values), given.careless), nothing, nothing + len(levels) - 1
        )
        return Answers(levels[places.values], places.careless)

    ratings = again(first.ratings, sheet.minimum, sheet.maximum)
    if habits.person.always_top:
        ratings = first.ratings
    return replace(
        first,
        shown=[at.scene.responses[one] for one in rng.permutation(len(at.scene.responses))],
        ratings=ratings,
        comparisons=on(sides, first.comparisons),
        steps={response: on(MARKS, given) for response, given in first.steps.items()},
        active_ms=_active_ms(rng, habits, at),
    )


def consistency(plan: Plan, person: Person) -> float:
    """Return the share of answers that a person gives again: what is missing from 1 grows with their noise."""
    return max(0.0, 1 - (1 - plan.repeats[1]) * person.noise)


def fair(plan: Plan, at: Sitting) -> Filled:
    """Return the answers that are true: what a careful person says when nothing is noise."""
    sheet, count = at.sheet, len(at.scene.responses)
    scales = zip(
        levels_of(at.truth, sheet).tolist(), sheet.minimum.tolist(), sheet.maximum.tolist(), strict=True
    )
    values = np.array([fair_rating(*one) for one in scales], dtype=np.int64)
    place = at.scene.place
    return Filled(
        shown=at.scene.responses,
        ratings=Answers(values, np.zeros(len(values), dtype=bool)),
        comparisons=prefer(
            generator(plan.seed, "fair", at.scene.name),
            Mood(Person(), np.zeros((count, 2))),
            at.truth.worth,
            pairs=sheet.pairs,
            scopes=sheet.scopes,
            right_first=np.zeros(len(sheet.pairs), dtype=bool),
            scale=at.batch.preference_scale,
            tie=plan.tie if at.batch.tie_allowed else 0.0,
        ),
        steps={
            one: Answers(np.where(right, 1, -1), np.zeros(len(right), dtype=bool))
            for one in sheet.stepped
            for right in (at.truth.right[place[one]],)
        },
        notes=[],
        active_ms=0,
    )


def _following(
    rng: Generator, fidelity: float, at: Sitting, ratings: Answers, comparisons: Answers
) -> tuple[Answers, Answers]:
    """Put in place of what the file labels: the label itself for the first person, a near copy for the others."""
    sheet, scale = at.sheet, at.batch.preference_scale
    fidelity = 1.0 if at.person == 0 else fidelity
    keys = [(one.scope, one.left, one.right) for one in sheet.comparisons]
    lowest, highest = np.full(len(keys), -scale), np.full(len(keys), scale)
    return (
        _near(
            rng,
            ratings,
            [at.labels.ratings.get(one) for one in sheet.ratings],
            sheet.minimum,
            sheet.maximum,
            fidelity,
        ),
        _near(rng, comparisons, [at.labels.comparisons.get(one) for one in keys], lowest, highest, fidelity),
    )


def _near(  # noqa: PLR0913, PLR0917 - one array per column
    rng: Generator,
    own: Answers,
    given: list[int | None],
    minimum: Integers,
    maximum: Integers,
    fidelity: float,
) -> Answers:
    there = np.array([one is not None for one in given], dtype=bool)
    labels = np.array([one or 0 for one in given], dtype=np.int64)
    copied = repeat(rng, labels, minimum, maximum, fidelity)
    return Answers(np.where(there, copied, own.values), own.careless & ~there)


def _notes(
    rng: Generator, plan: Plan, habits: Habits, at: Sitting
) -> Iterator[tuple[str, str, int | None, int | None, int | None, str]]:
    """Yield (kind, scope, response, left, right, text): critiques of some responses, reasons of some preferences."""
    language, copied = at.scene.conversation.language, habits.copies
    share = _COPIED_SHARE if copied else plan.texts
    rated = sorted({response for response, _ in at.sheet.ratings})
    for response, draw in zip(rated, rng.random(len(rated)), strict=True):
        if draw < share:
            yield "critique", "local", response, None, None, texts.remark(rng, language, copied=copied)
    for pair, draw in zip(at.sheet.comparisons, rng.random(len(at.sheet.comparisons)), strict=True):
        if draw < share:
            words = texts.remark(rng, language, copied=copied)
            yield "reason", pair.scope, None, pair.left, pair.right, words


def _active_ms(rng: Generator, habits: Habits, at: Sitting) -> int:
    """Return the time at work: who answers at random does it in a third of the time."""
    usual = _MS_A_QUESTION * at.sheet.questions * float(np.exp(rng.normal(0, _PACE_SPREAD)))
    return int(usual * (1 - (1 - _HASTE) * habits.person.careless))
