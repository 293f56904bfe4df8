from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from annotate.stats.kappa import weighted_kappa
from annotate.stats.people import (
    Ratings,
    agreement_with_others,
    offset_estimates,
    offsets,
    shared,
    straight_lines,
)


def ratings(rows: Sequence[tuple[float, ...]]) -> Ratings:
    """Return ratings of (item, dimension, conversation, person, value)."""
    item, dimension, conversation, person, value = (np.array(one) for one in zip(*rows, strict=True))
    return Ratings(item, dimension, conversation, person, value.astype(float))


def drawn(shift: list[float], items: int, seed: int = 3) -> Ratings:
    """Return each item's rating by two of the people, each rating so much higher than they should."""
    rng = np.random.default_rng(seed)
    rows = []
    for item in range(items):
        level = rng.normal(1.5, 0.7)
        rows += [
            (item, 0, item // 4, int(person), level + shift[person] + rng.normal(0, 0.4))
            for person in rng.choice(len(shift), 2, replace=False)
        ]
    return ratings(rows)


def test_a_harsh_person_is_found_and_the_others_are_not_blamed() -> None:
    given = shared(drawn([-0.8, 0, 0, 0, 0, 0], 1200))
    found = offsets(given, 6)
    estimates = offset_estimates(given, found, 6)
    difference = found.value[0] - found.value[1:].mean()

    assert difference == pytest.approx(-0.8, abs=0.1)
    assert np.ptp(found.value[1:]) < 0.15
    assert [one.value for one in estimates] == pytest.approx(found.value.tolist())
    assert estimates[0].high is not None
    assert estimates[0].high < -0.5


def test_a_few_ratings_are_drawn_to_none() -> None:
    given = drawn([0, 0, 0, 0], 400)
    more = ratings(
        [(1000, 0, 200, 4, 2.5), (1000, 0, 200, 0, 1.5), (1001, 0, 200, 4, 3.0), (1001, 0, 200, 1, 2.0)]
    )
    several = Ratings(
        *(
            np.concatenate([getattr(given, name), getattr(more, name)])
            for name in ("item", "dimension", "conversation", "person", "value")
        )
    )
    found = offsets(shared(several), 5)

    assert found.raw[4] == pytest.approx(1, abs=0.1)
    assert found.value[4] < 0.75 * found.raw[4]
    assert found.value[:4] == pytest.approx(found.raw[:4], abs=0.02)


def test_agreement_with_one_other_is_cohens_weighted_kappa() -> None:
    rng = np.random.default_rng(4)
    own = rng.integers(0, 4, 200)
    other = np.where(rng.random(200) < 0.6, own, rng.integers(0, 4, 200))
    rows = [(item, item % 2, item, 0, own[item]) for item in range(200)]
    rows += [(item, item % 2, item, 1, other[item]) for item in range(200)]
    tables = [Counter(zip(own[one::2].tolist(), other[one::2].tolist(), strict=True)) for one in (0, 1)]
    mine, theirs = agreement_with_others(ratings(rows), 2, 2)

    assert mine.value == pytest.approx(weighted_kappa(tables))
    assert theirs.value == pytest.approx(mine.value)
    assert mine.low is not None
    assert mine.value is not None
    assert mine.low < mine.value


def test_whoever_always_says_the_same_agrees_by_chance() -> None:
    rng = np.random.default_rng(6)
    rows = [(item, 0, item, 0, 3) for item in range(100)]
    rows += [(item, 0, item, 1, value) for item, value in enumerate(rng.integers(0, 4, 100))]
    mine, _ = agreement_with_others(ratings(rows), 2, 1)

    assert mine.value == pytest.approx(0)


def test_what_one_person_alone_rated_says_nothing() -> None:
    given = shared(ratings([(7, 0, 1, 0, 2), (8, 0, 1, 0, 3), (8, 0, 1, 1, 1)]))

    assert given.item.tolist() == [0, 0]
    assert agreement_with_others(given, 3, 1)[2].undefined == "no_labels"


def test_straight_lines_are_counted_in_tasks_long_enough() -> None:
    task = np.repeat([1, 2, 3], [8, 8, 2])
    value = np.array([3] * 8 + [3, 3, 3, 3, 2, 3, 3, 3] + [1, 1])
    found = straight_lines(task, value)

    assert (found.tasks, found.share, found.longest) == (2, 0.5, 8)
    assert found.by_chance == pytest.approx((15 / 18) ** 8 + (1 / 18) ** 8 + (2 / 18) ** 8)
    assert straight_lines(task[:0], value[:0]).share is None
