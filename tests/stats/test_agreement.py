from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.stats.agreement import (
    Floats,
    Metric,
    Weights,
    ac2,
    agreement,
    alpha,
    coefficients,
    coincidences,
    distribution,
    features,
    fleiss_kappa,
)
from tests.stats import agreement_by_hand as by_hand

# Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section E: four observers, twelve
# units, missing values. Printed there: ordinal alpha 0.815 (nominal 0.743, interval 0.849).
KRIPPENDORFF_E = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
# The same, section A: two observers, ten units, binary. Printed there: alpha 0.095.
KRIPPENDORFF_A = ("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0")

SCALE = range(4)


def patterns(units: Iterable[Iterable[int]]) -> Counter[tuple[int, ...]]:
    return Counter(tuple(sorted(unit)) for unit in units)


def table(rows: Iterable[str]) -> Counter[tuple[int, ...]]:
    columns = zip(*(row.split() for row in rows), strict=True)
    return patterns([int(value) for value in column if value != "."] for column in columns)


def sums(found: Counter[tuple[int, ...]], scale: Sequence[int]) -> Floats:
    added: Floats = features(found, scale).T @ np.array(list(found.values()), dtype=float)
    return added


@pytest.mark.parametrize(
    ("rows", "metric", "printed"),
    [
        (KRIPPENDORFF_E, Metric.NOMINAL, 0.743),
        (KRIPPENDORFF_E, Metric.ORDINAL, 0.815),
        (KRIPPENDORFF_E, Metric.INTERVAL, 0.849),
        (KRIPPENDORFF_A, Metric.ORDINAL, 0.095),
    ],
)
def test_alpha_is_what_krippendorff_prints(rows: tuple[str, ...], metric: Metric, printed: float) -> None:
    scale = range(6)
    found = alpha(coincidences(sums(table(rows), scale), scale), scale, metric)

    assert found == pytest.approx(printed, abs=0.0005)


def test_kappa_and_ac1_are_what_gwet_prints() -> None:
    # K. L. Gwet's package irrCAC prints for the four observers above (its cac.raw4raters) Fleiss' kappa 0.76117 and
    # AC1 0.77544, and for a table of two people and a hundred cases (cont3x3abstractors) Scott's pi, which is Fleiss'
    # kappa for two, 0.7962397 and AC1 0.8493305.
    four = table(KRIPPENDORFF_E)
    two = patterns([[1, 1]] * 13 + [[2, 2]] * 20 + [[2, 3]] * (7 + 4) + [[3, 3]] * 56)

    of_four, of_two = sums(four, range(1, 6)), sums(two, range(1, 4))

    assert fleiss_kappa(of_four, range(1, 6), Weights.IDENTITY) == pytest.approx(0.76117, abs=5e-6)
    assert ac2(of_four, range(1, 6), Weights.IDENTITY) == pytest.approx(0.77544, abs=5e-6)
    assert fleiss_kappa(of_two, range(1, 4), Weights.IDENTITY) == pytest.approx(0.7962397, abs=5e-8)
    assert ac2(of_two, range(1, 4), Weights.IDENTITY) == pytest.approx(0.8493305, abs=5e-8)


def test_quadratic_weights_by_hand() -> None:
    # Two items on a scale of 0, 1, 2: one given 0 and 1 (weight 3/4), one given 2 and 2. Shares 1/4, 1/4, 1/2.
    given_values = patterns([[0, 1], [2, 2]])
    observed = (3 / 4 + 1) / 2
    for_kappa = 3 / 8 + 2 * (1 / 16 * 3 / 4) + 2 * (1 / 8 * 3 / 4)  # the ends agree by 0
    for_ac2 = 6 / 6 * (2 * 3 / 16 + 1 / 4)  # weights add up to 3 + 4 * 3/4

    found = agreement(given_values, range(3))
    assert found.kappa == pytest.approx((observed - for_kappa) / (1 - for_kappa))
    assert found.ac2 == pytest.approx((observed - for_ac2) / (1 - for_ac2))


def test_where_one_value_prevails_ac2_stays_near_the_agreement_and_kappa_falls() -> None:
    found = agreement(patterns([[3, 3]] * 95 + [[2, 3]] * 5), SCALE)

    assert found.exact == pytest.approx(0.95)
    assert found.kappa is not None
    assert found.ac2 is not None
    assert found.kappa < 0
    assert found.ac2 > 0.95


def test_agreement_is_counted_by_item_over_pairs_of_people() -> None:
    found = agreement(patterns([[3, 3], [3, 2, 2], [0, 3], [1]]), SCALE)

    assert (found.items, found.pairs) == (3, 5)
    assert found.exact == pytest.approx((1 + 1 / 3 + 0) / 3)
    assert found.within_one == pytest.approx((1 + 1 + 0) / 3)
    assert found.distribution == {0: 1, 1: 1, 2: 2, 3: 4}


def test_without_two_people_on_an_item_nothing_is_defined_but_the_distribution() -> None:
    found = agreement(patterns([[3], [2]]), SCALE)

    assert (found.exact, found.within_one, found.alpha, found.undefined) == (None, None, None, "no_pairs")
    assert (found.alpha_nominal, found.alpha_interval, found.kappa, found.ac2) == (None, None, None, None)
    assert found.distribution == {2: 1, 3: 1}


def test_where_everybody_gives_one_value_agreement_is_total_and_alpha_is_undefined() -> None:
    found = agreement(patterns([[3, 3], [3, 3, 3]]), SCALE)

    assert (found.exact, found.alpha, found.undefined) == (1, None, "one_value")
    assert (found.kappa, found.ac2) == (None, 1)


PREFERENCES = range(-3, 4)


def of_sides(units: list[list[int]]) -> tuple[float, float]:
    found = coefficients(sums(patterns(units), PREFERENCES), PREFERENCES)
    return float(found["same_side"]), float(found["ties_as_half"])


def test_a_tie_takes_no_side_or_counts_as_half() -> None:
    assert of_sides([[1, 3], [-1, 2], [0, 1], [0, 0]]) == pytest.approx((0.5, (1 + 0 + 0.5 + 1) / 4))
    assert of_sides([[0, 1]]) == pytest.approx((np.nan, 0.5), nan_ok=True)
    assert of_sides([[0]]) == pytest.approx((np.nan, np.nan), nan_ok=True)


UNITS = st.lists(st.lists(st.integers(-1, 3), max_size=5), max_size=12)


@given(UNITS)
def test_the_sums_say_exactly_what_each_source_defines(units: list[list[int]]) -> None:
    found, scale = patterns(units), range(-1, 4)
    numbers = coefficients(sums(found, scale), scale)
    expected = {
        "exact": by_hand._share(found, lambda left, right: left == right),
        "within_one": by_hand._share(found, lambda left, right: abs(left - right) <= 1),
        "alpha": by_hand.alpha(found, Metric.ORDINAL),
        "alpha_nominal": by_hand.alpha(found, Metric.NOMINAL),
        "alpha_interval": by_hand.alpha(found, Metric.INTERVAL),
        "kappa": by_hand.fleiss_kappa(found, scale),
        "ac2": by_hand.ac2(found, scale),
        "same_side": by_hand.same_direction(found),
        "ties_as_half": by_hand.ties_as_half(found),
    }

    assert set(numbers) == set(expected)
    for name, value in expected.items():
        assert float(numbers[name]) == pytest.approx(np.nan if value is None else value, nan_ok=True), name


@given(st.lists(UNITS, min_size=1, max_size=4))
def test_sums_of_parts_are_those_of_the_whole_and_many_are_worked_out_at_once(
    parts: list[list[list[int]]],
) -> None:
    scale = range(-1, 4)
    each = np.stack([sums(patterns(part), scale) for part in parts])
    whole = sums(patterns([unit for part in parts for unit in part]), scale)

    assert each.sum(axis=0) == pytest.approx(whole)
    together = coefficients(each, scale)
    for row, one in enumerate(each):
        for name, value in coefficients(one, scale).items():
            assert together[name][row] == pytest.approx(value, nan_ok=True)


@given(UNITS)
def test_alpha_is_at_most_one_and_one_exactly_when_no_item_is_disputed(units: list[list[int]]) -> None:
    found = agreement(patterns(units), range(-1, 4))
    for value in (found.alpha, found.alpha_nominal, found.alpha_interval):
        if value is not None:
            disputed = any(len(set(unit)) > 1 for unit in units)
            assert value < 1 if disputed else value == pytest.approx(1)


@given(UNITS)
def test_turning_the_scale_round_changes_no_agreement(units: list[list[int]]) -> None:
    mirrored = agreement(patterns([[-value for value in unit] for unit in units]), range(-3, 2))
    found = agreement(patterns(units), range(-1, 4))

    assert mirrored.exact == pytest.approx(found.exact)
    assert mirrored.alpha == pytest.approx(found.alpha)
    assert mirrored.kappa == pytest.approx(found.kappa)
    assert mirrored.ac2 == pytest.approx(found.ac2)


@given(UNITS, st.integers(2, 4))
def test_repeating_the_data_keeps_the_shares(units: list[list[int]], times: int) -> None:
    repeated = agreement(patterns(units * times), range(-1, 4))
    found = agreement(patterns(units), range(-1, 4))

    assert repeated.items == times * found.items
    assert repeated.within_one == pytest.approx(found.within_one)
    assert repeated.kappa == pytest.approx(found.kappa)
    assert repeated.ac2 == pytest.approx(found.ac2)
    assert distribution(patterns(units * times)) == {
        value: times * count for value, count in found.distribution.items()
    }
