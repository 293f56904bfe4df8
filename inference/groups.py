"""Items that belong together go to the scorer together, so that it can share what they have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from inference.types import Item, Result, Scorer

BATCH = 64
"""Items handed to a scorer at once, more where a group is larger; bounds the memory, never the scores."""


class Group(Protocol):
    """Whatever holds items to score; it may hold none."""

    @property
    def items(self) -> Sequence[Item]:
        """The items, in the order in which their results are wanted."""
        ...


G = TypeVar("G", bound=Group)


def score_groups(scorer: Scorer, groups: Iterable[G]) -> Iterator[list[tuple[G, list[Result]]]]:
    """Score group by group, several in one call, none ever split; yields each call's groups and results."""
    waiting: list[G] = []
    for group in groups:
        waiting.append(group)
        if max(len(waiting), sum(len(one.items) for one in waiting)) >= BATCH:
            yield _scored(scorer, waiting)
            waiting = []
    if waiting:
        yield _scored(scorer, waiting)


def _scored(scorer: Scorer, groups: list[G]) -> list[tuple[G, list[Result]]]:
    items = [item for group in groups for item in group.items]
    results = scorer(items) if items else []
    if len(results) != len(items):
        raise ValueError(f"the scorer gave {len(results)} results for {len(items)} items")
    rest = iter(results)
    return [(group, [next(rest) for _ in group.items]) for group in groups]
