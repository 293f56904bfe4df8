from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.evaluation.metrics import (
    PairCounts,
    StepCounts,
    accuracy,
    count_pair,
    count_steps,
    decided_accuracy,
    f1,
    f1_correct,
    f1_incorrect,
    macro_f1,
    weighted_macro_f1,
    wilson,
)


def test_steps_are_counted_by_label_and_prediction_and_neutral_ones_apart() -> None:
    counts = count_steps([1, 1, 1, -1, -1, 0, 0], [0.9, 0.9, 0.1, 0.9, 0.1, 0.9, 0.1], 0.8)

    assert counts == StepCounts(
        true_correct=2, false_correct=1, true_incorrect=1, false_incorrect=1, neutral=2
    )
    assert (counts.correct, counts.incorrect) == (3, 2)


def test_a_score_at_the_threshold_is_called_incorrect_as_published() -> None:
    assert count_steps([1, 1], [0.8, 0.8000001], 0.8) == StepCounts(true_correct=1, false_incorrect=1)


def test_labels_and_scores_of_different_number_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        count_steps([1, 1], [0.5], 0.8)


def test_macro_f1_by_hand() -> None:
    counts = StepCounts(true_correct=2, false_correct=1, true_incorrect=1, false_incorrect=1, neutral=9)

    assert f1_correct(counts) == pytest.approx(2 / 3)  # precision 2/3, recall 2/3
    assert f1_incorrect(counts) == pytest.approx(1 / 2)  # precision 1/2, recall 1/2
    assert macro_f1(counts) == pytest.approx(7 / 12)


def test_calling_everything_correct_does_not_pay() -> None:
    """By hand: of 3 right and 1 wrong steps F1 is 6/7 on the right ones and 0 on the wrong one."""
    counts = count_steps([1, 1, 1, -1], [1, 1, 1, 1], 0.5)

    assert macro_f1(counts) == pytest.approx(3 / 7)


@pytest.mark.parametrize(
    ("labels", "scores", "expected"),
    [
        ([1, 1], [1, 1], (1.0, None, None)),  # no wrong step, none called wrong
        ([1, 1], [1, 0], (2 / 3, 0.0, 1 / 3)),  # no wrong step, one called wrong
        ([-1], [0], (None, 1.0, None)),  # no right step, none called right
        ([-1, -1], [1, 1], (0.0, 0.0, 0.0)),
        ([0, 0], [1, 0], (None, None, None)),  # neutral ones alone
        ([], [], (None, None, None)),
    ],
)
def test_what_the_counts_do_not_define_is_none(
    labels: list[int], scores: list[float], expected: tuple[float | None, ...]
) -> None:
    counts = count_steps(labels, scores, 0.5)

    assert (f1_correct(counts), f1_incorrect(counts), macro_f1(counts)) == pytest.approx(expected)


def test_overall_is_pooled_and_not_the_mean_of_the_sources() -> None:
    one = StepCounts(true_correct=8, true_incorrect=2)
    other = StepCounts(true_correct=1, false_correct=2, true_incorrect=1, false_incorrect=1)

    assert macro_f1(one) == 1
    assert macro_f1(other) == pytest.approx(0.4)  # 2/5 and 2/5
    assert macro_f1(one + other) == pytest.approx((18 / 21 + 6 / 9) / 2)
    assert weighted_macro_f1([one, other]) == pytest.approx((10 * 1 + 5 * 0.4) / 15)


def test_a_source_of_zero_counts_in_the_weighted_mean_and_an_undefined_one_does_not() -> None:
    zero = StepCounts(false_correct=1, false_incorrect=1)
    undefined = StepCounts(true_correct=5)

    assert weighted_macro_f1([StepCounts(true_correct=1, true_incorrect=1), zero, undefined]) == 0.5
    assert weighted_macro_f1([undefined]) is None
    assert weighted_macro_f1([]) is None


COUNT = st.integers(0, 50)


@given(COUNT, COUNT, COUNT)
def test_f1_is_the_harmonic_mean_of_precision_and_recall(true: int, wrong: int, missed: int) -> None:
    found = f1(true, wrong, missed)

    if true:
        precision, recall = true / (true + wrong), true / (true + missed)
        assert found == pytest.approx(2 * precision * recall / (precision + recall))
    else:
        assert found == (0 if wrong or missed else None)


@pytest.mark.parametrize(
    ("preference", "first", "second", "expected"),
    [
        (1, 2.0, 1.0, PairCounts(agree=1)),
        (1, 1.0, 2.0, PairCounts(disagree=1)),
        (2, 1.0, 2.0, PairCounts(agree=1)),
        (2, 2.0, 1.0, PairCounts(disagree=1)),
        (1, 1.0, 1.0, PairCounts(score_ties=1)),
        (2, 1.0, 1.0, PairCounts(score_ties=1)),
        (0, 1.0, 2.0, PairCounts(human_ties=1)),
        (0, 1.0, 1.0, PairCounts(human_ties=1)),
    ],
)
def test_a_label_is_counted_once(preference: int, first: float, second: float, expected: PairCounts) -> None:
    assert count_pair(preference, first, second) == expected


def test_an_equal_score_is_half_a_point_and_peoples_equal_is_left_out() -> None:
    counts = PairCounts(agree=3, disagree=2, score_ties=1, human_ties=7)

    assert accuracy(counts) == pytest.approx(3.5 / 6)
    assert decided_accuracy(counts) == pytest.approx(3 / 5)


def test_an_accuracy_of_nothing_is_none() -> None:
    assert accuracy(PairCounts(human_ties=2)) is None
    assert decided_accuracy(PairCounts(score_ties=2)) is None
    assert accuracy(PairCounts(score_ties=2)) == 0.5
    assert wilson(None, 0) is None
    assert wilson(0.5, 0) is None


def test_wilson_against_published_values() -> None:
    """Newcombe, Statistics in Medicine 17 (1998), table I, method 3: 81/263, 15/148, 0/20, 1/29."""
    for hits, trials, low, high in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ]:
        assert wilson(hits / trials, trials) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_wilson_interval_holds_its_share_and_mirrors(hits_of: tuple[int, int]) -> None:
    hits, trials = hits_of
    interval, mirrored = wilson(hits / trials, trials), wilson((trials - hits) / trials, trials)

    assert interval
    assert mirrored
    assert all(low <= high + 1e-12 for low, high in pairwise([0, interval[0], hits / trials, interval[1], 1]))
    assert interval == pytest.approx((1 - mirrored[1], 1 - mirrored[0]))
