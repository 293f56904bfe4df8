"""How many labels a wanted interval takes: what makes answers differ, and what a mean of more of them would do.

An answer is taken as level of its item + offset of its person + the rest, all drawn at random (a crossed random
effects model; R. Brennan, Generalizability Theory (2001), chapters 2 and 4). The mean over N items with k people each,
out of P people, then has the variance

    items / N + noise / (N k) + people / P.

More items lessen the first two terms, more overlap the second alone, and neither the third. Where means are compared
that the same people gave, or answers are freed of people's offsets, the third term is not there (``people`` None).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from annotate.stats import bootstrap
from annotate.stats.people import Ratings, offsets, shared

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.integer[Any]]

Z = 1.96
LEAST_CONVERSATIONS = 20
LEAST_PEOPLE = 3
Undefined = Literal["", "few_conversations", "few_people", "no_variation"]


@dataclass(frozen=True, slots=True)
class Answers:
    """Columns of equal length. ``stratum`` is what a mean is wanted of (a source model, a pair of them).

    An item is what one conversation has of one stratum: a person's answers to it are averaged.
    """

    stratum: Ints
    conversation: Ints
    person: Ints
    value: Floats


@dataclass(frozen=True, slots=True)
class Components:
    """The variances between items, between people and of the rest, and what they were estimated from.

    ``share`` is the part of the conversations that an average stratum occurs in, ``overlap`` the mean number of
    people an
    item, ``deviation`` and ``noise_deviation`` the standard errors of items and noise, ``covariance`` theirs. Where
    there is too little to go by all variances are None, and ``undefined`` says of what.
    """

    items: float | None
    people: float | None
    noise: float | None
    deviation: float | None
    noise_deviation: float | None
    covariance: float | None
    conversations: int
    persons: int
    overlap: float
    share: float
    undefined: Undefined


def components(answers: Answers) -> Components:
    """Return the variance components, by moments; their standard errors by bootstrap over conversations."""
    persons = len(np.unique(answers.person))
    ratings, stratum, share = _items(answers)
    conversations = len(np.unique(ratings.conversation))
    overlap = len(ratings.item) / max(1, len(np.unique(ratings.item)))

    def none(why: Undefined) -> Components:
        return Components(None, None, None, None, None, None, conversations, persons, overlap, share, why)

    if persons < LEAST_PEOPLE:
        return none("few_people")
    if conversations < LEAST_CONVERSATIONS:
        return none("few_conversations")
    found = offsets(ratings, persons)
    people = found.spread
    sums = _sums(ratings, found.raw, stratum)
    groups = bootstrap.groups(sums.conversation)
    parts = np.zeros((int(groups.max()) + 1, sums.columns.shape[1]))
    np.add.at(parts, groups, sums.columns)
    items, noise = _variances(parts.sum(axis=0))
    again = np.stack(_variances(bootstrap.replicates(parts)))
    if not items + noise > 0:
        return none("no_variation")
    spread = np.cov(again[:, ~np.isnan(again).any(axis=0)])
    return Components(
        items=max(0.0, float(items)),
        people=people,
        noise=float(noise),
        deviation=math.sqrt(spread[0, 0]),
        noise_deviation=math.sqrt(spread[1, 1]),
        covariance=float(spread[0, 1]),
        conversations=conversations,
        persons=persons,
        overlap=overlap,
        share=share,
        undefined="",
    )


def _items(answers: Answers) -> tuple[Ratings, Ints, float]:
    """Return each person's mean on each item that several answered, the stratum of each, and the share of strata."""
    strata, stratum = np.unique(answers.stratum, return_inverse=True)
    conversations, conversation = np.unique(answers.conversation, return_inverse=True)
    persons, person = np.unique(answers.person, return_inverse=True)
    # One number for the three: to sort the rows of a table takes ten times as long.
    key = (stratum * len(conversations) + conversation) * len(persons) + person
    known, place = np.unique(key, return_inverse=True)
    mean = np.bincount(place, answers.value) / np.maximum(1, np.bincount(place))
    pair, person = np.divmod(known, max(1, len(persons)))
    stratum, conversation = np.divmod(pair, max(1, len(conversations)))
    items, item = np.unique(pair, return_inverse=True)
    share = len(items) / max(1, len(strata) * len(conversations))
    several = np.bincount(item)[item] > 1 if len(item) else np.empty(0, dtype=bool)
    found = shared(Ratings(item, stratum, conversations[conversation], person, mean))
    return found, stratum[several], share


@dataclass(frozen=True, slots=True)
class _Sums:
    conversation: Ints
    columns: Floats


def _sums(ratings: Ratings, raw: Floats, stratum: Ints) -> _Sums:
    """Return by item (1, its mean less its stratum's, that squared, 1 / k, squares within, k - 1)."""
    value = ratings.value - raw[ratings.person]
    count = np.bincount(ratings.item).astype(float)
    level = np.bincount(ratings.item, value) / count
    within = np.bincount(ratings.item, (value - level[ratings.item]) ** 2)
    first = np.unique(ratings.item, return_index=True)[1]
    _, of = np.unique(stratum[first], return_inverse=True)
    level = level - (np.bincount(of, level) / np.bincount(of))[of]
    columns = np.stack([np.ones_like(level), level, level**2, 1 / count, within, count - 1], axis=1)
    return _Sums(ratings.conversation[first], columns)


def _variances(sums: Floats) -> tuple[Floats, Floats]:
    """Return the variance between items and the noise of sums (…, 6)."""
    n, level, squares, inverse, within, freedom = np.moveaxis(sums, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        noise = within / freedom
        items = squares / n - (level / n) ** 2 - noise * inverse / n
    return items, noise


@dataclass(frozen=True, slots=True)
class Need:
    """What the wanted half-width takes with so many people an item; ``low`` and ``high`` are a 95 % range.

    ``conversations`` are to be labelled, each by ``overlap`` people: ``labels`` assignments in all.
    """

    overlap: int
    conversations: int
    low: int
    high: int
    labels: int
    labels_low: int
    labels_high: int


def need(found: Components, half_width: float, overlap: int, people: int | None) -> Need | None:
    """Return what a half-width takes; None where this many people cannot reach it, however much they label."""
    if found.items is None or found.noise is None or found.people is None:
        return None
    room = (half_width / Z) ** 2 - _of_people(found.people, people)
    if room <= 0:
        return None
    variance = found.items + found.noise / overlap
    spread = math.exp(Z * _relative_error(found, overlap))
    middle = variance / room / found.share
    low, high = math.ceil(middle / spread), math.ceil(middle * spread)
    conversations = math.ceil(middle)
    return Need(overlap, conversations, low, high, conversations * overlap, low * overlap, high * overlap)


def half_width(found: Components, conversations: float, overlap: float, people: int | None) -> float | None:
    """Return the half-width of a mean's 95 % interval with so many conversations and people an item."""
    if found.items is None or found.noise is None or found.people is None:
        return None
    each = found.items + found.noise / overlap
    return Z * math.sqrt(each / (conversations * found.share) + _of_people(found.people, people))


def people_floor(found: Components, people: int | None) -> float | None:
    """Return the half-width below which so many people cannot come."""
    return None if found.people is None else Z * math.sqrt(_of_people(found.people, people))


def _of_people(variance: float, people: int | None) -> float:
    return 0.0 if people is None else variance / people


def _relative_error(found: Components, overlap: int) -> float:
    """Return the standard error of items + noise / overlap, as a share of it."""
    deviation, noise, covariance = found.deviation or 0, found.noise_deviation or 0, found.covariance or 0
    square = deviation**2 + 2 * covariance / overlap + (noise / overlap) ** 2
    return math.sqrt(max(0.0, square)) / ((found.items or 0) + (found.noise or 0) / overlap)
