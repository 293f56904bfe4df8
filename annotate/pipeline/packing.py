"""How the paths of one conversation are put into tasks: at most four *whole* ones in each.

Whole paths are compared with one another, so their number bounds what one person is asked at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

WHOLE_PATHS_PER_TASK = 4


@dataclass(frozen=True, slots=True)
class PathToShow:
    """A root-to-response path by the id of its last response; whole ones are rated as a whole."""

    response: int
    whole: bool
    external_id: str = ""


def pack(paths: Iterable[PathToShow], room: int = WHOLE_PATHS_PER_TASK) -> list[list[PathToShow]]:
    """Return the paths in order, cut so that no list holds more than four whole ones.

    The first list takes ``room`` whole paths at most: what is left in a task that exists already. It
    is empty when there is nothing for it. Paths that are not whole go where the one before them went.
    """
    packed: list[list[PathToShow]] = [[]]
    for path in paths:
        if path.whole and room == 0:
            packed.append([])
            room = WHOLE_PATHS_PER_TASK
        if path.whole:
            room -= 1
        packed[-1].append(path)
    return packed
