"""What people's labels say about the models that the answers came from: mean ratings and strengths.

Which answers count says annotate/reports/labels/items.py. Intervals of 95 % by bootstrap over conversations. Managers
alone see any of it: where an answer came from is never shown to annotators.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from annotate.models import Dimension, Rubric
from annotate.reports.labels.items import STATES, Answers, Ints, read_answers
from annotate.stats.bootstrap import LEAST_CONVERSATIONS, Interval, groups, intervals, replicates
from annotate.stats.bradley_terry import PRIOR, components, is_bounded, strengths
from annotate.stats.offsets import Floats, offsets

NAME = "aggregates"
RATED = STATES.index("rated")


@dataclass(frozen=True, slots=True)
class MeanRating:
    """One model's mean on one dimension, freed of annotators' offsets, each response weighing the same; and plain."""

    source: str
    mean: float
    plain: float
    responses: int
    conversations: int
    interval: Interval | None = None
    no_interval: str = ""


@dataclass(frozen=True, slots=True)
class DimensionMeans:
    """The means on one dimension, of one version of the rubric (``rubric`` and ``version`` name it), by model.

    ``spread`` is the standard deviation of annotators' offsets, in levels, ``noise`` that of chance. Where nobody
    shares an item both are None, and means are plain: ``undefined`` is then "nobody_shares".
    """

    dimension: str
    code: str
    scope: str
    means: list[MeanRating]
    spread: float | None
    noise: float | None
    undefined: str = ""
    rubric: str = ""
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Strength:
    """A model's log strength against the mean of its ``group``: between groups nothing can be compared.

    ``strength`` is None where no comparison links the model with another one.
    """

    source: str
    group: int
    strength: float | None
    wins: int
    ties: int
    losses: int
    conversations: int
    interval: Interval | None = None
    no_interval: str = ""


@dataclass(frozen=True, slots=True)
class ScopeStrengths:
    """Strengths from overall comparisons of one scope by one version of the rubric, the strongest first.

    Each version has its own, as a dimension has by belonging to one: an overall preference is asked in the light of a
    version's dimensions, and who answered by two versions would count twice. ``rubric`` and ``version`` name it.
    ``tie`` is Davidson's v. ``is_bounded`` is false where some model, or group of them, won or lost everything: then
    only the prior (``prior``, the standard deviation of log strengths) keeps the strengths finite. ``undefined`` is ""
    or no_comparisons.
    """

    scope: str
    rubric: str = ""
    version: int | None = None
    strengths: list[Strength] = field(default_factory=list)
    tie: float | None = None
    is_bounded: bool = True
    prior: float = PRIOR
    undefined: str = ""


@dataclass(frozen=True, slots=True)
class AggregatesReport:
    """Mean ratings in the rubric's order, and strengths by scope and version of the rubric, the latest first."""

    ratings: list[DimensionMeans]
    strengths: list[ScopeStrengths]


def aggregates_report(project_id: int) -> AggregatesReport:
    """Return mean ratings and strengths of the models in a project."""
    answers = read_answers(project_id)
    conversation = answers.responses["conversation"][answers.left]
    known = np.unique(conversation)
    places = np.searchsorted(known, conversation)
    group = groups(known)[places]
    codes = {one.dimension: code for code, one in enumerate(answers.questions) if one.kind == "rating"}
    dimensions = (
        Dimension.objects.filter(pk__in=codes).select_related("rubric").order_by("rubric", "position")
    )
    return AggregatesReport(
        [
            _means(
                one, answers, (answers.question == codes[one.pk]) & (answers.state == RATED), group, places
            )
            for one in dimensions
        ],
        [one for scope in ("local", "global") for one in _by_version(scope, answers, group, places)],
    )


def _means(dimension: Dimension, answers: Answers, chosen: Ints, group: Ints, places: Ints) -> DimensionMeans:
    item = np.unique(answers.item[chosen], return_inverse=True)[1]
    person = np.unique(answers.annotator[chosen], return_inverse=True)[1]
    value = answers.value[chosen].astype(float)
    found = offsets(item, person, value)
    counts = np.bincount(item)
    corrected = np.bincount(item, value - found.people[person]) / counts
    plain = np.bincount(item, value) / counts
    _, first = np.unique(item, return_index=True)
    source = answers.responses["source"][answers.left[chosen][first]]
    of, among = group[chosen][first], places[chosen][first]
    means = [
        _mean(answers.sources[code], corrected[rows], plain[rows], of[rows], len(np.unique(among[rows])))
        for code in np.unique(source)
        if answers.sources[code]
        for rows in [source == code]
    ]
    return DimensionMeans(
        dimension=dimension.key,
        code=dimension.code,
        scope=dimension.scope,
        means=sorted(means, key=lambda one: -one.mean),
        spread=found.spread,
        noise=found.noise,
        undefined="nobody_shares" if found.noise is None and len(counts) == len(value) else "",
        rubric=dimension.rubric.key,
        version=dimension.rubric.version,
    )


def _mean(source: str, corrected: Floats, plain: Floats, of: Ints, conversations: int) -> MeanRating:
    bounds = None
    if conversations >= LEAST_CONVERSATIONS:
        sums = replicates(np.stack([np.bincount(of, corrected), np.bincount(of)], axis=1))
        (bounds,) = intervals(_shares(sums))
    return MeanRating(
        source=source,
        mean=float(corrected.mean()),
        plain=float(plain.mean()),
        responses=len(corrected),
        conversations=conversations,
        interval=bounds,
        no_interval="few_conversations"
        if conversations < LEAST_CONVERSATIONS
        else ""
        if bounds
        else "unstable",
    )


def _shares(sums: Floats) -> Floats:
    """Return sums over counts, a column; not a number where a replicate holds nothing."""
    with np.errstate(invalid="ignore"):
        return sums[:, :1] / np.where(sums[:, 1:] == 0, np.nan, sums[:, 1:])


@dataclass(frozen=True, slots=True)
class _Compared:
    """Overall comparisons of two models, a row an answer: the pair of models, who won (0, 1; 2: neither), where."""

    pairs: Ints
    pair: Ints
    outcome: Ints
    group: Ints
    place: Ints

    def parts(self) -> Floats:
        """Return how often each pair had each outcome, by group of conversations: (groups, pairs x 3)."""
        cell = (self.group * len(self.pairs) + self.pair) * 3 + self.outcome
        rows = int(self.group.max(initial=-1)) + 1
        return np.bincount(cell, minlength=rows * len(self.pairs) * 3).astype(float).reshape(rows, -1)


def _compared(chosen: Ints, answers: Answers, group: Ints, places: Ints) -> _Compared:
    first = answers.responses["source"][answers.left[chosen]].astype(np.int64)
    second = answers.responses["source"][answers.right[chosen]].astype(np.int64)
    named = np.array([bool(name) for name in answers.sources], dtype=bool)
    usable = named[first] & named[second] & (first != second)
    chosen, first, second = chosen[usable], first[usable], second[usable]
    # Positive prefers the right one; pairs are turned so that the model of the lower code stands first.
    signs = np.sign(answers.value[chosen]) * np.where(first < second, 1, -1)
    many = len(answers.sources)
    codes, pair = np.unique(np.minimum(first, second) * many + np.maximum(first, second), return_inverse=True)
    return _Compared(
        pairs=np.stack(np.divmod(codes, max(many, 1)), axis=1),
        pair=pair,
        outcome=np.select([signs < 0, signs > 0], [0, 1], 2),
        group=group[chosen],
        place=places[chosen],
    )


def _by_version(scope: str, answers: Answers, group: Ints, places: Ints) -> list[ScopeStrengths]:
    wanted = [code for code, one in enumerate(answers.questions) if one == ("comparison", scope, 0)]
    chosen = np.flatnonzero(np.isin(answers.question, wanted))
    rubric = answers.rubric[chosen]
    versions = Rubric.objects.filter(pk__in=np.unique(rubric).tolist()).order_by("key", "-version")
    found = [
        _strengths(scope, one, answers, _compared(chosen[rubric == one.pk], answers, group, places))
        for one in versions
    ]
    return [one for one in found if not one.undefined] or [ScopeStrengths(scope, undefined="no_comparisons")]


def _strengths(scope: str, rubric: Rubric, answers: Answers, compared: _Compared) -> ScopeStrengths:
    if not len(compared.pairs):
        return ScopeStrengths(scope, undefined="no_comparisons")
    models, parts = len(answers.sources), compared.parts()
    counts = parts.sum(axis=0).reshape(-1, 3)
    found = strengths(compared.pairs, counts, models)
    resampled = strengths(compared.pairs, replicates(parts).reshape(-1, *counts.shape), models)
    bounds = intervals(resampled.logs)
    members = components(compared.pairs, models)
    rows = [
        _strength(name, code, compared, counts, int(members[code]), float(found.logs[code]), bounds[code])
        for code, name in enumerate(answers.sources)
        if name
    ]
    return ScopeStrengths(
        scope=scope,
        rubric=rubric.key,
        version=rubric.version,
        strengths=sorted(rows, key=lambda one: (one.strength is None, one.group, -(one.strength or 0))),
        tie=float(found.tie),
        is_bounded=is_bounded(compared.pairs, counts, models),
    )


def _strength(  # noqa: PLR0913, PLR0917 - what was found of one model
    name: str, code: int, compared: _Compared, counts: Floats, group: int, log: float, bounds: Interval | None
) -> Strength:
    first, second = compared.pairs[:, 0] == code, compared.pairs[:, 1] == code
    conversations = len(np.unique(compared.place[(first | second)[compared.pair]]))
    is_few = conversations < LEAST_CONVERSATIONS
    return Strength(
        source=name,
        group=group,
        strength=log if conversations else None,
        wins=int(counts[first, 0].sum() + counts[second, 1].sum()),
        ties=int(counts[first | second, 2].sum()),
        losses=int(counts[first, 1].sum() + counts[second, 0].sum()),
        conversations=conversations,
        interval=None if is_few else bounds,
        no_interval="few_conversations" if is_few else "",
    )
