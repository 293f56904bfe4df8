from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.stats.agreement import agreement, distribution, ordinal_alpha, same_direction

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


def patterns(units: Iterable[Iterable[int]]) -> Counter[tuple[int, ...]]:
    return Counter(tuple(sorted(unit)) for unit in units)


def table(rows: Iterable[str]) -> Counter[tuple[int, ...]]:
    columns = zip(*(row.split() for row in rows), strict=True)
    return patterns([int(value) for value in column if value != "."] for column in columns)


@pytest.mark.parametrize(("rows", "printed"), [(KRIPPENDORFF_E, 0.815), (KRIPPENDORFF_A, 0.095)])
def test_alpha_is_what_krippendorff_prints(rows: tuple[str, ...], printed: float) -> None:
    assert ordinal_alpha(table(rows)) == pytest.approx(printed, abs=0.0005)


def test_agreement_is_counted_by_item_over_pairs_of_people() -> None:
    found = agreement(patterns([[3, 3], [3, 2, 2], [0, 3], [1]]))

    assert (found.items, found.pairs) == (3, 5)
    assert found.exact == pytest.approx((1 + 1 / 3 + 0) / 3)
    assert found.within_one == pytest.approx((1 + 1 + 0) / 3)
    assert found.distribution == {0: 1, 1: 1, 2: 2, 3: 4}


def test_without_two_people_on_an_item_nothing_is_defined_but_the_distribution() -> None:
    found = agreement(patterns([[3], [2]]))

    assert (found.exact, found.within_one, found.alpha, found.undefined) == (None, None, None, "no_pairs")
    assert found.distribution == {2: 1, 3: 1}


def test_where_everybody_gives_one_value_agreement_is_total_and_alpha_is_undefined() -> None:
    found = agreement(patterns([[3, 3], [3, 3, 3]]))

    assert (found.exact, found.alpha, found.undefined) == (1, None, "one_value")


def test_a_tie_takes_no_side() -> None:
    assert same_direction(patterns([[1, 3], [-1, 2], [0, 1], [0, 0]])) == pytest.approx(0.5)
    assert same_direction(patterns([[0, 1]])) is None


UNITS = st.lists(st.lists(st.integers(-1, 3), max_size=5), max_size=12)


@given(UNITS)
def test_alpha_is_at_most_one_and_one_exactly_when_no_item_is_disputed(units: list[list[int]]) -> None:
    alpha = ordinal_alpha(patterns(units))
    if alpha is not None:
        disputed = any(len(set(unit)) > 1 for unit in units)
        assert alpha < 1 if disputed else alpha == pytest.approx(1)


@given(UNITS)
def test_turning_the_scale_round_changes_no_agreement(units: list[list[int]]) -> None:
    mirrored = agreement(patterns([[-value for value in unit] for unit in units]))
    found = agreement(patterns(units))

    assert mirrored.exact == pytest.approx(found.exact)
    assert mirrored.alpha == pytest.approx(found.alpha)


@given(UNITS, st.integers(2, 4))
def test_repeating_the_data_keeps_the_shares(units: list[list[int]], times: int) -> None:
    repeated = agreement(patterns(units * times))
    found = agreement(patterns(units))

    assert repeated.items == times * found.items
    assert repeated.within_one == pytest.approx(found.within_one)
    assert distribution(patterns(units * times)) == {
        value: times * count for value, count in found.distribution.items()
    }
