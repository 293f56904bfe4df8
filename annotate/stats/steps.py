"""From a process model's step probability to the chance that a person calls the step wrong.

Logistic regression of the label "−" (against "+"; neutral ones are left out, as they are where such models are
measured) on logit p, the step's place in the answer, the number of steps, and an intercept per domain of reasoning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, logit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]

PLUS_AT = 0.80  # a "+" is held against a step that this many would call wrong,
MINUS_AT = 0.05  # a "−" against one that hardly anybody would
_EDGE = 1e-4  # probabilities nearer to 0 and 1 say no more than this
_RIDGE = 0.01


@dataclass(frozen=True, slots=True)
class Steps:
    """Labelled steps as columns: the label, the model's value, the step's index, the answer's steps, the domain."""

    value: Ints
    score: Floats
    index: Ints
    count: Ints
    domain: Ints

    def __getitem__(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> Steps:
        """Return some of the rows."""
        return Steps(
            self.value[rows], self.score[rows], self.index[rows], self.count[rows], self.domain[rows]
        )

    def features(self) -> Floats:
        """Return logit p, place (0 first, 1 last) and log of the number of steps, a column each."""
        place = self.index / np.maximum(self.count - 1, 1)
        return np.column_stack(
            (logit(np.clip(self.score, _EDGE, 1 - _EDGE)), np.minimum(place, 1), np.log(self.count))
        )


@dataclass(frozen=True, slots=True)
class StepLink:
    """Coefficients of the three features; an intercept per domain."""

    coefficients: tuple[float, float, float]
    intercepts: tuple[float, ...]

    def wrong(self, steps: Steps) -> Floats:
        """Return P(a person calls the step wrong | they call it right or wrong)."""
        position = steps.features() @ np.asarray(self.coefficients)
        return np.asarray(expit(position + np.asarray(self.intercepts)[steps.domain]))


def fit(steps: Steps, domains: int) -> StepLink | None:
    """Return the link; None where all steps were called the same."""
    given = steps[steps.value != 0]
    wrong = given.value < 0
    if not wrong.any() or wrong.all():
        return None
    rows, places = given.features(), given.domain

    def objective(free: Floats) -> tuple[float, Floats]:
        position = rows @ free[:3] + free[3:][places]
        slope = expit(position) - wrong
        loss = np.logaddexp(0, position).sum() - position[wrong].sum()
        by_domain = np.bincount(places, slope, minlength=domains)
        gradient = np.concatenate((slope @ rows, by_domain)) + _RIDGE * free
        return float(loss + _RIDGE * (free**2).sum() / 2), gradient

    free = minimize(objective, np.zeros(3 + domains), jac=True, method="L-BFGS-B").x
    return StepLink((float(free[0]), float(free[1]), float(free[2])), tuple(free[3:].tolist()))


def contrary(value: Ints, wrong: Floats) -> npt.NDArray[np.bool_]:
    """Return which labels go against the link: "+" on a step that is probably wrong, "−" on one that hardly can be."""
    return np.asarray(((value > 0) & (wrong >= PLUS_AT)) | ((value < 0) & (wrong <= MINUS_AT)))


def ordered_pairs(value: Ints, score: Floats, answer: Ints) -> tuple[Floats, Ints]:
    """Return, for every "+" and "−" of one person in one answer, whether the model orders them so (ties half).

    ``answer`` names answer and person. The second array is the row of the "−", to find its conversation by.
    """
    agrees: list[Floats] = []
    rows: list[Ints] = []
    order = np.argsort(answer, kind="stable")
    starts = np.flatnonzero(np.diff(answer[order], prepend=-1))
    for group in np.split(order, starts[1:]) if order.size else []:
        right, wrong = group[value[group] > 0], group[value[group] < 0]
        if right.size and wrong.size:
            gap = score[right][:, None] - score[wrong][None, :]
            agrees.append((np.sign(gap).mean(axis=0) + 1) / 2)
            rows.append(wrong)
    if not rows:
        return np.zeros(0), np.zeros(0, dtype=np.int64)
    return np.concatenate(agrees), np.concatenate(rows)
