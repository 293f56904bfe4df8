"""Sequences that share prefixes, as the forest of their distinct tokens.

A token (node) stands once for all sequences that agree up to it. Nodes are numbered so that all of a
node's ancestors come before it; a forward pass over the nodes in this order, each seeing its ancestors
and itself, gives every sequence what it would get alone. docs/decisions/0008-one-pass.md says why so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from inference.engine.sequences import Picture, TokenSequence


@dataclass(frozen=True, slots=True)
class Stretch:
    """Nodes ``first`` to ``end``, each the child of the one before; ``above`` [n] are the first one's ancestors.

    Ancestors stand root first, so in ascending order.
    """

    above: npt.NDArray[np.int64]
    first: int
    end: int


class Forest:
    """The distinct tokens of some sequences.

    ``ids`` [N], ``positions`` [A, N]; ``paths[i]`` [T] are the nodes of sequence i in order.
    """

    def __init__(self, sequences: Sequence[TokenSequence]) -> None:
        self.sequences = sequences
        self.paths: list[npt.NDArray[np.int64]] = [np.empty(0, np.int64)] * len(sequences)
        self.branches: list[Stretch] = []
        self.pictures: list[tuple[int, Picture]] = []
        ids, positions = [], []
        before_keys = before_path = np.empty(0, np.int64)
        size = 0
        # In sorted order a sequence shares most with the one before it.
        for index in sorted(
            range(len(sequences)), key=lambda one: sequences[one].keys.astype(">i8").tobytes()
        ):
            one = sequences[index]
            shared = _common(before_keys, one.keys)
            end = size + len(one) - shared
            path = np.concatenate([before_path[:shared], np.arange(size, end)])
            if end > size:
                self.branches.append(Stretch(path[:shared], size, end))
                ids.append(one.ids[shared:])
                positions.append(one.positions[:, shared:])
                self.pictures += [
                    (size + span.start - shared, span.picture) for span in one.spans if span.start >= shared
                ]
            self.paths[index] = path
            before_keys, before_path, size = one.keys, path, end
        self.ids = np.concatenate(ids)
        self.positions = np.concatenate(positions, axis=1)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def reads(self) -> list[npt.NDArray[np.int64]]:
        """The nodes at which each sequence is read."""
        return [path[list(one.reads)] for path, one in zip(self.paths, self.sequences, strict=True)]

    def stretches(self, first: int, end: int) -> Iterator[Stretch]:
        """Yield the nodes from ``first`` to ``end`` with their ancestors."""
        for branch in self.branches:
            low, high = max(branch.first, first), min(branch.end, end)
            if low < high:
                yield Stretch(np.concatenate([branch.above, np.arange(branch.first, low)]), low, high)


def _common(left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> int:
    """Return the length of the common prefix."""
    length = min(len(left), len(right))
    differs = np.flatnonzero(left[:length] != right[:length])
    return int(differs[0]) if len(differs) else length


def distinct(sequences: Sequence[TokenSequence]) -> int:
    """Return how many nodes the sequences have together, without building anything."""
    ordered = sorted((one.keys for one in sequences), key=lambda keys: keys.astype(">i8").tobytes())
    total, before = 0, np.empty(0, np.int64)
    for keys in ordered:
        total += len(keys) - _common(before, keys)
        before = keys
    return total
