"""What goes into a scorer and what comes out of it.

A scorer is a callable: items in, one result per item out, in the same order. What is wrong with one
item is that item's ``error``; it never raises for an item and never touches its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Role = Literal["system", "user", "assistant"]
ItemId = str | int


@dataclass(frozen=True, slots=True)
class Text:
    """A run of text; a typed ``<image>`` in it is text."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image where it stands: a file, or the file's bytes. None leaves a budget to the scorer."""

    source: Path | bytes
    max_tiles: int | None = None
    min_pixels: int | None = None
    max_pixels: int | None = None


Part = Text | Image


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: Role
    content: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A response with the conversation that led to it; the last message is the response to score.

    ``steps`` is the response already split, None lets the scorer split it. ``max_steps`` bounds the
    number of steps by joining neighbours; None joins nothing, ``"default"`` leaves it to the scorer.
    ``conversation_images`` is the largest number of images on any path of the conversation, where the
    caller knows it: a scorer that divides a budget among images divides by it, so that all candidates,
    whenever they come, are shown the same.
    """

    id: ItemId
    messages: tuple[Message, ...]
    steps: tuple[str, ...] | None = None
    max_steps: int | Literal["default"] | None = "default"
    conversation_images: int | None = None


@dataclass(frozen=True, slots=True)
class ItemError:
    """Why one item has no score: a short stable word for machines, a sentence for people."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepScore:
    """The score (0 to 1) of the steps ``first`` to ``last``, counted from 0, both included."""

    text: str
    score: float
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a scorer says about one item; ``value`` is None exactly when ``error`` is not.

    ``tokens`` is the length of the input in the scorer's own tokens. ``image_budget`` holds the number
    of tiles, or the grid, of each image in order; None where a scorer does not look into images.
    """

    id: ItemId | None
    value: float | None = None
    steps: tuple[StepScore, ...] | None = None
    tokens: int | None = None
    image_budget: tuple[int | tuple[int, ...], ...] | None = None
    dimensions: Mapping[str, float] | None = None
    error: ItemError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorerInfo:
    """Who speaks: enough to tell whether two scores may be compared."""

    key: str
    model: str
    revision: str
    dtype: str
    image_budget: str
    trained: bool
    comparability: str


class UnavailableError(OSError):
    """The scorer as a whole cannot work just now, such as a server that does not answer: no item is at fault."""


class DeviceLostError(RuntimeError):
    """The accelerator broke down under a scorer: nothing more can be computed in this process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Where a loaded model lies, and the memory of that device in bytes, where it can be told."""

    device: str
    free_bytes: int | None = None
    total_bytes: int | None = None


class Scorer(Protocol):
    """A callable: items in, results out, one each, in the same order."""

    def describe(self) -> ScorerInfo:
        """Say which model, of which revision, speaks."""
        ...

    def __call__(self, items: Sequence[Item], /) -> list[Result]:
        """Score every item; one that cannot be scored gets its own error."""
        ...


@runtime_checkable
class Watched(Protocol):
    """A scorer that can say how its device is; none has to."""

    def health(self) -> Health:
        """Say where the model lies and how much memory is free there; cheap enough to ask after every batch."""
        ...
