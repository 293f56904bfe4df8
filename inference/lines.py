"""The lines of IN.jsonl and OUT.jsonl.

In:  ``{"id", "messages": [{"role", "content": text or [{"type": "text", "text"} or
{"type": "image", "image", "max_tiles", "min_pixels", "max_pixels"}]}], "steps", "max_steps"}``.
Out: ``{"id", "value", "steps", "tokens", "image_budget", "error"}``, and ``"dimensions"`` if there are any.
Keys that are not named here are passed over.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from inference.fields import FieldError, count, expect, field, item_id, json_object, message
from inference.types import Item, Result

if TYPE_CHECKING:
    from pathlib import Path

    from inference.types import ItemId


def parse_line(line: bytes, *, folder: Path) -> Item | Result:
    """Return the item on a line, or the result that says what is wrong with the line.

    Image paths are taken from ``folder``. Codes: ``bad_json``, ``bad_id`` (both without id),
    ``bad_field``; what else may be wrong with an item, its scorer finds.
    """
    found: ItemId | None = None
    try:
        row = json_object(line)
        found = item_id(row)
        messages = field(row, "messages", "messages", list)
        return Item(
            id=found,
            messages=tuple(message(raw, f"messages[{n}]", folder) for n, raw in enumerate(messages)),
            steps=_steps(row),
            max_steps=max_steps(row),
        )
    except FieldError as bad:
        return Result(id=found, error=bad.error)


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
