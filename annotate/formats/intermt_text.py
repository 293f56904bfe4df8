"""InterMT's messages: a text with placeholders and a list of images become parts in order.

The quirks are those of the published files: ``[""]`` for no image, blanks inside a longer list,
more or fewer images than placeholders, and a ``]]`` left over at the end of many user messages.
"""

from __future__ import annotations

import re

from annotate.formats.fields import MAX_REFERENCE, Field
from annotate.formats.records import ImagePart, Part, TextPart

# The published form is <Image, caption>; <Image: caption> occurs as well. Any other spelling, such
# as a typed <image>, is text. A caption has no angle brackets and may run over several lines.
_PLACEHOLDER = re.compile(r"<Image[,:]([^<>]*)>")


def message(text: Field, images: Field | None, *, from_user: bool) -> tuple[Part, ...]:
    """Return a message's parts: images where their placeholders stand, the rest after the text.

    A placeholder that has no image left becomes an image part without a reference, so that its
    caption is kept. Runs of text that are blank are left out.
    """
    references = _references(images)
    wording = without_stray_brackets(text.text()) if from_user else text.text()
    parts: list[Part] = []
    end = 0
    waiting = iter(references)
    for placeholder in _PLACEHOLDER.finditer(wording):
        _add_text(parts, wording[end : placeholder.start()])
        parts.append(ImagePart(next(waiting, ""), placeholder[1].strip()))
        end = placeholder.end()
    _add_text(parts, wording[end:])
    parts.extend(ImagePart(reference) for reference in waiting)
    if not parts:
        raise text.error("message_empty", "The message has neither text nor an image.")
    return tuple(parts)


def without_stray_brackets(text: str) -> str:
    """Drop the ``]]`` that generation left at the end of a user message, if nothing opened it.

    ``see [[1]]`` keeps its brackets, ``Is it decaying?]]`` loses them.
    """
    trimmed = text.rstrip()
    if not trimmed.endswith("]]"):
        return text
    depth = 0
    for bracket in re.findall(r"[\[\]]", trimmed[:-2]):
        depth = depth + 1 if bracket == "[" else max(depth - 1, 0)
    return text if depth else trimmed[:-2].rstrip()


def _references(images: Field | None) -> list[str]:
    found = []
    for image in images.elements() if images else []:
        reference = image.text().strip()
        if len(reference) > MAX_REFERENCE:
            raise image.error("text_refused", f"A file name has at most {MAX_REFERENCE} characters.")
        if reference:
            found.append(reference)
    return found


def _add_text(parts: list[Part], text: str) -> None:
    if text.strip():
        parts.append(TextPart(text))
