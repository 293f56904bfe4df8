"""The one way in which a response is split into steps, so that labels and scores meet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SPLITTER_VERSION = 1
"""Stored with every label and score; raise it when `split_steps` answers differently for any text."""

_NEWLINE = re.compile(r"\r\n?|\n")


@dataclass(frozen=True, slots=True)
class Step:
    """Neighbouring steps joined into one: from ``first`` to ``last``, counted from 0, both included."""

    text: str
    first: int
    last: int


def split_steps(text: str) -> list[str]:
    r"""Split at blank lines (nothing or only white space); a step is a run of other lines, unstripped.

    Line ends become ``\n``. For text whose steps are parted by exactly ``\n\n`` this is
    ``text.split("\n\n")``, as VisualPRM is published; it never gives a blank step.
    """
    runs = groupby(_NEWLINE.split(text), key=lambda line: bool(line.strip()))
    return ["\n".join(lines) for filled, lines in runs if filled]


def join_steps(steps: Sequence[str], max_steps: int | None) -> list[Step]:
    """Join neighbours until at most ``max_steps`` (at least 1) are left; None joins nothing.

    Groups hold ``ceil(n / max_steps)`` steps parted by a blank line, the last one maybe fewer, as
    VisualPRM is published: 30 steps at 12 make 10 groups.
    """
    size = 1 if max_steps is None else max(1, -(-len(steps) // max_steps))
    groups = ((first, steps[first : first + size]) for first in range(0, len(steps), size))
    return [Step("\n\n".join(group), first, first + len(group) - 1) for first, group in groups]
