"""Plain builders for items."""

from __future__ import annotations

from inference.types import Image, Item, Message, Part, Role, Text


def message(role: Role, *parts: str | bytes) -> Message:
    """Return a message; a string is a text, bytes are an image."""
    content: list[Part] = [Text(part) if isinstance(part, str) else Image(source=part) for part in parts]
    return Message(role, tuple(content))


def item(
    *parts: str | bytes, question: tuple[str | bytes, ...] = ("Why is the sky blue?",), item_id: str = "r"
) -> Item:
    """Return one question and, as ``parts``, its answer."""
    return Item(id=item_id, messages=(message("user", *question), message("assistant", *parts)))
