"""The lines of IN.jsonl and OUT.jsonl.

In:  ``{"id", "messages": [{"role", "content": text or [{"type": "text", "text"} or
{"type": "image", "image", "max_tiles", "min_pixels", "max_pixels"}]}], "steps", "max_steps"}``.
Out: ``{"id", "value", "steps", "tokens", "image_budget", "error"}``, and ``"dimensions"`` if there are any.
Keys that are not named here are passed over. Between machines an image is ``{"type": "image", "data"}``,
the file's bytes in base64: a path would be looked up on the wrong one.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar, cast, get_args

from inference.checks import unclean
from inference.types import Image, Item, ItemError, Message, Result, Role, Text

if TYPE_CHECKING:
    from inference.types import ItemId, Part

T = TypeVar("T", dict[str, object], list[object], str)

_JSON_NAMES = {dict: "an object", list: "a list", str: "a string", type(None): "null", bool: "true or false"}
_ROLES = get_args(Role)
_ReadImage: TypeAlias = Callable[[dict[str, object], str], Path | bytes]
"""From an image part and its place to the image's source."""


class _BadLineError(ValueError):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.error = ItemError(code, detail)


def parse_line(line: bytes, *, folder: Path) -> Item | Result:
    """Return the item on a line, or the result that says what is wrong with the line.

    Image paths are taken from ``folder``. Codes: ``bad_json``, ``bad_id`` (both without id),
    ``bad_field``; what else may be wrong with an item, its scorer finds.
    """
    try:
        row = _json_object(line)
    except _BadLineError as bad:
        return Result(id=None, error=bad.error)
    return _parse(row, partial(_named_file, folder))


def parse_row(row: dict[str, object]) -> Item | Result:
    """Return the item of a line that came from another machine: as `parse_line`, images by their bytes."""
    return _parse(row, _embedded_bytes)


def format_item(item: Item) -> str:
    """Return the item as one line of JSON for another machine, images by their bytes, newline included.

    OSError: an image file cannot be read.
    """
    row: dict[str, object] = {"id": item.id, "messages": [_message_row(one) for one in item.messages]}
    if item.steps is not None:
        row["steps"] = item.steps
    if item.max_steps != "default":
        row["max_steps"] = item.max_steps
    return json.dumps(row) + "\n"


def format_result(result: Result) -> str:
    """Return the result as one line of JSON, newline included; ValueError for a number that JSON lacks."""
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


def _parse(row: dict[str, object], read: _ReadImage) -> Item | Result:
    item_id: ItemId | None = None
    try:
        item_id = _id(row)
        messages = _field(row, "messages", "messages", list)
        return Item(
            id=item_id,
            messages=tuple(_message(raw, f"messages[{n}]", read) for n, raw in enumerate(messages)),
            steps=_steps(row),
            max_steps=_max_steps(row),
        )
    except _BadLineError as bad:
        return Result(id=item_id, error=bad.error)


def _json_object(line: bytes) -> dict[str, object]:
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _BadLineError("bad_json", f"byte {error.start} is not UTF-8") from None
    except RecursionError:
        raise _BadLineError("bad_json", "is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise _BadLineError("bad_json", f"is not JSON: {error.msg} (character {error.pos + 1})") from None
    except ValueError as error:  # a number of thousands of digits
        raise _BadLineError("bad_json", f"is not usable JSON: {error}") from None
    return _expect(row, dict, "the line", code="bad_json")


def _id(row: dict[str, object]) -> ItemId:
    value = row.get("id")
    if type(value) is int:
        return value
    text = _expect(value, str, "id", code="bad_id")
    if problem := unclean(text):
        raise _BadLineError("bad_id", f"id: {problem}")
    return text


def _message(raw: object, place: str, read: _ReadImage) -> Message:
    row = _expect(raw, dict, place)
    role = _field(row, "role", f"{place}.role", str)
    if role not in _ROLES:
        raise _BadLineError(
            "bad_field", f"{place}.role: must be one of {', '.join(_ROLES)}, not {role[:40]!r}"
        )
    content = row.get("content")
    if isinstance(content, str):
        return Message(cast("Role", role), (Text(content),))
    parts = enumerate(_expect(content, list, f"{place}.content"))
    return Message(cast("Role", role), tuple(_part(part, f"{place}.content[{n}]", read) for n, part in parts))


def _part(raw: object, place: str, read: _ReadImage) -> Part:
    row = _expect(raw, dict, place)
    kind = row.get("type")
    if kind == "text":
        return Text(_field(row, "text", f"{place}.text", str))
    if kind != "image":
        raise _BadLineError("bad_field", f'{place}.type: must be "text" or "image"')
    source = read(row, place)
    tiles, least, most = (_count(row, key, place) for key in ("max_tiles", "min_pixels", "max_pixels"))
    if least is not None and most is not None and least > most:
        raise _BadLineError("bad_field", f"{place}: min_pixels must not be above max_pixels")
    return Image(source=source, max_tiles=tiles, min_pixels=least, max_pixels=most)


def _named_file(folder: Path, row: dict[str, object], place: str) -> Path:
    name = _field(row, "image", f"{place}.image", str)
    if not name:
        raise _BadLineError("bad_field", f"{place}.image: must name a file")
    if problem := unclean(name):
        raise _BadLineError("bad_field", f"{place}.image: {problem}")
    return folder / name


def _embedded_bytes(row: dict[str, object], place: str) -> bytes:
    data = _field(row, "data", f"{place}.data", str)
    try:
        return base64.b64decode(data, validate=True)
    except ValueError as error:
        raise _BadLineError("bad_field", f"{place}.data: is not base64: {error}") from None


def _steps(row: dict[str, object]) -> tuple[str, ...] | None:
    raw = row.get("steps")
    if raw is None:
        return None
    steps = _expect(raw, list, "steps")
    return tuple(_expect(step, str, f"steps[{n}]") for n, step in enumerate(steps))


def _max_steps(row: dict[str, object]) -> int | Literal["default"] | None:
    if "max_steps" not in row:
        return "default"
    return _count(row, "max_steps", "")


def _count(row: dict[str, object], key: str, place: str) -> int | None:
    value = row.get(key)
    if value is None:
        return None
    if type(value) is not int or value < 1:
        raise _BadLineError("bad_field", f"{place}.{key}: must be a whole number from 1".removeprefix("."))
    return value


def _field(row: dict[str, object], key: str, place: str, kind: type[T]) -> T:
    return _expect(row.get(key), kind, place)


def _expect(value: object, kind: type[T], place: str, *, code: str = "bad_field") -> T:
    if not isinstance(value, kind):
        found = _JSON_NAMES.get(type(value), "a number")
        raise _BadLineError(code, f"{place}: must be {_JSON_NAMES[kind]}, not {found}")
    return value
