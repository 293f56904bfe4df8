"""The one way in which a response is split into steps, so that labels and scores meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SPLITTER_VERSION = 2
"""Stored with every label and score; raise it when `split_steps` answers differently for any text."""


@dataclass(frozen=True, slots=True)
class Step:
    """Neighbouring steps joined into one: from ``first`` to ``last``, counted from 0, both included."""

    text: str
    first: int
    last: int


def split_steps(text: str) -> list[str]:
    r"""Split at ``\n\n`` as VisualPRM is published, unstripped, and drop parts of nothing but white space.

    So ``\r\n\r\n`` parts nothing, and a third newline belongs to the step that follows.
    """
    return [part for part in text.split("\n\n") if part.strip()]


def join_steps(steps: Sequence[str], max_steps: int | None) -> list[Step]:
    """Join neighbours until at most ``max_steps`` (at least 1) are left; None joins nothing.

    Groups hold ``ceil(n / max_steps)`` steps parted by a blank line, the last one maybe fewer, as
    VisualPRM is published: 30 steps at 12 make 10 groups.
    """
    size = 1 if max_steps is None else max(1, -(-len(steps) // max_steps))
    groups = ((first, steps[first : first + size]) for first in range(0, len(steps), size))
    return [Step("\n\n".join(group), first, first + len(group) - 1) for first, group in groups]
