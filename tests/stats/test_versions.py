from __future__ import annotations

import numpy as np
import pytest

from annotate.stats.versions import Item, Versions, compare


def drawn(  # noqa: PLR0913 - what is varied
    seed: int,
    *,
    conversations: int = 60,
    shift: float = 0.0,
    noise: float = 0.6,
    new_noise: float = 0.6,
    people: int = 2,
) -> list[Item]:
    """Return items on 0 to 3 of a known truth: the new version's answers are higher by ``shift``."""
    draw = np.random.default_rng(seed)
    found = []
    for conversation in range(conversations):
        for _ in range(10):
            truth = draw.uniform(0.5, 2.5)

            def say(level: float, spread: float, first: int) -> dict[int, int]:
                values = np.clip(np.rint(level + draw.normal(0, spread, people)), 0, 3)
                return {first + number: int(value) for number, value in enumerate(values)}

            found.append(Item(conversation, say(truth, noise, 0), say(truth + shift, new_noise, 100)))
    return found


def by_hand() -> Versions:
    items = [Item(1, {1: 0, 2: 1}, {3: 3}), Item(1, {1: 2}, {1: 2, 4: 2})]
    return compare(items, 3)


def test_the_numbers_of_two_items_by_hand() -> None:
    found = by_hand()
    # Across: 0-3 and 1-3 agree 0 and 5/9; 2-2 by different people 1. Within: 0-1 8/9; 2-2 1.
    assert found.between.value == pytest.approx(((0 + 5 / 9) / 2 + 1) / 2)
    assert found.within.value == pytest.approx((8 / 9 + 1) / 2)
    assert found.shift.value == pytest.approx((2.5 + 0) / 2)
    assert (found.verdict, found.because) == ("not_known", "few_items")


def test_versions_that_ask_the_same_may_be_pooled() -> None:
    verdicts = [compare(drawn(seed), 3).verdict for seed in range(10)]
    assert verdicts.count("may_be_pooled") >= 9
    assert "not" not in verdicts


def test_a_shift_beyond_its_margin_forbids_it() -> None:
    found = compare(drawn(1, shift=0.5), 3)
    assert (found.verdict, found.because) == ("not", "shifted")
    assert found.shift.low is not None
    assert found.shift.low > 0.25


def test_people_who_agree_less_across_the_versions_forbid_it() -> None:
    items = drawn(2)
    turned = [
        Item(one.conversation, one.old, {person: 3 - value for person, value in one.new.items()})
        for one in items
    ]
    found = compare(turned, 3)
    assert found.because == "less_agreement"


def test_too_little_is_never_taken_for_alike() -> None:
    found = compare(drawn(3, conversations=10), 3)
    assert found.items == 100
    assert found.verdict == "not_known" or found.shift.high is not None
    assert compare(drawn(3, conversations=9), 3).because == "few_conversations"
    assert compare([], 3).because == "few_items"


def test_a_shift_of_just_the_margin_is_rarely_called_alike() -> None:
    verdicts = [compare(drawn(seed, shift=0.29), 3) for seed in range(60)]
    # Clipping takes from the drawn shift: this one comes to about the margin of 0.25.
    mean = np.mean([one.shift.value for one in verdicts])
    assert mean == pytest.approx(0.25, abs=0.03)
    assert sum(one.verdict == "may_be_pooled" for one in verdicts) <= 6


def test_without_pairs_of_people_nothing_is_known() -> None:
    alone = [
        Item(one.conversation, {1: next(iter(one.old.values()))}, {2: next(iter(one.new.values()))})
        for one in drawn(4)
    ]
    assert compare(alone, 3).because == "no_pairs"
    same = [Item(one.conversation, {1: 2}, {1: 2}) for one in alone]
    assert compare(same, 3).because == "same_people"


def test_another_scale_is_another_question() -> None:
    found = compare(drawn(5), 3, same_scale=False)
    assert (found.verdict, found.because) == ("not", "other_scale")
