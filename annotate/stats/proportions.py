"""Shares with 95 % intervals: counted, and weighted by the chance with which each case was drawn.

A number that is not defined is None; ``undefined`` says why.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

# Two-sided 95 % quantile of the normal distribution.
Z = 1.959964


@dataclass(frozen=True, slots=True)
class Share:
    """A share of ``n`` cases and where it lies in 95 of 100 draws; ``undefined`` is "" or no_cases."""

    n: int
    value: float | None
    low: float | None
    high: float | None
    undefined: str = ""


@dataclass(frozen=True, slots=True)
class Ratio:
    """One share over another; ``undefined`` is "", no_cases, or none_found (a share of 0 has no ratio)."""

    value: float | None
    low: float | None
    high: float | None
    undefined: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One case of a sample: whether it counts, the chance with which it was drawn, and what it hangs together with."""

    hit: bool
    probability: float
    cluster: Hashable


NO_CASES = Share(0, None, None, None, "no_cases")


def share(hits: int, n: int) -> Share:
    """Return a share with Wilson's interval (E. B. Wilson, J. Am. Stat. Assoc. 22 (1927), 209-212)."""
    if not n:
        return NO_CASES
    return Share(n, hits / n, *_wilson(hits / n, n))


def weighted_share(cases: Sequence[Drawn]) -> Share:
    """Return the share of hits in the population behind a sample of unequal chances, clusters drawn together.

    The estimate is Hájek's: weights 1 / probability, over their sum. Its variance is that of a ratio over clusters
    (W. G. Cochran, Sampling Techniques, 3rd ed. 1977, chapter 11); the interval is Wilson's with the number of cases
    that would give this variance under simple drawing (C. Franco, R. J. A. Little, T. A. Louis and E. V. Slud,
    J. Survey Stat. Methodol. 7 (2019), 334-364). Where all cases or none are hits, that number is Kish's.
    """
    if not cases:
        return NO_CASES
    total = math.fsum(1 / one.probability for one in cases)
    found = math.fsum(1 / one.probability for one in cases if one.hit) / total
    residuals: defaultdict[Hashable, float] = defaultdict(float)
    for one in cases:
        residuals[one.cluster] += (one.hit - found) / one.probability
    clusters = len(residuals)
    spread = math.fsum(one**2 for one in residuals.values())
    variance = spread / total**2 * clusters / (clusters - 1) if clusters > 1 else 0.0
    simple = found * (1 - found)
    kish = total**2 / math.fsum(1 / one.probability**2 for one in cases)
    effective = min(simple / variance, len(cases)) if variance and simple else min(kish, clusters)
    return Share(len(cases), found, *_wilson(found, effective))


def _wilson(found: float, n: float) -> tuple[float, float]:
    middle = (found + Z**2 / (2 * n)) / (1 + Z**2 / n)
    reach = Z / (1 + Z**2 / n) * math.sqrt(found * (1 - found) / n + Z**2 / (4 * n**2))
    # The least and greatest of floats keep the share itself inside.
    return max(0.0, min(found, middle - reach)), min(1.0, max(found, middle + reach))


def ratio(above: Share, below: Share) -> Ratio:
    """Return one share over another from independent samples, its interval on the logarithm.

    Standard errors are read back from the width of the shares' own intervals (D. Katz, J. Baptista, S. P. Azen and
    M. C. Pike, Biometrics 34 (1978), 469-474, for the logarithm of a ratio of shares).
    """
    if above.value is None or below.value is None:
        return Ratio(None, None, None, "no_cases")
    if not above.value or not below.value:
        return Ratio(None, None, None, "none_found")
    found = above.value / below.value
    reach = Z * math.hypot(_log_error(above), _log_error(below))
    return Ratio(found, found * math.exp(-reach), found * math.exp(reach))


def _log_error(one: Share) -> float:
    assert one.value is not None  # noqa: S101 - `ratio` has looked
    return ((one.high or 0.0) - (one.low or 0.0)) / (2 * Z * one.value)
