"""Agreement freed of how conversations were chosen: for batches whose sample was drawn by unequal chances.

What models or people disagree on is chosen oftener, so agreement over all answers speaks of the harder conversations
more than of the project. Of each such sample, and of it alone, every conversation is weighed by one over the chance of
its choice, and the number is made of weighted sums: D. G. Horvitz and D. J. Thompson, Journal of the American
Statistical Association 47 (1952), 663-685; sums over sums of weights after J. Hájek, comment on D. Basu, in
Foundations of Statistical Inference (1971), p. 236. It speaks of all conversations that could be chosen then, whichever
of the sample's have been answered so far: tasks are served in random order. All answers on the sample's conversations
that enter agreement count, whichever batch asked for them.

The price is said beside it: by so many conversations of equal weight it would be as certain (L. Kish, Survey Sampling
(1965), section 11.7). Conversations outside of samples have no chance to be weighed by: there is no such number for
a project as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import Max
from scipy.sparse import coo_array

from annotate.models import Batch, Dimension, Task
from annotate.reports.labels.items import Items, Question, read_items
from annotate.stats.agreement import NAMES, SIDES, coefficients, defined, features
from annotate.stats.bootstrap import LEAST_CONVERSATIONS, Interval, groups, intervals, replicates
from annotate.stats.sampling import effective

Floats = npt.NDArray[np.floating[Any]]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A number of agreement by weights, with its 95 % interval, and ``plain``, the same items all weighing alike."""

    value: float | None
    low: float | None
    high: float | None
    plain: float | None


@dataclass(frozen=True, slots=True)
class SampledQuestion:
    """A question on a sample: a dimension's ratings, or comparisons on it or overall (None) in a scope.

    ``conversations`` have an item that two people answered, and are worth ``effective`` of equal weight. ``numbers``
    are by the names of agreement.
    """

    kind: str
    scope: str
    dimension: str | None
    conversations: int
    effective: float
    numbers: dict[str, Weighed]


@dataclass(frozen=True, slots=True)
class SampledAgreement:
    """A batch whose ``chosen`` of ``population`` conversations were drawn ``by`` a score, by chances so far apart."""

    batch: str
    by: str
    chosen: int
    population: int
    lowest: float
    highest: float
    questions: list[SampledQuestion]


def sampled_agreement(project_id: int) -> list[SampledAgreement]:
    """Return agreement on each sample of unequal chances, the latest first; without one it takes one statement."""
    batches = Batch.objects.filter(project=project_id, selection__lowest__isnull=False)
    drawn = batches.exclude(purpose__in=[*Batch.PRACTICE, Batch.Purpose.BRIDGE]).order_by("-pk")
    return [
        _sampled(batch, batch.selection)
        for batch in drawn
        if batch.selection and batch.selection["lowest"] < batch.selection["highest"]
    ]


def _sampled(batch: Batch, drawn: dict[str, Any]) -> SampledAgreement:
    own = Task.objects.filter(batch=batch, is_gold=False, reserved_for=None)
    chances = dict(own.order_by("conversation").values_list("conversation", "probability"))
    items = read_items(batch.project_id, list(chances))
    weights = 1 / np.array([chances[one] for one in items.conversation.tolist()], dtype=np.float64)
    return SampledAgreement(
        batch=batch.name,
        by=drawn["by"],
        chosen=drawn["chosen"],
        population=drawn["population"],
        lowest=drawn["lowest"],
        highest=drawn["highest"],
        questions=list(_questions(batch.project_id, items, weights)),
    )


def _questions(project_id: int, items: Items, weights: Floats) -> Iterator[SampledQuestion]:
    asked = items.names.questions
    known = Dimension.objects.in_bulk({one.dimension for one in asked if one.dimension})
    widest = Batch.objects.filter(project=project_id).aggregate(widest=Max("preference_scale"))["widest"]
    rated = np.array([one.state == "rated" for one in items.names.patterns], dtype=bool)
    several = np.array([len(one.values) > 1 for one in items.names.patterns], dtype=bool)
    for code in sorted(range(len(asked)), key=lambda code: _place(asked[code], known)):
        question, dimension = asked[code], known.get(asked[code].dimension)
        rows = np.flatnonzero((items.question == code) & rated[items.pattern])
        shared = rows[several[items.pattern[rows]]]
        if not shared.size:
            continue
        scale = (-widest, widest)
        if question.kind == "rating" and dimension:
            scale = (dimension.minimum, dimension.maximum)
        names = (*NAMES, *SIDES) if question.kind == "comparison" else NAMES
        conversations, first = np.unique(items.conversation[shared], return_index=True)
        yield SampledQuestion(
            question.kind,
            question.scope or (dimension.scope if dimension else ""),
            dimension.key if dimension else None,
            conversations.size,
            effective(weights[shared][first]),
            _numbers(
                items,
                rows,
                weights[rows],
                scale,
                names,
                has_intervals=conversations.size >= LEAST_CONVERSATIONS,
            ),
        )


def _place(question: Question, known: dict[int, Dimension]) -> tuple[Any, ...]:
    """Return what questions are sorted by: ratings in the rubric's order, then comparisons, overall ones first."""
    dimension = known.get(question.dimension)
    place = (dimension.rubric_id, dimension.position) if dimension else (0, 0)
    return question.kind != "rating", place, question.scope != "local"


def _numbers(  # noqa: PLR0913 - the rows of a question, and what they are measured by
    items: Items,
    rows: Rows,
    weights: Floats,
    scale: tuple[int, int],
    names: tuple[str, ...],
    *,
    has_intervals: bool,
) -> dict[str, Weighed]:
    used, pattern = np.unique(items.pattern[rows], return_inverse=True)
    patterns = [items.names.patterns[one].values for one in used]
    # A batch's scale may have been narrowed since: what was given could be given.
    whole = range(
        min(scale[0], *(one[0] for one in patterns)), max(scale[1], *(one[-1] for one in patterns)) + 1
    )
    table, group = features(patterns, whole), groups(items.conversation[rows])

    def parts(weighing: Floats) -> Floats:
        shape = (int(group.max()) + 1, len(patterns))
        found: Floats = (coo_array((weighing, (group, pattern)), shape=shape).tocsr() @ table).toarray()
        return found

    # Of mean 1: what a number takes off for a small sample stays what it is.
    weighed = parts(weights / weights.mean())
    values = coefficients(weighed.sum(axis=0), whole)
    plain = coefficients(parts(np.ones(rows.size)).sum(axis=0), whole)
    reaches: dict[str, Interval | None] = dict.fromkeys(names)
    if has_intervals:
        again = coefficients(replicates(weighed), whole)
        reaches = dict(zip(names, intervals(np.stack([again[one] for one in names], axis=-1)), strict=True))
    return {
        one: Weighed(
            defined(values[one]),
            None if (reach := reaches[one]) is None else reach.low,
            None if reach is None else reach.high,
            defined(plain[one]),
        )
        for one in names
    }
