"""The neutral records that every import format is parsed into and that importing stores.

A file is parsed into a stream of ``ConversationRecord``. A record is a piece of one tree: upstream
files list root-to-leaf paths that share nodes, so several records may describe the same tree;
importing merges them by node identity. Keys (``TurnRecord.key``, ``ResponseRecord.key``) only tie
the parts of one record together; what survives is ``external_id``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Meta = Mapping[str, str | int | float | bool]
Scope = Literal["local", "global"]


class FormatError(ValueError):
    """A file, or one item of it, that cannot be read; says where and why.

    ``code`` is a short stable word for machines, ``detail`` a sentence for people that says what
    to do, ``place`` names the line or item and the field (``"item 3, conversations[1].prompt"``).
    """

    def __init__(self, *, code: str, detail: str, place: str = "") -> None:
        super().__init__(f"{place}: {detail}" if place else detail)
        self.code = code
        self.detail = detail
        self.place = place


@dataclass(frozen=True, slots=True)
class TextPart:
    """A run of text, exactly as the file has it (Markdown, not yet rendered)."""

    text: str


@dataclass(frozen=True, slots=True)
class ImagePart:
    """An image where it stands in the message.

    ``reference`` names the image inside the upload's folder or archive; an empty one means that
    the file itself has no image here (a placeholder without a picture), only its caption.
    """

    reference: str
    caption: str = ""


Part = TextPart | ImagePart


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRecord:
    """One candidate answer to a turn."""

    key: str
    content: tuple[Part, ...]
    external_id: str = ""
    source_model: str = ""
    meta: Meta = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRecord:
    """A user message and the candidate answers to it; ``parent`` is a response's key, None at the root."""

    key: str
    parent: str | None
    content: tuple[Part, ...]
    candidates: tuple[ResponseRecord, ...]
    external_id: str = ""
    meta: Meta = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathRecord:
    """A root-to-response path; a *whole* one is asked for globally."""

    response: str
    whole: bool
    external_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingRecord:
    """A label that the file holds: one dimension of one response (for a global one: the path's last response)."""

    response: str
    scope: Scope
    dimension: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRecord:
    """A preference that the file holds; positive means that ``right`` is better, 0 equal.

    ``dimension`` is None for the overall preference.
    """

    scope: Scope
    left: str
    right: str
    dimension: str | None
    preference: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRecord:
    """A text that the file holds about one response: why it got its label."""

    kind: Literal["reason", "critique", "refinement"]
    response: str
    scope: Scope
    dimension: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRecord:
    """One item of a file: a piece of a conversation tree with the labels that came with it.

    ``content_warnings`` say what a reader is warned of (``"violence"``).

    ``place`` says where it stands (``"item 17"``, ``"line 3"``). ``turns`` holds every parent before
    its children; exactly one turn has no parent.
    """

    place: str
    turns: tuple[TurnRecord, ...]
    paths: tuple[PathRecord, ...]
    external_id: str = ""
    language: str = ""
    meta: Meta = field(default_factory=dict)
    content_warnings: tuple[str, ...] = ()
    ratings: tuple[RatingRecord, ...] = ()
    comparisons: tuple[ComparisonRecord, ...] = ()
    notes: tuple[NoteRecord, ...] = ()
