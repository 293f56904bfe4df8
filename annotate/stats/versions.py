"""Whether answers by two versions of a question may be taken for answers to one.

Items were answered under both versions. Three numbers speak of them, each item weighing the same:

- *between*: the mean agreement of two different people, one under each version;
- *within*: the same under one version, mean of both versions' pairs;
- *shift*: how much higher the mean answer is under the new version.

Two answers agree as 1 − (difference / widest difference)². The rule is a test of equivalence (D. J. Schuirmann,
Journal of Pharmacokinetics and Biopharmaceutics 15 (1987), 657-680): pooling needs evidence that the versions are
alike, and too little data never is. Intervals are by bootstrap over conversations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from annotate.stats.bootstrap import LEAST_CONVERSATIONS, Floats, groups, intervals, replicates

LEAST_ITEMS = 30
# Of the widest difference: a quarter of a step on a scale of 0 to 3, half a step on one of −3 to 3.
SHIFT_MARGIN = 1 / 12
# By so much may people agree less across the versions than within them.
AGREEMENT_MARGIN = 0.03

POOL, APART, UNKNOWN = "may_be_pooled", "not", "not_known"


@dataclass(frozen=True, slots=True)
class Item:
    """What people said of one item under the two versions, by person."""

    conversation: int
    old: Mapping[int, int]
    new: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 95 % interval; None where it, or the interval, is not defined."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def is_above(self, limit: float) -> bool:
        """Whether the whole interval lies above the limit."""
        return self.low is not None and self.low > limit

    def is_below(self, limit: float) -> bool:
        """Whether the whole interval lies below the limit."""
        return self.high is not None and self.high < limit


@dataclass(frozen=True, slots=True)
class Versions:
    """The numbers and the verdict: may_be_pooled, not or not_known, and why.

    ``because``: alike; shifted, less_agreement, other_scale; few_items, few_conversations, same_people (nobody else
    answered under the other version), no_pairs (no item has two people under one version), wide (an interval
    reaches beyond its margin).
    """

    items: int
    conversations: int
    between: Estimate
    within: Estimate
    difference: Estimate
    shift: Estimate
    verdict: str
    because: str


def compare(items: Sequence[Item], widest: int, *, same_scale: bool = True) -> Versions:
    """Return how alike two versions of a question are; ``widest`` is the largest difference of two answers."""
    clusters = np.array([item.conversation for item in items], dtype=np.int64)
    columns = np.array([_sums(item, widest) for item in items], dtype=np.float64).reshape(-1, 6)
    sums = columns.sum(axis=0)
    draws = _replicates(columns, clusters)
    between, within, shift = (_ratio(sums, draws, place) for place in (0, 2, 4))
    found = Versions(
        items=len(items),
        conversations=len(np.unique(clusters)),
        between=_estimate(*between),
        within=_estimate(*within),
        difference=_estimate(between[0] - within[0], between[1] - within[1]),
        shift=_estimate(*shift),
        verdict="",
        because="",
    )
    verdict, because = _verdict(found, SHIFT_MARGIN * widest) if same_scale else (APART, "other_scale")
    return replace(found, verdict=verdict, because=because)


def _sums(item: Item, widest: int) -> tuple[float, ...]:
    """Return what an item adds: agreement between and 1, within and 1 (0 without pairs), shift and 1."""
    across = [(a, b) for (one, a), (other, b) in product(item.old.items(), item.new.items()) if one != other]
    inside = [*combinations(item.old.values(), 2), *combinations(item.new.values(), 2)]
    shift = sum(item.new.values()) / len(item.new) - sum(item.old.values()) / len(item.old)
    return (*_agreement(across, widest), *_agreement(inside, widest), shift, 1.0)


def _agreement(pairs: Sequence[tuple[int, int]], widest: int) -> tuple[float, float]:
    if not pairs:
        return 0.0, 0.0
    apart = sum((a - b) ** 2 for a, b in pairs)
    return 1 - apart / len(pairs) / widest**2, 1.0


def _replicates(columns: Floats, clusters: NDArray[np.int64]) -> Floats:
    of = groups(clusters)
    parts = np.zeros((int(of.max(initial=-1)) + 1, columns.shape[1]))
    np.add.at(parts, of, columns)
    return replicates(parts)


def _ratio(sums: Floats, draws: Floats, place: int) -> tuple[float, Floats]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.divide(sums[place], sums[place + 1])), draws[:, place] / draws[:, place + 1]


def _estimate(value: float, draws: Floats) -> Estimate:
    if np.isnan(value):
        return Estimate(None)
    [reach] = intervals(draws[:, np.newaxis])
    return Estimate(value) if reach is None else Estimate(value, reach.low, reach.high)


def _verdict(found: Versions, margin: float) -> tuple[str, str]:
    """Apply the rule; reasons for "not" come before those for "not known"."""
    shift, difference = found.shift, found.difference
    is_close = shift.is_above(-margin) and shift.is_below(margin)
    rule = (
        (found.items < LEAST_ITEMS, UNKNOWN, "few_items"),
        (found.conversations < LEAST_CONVERSATIONS, UNKNOWN, "few_conversations"),
        (shift.is_above(margin) or shift.is_below(-margin), APART, "shifted"),
        (difference.is_below(-AGREEMENT_MARGIN), APART, "less_agreement"),
        (found.between.value is None, UNKNOWN, "same_people"),
        (found.within.value is None, UNKNOWN, "no_pairs"),
        (is_close and difference.is_above(-AGREEMENT_MARGIN), POOL, "alike"),
    )
    return next(((verdict, why) for holds, verdict, why in rule if holds), (UNKNOWN, "wide"))
