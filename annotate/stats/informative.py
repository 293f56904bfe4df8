"""How much there is to learn from asking about a conversation: scores from 0 to 1, for sampling."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def disagreement(outcome: Floats, process: Floats) -> Floats:
    """Return how far two models are apart on each pair: 0 when they say the same, towards 1 when the opposite.

    Each array holds one model's score of the right response less the left one's. The difference of the two chances
    that the right one is better, on each model's own scale (see `scale`).
    """
    return np.abs(_chance(outcome) - _chance(process))


def closeness(deltas: Floats) -> Floats:
    """Return how undecided a model is on each pair: 1 at a tie, towards 0 the wider the margin.

    It is 4 p (1 − p) of the chance p that the right one is better: the variance of the answer, over its largest.
    """
    chance = _chance(deltas)
    return 4 * chance * (1 - chance)


def _chance(deltas: Floats) -> Floats:
    """Return the logistic chance that the right one is better, in the form that cannot overflow."""
    return np.asarray((1 + np.tanh(deltas / scale(deltas) / 2)) / 2, dtype=np.float64)


def scale(deltas: Floats) -> float:
    """Return the median distance between two responses to one turn, a model's unit; 1 where all are equal.

    Raw scores of two models, and margins of one, have no unit of their own: this one needs no labels.
    """
    apart = np.abs(deltas[deltas != 0])
    return float(np.median(apart)) if len(apart) else 1.0


def mean_by(groups: NDArray[np.int64], values: Floats) -> dict[int, float]:
    """Return the mean of the values by group."""
    names, places = np.unique(groups, return_inverse=True)
    means = np.bincount(places, weights=values) / np.bincount(places)
    return dict(zip(names.tolist(), means.tolist(), strict=True))
