"""How far predicted probabilities are what happens: the reliability diagram and three numbers beside a constant's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import beta

Floats = npt.NDArray[np.float64]

BINS = 10
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Bin:
    """So many cases; their mean predicted chance, and how often it happened with its 95 % interval (Jeffreys)."""

    count: int
    predicted: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """Lower is better everywhere. ``constant_…`` is what always saying the observed share would get.

    ``ece`` is the mean gap between predicted and observed over bins of equal mass, by count.
    """

    count: int
    share: float
    log_loss: float
    constant_log_loss: float
    brier: float
    constant_brier: float
    ece: float
    bins: list[Bin]


def reliability(predicted: Floats, happened: npt.NDArray[np.bool_], bins: int = BINS) -> Reliability | None:
    """Return how reliable the predictions are; None without any."""
    if not predicted.size:
        return None
    chance = np.clip(predicted, _TINY, 1 - _TINY)
    share = float(happened.mean())
    fixed = np.clip(share, _TINY, 1 - _TINY)
    diagram = _diagram(predicted, happened, bins)
    return Reliability(
        count=predicted.size,
        share=share,
        log_loss=float(-np.where(happened, np.log(chance), np.log1p(-chance)).mean()),
        constant_log_loss=float(-(share * np.log(fixed) + (1 - share) * np.log1p(-fixed))),
        brier=float(((predicted - happened) ** 2).mean()),
        constant_brier=share * (1 - share),
        ece=sum(one.count * abs(one.predicted - one.observed) for one in diagram) / predicted.size,
        bins=diagram,
    )


def _diagram(predicted: Floats, happened: npt.NDArray[np.bool_], bins: int) -> list[Bin]:
    """Return bins of equal mass by ascending prediction; fewer where there are fewer cases."""
    order = np.argsort(predicted, kind="stable")
    return [
        _bin(predicted[part], happened[part]) for part in np.array_split(order, min(bins, predicted.size))
    ]


def _bin(predicted: Floats, happened: npt.NDArray[np.bool_]) -> Bin:
    often, count = int(happened.sum()), happened.size
    low, high = beta.ppf([0.025, 0.975], often + 0.5, count - often + 0.5).tolist()
    # At the ends the interval reaches the end: Brown, Cai and DasGupta, Statistical Science 16 (2001).
    return Bin(
        count, float(predicted.mean()), often / count, low if often else 0.0, high if often < count else 1.0
    )
