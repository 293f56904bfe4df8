"""Read our JSON field by field; whatever is not as expected is a FieldError with its place."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar, cast, get_args

from inference.checks import unclean
from inference.types import Image, ItemError, Message, Role, Text

if TYPE_CHECKING:
    from inference.types import ItemId, Part

T = TypeVar("T", dict[str, object], list[object], str)

_JSON_NAMES = {dict: "an object", list: "a list", str: "a string", type(None): "null", bool: "true or false"}
_ROLES = get_args(Role)

ReadImage: TypeAlias = Callable[[dict[str, object], str], Path | bytes]
"""From an image part and its place to the image's source."""


class FieldError(ValueError):
    """What is wrong with a line, as the error that its answer carries."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.error = ItemError(code, detail)


def json_object(line: bytes) -> dict[str, object]:
    """Return the object that a line holds; the code of what else it holds is ``bad_json``."""
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise FieldError("bad_json", f"byte {error.start} is not UTF-8") from None
    except RecursionError:
        raise FieldError("bad_json", "is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise FieldError("bad_json", f"is not JSON: {error.msg} (character {error.pos + 1})") from None
    except ValueError as error:  # a number of thousands of digits
        raise FieldError("bad_json", f"is not usable JSON: {error}") from None
    return expect(row, dict, "the line", code="bad_json")


def item_id(row: dict[str, object]) -> ItemId:
    """Return the row's id: a clean string or a whole number; the code of another is ``bad_id``."""
    value = row.get("id")
    if type(value) is int:
        return value
    text = expect(value, str, "id", code="bad_id")
    if problem := unclean(text):
        raise FieldError("bad_id", f"id: {problem}")
    return text


def message(raw: object, place: str, images: ReadImage) -> Message:
    """Return a message."""
    row = expect(raw, dict, place)
    role = field(row, "role", f"{place}.role", str)
    if role not in _ROLES:
        raise FieldError("bad_field", f"{place}.role: must be one of {', '.join(_ROLES)}, not {role[:40]!r}")
    return Message(cast("Role", role), content(row.get("content"), f"{place}.content", images))


def content(raw: object, place: str, images: ReadImage) -> tuple[Part, ...]:
    """Return the parts of a message's content, which may be a plain string."""
    if isinstance(raw, str):
        return (Text(raw),)
    parts = enumerate(expect(raw, list, place))
    return tuple(_part(part, f"{place}[{n}]", images) for n, part in parts)


def count(row: dict[str, object], key: str, place: str) -> int | None:
    """Return a whole number from 1, None where there is none."""
    value = row.get(key)
    if value is None:
        return None
    if type(value) is not int or value < 1:
        raise FieldError("bad_field", f"{place}.{key}: must be a whole number from 1".removeprefix("."))
    return value


def field(row: dict[str, object], key: str, place: str, kind: type[T]) -> T:
    """Return the row's value of that kind."""
    return expect(row.get(key), kind, place)


def expect(value: object, kind: type[T], place: str, *, code: str = "bad_field") -> T:
    """Return the value if it is of that kind."""
    if not isinstance(value, kind):
        found = _JSON_NAMES.get(type(value), "a number")
        raise FieldError(code, f"{place}: must be {_JSON_NAMES[kind]}, not {found}")
    return value


def _part(raw: object, place: str, images: ReadImage) -> Part:
    row = expect(raw, dict, place)
    kind = row.get("type")
    if kind == "text":
        return Text(field(row, "text", f"{place}.text", str))
    if kind != "image":
        raise FieldError("bad_field", f'{place}.type: must be "text" or "image"')
    source = images(row, place)
    tiles, least, most = (count(row, key, place) for key in ("max_tiles", "min_pixels", "max_pixels"))
    if least is not None and most is not None and least > most:
        raise FieldError("bad_field", f"{place}: min_pixels must not be above max_pixels")
    return Image(source=source, max_tiles=tiles, min_pixels=least, max_pixels=most)


def files_in(folder: Path) -> ReadImage:
    """Return how images are read that lines name by a path from ``folder``."""

    def named(row: dict[str, object], place: str) -> Path:
        name = field(row, "image", f"{place}.image", str)
        if not name:
            raise FieldError("bad_field", f"{place}.image: must name a file")
        if problem := unclean(name):
            raise FieldError("bad_field", f"{place}.image: {problem}")
        return folder / name

    return named


def embedded_bytes(row: dict[str, object], place: str) -> bytes:
    """Return the bytes of an image that travels within its line, in base64."""
    data = field(row, "data", f"{place}.data", str)
    try:
        return base64.b64decode(data, validate=True)
    except ValueError as error:
        raise FieldError("bad_field", f"{place}.data: is not base64: {error}") from None
