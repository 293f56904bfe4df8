"""Intervals by bootstrap over conversations: the answers on one conversation hang together, conversations do not.

Each replicate weighs every conversation by a draw from the Poisson distribution of mean 1 (N. Chamandy et al.,
"Estimating uncertainty for massive data streams" (2012), and before them J. Hanley and B. MacGibbon, Computer Methods
and Programs in Biomedicine 83 (2006), 57-62), which for sums is what drawing with replacement tends to. The draws
are always the same ones: the same data have the same interval, and parts of them are weighed alike.

Beyond ``GROUPS`` conversations, random groups of them are weighed in their stead (K. M. Wolter, Introduction to
Variance Estimation (2nd edition, 2007), chapter 2): what a pass costs then does not grow with the project, and the
width of an interval is off by 1 / sqrt(2 x 1024), 2 %, by chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

GROUPS = 1024
REPLICATES = 1000
# With fewer conversations the percentiles of a bootstrap say little, and too narrow things.
LEAST_CONVERSATIONS = 10
# A number that is not defined in more than this share of the replicates has no interval.
MOST_UNDEFINED = 0.05
_SEED = 20_240_229

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Interval:
    """From where to where a number lies in 95 of 100 cases."""

    low: float
    high: float


def groups(clusters: Ints) -> Ints:
    """Return the group, below ``GROUPS``, of each entry's cluster; up to ``GROUPS`` clusters each is its own."""
    known, places = np.unique(clusters, return_inverse=True)
    if len(known) <= GROUPS:
        return places
    found: Ints = (_mixed(known) % np.uint64(GROUPS)).astype(np.int64)[places]
    return found


def replicates(parts: Floats) -> Floats:
    """Return the bootstrap's sums, of shape (``REPLICATES``, columns).

    ``parts`` (groups, columns) is what each group adds to the sums, from group 0 on.
    """
    found: Floats = (_weights()[:, : len(parts)] @ parts.astype(np.float32)).astype(np.float64)
    return found


def intervals(numbers: Floats) -> list[Interval | None]:
    """Return the 95 % percentile interval of each number, given its replicates (replicates, numbers).

    None where too many of them are not defined.
    """
    ordered = np.sort(numbers, axis=0)  # those that are not defined come last
    known = (~np.isnan(ordered)).sum(axis=0)
    ends = []
    for share in (0.025, 0.975):
        place = np.maximum(known - 1, 0) * share
        below = place.astype(np.int64)
        above = np.minimum(below + 1, np.maximum(known - 1, 0))
        each = np.arange(ordered.shape[1])
        ends.append(ordered[below, each] + (place - below) * (ordered[above, each] - ordered[below, each]))
    enough = known >= (1 - MOST_UNDEFINED) * len(ordered)
    return [
        Interval(float(low), float(high)) if is_enough else None
        for low, high, is_enough in zip(*ends, enough, strict=True)
    ]


@cache
def _weights() -> npt.NDArray[np.float32]:
    """Return the groups' weights, of shape (``REPLICATES``, ``GROUPS``)."""
    draws = np.random.default_rng(_SEED).poisson(1, (REPLICATES, GROUPS))
    return draws.astype(np.float32)


def _mixed(numbers: Ints) -> npt.NDArray[np.uint64]:
    """Scatter numbers evenly over 64 bits: the finaliser of G. Steele et al., "Fast splittable ..." (2014)."""
    mixed = numbers.astype(np.uint64)
    with np.errstate(over="ignore"):
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
