"""The shape of conversations, and how the paths of one were imported."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from annotate.models import Batch, Response, TaskPath, Turn
from annotate.pipeline.packing import PathToShow

CHUNK = 500  # conversations read at once


def chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    """Cut ids into lists of conversations that are read at once."""
    remaining = iter(list(ids))
    while chunk := list(itertools.islice(remaining, CHUNK)):
        yield chunk


@dataclass(slots=True)
class Tree:
    """The shape of one conversation: which turn each response answers, what each turn follows."""

    turn_of: dict[int, int] = field(default_factory=dict)
    uids: dict[int, uuid.UUID] = field(default_factory=dict)
    above: dict[int, int | None] = field(default_factory=dict)
    depth: dict[int, int] = field(default_factory=dict)

    def default_paths(self) -> list[PathToShow]:
        """Return a path to every leaf; the one to the first deepest response is whole and leads."""
        followed = set(self.above.values())
        leaves = [response for response in self.turn_of if response not in followed]
        leaves.sort(key=lambda response: (-self.depth[self.turn_of[response]], response))
        return [PathToShow(response, whole=place == 0) for place, response in enumerate(leaves)]

    def history(self, response: int) -> Iterator[int]:
        """Yield the responses from this one up to the root."""
        at: int | None = response
        while at is not None:
            yield at
            at = self.above[self.turn_of[at]]

    def shown(self, ends: Iterable[int]) -> set[int]:
        """Return every response on the paths to these ones."""
        found: set[int] = set()
        for end in ends:
            found.update(itertools.takewhile(lambda one: one not in found, self.history(end)))
        return found

    def candidates(self, ends: Iterable[int]) -> list[int]:
        """Return, for each turn on the paths to these responses, how many responses they show."""
        counts: dict[int, int] = {}
        for response in self.shown(ends):
            counts[self.turn_of[response]] = counts.get(self.turn_of[response], 0) + 1
        return list(counts.values())


def read_trees(conversations: Sequence[int]) -> dict[int, Tree]:
    """Read the shapes of these conversations; two statements."""
    trees = {conversation: Tree() for conversation in conversations}
    turns = Turn.objects.filter(conversation__in=conversations).order_by("id")
    for conversation, turn, parent, number in turns.values_list("conversation", "id", "parent", "number"):
        trees[conversation].above[turn] = parent
        trees[conversation].depth[turn] = number
    responses = Response.objects.filter(turn__conversation__in=conversations).order_by("id")
    for conversation, response, uid, turn in responses.values_list("turn__conversation", "id", "uid", "turn"):
        trees[conversation].turn_of[response] = turn
        trees[conversation].uids[response] = uid
    return trees


def imported_paths(batch: Batch, conversations: Sequence[int]) -> dict[int, list[PathToShow]]:
    """Return the paths of these conversations in the project's default batch, where they have any."""
    found: dict[int, dict[int, PathToShow]] = {}
    rows = TaskPath.objects.filter(
        task__conversation__in=conversations,
        task__batch__project=batch.project_id,
        task__batch__is_default=True,
        task__is_gold=False,
        task__follows=None,
    ).order_by("task_id", "position")
    for conversation, response, whole, external_id in rows.values_list(
        "task__conversation", "response", "whole", "external_id"
    ):
        paths = found.setdefault(conversation, {})
        if whole or response not in paths:
            paths[response] = PathToShow(response, whole, external_id)
    return {conversation: list(paths.values()) for conversation, paths in found.items()}
