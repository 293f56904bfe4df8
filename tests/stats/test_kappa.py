from __future__ import annotations

import itertools
import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.formats.importers import parse
from annotate.formats.records import ConversationRecord
from annotate.stats.kappa import disagreement, interval, weighted_kappa

# Two of the three raters of anxiety in 20 people of M. Gamer's R package irr, whose manual prints
# kappa2(anxiety[, 1:2], "squared"): kappa = 0.297.
ANXIETY = ("33345523522615221243", "36462424332333221334")
# Two radiologists on 85 xeromammograms, as in Stata's manual of kap: unweighted 0.4728, by absolute
# distance 0.5684. Ours, by squared distance, is not printed there; the two others tie the data down.
RADIOLOGISTS = ((21, 12, 0, 0), (4, 17, 1, 0), (3, 9, 15, 2), (0, 0, 0, 1))


def table(own: str, reference: str) -> Counter[tuple[int, int]]:
    return Counter(zip(map(int, own), map(int, reference), strict=True))


def test_kappa_is_what_the_manual_of_irr_prints() -> None:
    assert weighted_kappa([table(*ANXIETY)]) == pytest.approx(0.297, abs=0.0005)


def test_kappa_of_the_radiologists_is_the_intraclass_form_of_its_definition() -> None:
    counts = {(i, j): n for i, row in enumerate(RADIOLOGISTS) for j, n in enumerate(row) if n}
    first = [i for (i, _), n in counts.items() for _ in range(n)]
    second = [j for (_, j), n in counts.items() for _ in range(n)]
    means = sum(first) / 85, sum(second) / 85
    covariance = sum((a - means[0]) * (b - means[1]) for a, b in zip(first, second, strict=True)) / 85
    spread = sum((a - means[0]) ** 2 for a in first) / 85 + sum((b - means[1]) ** 2 for b in second) / 85

    # Fleiss and Cohen (1973): 2 s12 / (s1² + s2² + (m1 − m2)²).
    wanted = 2 * covariance / (spread + (means[0] - means[1]) ** 2)
    assert weighted_kappa([counts]) == pytest.approx(wanted)


VALUES = st.integers(-1, 3)
PAIRS = st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=40)
STRATA = st.lists(PAIRS, min_size=1, max_size=5)


@given(st.lists(st.lists(VALUES, min_size=1, max_size=30), min_size=1, max_size=9), st.data())
def test_one_value_per_dimension_is_worth_nothing_whatever_the_reference_says(
    references: list[list[int]], data: st.DataObject
) -> None:
    constant = [data.draw(VALUES) for _ in references]
    kappa = weighted_kappa(
        Counter((own, value) for value in values) for own, values in zip(constant, references, strict=True)
    )

    assert kappa is None or kappa == pytest.approx(0, abs=1e-9)


@given(STRATA)
def test_kappa_is_at_most_one_and_one_exactly_when_all_agree(strata: list[list[tuple[int, int]]]) -> None:
    kappa = weighted_kappa(Counter(one) for one in strata)
    differs = any(own != key for own, key in itertools.chain.from_iterable(strata))

    if kappa is None:
        assert not differs
    else:
        assert (kappa < 1) if differs else (kappa == 1)


@given(STRATA)
def test_either_may_be_the_reference_and_the_scale_may_be_turned_round(
    strata: list[list[tuple[int, int]]],
) -> None:
    kappa = weighted_kappa(Counter(one) for one in strata)
    turned = weighted_kappa(Counter((-key, -own) for own, key in one) for one in strata)

    assert turned == (None if kappa is None else pytest.approx(kappa))


@given(PAIRS)
def test_a_dimension_where_nothing_varies_says_nothing(pairs: list[tuple[int, int]]) -> None:
    alone = weighted_kappa([Counter(pairs)])

    assert weighted_kappa([Counter(pairs), Counter({(3, 3): 50})]) == alone


def test_knowing_that_one_dimension_runs_higher_than_another_earns_nothing() -> None:
    high, low = Counter({(3, 3): 9, (3, 2): 3}), Counter({(1, 1): 9, (1, 2): 3})

    assert weighted_kappa([high, low]) == 0
    assert (weighted_kappa([high + low]) or 0) > 0.7


def test_someone_who_always_says_three_matches_two_thirds_and_fails() -> None:
    reference = "3" * 66 + "2" * 20 + "1" * 9 + "0" * 5
    found = table("3" * 100, reference)

    assert found[3, 3] / 100 == 0.66
    assert weighted_kappa([found]) == 0


@pytest.mark.intermt
@pytest.mark.skipif(not os.environ.get("INTERMT_DATA"), reason="INTERMT_DATA names no folder")
def test_on_published_labels_always_three_matches_most_and_is_worth_nothing() -> None:
    records = parse(Path(os.environ["INTERMT_DATA"]) / "crucial_step.json")
    labels = [
        rating.value for one in records if isinstance(one, ConversationRecord) for rating in one.ratings
    ]
    found = Counter((3, label) for label in labels)

    assert len(labels) == 296
    assert found[3, 3] / 296 > 0.66
    assert weighted_kappa([found]) == pytest.approx(0, abs=1e-12)
    # Somebody who is one step too kind to every second answer that is not a 3 passes easily.
    close = Counter((min(3, label + (number % 2)), label) for number, label in enumerate(labels))
    assert (weighted_kappa([close]) or 0) > 0.7


def test_the_steps_that_chance_explains_are_counted_per_rating() -> None:
    found = disagreement(Counter({(0, 0): 1, (3, 3): 1}))

    assert (found.pairs, found.observed, found.expected) == (2, 0, 9)


def test_an_interval_needs_ten_groups_and_holds_the_kappa() -> None:
    groups = [{1: Counter({(n % 4, (n + (n % 3 == 0)) % 4): 2, (2, 2): 1})} for n in range(10)]
    kappa = weighted_kappa([sum((one[1] for one in groups), Counter())])
    found = interval(groups)

    assert interval(groups[:9]) is None
    assert found is not None
    assert kappa is not None
    assert found.low < kappa < found.high


def test_an_interval_of_perfect_agreement_has_no_width() -> None:
    found = interval([{1: Counter({(n % 4, n % 4): 3})} for n in range(10)])

    assert found is not None
    assert (found.low, found.high) == (1, 1)
