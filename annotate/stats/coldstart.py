"""What may be said of a scorer before any label: a scale from its scores alone, and which pairs stand out.

The reward's unit is unknown. If the model is right about single labels with chance ``ACCURACY`` (published for
general items, low on purpose), the scale tau solves mean sigmoid(|delta| / tau) = ACCURACY. Too low an accuracy gives
too large a tau, so fewer flags: it errs on the silent side.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit

Floats = npt.NDArray[np.float64]

ACCURACY = 0.66  # Skywork-VL-Reward on the general items of VL-RewardBench
PERCENTILE = 80  # of |delta|: only pairs beyond it may be asked about
SHARE = 0.02  # of the scored pairs, at most


def tau_from_scores(delta: Floats, accuracy: float = ACCURACY) -> float | None:
    """Return the scale at which the model would be right with this chance; None where all scores are alike."""
    size = np.abs(delta[np.isfinite(delta)])
    size = size[size > 0]
    if not size.size:
        return None
    unit = float(np.median(size))
    zeros = 1 - size.size / delta.size
    # Pairs that score alike are right half the time whatever the scale.
    if zeros / 2 + (1 - zeros) <= accuracy:
        return None

    def excess(log_tau: float) -> float:
        return float(zeros / 2 + (1 - zeros) * expit(size / np.exp(log_tau)).mean() - accuracy)

    around = np.log(unit)
    return float(np.exp(brentq(excess, around - 30, around + 30)))


def standing_out(delta: Floats) -> float | None:
    """Return the |delta| beyond which a pair stands out; None without pairs."""
    return float(np.percentile(np.abs(delta), PERCENTILE)) if delta.size else None
