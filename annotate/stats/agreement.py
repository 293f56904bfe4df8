"""How far people agree, for values on an ordered scale.

Data come as *patterns*: the values that one item was given, in ascending order, mapped to the number
of items that were given exactly these. Items with fewer than two values cannot disagree and are left
out of everything but the distribution. A number that is not defined is None; `undefined` says why.

Every number here is a function of *sums* over items: `features` says what one item adds to them, `coefficients`
makes the numbers of them, for as many sums at once as there are. So the sums of some conversations may be
added up, weighted and taken apart again, which is what the bootstrap does (annotate/stats/bootstrap.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from itertools import combinations, combinations_with_replacement
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from annotate.stats.bootstrap import Interval

Patterns = Mapping[tuple[int, ...], int]
Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement on one question.

    ``items`` have at least two values, ``pairs`` counts pairs of people on the same item. ``exact`` and
    ``within_one`` are shares of those pairs, each item weighing the same; ``alpha`` is Krippendorff's
    for an ordinal scale, beside it those for a nominal and an interval scale. ``kappa`` is Fleiss' and ``ac2``
    Gwet's, both with quadratic weights. ``distribution`` counts every value given, single ones included.

    ``intervals`` holds, by the names of these numbers, from where to where each lies in 95 of 100 cases; they are
    those of `conversations` many conversations. Where there are none, ``no_interval`` says why.
    """

    items: int
    pairs: int
    exact: float | None
    within_one: float | None
    alpha: float | None
    alpha_nominal: float | None
    alpha_interval: float | None
    kappa: float | None
    ac2: float | None
    distribution: dict[int, int]
    undefined: str = ""
    conversations: int | None = None
    intervals: dict[str, Interval] = field(default_factory=dict)
    no_interval: str = ""


class Sum(IntEnum):
    """The columns of `features`: counts, and shares of an item's pairs of people who agree in one way or another.

    After these come, for each level, the share of the item's values that are this one; then, for each two levels,
    the item's coincidences.
    """

    ITEMS = 0
    PAIRS = 1
    EXACT = 2
    WITHIN_ONE = 3
    QUADRATIC = 4
    TIES_AS_HALF = 5
    SIDED_ITEMS = 6
    SAME_SIDE = 7


class Metric(Enum):
    """How far two values are apart, for alpha."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"


class Weights(Enum):
    """How much two values agree, from 0 to 1: only when they are the same, or by their squared distance."""

    IDENTITY = Sum.EXACT
    QUADRATIC = Sum.QUADRATIC


NAMES = ("exact", "within_one", "alpha", "alpha_nominal", "alpha_interval", "kappa", "ac2")
SIDES = ("same_side", "ties_as_half")


def agreement(patterns: Patterns, scale: Sequence[int]) -> Agreement:
    """Return the agreement on one question; ``undefined`` is "" or one of no_pairs, one_value.

    ``scale`` holds every value that could be given, in ascending order, at least two of them.
    """
    return described(_sums(patterns, scale), scale, distribution(patterns))


def described(sums: Floats, scale: Sequence[int], given: dict[int, int]) -> Agreement:
    """Return what these sums (one row of `features`, added up) say, beside the distribution of all values."""
    found = {name: defined(number) for name, number in coefficients(sums, scale).items()}
    items = round(float(sums[Sum.ITEMS]))
    return Agreement(
        items=items,
        pairs=round(float(sums[Sum.PAIRS])),
        exact=found["exact"],
        within_one=found["within_one"],
        alpha=found["alpha"],
        alpha_nominal=found["alpha_nominal"],
        alpha_interval=found["alpha_interval"],
        kappa=found["kappa"],
        ac2=found["ac2"],
        distribution=given,
        undefined="no_pairs" if not items else "one_value" if found["alpha"] is None else "",
    )


def defined(number: Floats) -> float | None:
    """Return a single number, or None where it is not defined."""
    return None if np.isnan(number) else float(number)


def distribution(patterns: Patterns) -> dict[int, int]:
    """Return how often each value was given, by ascending value."""
    counts: Counter[int] = Counter()
    for values, count in patterns.items():
        for value in values:
            counts[value] += count
    return dict(sorted(counts.items()))


def features(patterns: Iterable[tuple[int, ...]], scale: Sequence[int]) -> csr_array:
    """Return, a row for each pattern, what an item with these values adds to the sums: see `Sum`.

    Of an item with m values, n_c of them c: the share of its pairs that agree, the shares n_c / m, and the
    coincidences n_c (n_k - [c = k]) / (m - 1). An item with one value adds its share alone.
    """
    levels = {value: place for place, value in enumerate(scale)}
    first_pair = len(Sum) + len(scale)
    pairs_of_levels = combinations_with_replacement(range(len(scale)), 2)  # in the order of np.triu_indices
    places = {pair: first_pair + at for at, pair in enumerate(pairs_of_levels)}
    rows, columns, values = [], [], []
    height = 0
    for row, pattern in enumerate(patterns):
        height = row + 1
        own = sorted(Counter(levels[value] for value in pattern).items())
        entries = {len(Sum) + level: many / len(pattern) for level, many in own}
        if len(pattern) > 1:
            entries |= _of_pairs(pattern, scale)
            for at, (level, many) in enumerate(own):
                for other, others in own[at:]:
                    pairs = many * (many - 1) if level == other else many * others
                    entries[places[level, other]] = pairs / (len(pattern) - 1)
        rows += [row] * len(entries)
        columns += list(entries)
        values += list(entries.values())
    return csr_array((values, (rows, columns)), shape=(height, first_pair + len(places)), dtype=float)


def _of_pairs(pattern: tuple[int, ...], scale: Sequence[int]) -> dict[int, float]:
    """Return what the pairs of values of one item add: how many, and the shares that agree."""
    pairs = list(combinations(pattern, 2))
    span = scale[-1] - scale[0]
    sides = [(value > 0) - (value < 0) for value in pattern]
    half = [1.0 if one == two else 0.0 if one * two else 0.5 for one, two in combinations(sides, 2)]
    found = {
        Sum.ITEMS: 1.0,
        Sum.PAIRS: float(len(pairs)),
        Sum.EXACT: sum(one == two for one, two in pairs) / len(pairs),
        Sum.WITHIN_ONE: sum(abs(one - two) <= 1 for one, two in pairs) / len(pairs),
        Sum.QUADRATIC: sum(1 - ((one - two) / span) ** 2 for one, two in pairs) / len(pairs),
        Sum.TIES_AS_HALF: sum(half) / len(pairs),
    }
    sided = [one == two for one, two in combinations([side for side in sides if side], 2)]
    if sided:
        found |= {Sum.SIDED_ITEMS: 1.0, Sum.SAME_SIDE: sum(sided) / len(sided)}
    return {int(column): value for column, value in found.items()}


def coefficients(sums: Floats, scale: Sequence[int]) -> dict[str, Floats]:
    """Return every number by name (`NAMES` and `SIDES`), of the shape of ``sums`` less its last axis.

    Where a number is not defined it is not a number.
    """
    found = {
        "exact": share(sums, Sum.EXACT),
        "within_one": share(sums, Sum.WITHIN_ONE),
        "kappa": fleiss_kappa(sums, scale),
        "ac2": ac2(sums, scale),
        "same_side": share(sums, Sum.SAME_SIDE),
        "ties_as_half": share(sums, Sum.TIES_AS_HALF),
    }
    together = coincidences(sums, scale)
    for name, metric in zip(NAMES[2:5], (Metric.ORDINAL, Metric.NOMINAL, Metric.INTERVAL), strict=True):
        found[name] = alpha(together, scale, metric)
    return found


def share(sums: Floats, of: Sum) -> Floats:
    """Return the mean over items of the share of their pairs that agree in this way.

    ``SAME_SIDE``: ties are left out, they take no side. ``TIES_AS_HALF``: a tie beside a side counts half, the
    convention of R. Nakano et al., "WebGPT" (2021).
    """
    items = sums[..., Sum.SIDED_ITEMS if of is Sum.SAME_SIDE else Sum.ITEMS]
    return _quotient(sums[..., of], items)


def coincidences(sums: Floats, scale: Sequence[int]) -> Floats:
    """Return the coincidence matrices, of shape (…, levels, levels)."""
    levels = len(scale)
    above, right = np.triu_indices(levels)
    found = np.zeros((*sums.shape[:-1], levels, levels))
    found[..., above, right] = found[..., right, above] = sums[..., len(Sum) + levels :]
    return found


def alpha(together: Floats, scale: Sequence[int], metric: Metric) -> Floats:
    """Return Krippendorff's alpha of coincidence matrices.

    K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), sections C to E: coincidences
    o_ck = sum over items of (pairs c-k) / (m_u - 1), alpha = 1 - D_observed / D_expected. Squared
    differences: 1 (nominal); sum of n_g for g from c to k, less (n_c + n_k) / 2, squared (ordinal);
    (c - k) squared (interval). Not defined when fewer than two different values occur in items with at least
    two: there is nothing to be reliable about.
    """
    totals = together.sum(axis=-1)
    if metric is Metric.NOMINAL:
        apart: Floats = 1 - np.eye(len(scale))
    else:
        # The distance of two mid-ranks is what lies between them plus half of each.
        ranks = np.cumsum(totals, axis=-1) - totals / 2
        places = ranks if metric is Metric.ORDINAL else np.asarray(scale, dtype=float)
        apart = (places[..., :, None] - places[..., None, :]) ** 2
    observed = (together * apart).sum(axis=(-1, -2))
    expected = (totals[..., :, None] * totals[..., None, :] * apart).sum(axis=(-1, -2))
    expected = np.where((totals > 0).sum(axis=-1) > 1, expected, 0)
    found: Floats = 1 - (totals.sum(axis=-1) - 1) * _quotient(observed, expected)
    return found


def fleiss_kappa(sums: Floats, scale: Sequence[int], weights: Weights = Weights.QUADRATIC) -> Floats:
    """Return Fleiss' kappa, weighted, for any number of people an item.

    K. L. Gwet, Handbook of Inter-Rater Reliability (4th edition, 2014), chapter 3: chance agreement is the sum of
    w_kl pi_k pi_l, pi_k being the mean over items of the share of their values that are k. Not defined without items
    of two values, or where only one value was ever given.
    """
    shares = _shares(sums, scale)
    chance = ((shares @ _weight_matrix(scale, weights)) * shares).sum(axis=-1)
    varied = (shares > 0).sum(axis=-1) > 1
    observed = share(sums, weights.value)
    return _quotient(observed - chance, np.where(varied, 1 - chance, 0))


def ac2(sums: Floats, scale: Sequence[int], weights: Weights = Weights.QUADRATIC) -> Floats:
    """Return Gwet's AC2 (AC1 with identity weights): it stays near the raw agreement where one value prevails.

    K. L. Gwet, as above, chapter 4: chance agreement is T_w / (q (q - 1)) times the sum of pi_k (1 - pi_k),
    T_w being the sum of all q x q weights. Not defined without items of two values.
    """
    shares, levels = _shares(sums, scale), len(scale)
    spread = (shares * (1 - shares)).sum(axis=-1)
    chance = _weight_matrix(scale, weights).sum() / (levels * (levels - 1)) * spread
    return _quotient(share(sums, weights.value) - chance, 1 - chance)


def _sums(patterns: Patterns, scale: Sequence[int]) -> Floats:
    counts = np.fromiter(patterns.values(), dtype=float)
    found: Floats = features(patterns, scale).T @ counts
    return found


def _weight_matrix(scale: Sequence[int], weights: Weights) -> Floats:
    if weights is Weights.IDENTITY:
        return np.eye(len(scale))
    places = np.asarray(scale, dtype=float)
    distances: Floats = 1 - ((places[:, None] - places[None, :]) / (places[-1] - places[0])) ** 2
    return distances


def _shares(sums: Floats, scale: Sequence[int]) -> Floats:
    """Return, by level, the mean over all items of the share of their values that are this one."""
    shares = sums[..., len(Sum) : len(Sum) + len(scale)]
    return _quotient(shares, shares.sum(axis=-1, keepdims=True))


def _quotient(above: Floats, below: Floats) -> Floats:
    """Return above / below; not a number where below is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(below == 0, np.nan, above / below)
