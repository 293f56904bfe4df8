"""What must be true of an item before any scorer looks at it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from inference.types import Image, ItemError, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.types import Item

_UNCLEAN = re.compile("[\0\ud800-\udfff]")


def unclean(text: str) -> str | None:
    """Say where a character stands that no database or tokenizer takes: NUL or half a surrogate pair."""
    found = _UNCLEAN.search(text)
    return f"character {found.start()} is U+{ord(found[0]):04X}; remove it" if found else None


def find_fault(item: Item) -> ItemError | None:
    """Return the first thing that makes an item impossible to score, None when there is nothing."""
    return next(_faults(item), None)


def _faults(item: Item) -> Iterator[ItemError]:
    roles = [message.role for message in item.messages]
    if roles[-1:] != ["assistant"]:
        yield ItemError(
            "no_response", "messages: the last one must be the assistant's, the response to score"
        )
    if "user" not in roles[:-1]:
        yield ItemError("no_question", "messages: no user message stands before the response")
    for number, message in enumerate(item.messages):
        for position, part in enumerate(message.content):
            yield from _part_faults(part, place=f"messages[{number}].content[{position}]")
    for number, step in enumerate(item.steps or ()):
        if not step.strip():
            yield ItemError("blank_step", f"steps[{number}]: is blank; leave it out")
        elif problem := unclean(step):
            yield ItemError("bad_text", f"steps[{number}]: {problem}")


def _part_faults(part: Text | Image, *, place: str) -> Iterator[ItemError]:
    if isinstance(part, Text):
        if problem := unclean(part.text):
            yield ItemError("bad_text", f"{place}: {problem}")
    elif isinstance(part.source, Path):
        yield from _file_faults(part.source, place=place)
    elif not part.source:
        yield ItemError("empty_image", f"{place}: the image has no bytes")


def _file_faults(path: Path, *, place: str) -> Iterator[ItemError]:
    """Open the file, for a permission or a disk may refuse; ``is_file`` first, for a pipe would block."""
    name = repr(str(path))
    try:
        if not path.is_file():
            yield ItemError("missing_image", f"{place}: there is no file {name}")
            return
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        yield ItemError("unreadable_image", f"{place}: cannot read {name}: {error.strerror}")
        return
    if empty:
        yield ItemError("empty_image", f"{place}: the file {name} is empty")
