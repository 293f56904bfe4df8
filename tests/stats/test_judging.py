from __future__ import annotations

import numpy as np
import pytest

from annotate.stats.judging import (
    NOTHING,
    Estimate,
    Labels,
    centred,
    correlation,
    correlation_sums,
    estimates,
    pairs,
    same_side,
    share,
)


def labels(question: list[int], turn: list[int], conversation: list[int]) -> Labels:
    return Labels(np.array(question), np.array(turn), np.array(conversation))


def test_pearson_is_the_textbook_one() -> None:
    # Anscombe's first set (F. J. Anscombe, The American Statistician 27 (1973), 17-21): r = 0.816.
    x = np.array([10.0, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5])
    y = np.array([8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68])
    same = labels([0] * 11, [1] * 11, list(range(11)))
    ((whole, first),) = estimates(same, correlation_sums(x, y), correlation, 1)

    assert whole.value == pytest.approx(0.81642, abs=1e-5)
    assert (whole.n, whole.conversations, whole.undefined) == (11, 11, "")
    assert whole.low is not None
    assert whole.high is not None
    assert whole.low < 0.816 < whole.high
    assert first == whole


def test_large_numbers_lose_no_digits() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=500)
    y = x + rng.normal(size=500)
    same = labels([0] * 500, [1] * 500, list(range(500)))
    ((small, _),) = estimates(same, correlation_sums(x, y), correlation, 1)
    ((large, _),) = estimates(same, correlation_sums(x + 2400, y), correlation, 1)

    assert large.value == pytest.approx(small.value)
    assert large.low == pytest.approx(small.low, abs=1e-3)


def test_each_question_and_turn_has_its_own_number_and_its_own_reason() -> None:
    found = estimates(
        labels([0, 0, 0, 1, 1], [1, 1, 2, 1, 1], [1, 2, 1, 1, 2]),
        correlation_sums(np.array([1.0, 2, 3, 5, 5]), np.array([1.0, 2, 2, 1, 2])),
        correlation,
        3,
    )

    assert found[0][0].value == pytest.approx(0.866, abs=1e-3)
    first = found[0][1]
    assert first.value == pytest.approx(1.0)
    assert (first.low, first.n, first.conversations, first.undefined) == (None, 2, 2, "few_conversations")
    assert found[0][2] == Estimate(None, None, None, 1, 1, "no_variation")
    assert found[1][1].undefined == "no_variation"
    assert found[2] == [NOTHING, NOTHING, NOTHING]


def test_nothing_is_nothing() -> None:
    empty = labels([], [], [])

    assert estimates(empty, np.zeros((0, 2)), share, 2) == [[NOTHING], [NOTHING]]


def test_the_interval_of_a_share_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(11)
    hits = 0
    for _ in range(300):
        # 60 conversations of five pairs that hang together.
        chance = rng.beta(6, 4, 60)
        right = rng.random((60, 5)) < chance[:, None]
        conversation = np.repeat(np.arange(60), 5)
        held = np.stack([np.ones(300), right.reshape(-1).astype(float)], axis=1)
        ((one, _),) = estimates(Labels(np.zeros(300, int), np.ones(300, int), conversation), held, share, 1)
        assert one.low is not None
        assert one.high is not None
        hits += one.low <= 0.6 <= one.high

    assert 0.91 <= hits / 300 <= 0.985


def test_sides_agree_disagree_or_are_none() -> None:
    preference = np.array([2, -1, 3, 0, 1])
    delta = np.array([0.1, -3, -0.1, 5, 0])

    assert same_side(preference, delta).tolist() == [1, 1, 0, 0.5, 0.5]


def test_all_pairs_of_a_group_come_once() -> None:
    left, right = pairs(np.array([1, 1, 1, 2, 3, 3]))

    assert sorted(zip(left.tolist(), right.tolist(), strict=True)) == [(0, 1), (0, 2), (1, 2), (4, 5)]
    assert centred(np.array([1, 1, 2]), np.array([1.0, 3, 7])).tolist() == [-1, 1, 0]
