from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.stats.proportions import NO_CASES, Drawn, ratio, share, weighted_share


def test_wilsons_interval_of_a_published_example() -> None:
    # R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for hits, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        found = share(hits, n)
        assert found.value == hits / n
        assert found.low == pytest.approx(low, abs=5e-5)
        assert found.high == pytest.approx(high, abs=5e-5)


def test_of_nothing_there_is_no_share() -> None:
    assert share(0, 0) == weighted_share([]) == NO_CASES
    assert NO_CASES.value is None
    assert NO_CASES.undefined == "no_cases"


@given(st.lists(st.booleans(), min_size=2, max_size=60))
def test_with_equal_chances_the_weighted_share_is_the_plain_one(hits: list[bool]) -> None:
    cases = [Drawn(hit, 0.25, number) for number, hit in enumerate(hits)]
    found = weighted_share(cases)
    assert found.value == pytest.approx(sum(hits) / len(hits))
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_rarely_drawn_cases_weigh_more() -> None:
    cases = [Drawn(hit=True, probability=0.1, cluster=1), Drawn(hit=False, probability=0.9, cluster=2)]
    assert weighted_share(cases).value == pytest.approx(0.9)


def test_cases_that_hang_together_widen_the_interval() -> None:
    hits = [number % 10 < 3 for number in range(200)]
    alone = weighted_share([Drawn(hit, 0.5, number) for number, hit in enumerate(hits)])
    together = weighted_share([Drawn(hit, 0.5, hit * 10 + number % 5) for number, hit in enumerate(hits)])
    assert alone.value == together.value
    assert (together.high or 0) - (together.low or 0) > 2 * ((alone.high or 0) - (alone.low or 0))


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    lot = random.Random(7)
    held = 0
    for _ in range(400):
        population = [
            (lot.random() < 0.2, 0.1 if lot.random() < 0.5 else 0.5, number) for number in range(600)
        ]
        truth = sum(hit for hit, _, _ in population) / 600
        drawn = weighted_share([Drawn(*one) for one in population if lot.random() < one[1]])
        held += (drawn.low or 0) <= truth <= (drawn.high or 0)
    assert 0.92 <= held / 400 <= 0.995


def test_a_ratio_has_an_interval_around_it_and_none_where_a_share_is_nought() -> None:
    found = ratio(share(40, 100), share(20, 200))
    assert found.value == pytest.approx(4)
    # Katz by hand: exp(1.96 * sqrt(1/40 - 1/100 + 1/20 - 1/200)) = 1.63; Wilson's widths come near.
    assert found.low == pytest.approx(4 / 1.63, rel=0.05)
    assert found.high == pytest.approx(4 * 1.63, rel=0.05)
    assert ratio(share(0, 10), share(1, 10)).undefined == "none_found"
    assert ratio(share(1, 10), NO_CASES).undefined == "no_cases"
