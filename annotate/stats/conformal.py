"""How unusual a rating is beside a model's expectation: split-conformal p-values, with everybody's own harshness off.

V. Vovk, A. Gammerman and G. Shafer, Algorithmic Learning in a Random World (2005): under exchangeability with a fold
that fitted nothing, p = (1 + #{V_c >= V}) / (n_c + 1) is at most alpha with chance alpha. Ties make it larger, never
smaller. The null is "like the labels of the calibration fold", which hold errors too: not "this label is right".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]

# Quantiles that stand for a calibration fold once it is stored: p-values are then multiples of a thousandth.
STORED = 1001


def in_calibration_fold(conversation: Ints) -> npt.NDArray[np.bool_]:
    """Return which rows belong to the half of conversations that calibrates, by a hash of their id."""
    return _half(conversation, b"fold")


def in_test_fold(conversation: Ints) -> npt.NDArray[np.bool_]:
    """Return which rows belong to one half of conversations by another hash: each calibrates half of what it holds."""
    return _half(conversation, b"test")


def _half(conversation: Ints, of: bytes) -> npt.NDArray[np.bool_]:
    unique, places = np.unique(conversation, return_inverse=True)
    halves = [hashlib.sha256(b"%b:%d" % (of, one)).digest()[0] % 2 == 0 for one in unique.tolist()]
    return np.asarray(halves, dtype=bool)[places]


def p_values(calibration: Floats, residuals: Floats) -> Floats:
    """Return each residual's p-value beside those of the calibration fold, given in any order."""
    ordered = np.sort(calibration)
    at_least = ordered.size - np.searchsorted(ordered, residuals, side="left")
    return np.asarray((1 + at_least) / (ordered.size + 1))


def quantiles(residuals: Floats) -> list[float]:
    """Return what is stored of a calibration fold, ascending; never below its true quantiles."""
    return [float(one) for one in np.quantile(residuals, np.linspace(0, 1, STORED), method="higher")]


def p_from_quantiles(stored: Iterable[float], count: int, residuals: Floats) -> Floats:
    """Return p-values from stored quantiles of a fold of ``count``, by a thousandth larger at worst."""
    grid = np.asarray(list(stored))
    # One step up: what lies between two stored quantiles counts as lying at the lower one.
    beyond = grid.size - np.maximum(np.searchsorted(grid, residuals, side="left") - 1, 0)
    return np.asarray((1 + np.minimum(beyond / (grid.size - 1), 1) * count) / (count + 1))


def offsets(residuals: Floats, person: Ints) -> dict[int, float]:
    """Return by how much each person answers above the expectation, shrunken towards 0.

    b_j = sum of residuals / (n_j + s^2 / s_b^2): s^2 within people, s_b^2 between them by the method of moments.
    """
    people, places, counts = np.unique(person, return_inverse=True, return_counts=True)
    if people.size == 0:
        return {}
    sums = np.bincount(places, residuals)
    means = sums / counts
    within = float(((residuals - means[places]) ** 2).sum() / max(residuals.size - people.size, 1))
    between = float(np.average(means**2, weights=counts) - within * people.size / residuals.size)
    if between <= 0:
        return dict.fromkeys(people.tolist(), 0.0)
    return dict(zip(people.tolist(), (sums / (counts + within / between)).tolist(), strict=True))


def offset_of(found: dict[int, float], person: Ints) -> Floats:
    """Return everybody's offset by row; 0 for who is not known."""
    people, places = np.unique(person, return_inverse=True)
    return np.asarray([found.get(one, 0.0) for one in people.tolist()], dtype=float)[places]
