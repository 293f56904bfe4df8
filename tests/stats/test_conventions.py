"""What this project's own thresholds do: the figures that docs/calibration.md gives as their reasons."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from annotate.stats.persons import CERTAINTY, dissents
from annotate.stats.versions import AGREEMENT_MARGIN, SHIFT_MARGIN, Item, compare

PEOPLE = 30
EXPECTED = 0.1


def raised(labels: int, times: float, rounds: int = 400) -> tuple[float, float]:
    """Return how often a person at so many times the expected rate is beyond the threshold, and one of the others."""
    generator = np.random.default_rng(7)
    person = np.repeat(np.arange(PEOPLE), labels)
    rate = np.where(person == 0, times * EXPECTED, EXPECTED)
    caught, wrongly = 0, 0
    for _ in range(rounds):
        event = generator.random(person.size) < rate
        found = dissents(person, event, np.full(person.size, EXPECTED))
        over = [one.person for one in found if one.certainty > CERTAINTY]
        caught += 0 in over
        wrongly += sum(one != 0 for one in over)
    return caught / rounds, wrongly / rounds / (PEOPLE - 1)


@pytest.mark.parametrize(
    ("labels", "times", "caught"),
    [
        (60, 3, 0.39),
        (100, 2, 0.02),
        (100, 3, 0.68),
        (200, 2, 0.08),
        (200, 3, 0.98),
        (400, 2, 0.33),
        (800, 2, 0.82),
    ],
)
def test_a_person_is_named_when_the_rate_is_double_or_treble_and_labels_are_many(
    labels: int, times: float, caught: float
) -> None:
    found, wrongly = raised(labels, times)

    assert found == pytest.approx(caught, abs=0.05)
    assert wrongly < 0.001


def bridged(conversations: int, shift: float, rounds: int) -> list[str]:
    """Return the verdicts on simulated bridges: 8 items a conversation, two people under each version, 0 to 3."""
    generator = np.random.default_rng(1)
    verdicts = []
    for _ in range(rounds):
        items = []
        for conversation in range(conversations):
            for truth in generator.normal(generator.normal(1.5, 0.4), 0.8, 8):
                said = np.rint(truth + np.array([0, 0, shift, shift]) + generator.normal(0, 0.6, 4))
                one, two, three, four = np.clip(said, 0, 3).astype(int).tolist()
                items.append(Item(conversation, {1: one, 2: two}, {3: three, 4: four}))
        verdicts.append(compare(items, 3).verdict)
    return verdicts


def test_a_bridge_tells_alike_versions_from_ones_half_a_step_apart() -> None:
    assert bridged(20, 0.0, 20).count("may_be_pooled") >= 18
    assert bridged(20, 0.5, 20).count("not") >= 17
    assert "may_be_pooled" not in bridged(20, 0.5, 20)


def test_both_margins_are_about_one_answer_of_four_by_a_step() -> None:
    # Of levels 0 to 3: so many answers, or pairs of people, one step farther apart use up a margin.
    answers, pairs = SHIFT_MARGIN * 3, AGREEMENT_MARGIN / (1 / 3) ** 2
    assert answers == pytest.approx(0.25)
    assert pairs == pytest.approx(0.27)


def test_a_tenth_of_the_middle_half_is_two_hundredths_of_the_range() -> None:
    # Of a thousand normal scores: the expected range is 6.48 standard deviations, the middle half 1.35.
    middle = 2 * NormalDist().inv_cdf(0.75)
    generator = np.random.default_rng(3)
    spread = float(np.mean([np.ptp(generator.normal(size=1000)) for _ in range(400)]))

    assert 0.1 * middle == pytest.approx(0.02 * spread, rel=0.06)
