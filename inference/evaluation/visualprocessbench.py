"""VisualProcessBench (OpenGVLab/VisualProcessBench, ``test.jsonl``): how well a scorer finds wrong steps.

An item, as on the data set's card: ``image`` (list of paths; a single path is taken as well),
``question``, ``data_source`` and ``response`` = ``{"steps": [text], "process_correctness": [1 correct,
0 neutral, -1 incorrect]}`` with one label a step. ``answer`` and ``policy_model`` are passed over.

Every step is scored as a step of its own (none are joined, whatever the scorer's configuration says).
The images stand before the question, each followed by a newline, unless the question itself holds one
``<image>`` for each of them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec

from inference.evaluation import metrics
from inference.evaluation.cases import Case, LeftOut, Report, RowError, image, read_cases, settle
from inference.evaluation.metrics import StepCounts
from inference.evaluation.tables import percent, table
from inference.types import Item, Message, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from inference.types import Part, Result

_MARK = "<image>"


class _Response(msgspec.Struct):
    steps: list[str]
    process_correctness: list[Literal[-1, 0, 1]]


class _Row(msgspec.Struct):
    question: str
    response: _Response
    data_source: str
    image: str | list[str] = []


@dataclass(frozen=True, slots=True)
class StepCase(Case):
    """A response with people's label for every step."""

    labels: tuple[int, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Figures:
    """The metrics of some responses, from 0 to 1; None where the counts do not define one."""

    items: int
    counts: StepCounts
    f1_correct: float | None
    f1_incorrect: float | None
    macro_f1: float | None


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """What a threshold gives: the counts of all sources pooled, and each source for itself."""

    threshold: float
    overall: Figures
    weighted_macro_f1: float | None
    sources: dict[str, Figures]


def read(path: Path, images: Path) -> tuple[list[StepCase], list[LeftOut]]:
    """Return the items of the file and those that cannot be read. OSError, EvaluationError: the file cannot."""
    return read_cases(path, _Row, lambda place, row: _case(place, row, images))


def report(
    cases: Iterable[StepCase],
    unread: Iterable[LeftOut],
    results: Mapping[str, Result],
    thresholds: Sequence[float],
) -> Report:
    """Return the benchmark's report on the results, which are named by the items' ids."""
    settled, left_out = settle(cases, results, unread)
    scored: list[tuple[StepCase, list[float]]] = []
    for case, (result,) in settled:
        if unfit := _unfit(case, result):
            left_out.append(unfit)
        else:
            scored.append((case, [step.score for step in result.steps or ()]))
    found = [figures(scored, threshold) for threshold in thresholds]
    return Report(len(scored), left_out, {"thresholds": found}, [_table(one) for one in found])


def figures(scored: Sequence[tuple[StepCase, list[float]]], threshold: float) -> AtThreshold:
    """Return the benchmark's figures at a threshold; sources in alphabetical order."""
    by_source = defaultdict[str, list[StepCounts]](list)
    for case, scores in scored:
        by_source[case.source].append(metrics.count_steps(case.labels, scores, threshold))
    sources = {source: _figures(by_source[source]) for source in sorted(by_source)}
    return AtThreshold(
        threshold=threshold,
        overall=_figures([counts for one in by_source.values() for counts in one]),
        weighted_macro_f1=metrics.weighted_macro_f1(one.counts for one in sources.values()),
        sources=sources,
    )


def _figures(items: Sequence[StepCounts]) -> Figures:
    counts = sum(items, StepCounts())
    return Figures(
        items=len(items),
        counts=counts,
        f1_correct=metrics.f1_correct(counts),
        f1_incorrect=metrics.f1_incorrect(counts),
        macro_f1=metrics.macro_f1(counts),
    )


def _unfit(case: StepCase, result: Result) -> LeftOut | None:
    if result.steps is None:
        return LeftOut(case.place, "no_steps", "the scorer gives no scores to steps")
    if len(result.steps) != len(case.labels):
        detail = f"the scorer gave {len(result.steps)} scores for {len(case.labels)} steps"
        return LeftOut(case.place, "steps_differ", detail)
    return None


def _table(at: AtThreshold) -> str:
    head = ["source", "items", "correct", "incorrect", "neutral", "F1 correct", "F1 incorrect", "macro F1"]
    lines = [_cells(name, one) for name, one in [*at.sources.items(), ("overall, pooled", at.overall)]]
    weighted = ["mean of sources by steps", "", "", "", "", "", "", percent(at.weighted_macro_f1)]
    title = f"threshold {at.threshold:g}: a step is called correct when its score is above it"
    return f"{title}\n{table(head, [*lines, weighted])}"


def _cells(name: str, one: Figures) -> list[str]:
    counts = (one.items, one.counts.correct, one.counts.incorrect, one.counts.neutral)
    shares = (one.f1_correct, one.f1_incorrect, one.macro_f1)
    return [name, *map(str, counts), *map(percent, shares)]


def _case(place: str, row: _Row, folder: Path) -> StepCase:
    steps, labels = row.response.steps, row.response.process_correctness
    if len(steps) != len(labels):
        raise RowError(f"response: {len(labels)} labels for {len(steps)} steps")
    if not steps:
        raise RowError("response.steps: there is none")
    names = [row.image] if isinstance(row.image, str) else row.image
    asked = Message("user", _question(row.question, [image(name, folder) for name in names]))
    answer = Message("assistant", (Text("\n\n".join(steps)),))
    item = Item(id=place, messages=(asked, answer), steps=tuple(steps), max_steps=None)
    return StepCase(place, (item,), tuple(labels), row.data_source)


def _question(text: str, images: Sequence[Part]) -> tuple[Part, ...]:
    """Return the question with its images; marks that all stand in front are what a scorer writes itself."""
    text = text.removeprefix(f"{_MARK}\n" * len(images))
    texts = text.split(_MARK)
    if not images or len(texts) != len(images) + 1:
        return (*images, Text(text))
    parts: list[Part] = [Text(texts[0])]
    for one, after in zip(images, texts[1:], strict=True):
        parts += [one, Text(after)]
    return tuple(part for part in parts if part != Text(""))
