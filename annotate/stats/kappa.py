"""How far a person agrees with a reference on ordered scales, beyond chance: weighted kappa.

Data come as *tables*: (own value, reference value) mapped to how often the two met, one table per
dimension. A number that is not defined is None.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Table = Mapping[tuple[int, int], int]

# Two-sided 95 % quantile of Student's t with 9 degrees of freedom: ten groups are left out in turn.
GROUPS = 10
_T_95_OF_NINE = 2.262


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Squared steps between two raters, observed and by chance, both summed over ``pairs`` ratings."""

    pairs: int
    observed: float
    expected: float


def disagreement(table: Table) -> Disagreement:
    """Return what two raters differ by, and what they would if each only kept the own distribution."""
    pairs = sum(table.values())
    if not pairs:
        return Disagreement(0, 0.0, 0.0)
    own, reference = Counter[int](), Counter[int]()
    for (mine, right), count in table.items():
        own[mine] += count
        reference[right] += count
    chance = sum(
        many * others * (mine - right) ** 2
        for mine, many in own.items()
        for right, others in reference.items()
    )
    observed = sum(count * (mine - right) ** 2 for (mine, right), count in table.items())
    return Disagreement(pairs, float(observed), chance / pairs)


def weighted_kappa(tables: Iterable[Table]) -> float | None:
    """Return kappa with quadratic weights over one or several dimensions.

    One dimension: J. Cohen, "Weighted kappa", Psychological Bulletin 70 (1968), 213-220, with the squared
    distance as the weight (J. L. Fleiss and J. Cohen, Educational and Psychological Measurement 33 (1973),
    613-619): 1 - observed / expected squared steps.

    Several: stratified. Observed and expected steps are each summed over the dimensions, chance being
    reckoned *within* each (the weighted mean of the dimensions' kappas, as in W. Barlow, M.-Y. Lai and
    S. P. Azen, Statistics in Medicine 10 (1991), 1465-1472, with the expected steps as weights). Throwing
    all ratings into one table instead would credit a person with knowing that one dimension runs higher
    than another; a plain mean of kappas would give a dimension of three ratings the say of one of thirty.
    A dimension where both gave one and the same value expects nothing and says nothing. Where the
    reference never varies, a person who does loses by it exactly what chance would.

    Whoever gives one value per dimension, whatever the reference says, differs from it as expected: 0.
    None where no difference is expected at all, or where there are no ratings.
    """
    found = [disagreement(table) for table in tables]
    expected = math.fsum(one.expected for one in found)
    if not expected:
        return None
    return 1 - math.fsum(one.observed for one in found) / expected


@dataclass(frozen=True, slots=True)
class Interval:
    """From where to where a kappa lies in 95 of 100 cases."""

    low: float
    high: float


def interval(groups: Sequence[Mapping[int, Table]]) -> Interval | None:
    """Return the 95 % interval of the kappa over all groups: each holds tables by dimension.

    Ratings of one item hang together, so whole groups of items are left out in turn (delete-a-group
    jackknife, P. S. Kott, Journal of Official Statistics 17 (2001), 521-526), not single ratings. None
    with fewer than ten groups that hold something, or where a kappa without one of them is not defined.
    """
    filled = [one for one in groups if any(one.values())]
    if len(filled) < GROUPS:
        return None
    whole = weighted_kappa(merged(filled).values())
    rest = [
        weighted_kappa(merged([one for one in filled if one is not left_out]).values()) for left_out in filled
    ]
    if whole is None or any(one is None for one in rest):
        return None
    count = len(filled)
    spread = math.fsum((one - whole) ** 2 for one in rest if one is not None) * (count - 1) / count
    reach = _T_95_OF_NINE * math.sqrt(spread)
    return Interval(max(-1.0, whole - reach), min(1.0, whole + reach))


def merged(groups: Iterable[Mapping[int, Table]]) -> dict[int, Counter[tuple[int, int]]]:
    """Return the tables of all groups added up, by dimension."""
    found: dict[int, Counter[tuple[int, int]]] = {}
    for group in groups:
        for dimension, table in group.items():
            found.setdefault(dimension, Counter()).update(table)
    return found
