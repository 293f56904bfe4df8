"""Synthetic annotators and scorers of known quality: the model behind simulated projects.

A response is worth ``u``; the gap between two candidates is normal with standard deviation 2.39. A person feels
``u + Gumbel noise`` of each, so that of two the right one is better with probability σ(gap): two people then agree on
73 % of pairs, and a single label is on the minority's side in 19.5 %, as among paid annotators (InstructGPT reports
72.6 %). Dimensions are correlated with ``u`` at √½. Everything is drawn from named generators: the same seed
and names give the same truth again, so that it need not be stored anywhere.

Arrays: R responses, D dimensions, P pairs. A gap is always right minus left, as is a preference.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, ndtr, ndtri

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

GAP = 2.39  # standard deviation of the gap between two candidates
QUALITY = GAP / math.sqrt(2)  # and of one response
# What the models in `SOURCES` add to their responses; the rest of a response's worth is its own.
SOURCES = {"sim-model-a": -0.75, "sim-model-b": -0.25, "sim-model-c": 0.25, "sim-model-d": 0.75}
_OWN = math.sqrt((GAP**2 - 2 * sum(one**2 for one in SOURCES.values()) / (len(SOURCES) - 1)) / 2)
_SHARED = math.sqrt(0.5)  # correlation of a dimension with the whole
_WHOLE = 0.6  # correlation of a whole conversation's worth with that of its last response
# A rating in levels of a 0–3 scale: the middle, what a standard deviation of worth and of noise make of it.
_MIDDLE, _SPREAD, _NOISE = 2.4, 0.7, 0.6
_GUMBEL_MEAN, _GUMBEL_SD = 0.5772156649, math.pi / math.sqrt(6)
_STRONGER = (1.5, 3.0)  # felt gaps from which on a preference is 2 and 3
_STEP_NEUTRAL, _STEP_MISTAKEN = 0.10, 0.10  # shares of a careful person's step labels
_STEP_WRONG, _STEP_SLOPE = (
    -0.9,
    -0.5,
)  # log-odds that a step is wrong, and what a standard deviation of worth adds
_STEP_CENTRE, _STEP_FIRST = 1.2, 3.0  # log-odds of a process scorer's P(+), and what the first step has more
# Such that the temperature of a scorer that is right in 73 % is 9.4, as in docs/quality.md.
_SCORE_SD = 13.9
MOST_ACCURATE = 0.80  # against single labels: who knew every gap exactly would be right in 80.5 %


@dataclass(frozen=True, slots=True)
class Person:
    """How one synthetic annotator answers.

    ``noise`` multiplies the noise of a careful person (1), ``offset`` is added to every rating in levels, ``careless``
    is the share of answers given at random, ``position`` is added to what is felt of the one shown first;
    who is ``always_top`` rates everything with the highest level.
    """

    noise: float = 1.0
    offset: float = 0.0
    careless: float = 0.0
    position: float = 0.0
    always_top: bool = False


@dataclass(frozen=True, slots=True)
class Truth:
    """What a conversation's responses are worth: (R, 2) by themselves and as a conversation's end, in units of gaps.

    ``levels`` (R, D) is the worth by dimension, standardised; ``right`` holds per response whether each step is.
    """

    worth: Floats
    levels: Floats
    right: list[Booleans]


def generator(seed: int, *names: str | bytes | int) -> np.random.Generator:
    """Return the generator of this name under this seed: the same ones always draw the same."""
    digest = hashlib.sha256(repr((seed, *names)).encode()).digest()
    return np.random.default_rng(np.frombuffer(digest, dtype=np.uint32))


def draw_truth(
    seed: int, name: bytes, *, effects: Floats, dimensions: Mapping[str, bool], steps: Sequence[int]
) -> Truth:
    """Draw what a conversation's responses are worth.

    ``effects`` (R,) is what their source models add, ``dimensions`` (D by key) says which speak of whole
    conversations, ``steps`` counts each response's. Responses and dimensions added later leave the earlier ones as
    they are, so a dimension has one truth whatever version of a rubric asks for it.
    """
    normal = generator(seed, "worth", name).standard_normal((len(effects), 2))
    own = _OWN * normal[:, 0] + effects
    whole = _WHOLE * own + math.sqrt(1 - _WHOLE**2) * QUALITY * normal[:, 1]
    worth = np.stack([own, whole], axis=1)
    levels = np.empty((len(effects), len(dimensions)))
    for column, (key, is_global) in enumerate(dimensions.items()):
        apart = generator(seed, "level", key, name).standard_normal(len(effects))
        levels[:, column] = _SHARED * worth[:, int(is_global)] / QUALITY + math.sqrt(1 - _SHARED**2) * apart
    draws = generator(seed, "steps", name).random(sum(steps))
    wrong = expit(_STEP_WRONG + _STEP_SLOPE * np.repeat(own / QUALITY, steps))
    return Truth(worth, levels, np.split(draws >= wrong, np.cumsum(steps)[:-1]))


@dataclass(frozen=True, slots=True)
class Mood:
    """What one person feels of a conversation's responses beyond their worth: (R, 2), alone and as an end."""

    person: Person
    noise: Floats

    @classmethod
    def draw(cls, rng: np.random.Generator, person: Person, responses: int) -> Mood:
        """Draw it for one person's one sitting."""
        return cls(person, person.noise * rng.gumbel(size=(responses, 2)))


@dataclass(frozen=True, slots=True)
class Answers:
    """Values, and which of them were given at random."""

    values: Integers
    careless: Booleans


def rate(  # noqa: PLR0913 - one array per column of the answer
    rng: np.random.Generator,
    mood: Mood,
    levels: Floats,
    *,
    responses: Integers,
    is_global: Booleans,
    minimum: Integers,
    maximum: Integers,
) -> Answers:
    """Return n ratings: of ``responses`` (n,) worth ``levels`` (n,) on scales from ``minimum`` to ``maximum`` (n,)."""
    person, count = mood.person, len(levels)
    felt = (mood.noise[responses, is_global.astype(int)] - person.noise * _GUMBEL_MEAN) / _GUMBEL_SD
    noise = 0.5 * felt + math.sqrt(0.75) * person.noise * rng.standard_normal(count)
    step = (maximum - minimum) / 3
    given = minimum + step * (_MIDDLE + _SPREAD * levels + _NOISE * noise) + person.offset
    values = np.clip(np.rint(given), minimum, maximum).astype(np.int64)
    careless = rng.random(count) < person.careless
    values = np.where(careless, rng.integers(minimum, maximum + 1), values)
    return Answers(maximum.copy() if person.always_top else values, careless)


def fair_rating(level: float, minimum: int, maximum: int) -> int:
    """Return the rating that a careful person gives to something of this worth when nothing is noise."""
    given = minimum + (maximum - minimum) / 3 * (_MIDDLE + _SPREAD * level)
    return int(np.clip(np.rint(given), minimum, maximum))


def prefer(  # noqa: PLR0913 - as above
    rng: np.random.Generator,
    mood: Mood,
    worth: Floats,
    *,
    pairs: Integers,
    scopes: Integers,
    right_first: Booleans,
    scale: int,
    tie: float,
) -> Answers:
    """Return P preferences, positive where the right one is better: of ``pairs`` (P, 2), places in ``worth`` (R, 2).

    ``scopes`` (P,) is 0 for responses by themselves, 1 for whole conversations; ``right_first`` says which was shown
    first; a felt gap below ``tie`` is 0 (none if it is 0), beyond 1.5 and 3 it is 2 and 3, up to ``scale``.
    """
    person, count = mood.person, len(pairs)
    felt = worth + mood.noise
    gap = (
        felt[pairs[:, 1], scopes] - felt[pairs[:, 0], scopes] + person.position * np.where(right_first, 1, -1)
    )
    strength = np.minimum(1 + sum((np.abs(gap) >= one).astype(np.int64) for one in _STRONGER), scale)
    values = np.where(np.abs(gap) < tie, 0, np.where(gap > 0, strength, -strength))
    careless = rng.random(count) < person.careless
    allowed = np.array([one for one in range(-scale, scale + 1) if one or tie > 0])
    return Answers(np.where(careless, rng.choice(allowed, count), values), careless)


def label_steps(rng: np.random.Generator, person: Person, right: Booleans) -> Answers:
    """Return what a person says of steps that are right or not: +1, 0 or −1."""
    count = len(right)
    mistaken = rng.random(count) < min(0.5, _STEP_MISTAKEN * person.noise)
    values = np.where(right ^ mistaken, 1, -1)
    values = np.where(rng.random(count) < _STEP_NEUTRAL, 0, values)
    careless = rng.random(count) < person.careless
    return Answers(np.where(careless, rng.integers(-1, 2, count), values), careless)


def repeat(
    rng: np.random.Generator, values: Integers, minimum: Integers, maximum: Integers, fidelity: float
) -> Integers:
    """Return values that equal the given ones with probability ``fidelity`` and lie one level beside them otherwise."""
    beside = values + rng.choice(np.array([-1, 1]), len(values))
    beside = np.where(beside > maximum, values - 1, np.where(beside < minimum, values + 1, beside))
    return np.where(rng.random(len(values)) < fidelity, values, beside)


def pair_accuracy(correlation: float) -> float:
    """Return how often a score that is correlated with the worth like this sides with a single label.

    Over the normal gap by Gauss–Hermite quadrature.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    right = expit(GAP * nodes)
    sided = ndtr(correlation * nodes / math.sqrt(1 - correlation**2))
    return float(weights @ (right * sided + (1 - right) * (1 - sided)) / weights.sum())


@lru_cache(maxsize=64)
def correlation_of(accuracy: float) -> float:
    """Return the correlation with the worth at which a score sides with a single label this often.

    ValueError outside 0.2 to 0.8: nobody can be right more often about labels that differ among themselves.
    """
    if not 1 - MOST_ACCURATE <= accuracy <= MOST_ACCURATE:
        raise ValueError(f"A pair accuracy lies between {1 - MOST_ACCURATE:.2f} and {MOST_ACCURATE:.2f}.")
    return float(brentq(lambda one: pair_accuracy(one) - accuracy, -0.9999, 0.9999))


def score_outcomes(rng: np.random.Generator, worth: Floats, correlation: float) -> Floats:
    """Return an outcome scorer's values of responses worth this much (R,), before any bias."""
    noise = rng.standard_normal(len(worth))
    return _SCORE_SD / math.sqrt(2) * (correlation * worth / QUALITY + math.sqrt(1 - correlation**2) * noise)


def score_steps(rng: np.random.Generator, right: Booleans, accuracy: float) -> Floats:
    """Return a process scorer's P(+) of one response's steps.

    ``accuracy`` is the balanced accuracy of single steps at the best cut, Φ(d'/2); the first step stands out, as
    published scorers have it.
    """
    half = float(ndtri(accuracy))
    odds = _STEP_CENTRE + half * np.where(right, 1, -1) + rng.standard_normal(len(right))
    odds[:1] += _STEP_FIRST
    chances: Floats = expit(odds)
    return chances
