"""How far people agree, for values on an ordered scale.

Data come as *patterns*: the values that one item was given, in ascending order, mapped to the number
of items that were given exactly these. Items with fewer than two values cannot disagree and are left
out of everything but the distribution. A number that is not defined is None; `undefined` says why.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations

Patterns = Mapping[tuple[int, ...], int]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement on one question.

    ``items`` have at least two values, ``pairs`` counts pairs of people on the same item. ``exact`` and
    ``within_one`` are shares of those pairs, each item weighing the same; ``alpha`` is Krippendorff's
    for an ordinal scale. ``distribution`` counts every value given, single ones included.
    """

    items: int
    pairs: int
    exact: float | None
    within_one: float | None
    alpha: float | None
    distribution: dict[int, int]
    undefined: str = ""


def agreement(patterns: Patterns) -> Agreement:
    """Return the agreement on one question; ``undefined`` is "" or one of no_pairs, one_value."""
    shared = {values: count for values, count in patterns.items() if len(values) > 1 and count}
    items = sum(shared.values())
    alpha = ordinal_alpha(shared)
    return Agreement(
        items=items,
        pairs=sum(count * len(values) * (len(values) - 1) // 2 for values, count in shared.items()),
        exact=_share(shared, lambda left, right: left == right),
        within_one=_share(shared, lambda left, right: abs(left - right) <= 1),
        alpha=alpha,
        distribution=distribution(patterns),
        undefined="no_pairs" if not items else "one_value" if alpha is None else "",
    )


def distribution(patterns: Patterns) -> dict[int, int]:
    """Return how often each value was given, by ascending value."""
    counts: Counter[int] = Counter()
    for values, count in patterns.items():
        for value in values:
            counts[value] += count
    return dict(sorted(counts.items()))


def same_direction(patterns: Patterns) -> float | None:
    """Return the share of pairs of people who prefer the same side; ties are left out (they take no side).

    For preferences, where the sign is the side. None where no item has two values that take a side.
    """
    sided: Counter[tuple[int, ...]] = Counter()
    for values, count in patterns.items():
        sides = tuple(1 if value > 0 else -1 for value in values if value)
        if len(sides) > 1:
            sided[sides] += count
    return _share(sided, lambda left, right: left == right)


def _share(patterns: Patterns, agree: Callable[[int, int], bool]) -> float | None:
    """Return the mean over items of the share of their pairs that agree; None without items."""
    items = sum(patterns.values())
    if not items:
        return None
    total = 0.0
    for values, count in patterns.items():
        pairs = len(values) * (len(values) - 1) / 2
        total += count * sum(agree(*pair) for pair in combinations(values, 2)) / pairs
    return total / items


def ordinal_alpha(patterns: Patterns) -> float | None:
    """Return Krippendorff's alpha with the ordinal difference function.

    K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), sections C to E: coincidences
    o_ck = sum over items of (pairs c-k) / (m_u - 1), alpha = 1 - D_observed / D_expected with
    d_ck = (sum of n_g for g from c to k, less (n_c + n_k) / 2) squared. None when fewer than two
    different values occur in items with at least two: there is nothing to be reliable about.
    """
    coincidences: defaultdict[tuple[int, int], float] = defaultdict(float)
    totals: Counter[int] = Counter()
    for values, count in patterns.items():
        if len(values) < 2:  # noqa: PLR2004 - a single value has nothing to coincide with
            continue
        own = Counter(values)
        for left, many in own.items():
            totals[left] += count * many
            for right, others in own.items():
                pairs = many * (others - (left == right))
                coincidences[left, right] += count * pairs / (len(values) - 1)
    if len(totals) < 2:  # noqa: PLR2004 - one value alone expects no disagreement: 0 / 0
        return None
    difference = _ordinal_differences(totals)
    observed = sum(weight * difference[pair] for pair, weight in coincidences.items())
    expected = sum(totals[left] * totals[right] * far for (left, right), far in difference.items())
    return 1 - (sum(totals.values()) - 1) * observed / expected


def _ordinal_differences(totals: Mapping[int, int]) -> dict[tuple[int, int], float]:
    """Return the squared ordinal difference of every two values, by their ranks in the data."""
    ranks: dict[int, float] = {}
    below = 0
    for value in sorted(totals):
        # The distance of two mid-ranks is what lies between them plus half of each.
        ranks[value] = below + totals[value] / 2
        below += totals[value]
    return {(left, right): (ranks[left] - ranks[right]) ** 2 for left in ranks for right in ranks}
