"""How a scorer's numbers go with people's labels: Pearson's correlation, accuracy on pairs, both turn by turn.

Each number is a function of sums over labels, so that a bootstrap over conversations needs no second look at them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from annotate.stats import bootstrap

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.integer[Any]]
Flags = npt.NDArray[np.bool_]
# From sums (…, columns) to a number (…); NaN where it is not defined.
Number = Callable[[Floats], Floats]
Undefined = Literal["", "no_labels", "no_variation", "few_conversations"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 95 % interval by bootstrap over conversations, and what it rests on.

    ``undefined`` says what is missing: ``no_labels`` and ``no_variation`` leave no number (one side never differs),
    ``few_conversations`` no interval.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    conversations: int
    undefined: Undefined


NOTHING = Estimate(None, None, None, 0, 0, "no_labels")


@dataclass(frozen=True, slots=True)
class Labels:
    """Columns of equal length: which question (from 0), turn (from 1) and conversation each label is of."""

    question: Ints
    turn: Ints
    conversation: Ints


def estimates(labels: Labels, values: Floats, number: Number, questions: int) -> list[list[Estimate]]:
    """Return, by question, the estimate over all turns and then that of each turn up to the last.

    ``values`` (labels, columns) are summed; the first column counts the labels.
    """
    turns = int(labels.turn.max(initial=0))
    if not len(labels.turn):
        return [[NOTHING] for _ in range(questions)]
    groups = bootstrap.groups(labels.conversation)
    shape = (int(groups.max()) + 1, questions, turns)
    place = np.ravel_multi_index((groups, labels.question, labels.turn - 1), shape)
    each: Floats = np.stack(
        [
            np.bincount(place, column, minlength=int(np.prod(shape))).reshape(shape)
            for column in values.T.astype(np.float64)
        ],
        axis=-1,
    )
    parts: Floats = np.concatenate([each.sum(axis=2, keepdims=True), each], axis=2)
    totals = parts.sum(axis=0)
    again = bootstrap.replicates(parts.reshape(shape[0], -1))
    spread = number(again.reshape(-1, *totals.shape))
    reaches = bootstrap.intervals(spread.reshape(len(spread), -1))
    found, conversations = number(totals), _conversations(labels, questions, turns)
    return [
        [
            estimate(
                found[q, t], reaches[q * (turns + 1) + t], int(totals[q, t, 0]), int(conversations[q, t])
            )
            for t in range(turns + 1)
        ]
        for q in range(questions)
    ]


def _conversations(labels: Labels, questions: int, turns: int) -> Ints:
    """Return how many conversations there are by question and turn, the turn 0 standing for all."""
    known, conversation = np.unique(labels.conversation, return_inverse=True)
    there = np.zeros((len(known), questions, turns), dtype=np.bool_)
    there[conversation, labels.question, labels.turn - 1] = True
    return np.concatenate([there.any(axis=2).sum(axis=0)[:, None], there.sum(axis=0)], axis=1)


def estimate(value: float, reach: bootstrap.Interval | None, n: int, conversations: int) -> Estimate:
    """Return an estimate of this value and interval, with what either lacks."""
    if not n:
        return NOTHING
    if np.isnan(value):
        return Estimate(None, None, None, n, conversations, "no_variation")
    if reach is None or conversations < bootstrap.LEAST_CONVERSATIONS:
        return Estimate(float(value), None, None, n, conversations, "few_conversations")
    return Estimate(float(value), reach.low, reach.high, n, conversations, "")


def correlation_sums(left: Floats, right: Floats) -> Floats:
    """Return the columns whose sums `correlation` reads, centred first: large numbers lose no digits."""
    x, y = (one - one.mean() if len(one) else one for one in (left, right))
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1)


def correlation(sums: Floats) -> Floats:
    """Return Pearson's correlation of sums (n, x, y, xx, yy, xy); NaN where one side does not vary."""
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        own, other = xx - x * x / n, yy - y * y / n
        found: Floats = (xy - x * y / n) / np.sqrt(own * other)
        # What rounding leaves of a variance is none: sums are kept to seven digits.
        return np.where((own > 1e-5 * xx) & (other > 1e-5 * yy), np.clip(found, -1, 1), np.nan)


def share(sums: Floats) -> Floats:
    """Return the share of sums (all, those that hold); NaN where there are none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = sums[..., 1] / sums[..., 0]
    return found


def same_side(preference: Floats, delta: Floats) -> Floats:
    """Return 1 where both name the same side, 0 where not; where either takes none, a half."""
    return (1 + np.sign(preference) * np.sign(delta)) / 2


def others(item: Ints, values: Floats) -> Floats:
    """Return for each value the mean of the others of its item, nan where it is the only one.

    ``item`` numbers items from 0 on.
    """
    sums, counts = np.bincount(item, values), np.bincount(item)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = (sums[item] - values) / (counts[item] - 1)
    return np.where(counts[item] > 1, found, np.nan)


def pairs(group: Ints) -> tuple[Ints, Ints]:
    """Return the places of all pairs within a group; ``group`` must be in ascending order.

    What is last in one pair is never first in another of the same two: each pair comes once.
    """
    first, second = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for distance in range(1, len(group)):
        places = np.flatnonzero(group[:-distance] == group[distance:])
        if not len(places):
            break
        first.append(places)
        second.append(places + distance)
    return np.concatenate(first), np.concatenate(second)


def centred(group: Ints, values: Floats) -> Floats:
    """Return each value less the mean of its group's; ``group`` must be in ascending order."""
    _, place, counts = np.unique(group, return_inverse=True, return_counts=True)
    means = np.bincount(place, values) / counts
    found: Floats = values - means[place]
    return found
