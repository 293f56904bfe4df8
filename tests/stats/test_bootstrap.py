from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.stats import bootstrap
from annotate.stats.bootstrap import GROUPS, REPLICATES, groups, intervals, replicates


@given(st.lists(st.integers(0, 50), max_size=80))
def test_few_clusters_are_groups_of_their_own(clusters: list[int]) -> None:
    found = groups(np.array(clusters, dtype=np.int64))

    assert len(set(zip(clusters, found.tolist(), strict=True))) == len(set(clusters))
    assert len(set(found.tolist())) == len(set(clusters))


def test_many_clusters_fall_evenly_into_groups() -> None:
    clusters = np.arange(0, 200 * GROUPS * 2, 2)  # even ids alone: no pattern of ids may show in the groups
    found = groups(np.repeat(clusters, 2))

    assert (found[::2] == found[1::2]).all()
    counts = np.bincount(found[::2], minlength=GROUPS)
    assert len(counts) == GROUPS
    assert counts.var() == pytest.approx(200, rel=0.2)  # as balls thrown at random


def test_replicates_weigh_every_group_by_one_on_average_and_parts_as_the_whole() -> None:
    parts = np.array([[1.0, 2.0], [3.0, 0.0], [0.0, 5.0]])
    found = replicates(parts)

    assert found.shape == (REPLICATES, 2)
    assert found.mean(axis=0) == pytest.approx(parts.sum(axis=0), rel=0.15)
    first, rest = parts * [[1], [0], [0]], parts * [[0], [1], [1]]
    assert found == pytest.approx(replicates(first) + replicates(rest))
    assert (found == replicates(parts)).all(), "the same data have the same interval"


def test_an_interval_needs_a_number_that_is_mostly_defined() -> None:
    whole = np.linspace(0, 1, REPLICATES)
    nearly, hardly = whole.copy(), whole.copy()
    nearly[:: REPLICATES // 20] = np.nan
    hardly[: REPLICATES // 10] = np.nan
    columns = np.stack([whole, nearly, hardly, np.full(REPLICATES, np.nan)], axis=1)
    found = intervals(columns)

    assert [one is not None for one in found] == [True, True, False, False]
    for one, numbers in zip(found[:2], (whole, nearly), strict=True):
        assert one is not None
        assert (one.low, one.high) == pytest.approx(np.nanquantile(numbers, [0.025, 0.975]))


def covered(clusters: int, trials: int) -> float:
    """Return how often the interval of a ratio holds the truth, answers of a conversation hanging together."""
    random = np.random.default_rng(clusters)
    hits = 0
    for _ in range(trials):
        sizes = random.integers(1, 8, clusters)
        own = random.beta(2, 2, clusters)  # each conversation's own share of agreement; 1/2 on average
        parts = np.stack([random.binomial(sizes, own), sizes], axis=1).astype(float)
        sums = replicates(parts)
        (found,) = intervals((sums[:, 0] / sums[:, 1])[:, None])
        hits += found is not None and found.low <= 0.5 <= found.high
    return hits / trials


@pytest.mark.parametrize(
    ("clusters", "least"), [(bootstrap.LEAST_CONVERSATIONS, 0.83), (40, 0.9), (300, 0.92)]
)
def test_intervals_hold_the_truth_about_as_often_as_they_say(clusters: int, least: float) -> None:
    assert least <= covered(clusters, 300) <= 0.985


def test_groups_of_conversations_give_the_interval_of_single_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(5)
    count = 3 * GROUPS
    values = random.normal(0.3, 1, count)
    of = groups(np.arange(count))
    parts = np.stack([np.bincount(of, values, GROUPS), np.bincount(of, minlength=GROUPS)], axis=1).astype(
        float
    )
    sums = replicates(parts)
    (found,) = intervals((sums[:, 0] / sums[:, 1])[:, None])
    reach = 1.96 * values.std() / np.sqrt(count)

    assert found is not None
    assert (found.high - found.low) / 2 == pytest.approx(reach, rel=0.1)
