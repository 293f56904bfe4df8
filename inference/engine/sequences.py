"""What a model reads for one item: token ids, the pictures among them, and where to look at the outcome."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import numpy.typing as npt

    from inference.engine.pictures import Source

_KEY_BYTES = 7


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture cut to a budget: ``grid`` as the model counts it, ``tokens`` as long as its features.

    ``key`` is equal exactly for the same file under the same budget.
    """

    source: Source
    budget: Hashable
    grid: tuple[int, ...]
    tokens: int

    @property
    def key(self) -> tuple[str, Hashable]:
        """What its features depend on, besides the model."""
        return self.source.sha256, self.budget


@dataclass(frozen=True, slots=True)
class Span:
    """A picture's place: its features stand for the tokens ``start`` to ``start + picture.tokens``."""

    start: int
    picture: Picture


@dataclass(frozen=True, slots=True)
class TokenSequence:
    """One input of T tokens.

    ``ids`` [T] are token ids; ``keys`` [T] equal them for text and are unique per picture and place in
    it, so that two sequences share a prefix exactly where their keys do. ``positions`` [A, T] are
    rotary positions (A = 1, or 3 for time, height, width); ``reads`` are the tokens whose outcome counts.
    """

    ids: npt.NDArray[np.int64]
    keys: npt.NDArray[np.int64]
    positions: npt.NDArray[np.int64]
    spans: tuple[Span, ...]
    reads: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(slots=True)
class Builder:
    """Collects tokens and pictures in order."""

    image_id: int
    ids: list[int] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    reads: list[int] = field(default_factory=list)

    def text(self, ids: Sequence[int]) -> None:
        """Append text tokens."""
        self.ids += ids

    def picture(self, picture: Picture) -> None:
        """Append a picture's place."""
        self.spans.append(Span(len(self.ids), picture))
        self.ids += [self.image_id] * picture.tokens

    def read_last(self) -> None:
        """Have the outcome read at the token appended last."""
        self.reads.append(len(self.ids) - 1)

    def keys(self) -> npt.NDArray[np.int64]:
        """Return the ids, those of pictures replaced by numbers below 0 that name picture and place."""
        keys = np.array(self.ids, dtype=np.int64)
        for span in self.spans:
            name = hashlib.sha256(repr(span.picture.key).encode()).digest()
            start = int.from_bytes(name[:_KEY_BYTES])
            keys[span.start : span.start + span.picture.tokens] = -1 - start - np.arange(span.picture.tokens)
        return keys

    def finish(self, positions: npt.NDArray[np.int64]) -> TokenSequence:
        """Return the sequence with its rotary positions [A, T]."""
        ids = np.array(self.ids, dtype=np.int64)
        return TokenSequence(ids, self.keys(), positions, tuple(self.spans), tuple(self.reads))
