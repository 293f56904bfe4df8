from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from annotate.stats import coldstart, preference
from annotate.stats.reliability import reliability
from tests.stats import simulated


def fitted(z: np.ndarray, delta: np.ndarray, **fields: object) -> preference.PreferenceLink:
    known = {"strata": 1, "scale": 1, "ties": False, "tau": 3.0, **fields}
    return preference.fit(z, delta, np.zeros(z.size, dtype=int), **known)  # type: ignore[arg-type]


def ordinal(generator: np.random.Generator, delta: np.ndarray, tau: float, cuts: list[float]) -> np.ndarray:
    """Draw preferences of -2 … 2 from the link itself."""
    at = np.concatenate((-np.asarray(cuts)[::-1], cuts))
    return np.asarray((generator.random(delta.size)[:, None] > expit(at - delta[:, None] / tau)).sum(1) - 2)


def test_the_truth_is_found_again() -> None:
    generator = np.random.default_rng(1)
    delta = generator.normal(0, 12, 20_000)
    z = ordinal(generator, delta, 9.4, [0.4, 1.9])
    link = fitted(z, delta, scale=2, ties=True)

    assert link.taus[0] == pytest.approx(9.4, rel=0.05)
    assert link.thresholds == pytest.approx((0.4, 1.9), abs=0.07)


def test_a_larger_delta_makes_the_right_one_likelier() -> None:
    link = preference.PreferenceLink((0.4, 1.9), 9.4, (9.4,))
    right = link.right_wins(link.position(np.linspace(-30, 30, 61)))

    assert (np.diff(right) > 0).all()
    assert right[30] == pytest.approx(0.5)


@given(seed=st.integers(0, 10_000), ties=st.booleans(), scale=st.integers(1, 3))
@settings(max_examples=20, deadline=None)
def test_swapping_the_sides_changes_nothing(seed: int, scale: int, *, ties: bool) -> None:
    generator = np.random.default_rng(seed)
    z = generator.integers(-scale, scale + 1, 120)
    z = z if ties else np.where(z == 0, 1, z)
    delta = generator.normal(0, 5, 120)
    one, other = fitted(z, delta, scale=scale, ties=ties), fitted(-z, -delta, scale=scale, ties=ties)

    assert one.tau == pytest.approx(other.tau)
    assert one.thresholds == pytest.approx(other.thresholds)
    position = one.position(delta)
    np.testing.assert_allclose(one.side(z, position), one.side(-z, -position))
    np.testing.assert_allclose(one.tail(z, position), one.tail(-z, -position))
    np.testing.assert_allclose(one.right_wins(position), 1 - one.right_wins(-position))


def test_the_tail_is_small_where_the_label_goes_strongly_against_the_score() -> None:
    link = preference.PreferenceLink((0.4, 1.9), 1.0, (1.0,))
    tails = link.tail(np.asarray([-2, -1, 0, 1, 2]), np.full(5, 3.0))

    assert (np.diff(tails) > 0).all()
    assert tails[0] == pytest.approx(expit(-1.9 - 3) / 2)
    assert tails[4] == pytest.approx((expit(1.9 - 3) + 1) / 2)


def test_strata_share_strength_and_are_drawn_apart_by_evidence() -> None:
    generator = np.random.default_rng(2)
    stratum = np.repeat([0, 1], [5000, 30])
    delta = generator.normal(0, 8, stratum.size)
    z = np.where(generator.random(stratum.size) < expit(delta / np.asarray([6.0, 12.0])[stratum]), 1, -1)
    link = preference.fit(z, delta, stratum, strata=2, scale=1, ties=False, tau=6.0)

    assert link.taus[0] == pytest.approx(6, rel=0.1)
    assert 5 < link.taus[1] < 9  # thirty labels move a stratum a little


def test_without_labels_the_prior_comes_back() -> None:
    link = fitted(np.zeros(0, dtype=int), np.zeros(0), tau=7.0)

    assert link.tau == pytest.approx(7)


@pytest.mark.parametrize(
    ("labels", "low", "high"),
    [(50, 6.3, 15.0), (200, 7.4, 12.0), (500, 8.1, 11.0)],
)
def test_how_far_a_scale_wanders_with_few_labels(labels: int, low: float, high: float) -> None:
    # The measured 90 % ranges of docs/quality.md, from a prior that is too large by half.
    generator = np.random.default_rng(3)
    found = []
    for _ in range(100):
        delta = generator.normal(0, 12, labels)
        z = np.where(generator.random(labels) < expit(delta / 9.4), 1, -1)
        found.append(fitted(z, delta, tau=13.9).taus[0])
    fifth, ninety_fifth = np.quantile(found, [0.05, 0.95])

    assert fifth == pytest.approx(low, rel=0.15)
    assert ninety_fifth == pytest.approx(high, rel=0.15)


@pytest.mark.parametrize(
    ("accuracy", "rate", "precision"), [(0.73, 0.04, 0.81), (0.66, 0.018, 0.62), (0.61, 0.003, 0.53)]
)
def test_flags_are_as_many_and_as_right_as_measured(accuracy: float, rate: float, precision: float) -> None:
    generator = np.random.default_rng(4)
    gap = simulated.gaps(200_000, generator)
    delta = simulated.scores(gap, accuracy, generator)
    z = simulated.winners(gap, generator)
    link = fitted(z, delta)
    position = delta / link.taus[0]
    flagged = link.side(z, position) <= 0.20
    minority = np.sign(gap) != z

    assert flagged.mean() == pytest.approx(rate, abs=0.004)
    assert minority[flagged].mean() == pytest.approx(precision, abs=0.05)
    # Calibrated: labels take the unlikely side exactly as often as the link says they would.
    chance = 1 - link.side(np.ones_like(z), np.abs(position))
    expected = np.where(chance <= 0.20, chance, 0).mean()
    assert flagged.mean() == pytest.approx(expected, abs=0.003)


def test_a_calibrated_link_is_reliable_and_a_raw_one_is_not() -> None:
    generator = np.random.default_rng(5)
    gap = simulated.gaps(40_000, generator)
    delta = simulated.scores(gap, 0.73, generator)
    learned, held = simulated.winners(gap[:20_000], generator), simulated.winners(gap[20_000:], generator)
    link = fitted(learned, delta[:20_000])
    found = reliability(link.right_wins(delta[20_000:] / link.taus[0]), held > 0)
    raw = reliability(expit(delta[20_000:] * 3), held > 0)
    assert found is not None
    assert raw is not None

    assert found.ece < 0.02
    assert raw.ece > 0.15
    assert found.log_loss < found.constant_log_loss < raw.log_loss
    assert found.brier < found.constant_brier
    assert sum(one.count for one in found.bins) == found.count == 20_000


def test_a_cold_start_errs_on_the_side_of_fewer_flags() -> None:
    generator = np.random.default_rng(6)
    gap = simulated.gaps(50_000, generator)
    delta = simulated.scores(gap, 0.73, generator)
    truth = fitted(simulated.winners(gap, generator), delta).taus[0]
    found = coldstart.tau_from_scores(delta)
    closer = coldstart.tau_from_scores(delta, 0.70)
    assert found is not None
    assert closer is not None

    # Measured once: 13.9 and 10.4 where the truth was 9.4. How far off it is hangs on how the model errs.
    assert found / truth == pytest.approx(13.9 / 9.4, rel=0.15)
    assert closer / truth == pytest.approx(10.4 / 9.4, rel=0.15)
    assert expit(np.abs(delta) / found).mean() == pytest.approx(0.66)
    assert coldstart.standing_out(delta) == pytest.approx(np.percentile(np.abs(delta), 80))


def test_a_cold_start_needs_scores_that_differ() -> None:
    assert coldstart.tau_from_scores(np.zeros(10)) is None
    assert coldstart.tau_from_scores(np.zeros(0)) is None
    assert coldstart.tau_from_scores(np.asarray([1.0, 0.0, 0.0, 0.0])) is None
    assert coldstart.standing_out(np.zeros(0)) is None


def test_no_predictions_have_no_reliability() -> None:
    assert reliability(np.zeros(0), np.zeros(0, dtype=bool)) is None
