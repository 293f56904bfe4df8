from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.stats.informative import closeness, disagreement, mean_by
from annotate.stats.sampling import inclusion, systematic

MARKS = st.lists(st.one_of(st.just(float("nan")), st.floats(0, 1)), min_size=1, max_size=60)


@given(MARKS, st.integers(1, 70), st.floats(0.05, 1))
def test_every_unit_may_be_chosen_and_the_probabilities_sum_to_the_size(
    marks: list[float], size: int, even: float
) -> None:
    found = inclusion(np.array(marks), size, even)
    assert ((found > 0) & (found <= 1 + 1e-12)).all()
    assert found.sum() == pytest.approx(min(size, len(marks)))


@given(MARKS, st.integers(1, 70), st.floats(0.05, 1), st.integers(0, 2**31))
def test_a_sample_has_its_size_and_no_unit_twice(
    marks: list[float], size: int, even: float, seed: int
) -> None:
    chances = inclusion(np.array(marks), size, even)
    places = systematic(chances, np.random.default_rng(seed))
    assert len(places) == min(size, len(marks)) == len(set(places.tolist()))
    assert systematic(chances, np.random.default_rng(seed)).tolist() == places.tolist()


def test_a_better_score_is_likelier_and_a_huge_one_is_certain() -> None:
    found = inclusion(np.array([0.1, 0.2, float("nan"), 50.0]), 2, 0.2)
    assert found[3] == 1
    assert found[1] > found[0] > found[2] > 0


def test_units_come_as_often_as_their_probability_says_and_weights_make_up_for_it() -> None:
    draw = np.random.default_rng(1)
    marks = draw.random(40) ** 3
    values = marks * 10 + draw.random(40)  # what is measured goes with the score: the plain mean is far off
    chances = inclusion(marks, 10, 0.2)
    counts, weighted, plain = np.zeros(40), [], []
    for _ in range(4000):
        places = systematic(chances, draw)
        counts[places] += 1
        weighted.append((values[places] / chances[places]).sum() / 40)
        plain.append(values[places].mean())
    spread = np.sqrt(chances * (1 - chances) / 4000)
    assert (np.abs(counts / 4000 - chances) < 4.5 * spread + 1e-9).all()
    assert np.mean(weighted) == pytest.approx(values.mean(), rel=0.02)
    assert np.mean(plain) > 1.3 * values.mean()


def test_the_order_of_a_sample_says_nothing_about_the_score() -> None:
    marks = np.arange(1.0, 31.0)
    chances = inclusion(marks, 15, 0.2)
    draw = np.random.default_rng(2)
    ranks = [np.corrcoef(np.arange(15), marks[systematic(chances, draw)])[0, 1] for _ in range(2000)]
    assert abs(np.mean(ranks)) < 0.03


def test_models_that_say_the_same_do_not_disagree_whatever_their_units() -> None:
    deltas = np.array([-2.0, 0.5, 1.0, 3.0])
    assert disagreement(deltas, 100 * deltas) == pytest.approx(np.zeros(4))
    assert disagreement(deltas, -deltas).argmax() == 3


def test_a_tie_is_as_undecided_as_can_be_and_sides_do_not_matter() -> None:
    deltas = np.array([0.0, 1.0, -4.0])
    assert closeness(deltas)[0] == 1
    assert closeness(deltas) == pytest.approx(closeness(-deltas))
    assert closeness(deltas)[1] > closeness(deltas)[2] > 0


def test_means_are_taken_by_group() -> None:
    assert mean_by(np.array([7, 3, 7]), np.array([1.0, 5.0, 2.0])) == {3: 5.0, 7: 1.5}
