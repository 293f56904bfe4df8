"""Means freed of who happened to rate: some people give higher values to everything.

A rating is what the item is worth, plus the person's offset, plus chance: y_ij = m_i + b_j + e_ij. Items are taken as
they are; offsets are random with variance s_b^2 and so shrunk, b_j = sum of (y_ij - m_i) / (n_j + s^2 / s_b^2), the
more the less a person has rated: C. R. Henderson's mixed model equations (G. K. Robinson, "That BLUP is a Good
Thing", Statistical Science 6 (1991), 15-51). Both variances are estimated from the same ratings, by restricted
maximum likelihood.

Only people who rated the same items can be told apart from the items: where nobody shares any, there are no offsets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_STEPS = 200
_CLOSE = 1e-6

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Offsets:
    """Each person's offset in levels, the standard deviation of offsets, and that of chance (None: not defined)."""

    people: Floats
    spread: float | None
    noise: float | None


def offsets(item: Ints, person: Ints, value: Floats, *, ratio: float | None = None) -> Offsets:
    """Return the offsets of persons 0 to the highest that occurs; arrays hold one entry a rating.

    ``ratio`` is s^2 / s_b^2 where it is known; else it is estimated.
    """
    people = int(person.max(initial=-1)) + 1
    rows = np.unique(item, return_inverse=True)[1]
    sizes = np.bincount(rows)
    within = value - (np.bincount(rows, value) / np.maximum(sizes, 1))[rows]
    pull = np.bincount(person, within, people).astype(float)
    shared = np.diag(np.bincount(person, minlength=people).astype(float)) - _together(
        rows, person, sizes, people
    )
    free = len(value) - len(sizes)
    if free <= 0 or not within.any():
        return Offsets(np.zeros(people), None, None)
    # In the directions of these vectors the equations fall apart into one each.
    width, axes = np.linalg.eigh(shared)
    along = axes.T @ pull
    noise, spread = (
        _variances(width, along, float(within @ within), free) if ratio is None else (1.0, 1 / ratio)
    )
    found = axes @ (along / (width + noise / spread)) if spread else np.zeros(people)
    if ratio is not None:
        return Offsets(found, None, None)
    return Offsets(found, float(np.sqrt(spread)), float(np.sqrt(noise)))


def _together(rows: Ints, person: Ints, sizes: Ints, people: int) -> Floats:
    """Return, for each two persons, the sum over items of (ratings by one) x (ratings by the other) / ratings."""
    found = np.zeros((people, people))
    order = np.argsort(rows, kind="stable")
    starts = np.cumsum(sizes) - sizes
    for first in range(int(sizes.max(initial=0))):
        for second in range(int(sizes.max(initial=0))):
            both = sizes > max(first, second)
            one, two = person[order[starts[both] + first]], person[order[starts[both] + second]]
            np.add.at(found, (one, two), 1 / sizes[both])
    return found


def _variances(width: Floats, along: Floats, squares: float, free: int) -> tuple[float, float]:
    """Return the variances of chance and of offsets, by the EM steps of restricted maximum likelihood.

    S. R. Searle, G. Casella and C. E. McCulloch, Variance Components (1992), section 8.3.
    """
    noise = squares / free
    spread = noise
    for _ in range(_STEPS):
        if spread <= 0 or noise <= 0:
            break
        weight = 1 / (width + noise / spread)
        found = along * weight
        old = spread
        noise = (squares - float(found @ along)) / free
        spread = (float(found @ found) + noise * float(weight.sum())) / len(width)
        if abs(spread - old) <= _CLOSE * old:
            break
    return max(noise, 0.0), max(spread, 0.0)
