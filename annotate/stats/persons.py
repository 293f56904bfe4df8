"""Whether a person goes against a model, or answers out of the ordinary, more than chance explains. Never pay.

A person who dissents from a model may be the better one. So a rate speaks only beside a sign that needs no model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import beta, gamma, t

from annotate.stats.bootstrap import LEAST_CONVERSATIONS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]

TIMES_EXPECTED = 1.5
CERTAINTY = 0.95
LEAST_RATINGS = 60  # of a person, before their p-values are added up
_STRONGEST_PRIOR, _WEAKEST_PRIOR = 200.0, 10.0


@dataclass(frozen=True, slots=True)
class Dissent:
    """One person's labels at which the model was sure: ``count`` of them, ``events`` against it, so many expected.

    ``z`` is (events - expected) / sqrt(sum of t (1 - t)); ``certainty`` is P(rate > 1.5 times expected).
    """

    person: int
    count: int
    events: int
    expected: float
    z: float
    certainty: float


def dissents(person: Ints, event: npt.NDArray[np.bool_], chance: Floats) -> list[Dissent]:
    """Return everybody's dissent by ascending id; rows are labels at risk, ``chance`` what the link says of each.

    A person's rate has a beta prior with the mean that the link expects of them; how firmly people keep to it is
    estimated from all of them (beta-binomial, by the method of moments) and bounded.
    """
    people, places = np.unique(person, return_inverse=True)
    counts = np.bincount(places)
    events = np.bincount(places, event)
    expected = np.bincount(places, chance)
    spread = np.sqrt(np.bincount(places, chance * (1 - chance)))
    z = np.divide(events - expected, spread, out=np.zeros(people.size), where=spread > 0)
    mean = np.divide(expected, counts, out=np.zeros(people.size), where=counts > 0)
    strength = _strength(z, counts)
    certain = beta.sf(
        np.minimum(TIMES_EXPECTED * mean, 1),
        strength * mean + events,
        strength * (1 - mean) + counts - events,
    )
    return [
        Dissent(int(who), int(n), int(d), float(e), float(far), float(sure))
        for who, n, d, e, far, sure in zip(people, counts, events, expected, z, certain, strict=True)
    ]


def _strength(z: Floats, counts: Ints) -> float:
    """Return how many labels the prior is worth: many where people differ no more than chance would have it."""
    usable = counts > 0
    if np.count_nonzero(usable) < 3:  # noqa: PLR2004 - two people say nothing about how people differ
        return _WEAKEST_PRIOR
    # Var(z) = 1 + (n - 1) rho for a beta-binomial of overdispersion rho = 1 / (strength + 1).
    excess = float((z[usable] ** 2).mean() - 1)
    typical = float(np.median(counts[usable]))
    if excess <= 0 or typical <= 1:
        return _STRONGEST_PRIOR
    rho = min(excess / (typical - 1), 0.99)
    return float(np.clip(1 / rho - 1, _WEAKEST_PRIOR, _STRONGEST_PRIOR))


@dataclass(frozen=True, slots=True)
class Unusual:
    """How far one person's p-values as a whole lie below what labels like the others' give: small ``p`` is far."""

    person: int
    count: int
    p: float


def unusual(person: Ints, p_values: Floats, conversation: Ints) -> list[Unusual]:
    """Return one-sided p-values of everybody's mean of p-values, for people with enough ratings, most unusual first.

    Against the mean of all rows, since ties make conformal p-values larger than uniform ones. What a person says of
    one conversation hangs together (halo, a mood), so ratings are worth less than they are many: the standard error
    is robust by conversation, and held against Student's t with a degree of freedom less than there are of them.
    """
    people, places, counts = np.unique(person, return_inverse=True, return_counts=True)
    if not people.size:
        return []
    means = np.bincount(places, p_values) / counts
    sittings, sitting = np.unique(np.stack((places, conversation)), axis=1, return_inverse=True)
    clusters = np.bincount(sittings[0])
    sums = np.bincount(sitting, p_values - means[places])
    squares = np.bincount(sittings[0], sums**2) * clusters / np.maximum(clusters - 1, 1)
    enough = (counts >= LEAST_RATINGS) & (clusters >= LEAST_CONVERSATIONS) & (squares > 0)
    far = (p_values.mean() - means[enough]) * counts[enough] / np.sqrt(squares[enough])
    found = [
        Unusual(int(who), int(n), float(p))
        for who, n, p in zip(people[enough], counts[enough], t.sf(far, clusters[enough] - 1), strict=True)
    ]
    return sorted(found, key=lambda one: one.p)


def more_often(count: int, total: int, others_count: int, others_total: int) -> float | None:
    """Return P(a person's rate > 1.5 times the others'), the others' taken as known; None without both."""
    if not total or not others_total:
        return None
    usual = (others_count + 1) / (others_total + 2)
    return float(beta.sf(min(TIMES_EXPECTED * usual, 1), 1 + count, 1 + total - count))


def more_per_task(count: int, exposure: float, others_count: int, others_exposure: float) -> float | None:
    """Return P(events come 1.5 times as fast to a person as to the others), counts by exposure; None without both.

    A gamma posterior from Jeffreys' prior, the others' pace taken as known.
    """
    if not exposure or not others_exposure:
        return None
    usual = (others_count + 0.5) / others_exposure
    return float(gamma.sf(TIMES_EXPECTED * usual, count + 0.5, scale=1 / exposure))
