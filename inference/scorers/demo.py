"""The demo scorer: fixed rules, nothing learnt. Its numbers say nothing about quality.

It lets a team see pre-scores, queues and pages at work without a model. Words are runs of letters
and digits without regard to case; a CJK character is a word. For a response of n words in k steps:

    value = -3 + (2 * overlap + 2 * length + structure + delivery) * (1 - repetition)

    overlap      share of the question's distinct words that the response uses; 0 for no words
    length       n / (n + 40)
    structure    min(1, (k - 1) / 3)
    delivery     1 if the last user message asks for a picture and the response brings an image,
                 0 if it brings none, 1/2 if none is asked for
    repetition   share of the response's word pairs (neighbours) that have occurred before

so -3 <= value <= 3. Asking for a picture means naming one (`PICTURE`) without bringing an image. The
question is what a process scorer would be asked, history, labels and ``<image>`` included. A step of
distinct words w gets

    score = (share of w found in the question + share of w not found in earlier steps) / 2

so 0 <= score <= 1; both shares are 0 for a step without words. Image files are opened, never looked into.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from inference.checks import find_fault
from inference.prompts import question, render, response_text
from inference.steps import Step, join_steps, split_steps
from inference.types import Item, ItemError, Result, Scorer, ScorerInfo, StepScore

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from inference.configuration import Demo

PICTURE = re.compile(
    r"\b(draw|drawings?|sketch|images?|pictures?|photos?|illustrat\w*|diagrams?)\b|[图圖画畫]|照片",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")


def load(key: str, configuration: Demo) -> Scorer:  # noqa: ARG001 - every kind is loaded so
    """Return the demo scorer."""
    return DemoScorer(key)


class DemoScorer:
    """Rules in place of a model; see the module's docstring for the formula."""

    def __init__(self, key: str = "demo") -> None:
        self.key = key

    def describe(self) -> ScorerInfo:
        """Say that nothing here was trained."""
        return ScorerInfo(
            key=self.key,
            model="untrained rules",
            revision="1",
            dtype="float64",
            image_budget="none: images are counted, not looked into",
            trained=False,
            comparability="A fixed formula over words, from -3 to +3; it says nothing about quality.",
        )

    def __call__(self, items: Sequence[Item], /) -> list[Result]:
        """Score every item by the formula; one that cannot be scored gets its own error."""
        return [_score(item) for item in items]


def _score(item: Item) -> Result:
    if fault := find_fault(item):
        return Result(id=item.id, error=fault)
    text, _ = response_text(item.messages[-1])
    parts = split_steps(text) if item.steps is None else item.steps
    if not parts:
        return Result(id=item.id, error=ItemError("empty_response", "the response has no text to score"))
    steps = join_steps(parts, None if item.max_steps == "default" else item.max_steps)
    asked = _words(render(question(item.messages)))
    answered = [word for part in parts for word in _words(part)]
    return Result(
        id=item.id,
        value=_value(asked, answered, structure=min(1.0, (len(parts) - 1) / 3), delivery=_delivery(item)),
        steps=_step_scores(asked, steps),
        tokens=len(asked) + len(answered),
    )


def _value(asked: Sequence[str], answered: Sequence[str], *, structure: float, delivery: float) -> float:
    overlap = _share(set(asked), set(answered))
    length = len(answered) / (len(answered) + 40)
    pairs = list(pairwise(answered))
    repetition = 1 - len(set(pairs)) / len(pairs) if pairs else 0.0
    return -3 + (2 * overlap + 2 * length + structure + delivery) * (1 - repetition)


def _delivery(item: Item) -> float:
    text, shown = response_text(next(m for m in reversed(item.messages[:-1]) if m.role == "user"))
    if shown or not PICTURE.search(text):
        return 0.5
    return float(response_text(item.messages[-1])[1] > 0)


def _step_scores(asked: Collection[str], steps: Sequence[Step]) -> tuple[StepScore, ...]:
    known, seen = set(asked), set[str]()
    scores = []
    for step in steps:
        words = set(_words(step.text))
        score = (_share(words, known) + _share(words, words - seen)) / 2
        scores.append(StepScore(text=step.text, score=score, first=step.first, last=step.last))
        seen |= words
    return tuple(scores)


def _share(words: set[str], others: set[str]) -> float:
    return len(words & others) / len(words) if words else 0.0


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
