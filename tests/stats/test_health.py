from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from annotate.stats import health, persons


def pairs(seed: int, *, overpaid: float = 0.0, count: int = 8000) -> dict[str, np.ndarray]:
    """Return pairs whose winner follows quality, and a score that also pays for length."""
    generator = np.random.default_rng(seed)
    quality, length = generator.normal(0, 1.5, count), generator.normal(0, 1, count)
    source = generator.integers(0, 3, (2, count))
    position = quality + overpaid * length + 0.6 * ((source[1] == 2).astype(float) - (source[0] == 2))
    return {
        "won": generator.random(count) < expit(quality),
        "position": position,
        "length": length,
        "left": source[0],
        "right": source[1],
        "conversation": generator.integers(0, count // 5, count),
    }


def estimates(made: dict[str, np.ndarray]) -> dict[str, health.Estimate]:
    found = health.style(
        made["won"],
        made["position"],
        {"length": made["length"], "bold": np.zeros(made["length"].size)},
        made["conversation"],
    )
    return {one.name: one for one in found}


def test_a_reward_that_overpays_length_has_a_clearly_negative_coefficient() -> None:
    fair, greedy = estimates(pairs(1)), estimates(pairs(2, overpaid=0.5))

    assert set(greedy) == {"score", "length"}  # what never varies has no coefficient
    assert greedy["length"].high < 0
    assert greedy["length"].p < 0.001
    assert fair["length"].low < 0 < fair["length"].high
    assert fair["score"].value > 0.7


def test_swapping_the_sides_leaves_the_coefficients() -> None:
    made = pairs(3, overpaid=0.5)
    turned = {**made, "won": ~made["won"], "position": -made["position"], "length": -made["length"]}

    assert estimates(turned)["length"].value == pytest.approx(estimates(made)["length"].value)


def test_a_source_that_is_overpaid_wins_less_than_the_score_has_it() -> None:
    made = pairs(4)
    found = health.residuals(
        made["won"],
        expit(made["position"]),
        made["left"],
        made["right"],
        made["conversation"],
        ["a", "b", "c"],
    )
    by_name = {one.name: one for one in found}

    assert by_name["c"].high < -0.03
    assert by_name["a"].low > 0


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    held = [
        one.low < 0 < one.high for seed in range(120) for one in [estimates(pairs(seed, count=600))["length"]]
    ]

    assert np.mean(held) > 0.88


def test_few_pairs_or_one_winner_say_nothing() -> None:
    made = pairs(5, count=150)
    assert estimates(made) == {}
    assert health.residuals(
        made["won"], expit(made["position"]), made["left"], made["right"], made["conversation"], ["a", "b", "c"]
    ) == []  # fmt: skip
    few = {**pairs(5), "conversation": np.arange(8000) % 9}
    assert estimates(few) == {}
    assert health.residuals(
        few["won"], expit(few["position"]), few["left"], few["right"], few["conversation"], ["a", "b", "c"]
    ) == []  # fmt: skip
    assert health.relative(np.asarray([0.0, 1.0]), np.asarray([0.0, 3.0])).tolist() == [0.0, 0.5]


def test_who_is_the_odd_one_out_faster_than_the_others() -> None:
    often, seldom = persons.more_per_task(60, 100, 200, 1000), persons.more_per_task(20, 100, 200, 1000)
    assert often is not None
    assert seldom is not None

    assert often > 0.95
    assert seldom < 0.2
    assert persons.more_per_task(1, 0, 1, 1) is None
