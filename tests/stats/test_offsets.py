from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.stats.offsets import Floats, Ints, offsets


def test_offsets_are_the_predictions_that_robinson_prints() -> None:
    # G. K. Robinson, "That BLUP is a Good Thing", Statistical Science 6 (1991), section 2: nine yields in three herds
    # by daughters of the sires A to D, the variance of sires a tenth of chance's. Printed: 0.40, 0.52, 0.76, -1.67.
    herd = np.array([0, 0, 1, 1, 1, 2, 2, 2, 2])
    sire = np.array([0, 3, 1, 3, 3, 2, 2, 3, 3])
    found = offsets(herd, sire, np.array([110.0, 100, 110, 100, 100, 110, 110, 100, 100]), ratio=10)

    assert found.people == pytest.approx([0.40, 0.52, 0.76, -1.67], abs=0.005)


def sample(
    spread: float, *, items: int = 4000, people: int = 20, noise: float = 0.7
) -> tuple[Ints, Ints, Floats, Floats]:
    random = np.random.default_rng(7)
    own = random.normal(0, spread, people)
    item = np.repeat(np.arange(items), 3)
    person = np.concatenate([random.choice(people, 3, replace=False) for _ in range(items)])
    worth = random.normal(1.5, 1, items)
    value = worth[item] + own[person] + random.normal(0, noise, len(item))
    return item, person, value, own


def test_known_offsets_and_variances_are_found_again() -> None:
    item, person, value, own = sample(0.5)
    found = offsets(item, person, value)

    assert found.spread == pytest.approx(own.std(ddof=1), rel=0.05)
    assert found.noise == pytest.approx(0.7, rel=0.05)
    assert found.people - found.people.mean() == pytest.approx(own - own.mean(), abs=0.12)


def test_where_nobody_is_harsh_offsets_are_next_to_nothing() -> None:
    item, person, value, _ = sample(0)
    found = offsets(item, person, value)

    assert np.abs(found.people).max() < 0.03


def test_who_rated_little_is_shrunk_more() -> None:
    item, person, value, _ = sample(0.5, people=6, items=600)
    # Two newcomers give two levels more to what others rated, one of them once, the other a hundred times.
    for newcomer, times in ((6, 1), (7, 100)):
        shared = np.arange(times)
        item = np.r_[item, shared]
        person = np.r_[person, np.full(times, newcomer)]
        value = np.r_[value, [value[item[: len(value)] == one].mean() + 2 for one in shared]]
    found = offsets(item, person, value)

    assert 0 < found.people[6] < found.people[7]


def test_where_nobody_shares_an_item_there_are_no_offsets() -> None:
    found = offsets(np.arange(3), np.array([0, 1, 1]), np.array([1.0, 2, 3]))

    assert found.people.tolist() == [0, 0]
    assert (found.spread, found.noise) == (None, None)
    assert len(offsets(np.array([], int), np.array([], int), np.array([])).people) == 0


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 3)), max_size=30))
def test_whatever_the_ratings_offsets_are_finite_and_no_larger_than_the_scale(
    ratings: list[tuple[int, int, int]],
) -> None:
    item, person, value = np.array(ratings, dtype=int).reshape(-1, 3).T
    found = offsets(item, person, value.astype(float))

    assert np.isfinite(found.people).all()
    assert np.abs(found.people).max(initial=0) <= 3 + 1e-6


def test_giving_everything_a_level_more_changes_no_offset() -> None:
    item, person, value, _ = sample(0.5, items=300)

    assert offsets(item, person, value + 1).people == pytest.approx(offsets(item, person, value).people)
