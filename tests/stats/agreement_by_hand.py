"""The agreement coefficients written out over the values of each item, as their sources define them.

Slow and plain: what annotate/stats/agreement.py, which works on sums, is held against.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

from annotate.stats.agreement import Metric, Patterns

Weigh = Callable[[int, int, Sequence[int]], float]


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


def ties_as_half(patterns: Patterns) -> float | None:
    """Return the share of pairs of people who prefer the same side, a tie beside a side counting half.

    The convention of R. Nakano et al., "WebGPT" (2021). None where no item has two values.
    """
    sides: Counter[tuple[int, ...]] = Counter()
    for values, count in patterns.items():
        sides[tuple((value > 0) - (value < 0) for value in values)] += count
    return _share(sides, lambda left, right: 1.0 if left == right else 0.0 if left * right else 0.5)


def _share(patterns: Patterns, agree: Callable[[int, int], float]) -> float | None:
    """Return the mean over items of the mean agreement of their pairs; None without items of two values."""
    shared = {values: count for values, count in patterns.items() if len(values) > 1}
    items = sum(shared.values())
    if not items:
        return None
    total = 0.0
    for values, count in shared.items():
        pairs = [agree(*pair) for pair in combinations(values, 2)]
        total += count * sum(pairs) / len(pairs)
    return total / items


def alpha(patterns: Patterns, metric: Metric) -> float | None:
    """Return Krippendorff's alpha.

    K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), sections C to E: coincidences
    o_ck = sum over items of (pairs c-k) / (m_u - 1), alpha = 1 - D_observed / D_expected. Squared
    differences: 1 (nominal); sum of n_g for g from c to k, less (n_c + n_k) / 2, squared (ordinal);
    (c - k) squared (interval). None when fewer than two different values occur in items with at least
    two: there is nothing to be reliable about.
    """
    coincidences: defaultdict[tuple[int, int], float] = defaultdict(float)
    totals: Counter[int] = Counter()
    for values, count in patterns.items():
        if len(values) < 2:
            continue
        own = Counter(values)
        for left, many in own.items():
            totals[left] += count * many
            for right, others in own.items():
                pairs = many * (others - (left == right))
                coincidences[left, right] += count * pairs / (len(values) - 1)
    if len(totals) < 2:
        return None
    difference = _differences(totals, metric)
    observed = sum(weight * difference[pair] for pair, weight in coincidences.items())
    expected = sum(totals[left] * totals[right] * far for (left, right), far in difference.items())
    return 1 - (sum(totals.values()) - 1) * observed / expected


def _differences(totals: Mapping[int, int], metric: Metric) -> dict[tuple[int, int], float]:
    """Return the squared difference of every two values that occur."""
    places = {value: float(value) for value in totals}
    if metric is Metric.ORDINAL:
        below = 0
        for value in sorted(totals):
            # The distance of two mid-ranks is what lies between them plus half of each.
            places[value] = below + totals[value] / 2
            below += totals[value]
    if metric is Metric.NOMINAL:
        return {(left, right): float(left != right) for left in totals for right in totals}
    return {(left, right): (places[left] - places[right]) ** 2 for left in totals for right in totals}


def identity(left: int, right: int, _scale: Sequence[int]) -> float:
    """Weigh two values 1 when they are the same, else 0."""
    return float(left == right)


def quadratic(left: int, right: int, scale: Sequence[int]) -> float:
    """Weigh two values by their squared distance: 1 when they are the same, 0 from end to end."""
    return 1 - ((left - right) / (scale[-1] - scale[0])) ** 2


def fleiss_kappa(patterns: Patterns, scale: Sequence[int], weigh: Weigh = quadratic) -> float | None:
    """Return Fleiss' kappa, weighted, for any number of people an item.

    K. L. Gwet, Handbook of Inter-Rater Reliability (4th edition, 2014), chapter 3: chance agreement is the sum of
    w_kl pi_k pi_l, pi_k being the mean over items of the share of their values that are k. None without items of
    two values, or where only one value was ever given.
    """
    shares = _shares(patterns)
    if len(shares) < 2:
        return None
    chance = sum(
        weigh(left, right, scale) * mine * others
        for left, mine in shares.items()
        for right, others in shares.items()
    )
    return _beyond_chance(_share(patterns, lambda left, right: weigh(left, right, scale)), chance)


def ac2(patterns: Patterns, scale: Sequence[int], weigh: Weigh = quadratic) -> float | None:
    """Return Gwet's AC2 (AC1 with identity weights): it stays near the raw agreement where one value prevails.

    K. L. Gwet, as above, chapter 4: chance agreement is T_w / (q (q - 1)) times the sum of pi_k (1 - pi_k),
    T_w being the sum of all q x q weights. None without items of two values.
    """
    weights = sum(weigh(left, right, scale) for left in scale for right in scale)
    spread = sum(share * (1 - share) for share in _shares(patterns).values())
    chance = weights / (len(scale) * (len(scale) - 1)) * spread
    return _beyond_chance(_share(patterns, lambda left, right: weigh(left, right, scale)), chance)


def _shares(patterns: Patterns) -> dict[int, float]:
    """Return, by value, the mean over all items of the share of their values that are this one."""
    shares: defaultdict[int, float] = defaultdict(float)
    items = sum(count for values, count in patterns.items() if values)
    for values, count in patterns.items():
        for value in values:
            shares[value] += count / len(values) / items
    return dict(shares)


def _beyond_chance(observed: float | None, chance: float) -> float | None:
    return None if observed is None else (observed - chance) / (1 - chance)
