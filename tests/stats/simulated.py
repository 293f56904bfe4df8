"""Labels and scores with a known truth: the latent gaps of a crowd and a model that is a noisy copy of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit

Floats = npt.NDArray[np.float64]

GAP = 2.39  # standard deviation of the latent gap at which two people agree on 73 % of pairs


def gaps(count: int, generator: np.random.Generator) -> Floats:
    """Return latent gaps, right less left."""
    return generator.normal(0, GAP, count)


def winners(gap: Floats, generator: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return one person's word a pair: 1 right, -1 left."""
    return np.where(generator.random(gap.size) < expit(gap), 1, -1)


def scores(gap: Floats, accuracy: float, generator: np.random.Generator) -> Floats:
    """Return a model's differences that take single labels' side with this chance."""
    noise = generator.normal(0, 1, gap.size)

    def excess(size: float) -> float:
        return float(expit(np.sign(gap + size * noise) * gap).mean() - accuracy)

    return np.asarray(gap + float(brentq(excess, 0, 100)) * noise) if accuracy > 0.5 else noise
