"""InterMT-Bench's pair comparison: how often a scorer prefers the response that people prefer.

An item, as the benchmark's loader reads it (PKU-Alignment/align-anything, ``projects/intermt``; a JSON
list, JSONL is taken as well): ``front_convs``, the shared earlier rounds of ``prompt``, ``response`` and
optional ``prompt_images``, ``response_images`` (a blank name is no image); ``paired_convs``, the last
round with ``response_1`` and ``response_2`` and their images; and people's preferences by dimension, in
``local_overall_preference`` (about the last answers), ``overall_preference`` (about the whole
conversations) or both: 1 first better, 2 second better, 0 equal, null not asked. Both conversations
share everything but their last response, so one score for each response answers both scopes.

A dimension of the scorer's own is used where it gives one; else its value stands for all dimensions.
Images stand where ``<Image, caption>`` stands in the text, with the caption as text after them; those
without a place stand after the text. Ties: see `inference.evaluation.metrics.accuracy`; both accuracies
and all counts are reported.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec

from inference.evaluation import metrics
from inference.evaluation.cases import Case, LeftOut, Report, RowError, image, read_cases, settle
from inference.evaluation.metrics import PairCounts
from inference.evaluation.tables import percent, table
from inference.types import Item, Message, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from inference.types import Part, Result

Scope = Literal["local", "global"]
Preferences = dict[str, Literal[0, 1, 2] | None]

OVERALL = "overall"
_ALIASES = {
    "perceptual_quality": "visual_perceptual_quality",
    "contextual_coherence": "context_coherence",
    "overall_preference": OVERALL,
    "total_preference": OVERALL,
}
_PLACEHOLDER = re.compile(r"<Image[,:]([^<>]*)>")


class _Round(msgspec.Struct):
    prompt: str
    response: str
    prompt_images: list[str] = []
    response_images: list[str] = []


class _Pair(msgspec.Struct):
    prompt: str
    response_1: str
    response_2: str
    prompt_images: list[str] = []
    response_1_images: list[str] = []
    response_2_images: list[str] = []


class _Row(msgspec.Struct):
    paired_convs: _Pair
    front_convs: list[_Round] = []
    local_overall_preference: Preferences | None = None
    overall_preference: Preferences | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """One preference: 1 first better, 2 second better, 0 equal."""

    scope: Scope
    dimension: str
    preference: int


@dataclass(frozen=True, slots=True)
class PairCase(Case):
    """Two responses (the first item, the second) and people's preferences between them."""

    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """How often scores and people agree, from 0 to 1.

    ``interval`` is the 95 % interval of ``accuracy``. Labels of one pair on several dimensions depend on
    each other, so where dimensions are pooled it counts the pairs, not the labels: wide rather than narrow.
    """

    pairs: int
    counts: PairCounts
    accuracy: float | None
    decided_accuracy: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class ScopeFigures:
    """The figures of a scope: its dimensions pooled (without ``overall``), and each for itself."""

    pooled: Figures
    dimensions: dict[str, Figures]


def read(path: Path, images: Path) -> tuple[list[PairCase], list[LeftOut]]:
    """Return the pairs of the file and those that cannot be read. OSError, EvaluationError: the file cannot."""
    return read_cases(path, _Row, lambda place, row: _case(place, row, images))


def report(cases: Iterable[PairCase], unread: Iterable[LeftOut], results: Mapping[str, Result]) -> Report:
    """Return the benchmark's report on the results, which are named by the items' ids."""
    scored, left_out = settle(cases, results, unread)
    found = figures(scored)
    return Report(
        len(scored), left_out, {"scopes": found}, [_table(scope, one) for scope, one in found.items()]
    )


def figures(scored: Sequence[tuple[PairCase, list[Result]]]) -> dict[Scope, ScopeFigures]:
    """Return the figures of each scope that the file has labels of."""
    by_dimension: dict[Scope, dict[str, list[PairCounts]]] = {
        "local": defaultdict(list),
        "global": defaultdict(list),
    }
    pairs = defaultdict[Scope, int](int)
    for case, (first, second) in scored:
        for label in case.labels:
            values = _values(label.dimension, first, second)
            by_dimension[label.scope][label.dimension].append(metrics.count_pair(label.preference, *values))
        for scope in {one.scope for one in case.labels if one.dimension != OVERALL and one.preference}:
            pairs[scope] += 1
    return {scope: _scope(found, pairs[scope]) for scope, found in by_dimension.items() if found}


def _scope(by_dimension: dict[str, list[PairCounts]], pairs: int) -> ScopeFigures:
    pooled = [one for name, counts in by_dimension.items() if name != OVERALL for one in counts]
    dimensions = {}
    for name, counts in by_dimension.items():
        dimensions[name] = _figures(counts, pairs=sum(one.labels for one in counts))
    return ScopeFigures(_figures(pooled, pairs=pairs), dimensions)


def _figures(counts: Iterable[PairCounts], *, pairs: int) -> Figures:
    total = sum(counts, PairCounts())
    share = metrics.accuracy(total)
    decided = metrics.decided_accuracy(total)
    return Figures(pairs, total, share, decided, metrics.wilson(share, pairs))


def _values(dimension: str, first: Result, second: Result) -> tuple[float, float]:
    one, other = ((result.dimensions or {}).get(dimension) for result in (first, second))
    if one is None or other is None:
        one, other = first.value, second.value
    if one is None or other is None:
        raise ValueError("a result without an error has a value")
    return one, other


def _table(scope: Scope, found: ScopeFigures) -> str:
    head = ["dimension", "pairs", "agree", "disagree", "equal scores", "people equal"]
    head += ["accuracy", "95 % interval", "without equal scores"]
    named = [*found.dimensions.items(), ("pooled", found.pooled)]
    title = f"{scope}: an equal score counts half a point, people's equal is left out"
    return f"{title}\n{table(head, [_cells(name, one) for name, one in named])}"


def _cells(name: str, one: Figures) -> list[str]:
    counts = one.counts
    interval = " to ".join(map(percent, one.interval)) if one.interval else percent(None)
    numbers = (one.pairs, counts.agree, counts.disagree, counts.score_ties, counts.human_ties)
    return [name, *map(str, numbers), percent(one.accuracy), interval, percent(one.decided_accuracy)]


def _case(place: str, row: _Row, folder: Path) -> PairCase:
    labels = (*_labels("local", row.local_overall_preference), *_labels("global", row.overall_preference))
    if not labels:
        raise RowError("no preference in local_overall_preference or overall_preference")
    history: list[Message] = []
    for one in row.front_convs:
        history.append(Message("user", _content(one.prompt, one.prompt_images, folder)))
        history.append(Message("assistant", _content(one.response, one.response_images, folder)))
    pair = row.paired_convs
    history.append(Message("user", _content(pair.prompt, pair.prompt_images, folder)))
    responses = ((pair.response_1, pair.response_1_images), (pair.response_2, pair.response_2_images))
    items = tuple(
        Item(
            id=f"{place}, response_{number}",
            messages=(*history, Message("assistant", _content(*response, folder))),
        )
        for number, response in enumerate(responses, start=1)
    )
    return PairCase(place, items, labels)


def _labels(scope: Scope, preferences: Preferences | None) -> list[Label]:
    found: dict[str, Label] = {}
    for name, preference in (preferences or {}).items():
        dimension = _ALIASES.get(name, name)
        if dimension in found:
            raise RowError(f"{dimension} has two {scope} preferences; keep one")
        if preference is not None:
            found[dimension] = Label(scope, dimension, preference)
    return list(found.values())


def _content(text: str, names: Sequence[str], folder: Path) -> tuple[Part, ...]:
    waiting = iter([image(name, folder) for name in names if name.strip()])
    parts: list[Part] = []
    end = 0
    for found in _PLACEHOLDER.finditer(text):
        parts.append(Text(text[end : found.start()]))
        if (picture := next(waiting, None)) is not None:
            parts.append(picture)
        parts.append(Text(found[1].strip()))
        end = found.end()
    parts += [Text(text[end:]), *waiting]
    return tuple(part for part in parts if part != Text(""))
