"""People on the same items: who rates higher than the others, who agrees with them, who always says the same.

An item is one response on one dimension. Data come as columns of equal length.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from annotate.stats import bootstrap
from annotate.stats.judging import NOTHING, Estimate, estimate

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.integer[Any]]

_ROUNDS = 25
# People's offsets are never taken to spread less than this (levels): else they could not be told from none.
_LEAST_SPREAD = 0.03


@dataclass(frozen=True, slots=True)
class Ratings:
    """Ratings of items that two people or more have rated; ``person`` counts from 0."""

    item: Ints
    dimension: Ints
    conversation: Ints
    person: Ints
    value: Floats


def shared(ratings: Ratings) -> Ratings:
    """Return the ratings of items that several people rated, the items numbered from 0."""
    _, item, counts = np.unique(ratings.item, return_inverse=True, return_counts=True)
    several = counts[item] > 1
    _, renumbered = np.unique(item[several], return_inverse=True)
    return Ratings(
        renumbered,
        ratings.dimension[several],
        ratings.conversation[several],
        ratings.person[several],
        ratings.value[several],
    )


@dataclass(frozen=True, slots=True)
class Offsets:
    """How much higher each person rates than the others on the same items, in levels.

    ``value`` is ``raw`` shrunk towards 0 the fewer ratings there are; ``shrinkage`` is sigma^2 / sigma_b^2: so many
    ratings
    weigh as much as the belief that people differ little. ``spread`` is sigma_b^2, 0 where people are not found to
    differ.
    ``residual`` is each rating less its item's level.
    """

    value: Floats
    raw: Floats
    spread: float
    shrinkage: float
    residual: Floats


def offsets(ratings: Ratings, people: int) -> Offsets:
    """Return the offsets of a model with an effect for each item and each person, fitted in turns.

    b_j = sum of residuals / (n_j + sigma^2 / sigma_b^2): the posterior mean of a person's effect (S. R. Searle, G.
    Casella and C. E. McCulloch, Variance Components (1992), chapter 7), the variances by moments.
    """
    each = np.bincount(ratings.person, minlength=people).astype(float)
    per_item = np.bincount(ratings.item).astype(float)
    raw, residual = np.zeros(people), np.zeros(len(ratings.value))
    for _ in range(_ROUNDS):
        level = np.bincount(ratings.item, ratings.value - raw[ratings.person]) / per_item
        residual = ratings.value - level[ratings.item]
        raw = np.bincount(ratings.person, residual, minlength=people) / np.maximum(each, 1)
    freedom = max(1.0, len(ratings.value) - len(per_item) - (each > 0).sum() + 1)
    noise = float(np.sum((residual - raw[ratings.person]) ** 2) / freedom)
    known = each > 0
    spread = float(np.var(raw[known]) - np.mean(noise / each[known])) if known.sum() > 1 else 0.0
    shrinkage = noise / max(spread, _LEAST_SPREAD**2)
    return Offsets(raw * each / np.maximum(each + shrinkage, 1), raw, max(0.0, spread), shrinkage, residual)


def offset_estimates(ratings: Ratings, found: Offsets, people: int) -> list[Estimate]:
    """Return each person's offset with its interval by bootstrap over conversations."""
    columns = np.stack([np.ones_like(found.residual), found.residual], axis=1)

    def number(sums: Floats) -> Floats:
        return np.where(
            sums[..., 0] > 0, sums[..., 1] / np.maximum(sums[..., 0] + found.shrinkage, 1), np.nan
        )

    one_question = np.zeros(len(columns), dtype=np.int64)
    return [
        _estimate(columns[mine], one_question[mine], 1, ratings.conversation[mine], number)
        for mine in _rows_of(ratings.person, people)
    ]


def agreement_with_others(ratings: Ratings, people: int, dimensions: int) -> list[Estimate]:
    """Return each person's weighted kappa with the others on the same items, each other person counting alike.

    Quadratic weights, stratified by dimension as `annotate.stats.kappa.weighted_kappa` is; a rating is held against the
    mean over the other people of its squared distance from theirs.
    """
    count = np.bincount(ratings.item).astype(float)[ratings.item] - 1
    value = ratings.value
    total = np.bincount(ratings.item, value)[ratings.item]
    squares = np.bincount(ratings.item, value**2)[ratings.item]
    other, other_squared = (total - value) / count, (squares - value**2) / count
    columns = np.stack([np.ones_like(value), value, other, value**2, other_squared, value * other], axis=1)
    return [
        _estimate(
            columns[mine],
            ratings.dimension[mine],
            dimensions,
            ratings.conversation[mine],
            _stratified_kappa,
        )
        for mine in _rows_of(ratings.person, people)
    ]


def _stratified_kappa(sums: Floats) -> Floats:
    """Return the kappa of sums (n, x, y, xx, yy, xy) by dimension; NaN where chance expects no difference."""
    n, x, y, xx, yy, xy = np.moveaxis(sums.reshape(*sums.shape[:-1], -1, 6), -1, 0)
    observed = (xx + yy - 2 * xy).sum(axis=-1)
    expected = (xx + yy - 2 * x * y / np.maximum(n, 1)).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(expected > 0, 1 - observed / expected, np.nan)
    return found


def _rows_of(person: Ints, people: int) -> list[Ints]:
    """Return each person's rows, in their order."""
    order = np.argsort(person, kind="stable")
    return np.split(order, np.searchsorted(person[order], np.arange(1, people)))


def _estimate(
    columns: Floats, question: Ints, questions: int, conversation: Ints, number: Callable[[Floats], Floats]
) -> Estimate:
    """Return what ``number`` makes of the columns' sums, those of each question beside the others'."""
    if not len(columns):
        return NOTHING
    groups = bootstrap.groups(conversation)
    cells = (int(groups.max()) + 1) * questions
    place = groups * questions + question
    sums: Floats = np.stack([np.bincount(place, column, minlength=cells) for column in columns.T], axis=1)
    parts = sums.reshape(cells // questions, -1)
    (reach,) = bootstrap.intervals(number(bootstrap.replicates(parts))[:, None])
    return estimate(float(number(parts.sum(axis=0))), reach, len(columns), len(np.unique(conversation)))


# A task with fewer ratings may well deserve one and the same level throughout.
LEAST_RATINGS = 8


@dataclass(frozen=True, slots=True)
class StraightLines:
    """Of ``tasks`` long enough to tell, the share in which a person gave one level throughout.

    ``by_chance`` is the share that answers drawn from the person's own distribution would give. ``longest`` is the
    longest run of one level in a task.
    """

    tasks: int
    share: float | None
    by_chance: float | None
    longest: int


def straight_lines(task: Ints, value: Ints) -> StraightLines:
    """Return how often one person's answers to a task are all alike; rows in the order of the screen."""
    if not len(task):
        return StraightLines(0, None, None, 0)
    starts = np.flatnonzero(np.r_[True, task[1:] != task[:-1]])
    lengths = np.diff(np.r_[starts, len(task)])
    long = lengths >= LEAST_RATINGS
    change = np.flatnonzero(np.r_[True, (value[1:] != value[:-1]) | (task[1:] != task[:-1])])
    longest = int(np.diff(np.r_[change, len(task)]).max())
    if not long.any():
        return StraightLines(0, None, None, longest)
    alike = np.minimum.reduceat(value, starts) == np.maximum.reduceat(value, starts)
    _, counts = np.unique(value, return_counts=True)
    chance = ((counts / len(value))[:, None] ** lengths[long]).sum(axis=0).mean()
    return StraightLines(int(long.sum()), float(alike[long].mean()), float(chance), longest)
