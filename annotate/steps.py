"""The steps of a response as people label them: cut where the scorers cut it (docs/decisions/0006-one-splitter.md)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from annotate.formats.markdown import Fence, fences, render
from annotate.questions import TaskTree
from inference.steps import SPLITTER_VERSION, split_steps

__all__ = ["SPLITTER_VERSION", "count_steps", "rendered_steps", "rendered_steps_in", "steps_in", "steps_of"]

HIGHEST_STEP = 32_767  # what the column holds


class _Part(msgspec.Struct):
    text: str = ""
    alt: str = ""


_LINE_END = re.compile(r"\r\n?|\n")  # as CommonMark has it
_PARTS = msgspec.json.Decoder(list[_Part])


def steps_of(content: str) -> list[str]:
    """Return the steps of a message, given as the JSON that `read_tree` reads; none for a message without words.

    The text is joined as the scoring stage joins it: texts and the captions of images in their order,
    with nothing between them. So a label's index is the index of the step in a score.
    """
    return steps_in(_joined(content))


def steps_in(text: str) -> list[str]:
    """Return the steps of a message's joined text."""
    return split_steps(text)[: HIGHEST_STEP + 1]


def _joined(content: str) -> str:
    return "".join(part.text or part.alt for part in _PARTS.decode(content or "[]"))


def rendered_steps(content: str) -> list[str]:
    """Return the steps as safe HTML, each rendered by itself.

    The published rule also cuts inside of a fenced code block. Its steps stay as many, but what a cut left
    of the block is shown as code in each of them.
    """
    return rendered_steps_in(_joined(content))


def rendered_steps_in(text: str) -> list[str]:
    """Return the steps of a message's joined text as safe HTML."""
    return [_rendered(step) for step in _as_shown(text, steps_in(text))]


def _as_shown(text: str, steps: Sequence[str]) -> list[str]:
    """Return the steps with a mark of code before what continues a fenced block of the whole text."""
    blocks = fences(text)
    if not blocks:
        return list(steps)
    line_ends = [found.end() for found in _LINE_END.finditer(text)]
    shown = []
    place = 0
    for step in steps:
        start = text.index(step, place)
        place = start + len(step)
        first, last = bisect_right(line_ends, start), bisect_right(line_ends, place)
        block = next((one for one in blocks if one.start < first < one.end), None)
        shown.append(_continued(step, block, first, last) if block else step)
    return shown


def _continued(step: str, block: Fence, first: int, last: int) -> str:
    """Return a step, from a line inside of a fenced block to its last one, as Markdown of its own."""
    code = block.code[first - block.start - 1 : last - block.start]
    after = _LINE_END.split(step)[block.end - first :]
    if not code and not any(line.strip() for line in after):
        code = [step.strip()]  # nothing but the mark that ends the block
    mark = block.mark + block.mark[0]
    return "\n".join([*([f"{mark}{block.info}", *code, mark] if code else []), *after])


def count_steps(tree: TaskTree) -> dict[int, int]:
    """Return how many steps each response of the tree has, by its id; the tree was read with content."""
    return {one.id: len(steps_of(one.content)) for one in tree.responses.values()}


# A conversation's steps are shown to several people, one soon after the other.
_rendered = lru_cache(maxsize=4096)(render)
