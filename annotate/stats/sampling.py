"""Draw a sample whose inclusion probabilities are known exactly, so that weights of 1/probability are right.

Every unit has a positive probability: part of the sample is spread evenly over all units, the rest in proportion to
a score. A hard cut at the top scores would leave the rest at probability 0, and no weight can bring that back.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def inclusion(scores: Floats, size: int, even: float) -> Floats:
    """Return each unit's probability of being in a sample of ``size``; they sum to it (or to all there are).

    ``scores`` are not negative, NaN where there is none. The share ``even`` (above 0, up to 1) of the sample is
    spread evenly over all units, the rest in proportion to the scores. Whoever would pass 1 is taken for certain and
    the rest is shared out anew: the usual remedy for sampling proportional to size (C.-E. Särndal, B. Swensson,
    J. Wretman, Model Assisted Survey Sampling (1992), section 3.6.2).
    """
    units = len(scores)
    if size >= units:
        return np.ones(units)
    known = np.nan_to_num(scores, nan=0.0)
    weights = np.full(units, 1 / units)
    if known.sum() > 0:
        weights = even / units + (1 - even) * known / known.sum()
    found = size * weights
    certain = found >= 1
    while found[certain].sum() > certain.sum():
        found[certain] = 1
        rest = ~certain
        found[rest] = (size - certain.sum()) * weights[rest] / weights[rest].sum()
        certain = found >= 1
    return found


def effective(weights: Floats) -> float:
    """Return how many units of equal weight are worth as much, 0 of none: (sum of w)² / sum of w².

    L. Kish, Survey Sampling (1965), section 11.7.
    """
    return float(weights.sum() ** 2 / (weights**2).sum()) if weights.size else 0.0


def systematic(probabilities: Floats, draw: np.random.Generator) -> NDArray[np.int64]:
    """Return the places of a sample with exactly these inclusion probabilities, in random order.

    Units are put in random order, one after the other on a line, each as long as its probability; marks at distance
    1 from a random start choose those on which they fall (W. G. Madow, Annals of Mathematical Statistics 20 (1949),
    333-354; in random order: H. O. Hartley and J. N. K. Rao, ibid. 33 (1962), 350-374). The size is that of the
    sum, up to rounding.
    """
    certain = np.flatnonzero(probabilities >= 1)
    line = draw.permutation(np.flatnonzero(probabilities < 1))
    ends = np.cumsum(probabilities[line])
    if len(ends):
        # The sum is a whole number but for the last digits: put right, so that no mark is lost at the end.
        ends *= np.rint(ends[-1]) / ends[-1] if np.rint(ends[-1]) else 1.0
    first = 1 - draw.random()  # above 0, at most 1: never before the line, never beyond its end
    hit = np.diff(np.floor(ends - first) + 1, prepend=0) > 0
    return draw.permutation(np.concatenate([certain, line[hit]]))
