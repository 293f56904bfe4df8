"""The question that a process scorer is asked about, and the response it is to judge.

Text and images stay apart (parts, not one string) so that an ``<image>`` somebody typed remains
text; `render` is for reading.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from inference.types import Image, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from inference.types import Message, Part

_LABEL = {"user": "User: ", "assistant": "Assistant: "}


def question(messages: Sequence[Message]) -> tuple[Part, ...]:
    """Return what stands before the response (the last message), neighbouring texts joined.

    A user message alone is its own text. With history it is ``User: …``, ``Assistant: …``,
    ``User: …``, parted by blank lines. System messages are left out: a process scorer has its own.
    """
    history = [message for message in messages[:-1] if message.role != "system"]
    if len(history) == 1:
        return _joined(_in_place(history[0]))
    parts: list[Part] = []
    for number, message in enumerate(history):
        parts += [Text("\n\n" if number else ""), Text(_LABEL[message.role]), *_in_place(message)]
    return _joined(parts)


def response_text(message: Message) -> tuple[str, int]:
    """Return the response's text, parts joined without a separator, and how many images that leaves out."""
    images = sum(isinstance(part, Image) for part in message.content)
    return "".join(part.text for part in message.content if isinstance(part, Text)), images


def render(parts: Iterable[Part]) -> str:
    """Return the parts as one text, ``<image>`` where an image stands."""
    return "".join(part.text if isinstance(part, Text) else "<image>" for part in parts)


def _in_place(message: Message) -> Iterator[Part]:
    """Yield the parts; when all images precede the text, each is followed by a newline, as published."""
    kinds = [isinstance(part, Image) for part in message.content]
    images_first = kinds == sorted(kinds, reverse=True)
    for part in message.content:
        yield part
        if images_first and isinstance(part, Image):
            yield Text("\n")


def _joined(parts: Iterable[Part]) -> tuple[Part, ...]:
    joined: list[Part] = []
    for is_text, group in groupby(parts, key=lambda part: isinstance(part, Text)):
        run = list(group)
        joined += [Text(render(run))] if is_text else run
    return tuple(part for part in joined if part != Text(""))
