"""What rating people give to an answer that scores so much above its siblings: a monotone map.

Below a thousand ratings a sigmoid with two parameters, from there on isotonic regression, which overfits smaller
samples (R. Niculescu-Mizil and R. Caruana, Predicting Good Probabilities with Supervised Learning, 2005).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression, least_squares
from scipy.special import expit

from annotate.stats.conformal import (
    in_calibration_fold,
    in_test_fold,
    offset_of,
    offsets,
    p_from_quantiles,
    quantiles,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]

ISOTONIC_FROM = 1000
KNOTS = 50
_ROUNDS = 3
_GROUPS = 10


@dataclass(frozen=True, slots=True)
class RatingLink:
    """Score to expected rating by linear interpolation, everybody's offset, and how far labels of a fold lie off.

    ``spreads`` is the usual distance from an expectation at ``levels``. ``residuals`` are quantiles of the ``count``
    distances of the calibration fold, in usual distances: near the end of a scale there is less room to differ, so
    without this a harsh person, whose expectations lie in the middle, would look careless (locally weighted conformal
    prediction: J. Lei et al., Distribution-Free Predictive Inference for Regression, JASA 113, 2018).
    """

    form: str
    scores: tuple[float, ...]
    expected: tuple[float, ...]
    offsets: dict[int, float]
    levels: tuple[float, ...]
    spreads: tuple[float, ...]
    residuals: tuple[float, ...]
    count: int
    minimum: int
    maximum: int

    def expectation(self, score: Floats, person: Ints) -> Floats:
        """Return what each person is expected to say of an answer with this score."""
        felt = np.interp(score, self.scores, self.expected) + offset_of(self.offsets, person)
        return np.clip(felt, self.minimum, self.maximum)

    def distance(self, value: Ints, score: Floats, person: Ints) -> Floats:
        """Return how far each rating lies from what is expected, in usual distances there."""
        expected = self.expectation(score, person)
        return np.asarray(np.abs(value - expected) / np.interp(expected, self.levels, self.spreads))

    def p_values(self, value: Ints, score: Floats, person: Ints) -> Floats:
        """Return how unusual each rating is; small is unusual."""
        return p_from_quantiles(self.residuals, self.count, self.distance(value, score, person))


def fit(  # noqa: PLR0913, PLR0917 - a rating's columns and its scale
    value: Ints, score: Floats, person: Ints, conversation: Ints, minimum: int, maximum: int
) -> RatingLink | None:
    """Return the map fitted on one half of the conversations, its residuals from the other; None if a half is empty."""
    calibrates = in_calibration_fold(conversation)
    if not calibrates.any() or calibrates.all():
        return None
    learn = ~calibrates
    form = "isotonic" if np.count_nonzero(learn) >= ISOTONIC_FROM else "sigmoid"
    mapped = _isotonic if form == "isotonic" else _sigmoid
    learned = offset_of({}, person[learn])
    grid: tuple[Floats, Floats] = (np.zeros(1), np.zeros(1))
    for _ in range(_ROUNDS):
        grid = mapped(value[learn] - learned, score[learn], minimum, maximum)
        learned = offset_of(
            offsets(value[learn] - np.interp(score[learn], *grid), person[learn]), person[learn]
        )
    # A person's offset comes from all they said: who answers in one half only would have none in the other.
    own = offsets(value - np.interp(score, *grid), person)
    scores, expected = (tuple(one.tolist()) for one in grid)
    link = RatingLink(form, scores, expected, own, (0.0,), (1.0,), (), 0, minimum, maximum)
    levels, spreads = _spreads(value[learn], link.expectation(score[learn], person[learn]))
    link = replace(link, levels=levels, spreads=spreads)
    far = link.distance(value[calibrates], score[calibrates], person[calibrates])
    return replace(link, residuals=tuple(quantiles(far)), count=far.size)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Each rating by a map that never saw its conversation: its p-value, and how many levels off expectation.

    ``constant`` is how far off it lies from what its person says on average, offsets shrunken alike. nan where the
    other conversations taught no map.
    """

    p_values: Floats
    far: Floats
    constant: Floats


def held_out(  # noqa: PLR0913, PLR0917 - a rating's columns and its scale
    value: Ints, score: Floats, person: Ints, conversation: Ints, minimum: int, maximum: int
) -> HeldOut:
    """Return what maps fitted on one half of the conversations make of the other, both ways."""
    found = HeldOut(*(np.full(value.size, np.nan) for _ in range(3)))
    fold = in_test_fold(conversation)
    for held in (fold, ~fold):
        learn = ~held
        if not held.any() or not learn.any():
            continue
        link = fit(value[learn], score[learn], person[learn], conversation[learn], minimum, maximum)
        if link is None:
            continue
        found.p_values[held] = link.p_values(value[held], score[held], person[held])
        found.far[held] = np.abs(value[held] - link.expectation(score[held], person[held]))
        mean = float(value[learn].mean())
        felt = mean + offset_of(offsets(value[learn].astype(float) - mean, person[learn]), person[held])
        found.constant[held] = np.abs(value[held] - np.clip(felt, minimum, maximum))
    return found


def _spreads(value: Ints, expected: Floats) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the mean distance around some expectations, in groups of equal mass; at least a quarter of the usual."""
    far = np.abs(value - expected)
    usual = float(far.mean()) or 1.0
    groups = np.array_split(np.argsort(expected, kind="stable"), max(1, min(_GROUPS, far.size // 50)))
    return (
        tuple(float(expected[one].mean()) for one in groups),
        tuple(max(float(far[one].mean()), usual / 4) for one in groups),
    )


def _isotonic(value: Floats, score: Floats, minimum: int, maximum: int) -> tuple[Floats, Floats]:
    """Return at most `KNOTS` points of the isotonic fit, of equal mass, so that a stored map stays short."""
    order = np.argsort(score, kind="stable")
    fitted = isotonic_regression(value[order]).x
    places = np.unique(np.linspace(0, order.size - 1, KNOTS).astype(int))
    scores, first = np.unique(score[order][places], return_index=True)
    return scores, np.clip(fitted[places][first], minimum, maximum)


def _sigmoid(value: Floats, score: Floats, minimum: int, maximum: int) -> tuple[Floats, Floats]:
    """Return `KNOTS` points of minimum + range * sigmoid(a + exp(b) * z), z the standardised score."""
    spread = float(score.std()) or 1.0
    standard = score / spread
    share = float(np.clip((value.mean() - minimum) / (maximum - minimum), 0.02, 0.98))

    def curve(free: Floats, at: Floats) -> Floats:
        return np.asarray(minimum + (maximum - minimum) * expit(free[0] + np.exp(free[1]) * at))

    start = np.asarray([np.log(share / (1 - share)), -2.0])
    # Never downwards: exp(b) > 0. Steeper than e^3 a standard deviation would be a step.
    free = least_squares(lambda free: curve(free, standard) - value, start, bounds=([-8, -8], [8, 3])).x
    at = np.linspace(standard.min(), standard.max(), KNOTS)
    return at * spread, curve(free, at)
