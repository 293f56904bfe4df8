"""From a difference of two scores to what people prefer: one model for winner, tie and strength.

A cumulative (ordinal) logistic link (P. McCullagh, Regression Models for Ordinal Data, JRSS B 42, 1980):
P(z <= k | x) = sigmoid(theta_k - x), x = delta / tau_s, with thresholds symmetric around 0, so that swapping the
sides cannot change the answer. Without ties and strengths it is Bradley and Terry's P(right) = sigmoid(x).

z > 0 says that the right one is better, delta is the right one's score less the left one's: a larger delta makes z > 0
likelier. tau_s is how much score a unit of preference takes in stratum s; strata share strength.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]

SPREAD_OF_STRATA = 0.3  # standard deviation of log tau_s around log tau
SPREAD_OF_TAU = 0.7  # and of log tau around what was believed before
_GAP, _SPREAD_OF_GAPS = (
    np.log(0.7),
    1.5,
)  # a weak belief about neighbouring thresholds: keeps empty levels finite
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class PreferenceLink:
    """A fitted link: ``thresholds[i]`` is where |z| passes from level i to i + 1 (0 first without ties)."""

    thresholds: tuple[float, ...]
    tau: float
    taus: tuple[float, ...]

    def position(self, delta: Floats, stratum: Ints | None = None) -> Floats:
        """Return delta in units of preference, by the stratum's tau or the common one."""
        return delta / (self.tau if stratum is None else np.asarray(self.taus)[stratum])

    def right_wins(self, position: Floats) -> Floats:
        """Return P(the right one is better | a side is taken)."""
        right = expit(position - self.thresholds[0])
        left = expit(-position - self.thresholds[0])
        return np.asarray(right / (right + left))

    def side(self, preference: Ints, position: Floats) -> Floats:
        """Return P(the label's own side | a side is taken); 1 for a tie, which opposes nobody."""
        sign = np.sign(preference)
        return np.where(sign == 0, 1.0, self.right_wins(sign * position))

    def tail(self, preference: Ints, position: Floats) -> Floats:
        """Return the mid-p of each label: P(z more contrary) + P(z the same) / 2.

        Contrary is away from the side that the model prefers; by symmetry this is one tail of |z| on that side.
        """
        # Turned so that the model prefers the right: contrary is below the label.
        label = np.where(position < 0, -preference, preference)
        at = np.abs(position)
        return (self._at_most(label - 1, at) + self._at_most(label, at)) / 2

    def _at_most(self, level: Ints, position: Floats) -> Floats:
        """Return P(z <= level); without ties level 0 is the same as -1, its threshold being 0."""
        bounds = np.asarray(self.thresholds)
        cuts = np.concatenate(([-np.inf], -bounds[::-1], bounds, [np.inf]))
        places = np.clip(level + len(bounds) + 1, 0, len(cuts) - 1)
        return np.asarray(expit(cuts[places] - position))


def fit(  # noqa: PLR0913 - the data and what was believed before
    preference: Ints,
    delta: Floats,
    stratum: Ints,
    *,
    strata: int,
    scale: int,
    ties: bool,
    tau: float,
) -> PreferenceLink:
    """Return the most probable link given individual labels (never the majority's) and ``tau`` as prior.

    ``log tau_s ~ N(log tau, 0.3^2)``, ``log tau ~ N(log prior, 0.7^2)``. Preferences run from -scale to scale; labels
    are weighed alike. Without labels the prior comes back.
    """
    size = np.abs(preference)
    # Turned so that every label prefers the right: the thresholds' symmetry makes both the same.
    turned = np.where(preference < 0, -delta, delta)
    gaps = scale if ties else scale - 1
    prior, spread = _beliefs(tau, strata, gaps)

    def objective(free: Floats) -> tuple[float, Floats]:
        shifts, steps = free[1 : 1 + strata], np.exp(free[1 + strata :])
        bounds = np.cumsum(steps) if ties else np.concatenate(([0.0], np.cumsum(steps)))
        position = turned / np.exp(free[0] + shifts)[stratum]
        value, by_position, by_bound = _fit_of(size, position, bounds)
        by_shift = np.bincount(stratum, -by_position * position, minlength=strata)
        by_steps = np.cumsum(by_bound[::-1])[::-1][0 if ties else 1 :] * steps
        away = (free - prior) / spread
        gradient = np.concatenate(([by_shift.sum()], by_shift, by_steps)) - away / spread
        return -(value - (away**2).sum() / 2), -gradient

    free = minimize(objective, prior, jac=True, method="L-BFGS-B").x
    steps = np.cumsum(np.exp(free[1 + strata :]))
    thresholds: Sequence[float] = steps.tolist() if ties else [0.0, *steps.tolist()]
    return PreferenceLink(
        tuple(thresholds), float(np.exp(free[0])), tuple(np.exp(free[0] + free[1 : 1 + strata]).tolist())
    )


def _beliefs(tau: float, strata: int, gaps: int) -> tuple[Floats, Floats]:
    """Return means and standard deviations of what is fitted: log tau, the strata's shifts, log gaps."""
    mean = ([np.log(tau)], np.zeros(strata), np.full(gaps, _GAP))
    spread = ([SPREAD_OF_TAU], np.full(strata, SPREAD_OF_STRATA), np.full(gaps, _SPREAD_OF_GAPS))
    return np.concatenate(mean), np.concatenate(spread)


def _fit_of(size: Ints, position: Floats, bounds: Floats) -> tuple[float, Floats, Floats]:
    """Return the log-likelihood of labels that prefer the right, and its slopes by position and by threshold.

    Level k >= 1 lies between thresholds k and k + 1, a tie between minus and plus the first one.
    """
    lower = np.concatenate(([-bounds[0]], bounds))[size]
    upper = np.concatenate((bounds, [np.inf]))[size]
    above, below = expit(upper - position), expit(lower - position)
    chance = np.maximum(above - below, _TINY)
    by_upper, by_lower = above * (1 - above) / chance, below * (1 - below) / chance
    levels = len(bounds) + 1
    # A threshold is the upper one of the level below it and the lower one of the level above it.
    of_upper = np.bincount(size, by_upper, minlength=levels)[:-1]
    of_lower = np.bincount(size, by_lower, minlength=levels)
    by_bound = of_upper - of_lower[1:]
    by_bound[0] += of_lower[0]
    return float(np.log(chance).sum()), np.asarray(by_lower - by_upper), np.asarray(by_bound, dtype=float)
