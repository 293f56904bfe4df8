"""What a scorer gets wrong as such: style that it overpays, sources that it misjudges.

The human winner is regressed on delta / tau and on differences of style, built as in W.-L. Chiang et al., Chatbot Arena
(2024), style control: (a - b) / (a + b), standardised. A clearly negative coefficient beside the score says that people
like the longer answer less than the score has it: the scorer overpays length. Standard errors are robust against labels
of one conversation hanging together (sandwich by conversation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from scipy.stats import norm

from annotate.stats.bootstrap import LEAST_CONVERSATIONS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]

LEAST_PAIRS = 200
_NORMAL = 1.959964
_ROUNDS = 25
_RIDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 95 % interval, the rows behind it, and the p-value of its being 0."""

    name: str
    value: float
    low: float
    high: float
    count: int
    p: float


def relative(left: Floats, right: Floats) -> Floats:
    """Return (right - left) / (right + left), 0 where there is none of it on either side."""
    total = right + left
    return np.divide(right - left, total, out=np.zeros(total.size), where=total > 0)


def style(
    right_won: npt.NDArray[np.bool_],
    position: Floats,
    features: dict[str, Floats],
    conversation: Ints,
) -> list[Estimate]:
    """Return the coefficients of the score and of each feature that varies; none with too few pairs or conversations.

    ``features`` are right less left; there is no intercept, so swapping the sides changes nothing.
    """
    varying = {name: column / column.std() for name, column in features.items() if column.std() > 0}
    if right_won.size < LEAST_PAIRS or np.unique(conversation).size < LEAST_CONVERSATIONS:
        return []
    if right_won.all() or not right_won.any() or not position.std():
        return []
    rows = np.column_stack([position, *varying.values()])
    free = np.zeros(rows.shape[1])
    for _ in range(_ROUNDS):
        chance = expit(rows @ free)
        bend = (rows * (chance * (1 - chance))[:, None]).T @ rows + _RIDGE * np.eye(free.size)
        step = np.linalg.solve(bend, rows.T @ (right_won - chance) - _RIDGE * free)
        free += np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-8:  # noqa: PLR2004 - converged
            break
    slopes = _by_cluster(rows * (right_won - expit(rows @ free))[:, None], conversation)
    inverse = np.linalg.inv(bend)
    spread = np.sqrt(np.diag(inverse @ (slopes.T @ slopes) @ inverse))
    return [
        _estimate(name, value, error, right_won.size)
        for name, value, error in zip(["score", *varying], free.tolist(), spread.tolist(), strict=True)
    ]


def residuals(  # noqa: PLR0913, PLR0917 - a pair's columns
    right_won: npt.NDArray[np.bool_],
    chance: Floats,
    left_source: Ints,
    right_source: Ints,
    conversation: Ints,
    names: Sequence[str],
) -> list[Estimate]:
    """Return by source model how much oftener its answers win than the scorer has it (below 0: overpaid).

    Over pairs with the source on one side alone; ``chance`` is P(right wins).
    """
    surplus = right_won - chance
    found = []
    for source, name in enumerate(names):
        rows = np.flatnonzero((left_source == source) != (right_source == source))
        if rows.size < LEAST_PAIRS or np.unique(conversation[rows]).size < LEAST_CONVERSATIONS:
            continue
        signed = np.where(right_source[rows] == source, surplus[rows], -surplus[rows])
        sums = _by_cluster((signed - signed.mean())[:, None], conversation[rows])
        error = float(np.sqrt((sums**2).sum()) / rows.size)
        found.append(_estimate(name, float(signed.mean()), error, rows.size))
    return found


def _estimate(name: str, value: float, error: float, count: int) -> Estimate:
    p = float(2 * norm.sf(abs(value) / error)) if error else 1.0
    return Estimate(name, value, value - _NORMAL * error, value + _NORMAL * error, count, p)


def _by_cluster(rows: Floats, cluster: Ints) -> Floats:
    _, places = np.unique(cluster, return_inverse=True)
    return np.column_stack([np.bincount(places, column) for column in rows.T])
