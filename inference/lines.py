"""The lines of IN.jsonl and OUT.jsonl.

In:  ``{"id", "messages": [{"role", "content": text or [{"type": "text", "text"} or
{"type": "image", "image", "max_tiles", "min_pixels", "max_pixels"}]}], "steps", "max_steps", "conversation_images"}``.
Out: ``{"id", "value", "steps", "tokens", "image_budget", "error"}``, and ``"dimensions"`` if there are any.
Keys that are not named here are passed over. Between machines an image is ``{"type": "image", "data"}``,
the file's bytes in base64: a path would be looked up on the wrong one.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Literal

from inference.fields import (
    FieldError,
    count,
    embedded_bytes,
    expect,
    field,
    files_in,
    item_id,
    json_object,
    message,
)
from inference.types import Item, Result, Text

if TYPE_CHECKING:
    from pathlib import Path

    from inference.fields import ReadImage
    from inference.types import ItemId, Message, Part


def parse_line(line: bytes, *, folder: Path) -> Item | Result:
    """Return the item on a line, or the result that says what is wrong with the line.

    Image paths are taken from ``folder``. Codes: ``bad_json``, ``bad_id`` (both without id),
    ``bad_field``; what else may be wrong with an item, its scorer finds.
    """
    try:
        row = json_object(line)
    except FieldError as bad:
        return Result(id=None, error=bad.error)
    return _parse(row, files_in(folder))


def parse_row(row: dict[str, object]) -> Item | Result:
    """Return the item of a line that came from another machine: as `parse_line`, images by their bytes."""
    return _parse(row, embedded_bytes)


def format_item(item: Item) -> str:
    """Return the item as one line of JSON for another machine, images by their bytes, newline included.

    OSError: an image file cannot be read.
    """
    row: dict[str, object] = {"id": item.id, "messages": [_message_row(one) for one in item.messages]}
    if item.steps is not None:
        row["steps"] = item.steps
    if item.max_steps != "default":
        row["max_steps"] = item.max_steps
    if item.conversation_images is not None:
        row["conversation_images"] = item.conversation_images
    return json.dumps(row) + "\n"


def format_result(result: Result) -> str:
    """Return the result as one line of JSON, newline included."""
    row: dict[str, object] = {
        "id": result.id,
        "value": result.value,
        "steps": result.steps and [{"text": step.text, "score": step.score} for step in result.steps],
        "tokens": result.tokens,
        "image_budget": result.image_budget,
        "error": result.error and {"code": result.error.code, "detail": result.error.detail},
    }
    if result.dimensions is not None:
        row["dimensions"] = dict(result.dimensions)
    return json.dumps(row, allow_nan=False) + "\n"


def _message_row(message: Message) -> dict[str, object]:
    return {"role": message.role, "content": [_part_row(part) for part in message.content]}


def _part_row(part: Part) -> dict[str, object]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    data = part.source if isinstance(part.source, bytes) else part.source.read_bytes()
    row: dict[str, object] = {"type": "image", "data": base64.b64encode(data).decode("ascii")}
    budget = {name: getattr(part, name) for name in ("max_tiles", "min_pixels", "max_pixels")}
    return row | {name: number for name, number in budget.items() if number is not None}


def _parse(row: dict[str, object], images: ReadImage) -> Item | Result:
    found: ItemId | None = None
    try:
        found = item_id(row)
        messages = field(row, "messages", "messages", list)
        return Item(
            id=found,
            messages=tuple(message(raw, f"messages[{n}]", images) for n, raw in enumerate(messages)),
            steps=_steps(row),
            max_steps=max_steps(row),
            conversation_images=count(row, "conversation_images", ""),
        )
    except FieldError as bad:
        return Result(id=found, error=bad.error)


def max_steps(row: dict[str, object]) -> int | Literal["default"] | None:
    """Return the row's ``max_steps``, ``"default"`` where it is not written."""
    if "max_steps" not in row:
        return "default"
    return count(row, "max_steps", "")


def _steps(row: dict[str, object]) -> tuple[str, ...] | None:
    raw = row.get("steps")
    if raw is None:
        return None
    steps = expect(raw, list, "steps")
    return tuple(expect(step, str, f"steps[{n}]") for n, step in enumerate(steps))
