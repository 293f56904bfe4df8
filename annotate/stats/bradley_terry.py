"""How strong each model is, from who was preferred to whom: Bradley and Terry's model with ties.

R. R. Davidson, "On Extending the Bradley-Terry Model to Accommodate Ties in Paired Comparison Experiments", Journal of
the American Statistical Association 65 (1970), 317-328: with strengths p_i = exp(b_i), i is preferred to j with a
probability proportional to p_i, j to i to p_j, and they are equal to v sqrt(p_i p_j). Chosen over P. V. Rao and L. L.
Kupper's (1967) because a tie counts as half a win for each, as everywhere else here, and because the likelihood is a
concave one of logits, without an end of its parameters to run into.

A model that won, or lost, every comparison would be infinitely strong. So each b_i, and log v, is held by a normal
prior of mean 0 and standard deviation ``PRIOR``: being preferred to the average twenty times for every once that it is
not lies one standard deviation out. With a few dozen comparisons the prior moves the estimates by far less than their
intervals are wide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import connected_components

PRIOR = 3.0
_STEPS = 100
_CLOSE = 1e-9
# Replicates fitted together: bounds the memory of their information matrices.
_TOGETHER = 100

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Strengths:
    """Log strengths (their mean is 0 among models that comparisons link), and the weight v of a tie; 0 without ties."""

    logs: Floats
    tie: Floats


def strengths(pairs: Ints, counts: Floats, models: int, *, prior: float = PRIOR) -> Strengths:
    """Return the strengths of models 0 to ``models`` - 1, for one set of counts or many.

    ``pairs`` (pairs, 2) names the two models of each pair; ``counts`` (…, pairs, 3) how often the first was preferred,
    the second, and neither. Counts may be weighted. An infinite ``prior`` is none: then every model must have won and
    lost, directly or through others.
    """
    flat = counts.reshape(-1, *counts.shape[-2:])
    design = _design(pairs, models)
    # Without a single tie their weight is 0: nothing is to be learned of it.
    columns = models + 1 if flat[..., 2].any() else models
    design, outcomes = design[:, :, :columns], 3 if columns > models else 2
    chunks = [
        _fitted(design[:, :outcomes], flat[at : at + _TOGETHER, :, :outcomes], prior)
        for at in range(0, len(flat), _TOGETHER)
    ]
    found = np.concatenate(chunks) if chunks else np.zeros((0, columns))
    logs = _centred(found[:, :models], pairs)
    tie = np.exp(found[:, models]) if columns > models else np.zeros(len(found))
    shape = counts.shape[:-2]
    return Strengths(logs.reshape(*shape, models), tie.reshape(shape))


def components(pairs: Ints, models: int) -> Ints:
    """Return for each model which group of models it belongs to; between groups nothing can be compared."""
    linked = np.zeros((models, models))
    linked[pairs[:, 0], pairs[:, 1]] = 1
    found: Ints = connected_components(linked, directed=False)[1]
    return found


def is_bounded(pairs: Ints, counts: Floats, models: int) -> bool:
    """Return whether the strengths are finite without a prior.

    L. R. Ford (1957): however linked models are parted in two, each part has won against the other (or tied).
    """
    won = np.zeros((models, models))
    first, second = pairs[:, 0], pairs[:, 1]
    np.add.at(won, (first, second), counts[:, 0] + counts[:, 2])
    np.add.at(won, (second, first), counts[:, 1] + counts[:, 2])
    parts = int(connected_components(won, directed=True, connection="strong")[0])
    return parts == len(np.unique(components(pairs, models)))


def _design(pairs: Ints, models: int) -> Floats:
    """Return what each outcome's logit adds up, of shape (pairs, 3, models + 1)."""
    design = np.zeros((len(pairs), 3, models + 1))
    rows = np.arange(len(pairs))
    for side in range(2):
        design[rows, side, pairs[:, side]] = 1
        design[rows, 2, pairs[:, side]] = 0.5
    design[:, 2, models] = 1
    return design


def _fitted(design: Floats, counts: Floats, prior: float) -> Floats:
    """Return the parameters, of shape (sets, columns), by Newton's method on the penalised log likelihood."""
    columns = design.shape[-1]
    # The data tell differences of strengths alone: without a prior, a weight too small to matter tells the rest.
    weight = 1e-8 if np.isinf(prior) else prior**-2
    found = np.zeros((len(counts), columns))
    totals = counts.sum(axis=-1, keepdims=True)
    for _ in range(_STEPS):
        logits = np.einsum("pok,bk->bpo", design, found)
        chances = np.exp(logits - logits.max(axis=-1, keepdims=True))
        chances /= chances.sum(axis=-1, keepdims=True)
        slope = np.einsum("bpo,pok->bk", counts - totals * chances, design) - weight * found
        mean = np.einsum("bpo,pok->bpk", chances, design)
        apart = (design[None] - mean[:, :, None]) * np.sqrt(totals * chances)[..., None]
        apart = apart.reshape(len(counts), -1, columns)
        bend = apart.transpose(0, 2, 1) @ apart + weight * np.eye(columns)
        step = np.linalg.solve(bend, slope[..., None])[..., 0]
        # A step is kept within reason: far out the likelihood is nearly flat, and Newton's steps too long.
        step *= np.minimum(1, 2 / np.maximum(np.abs(step).max(axis=-1, keepdims=True), 1e-300))
        found += step
        if np.abs(step).max(initial=0) < _CLOSE:
            break
    return found


def _centred(logs: Floats, pairs: Ints) -> Floats:
    group = components(pairs, logs.shape[-1])
    found = logs.copy()
    for one in np.unique(group):
        found[:, group == one] -= logs[:, group == one].mean(axis=-1, keepdims=True)
    return found
