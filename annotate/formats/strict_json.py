"""The one JSON loader: RFC 8259 with limits, for files and for request bodies alike.

Python's own parser takes more than JSON (``NaN``, duplicate keys, lone surrogates) and lets a
RecursionError out on deep nesting. What passes here can be stored in PostgreSQL as it is.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import TypeAlias

from annotate.formats.records import FormatError

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"

MAX_DEPTH = 32
MAX_INTEGER = 2**63 - 1  # PostgreSQL's bigint

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
_SHOWN_KEY = 40

# Where a value stands: (where its container stands, its key or index there); None is the whole.
_Link = tuple["_Link", str | int] | None


class _DuplicateKeys(dict[str, JsonValue]):
    """An object that names one key twice; only the walk afterwards knows where it stands."""

    def __init__(self, pairs: list[tuple[str, JsonValue]]) -> None:
        super().__init__(pairs)
        counts = Counter(key for key, _ in pairs)
        self.key = next(key for key, count in counts.items() if count > 1)


def loads(data: bytes, *, place: str = "", offset: int = 0) -> JsonValue:
    """Parse UTF-8 JSON, or raise FormatError and nothing else.

    ``place`` is put before every place in an error; ``offset`` is added to byte positions (counted
    from 0), for a piece of a longer file.

    Refused: anything that is not JSON or not UTF-8, a byte order mark, nesting deeper than 32,
    duplicate keys, numbers that are not finite or beyond 64 bits, NUL and lone surrogates.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise _encoding_error(data, error.start, place=place, offset=offset) from None
    try:
        value: JsonValue = json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        position = offset + len(text[: error.pos].encode())
        detail = f"This is not JSON: {error.msg[:1].lower()}{error.msg[1:]}."
        raise FormatError(
            code="json_syntax", detail=detail, place=join_place(place, f"byte {position}")
        ) from None
    except RecursionError:
        raise _too_deep(place) from None
    except ValueError:  # int() refuses more than 4300 digits
        raise FormatError(code="json_number", detail=_NUMBER_DETAIL, place=place) from None
    # Unescaped text cannot hold what _UNSTORABLE looks for: UTF-8 has no surrogates, JSON no bare NUL.
    _check(value, place, escapes="\\u" in text)
    return value


def join_place(*parts: str) -> str:
    """Join what is known about a place, leaving out what is empty: ``"item 3, byte 17"``."""
    return ", ".join(part for part in parts if part)


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _DuplicateKeys(pairs)


def _check(value: JsonValue, place: str, *, escapes: bool) -> None:
    """Walk without recursion through everything that was parsed and refuse what we cannot keep."""
    todo: list[tuple[JsonValue, int, _Link]] = [(value, 1, None)]
    while todo:
        here, depth, link = todo.pop()
        if isinstance(here, dict | list):
            if depth > MAX_DEPTH:
                raise _too_deep(place)
            if isinstance(here, _DuplicateKeys):
                detail = f"The key {_shown(here.key)} stands twice in one object; keep one of them."
                raise FormatError(code="json_duplicate_key", detail=detail, place=_at(place, link))
            if isinstance(here, dict):
                if escapes:
                    _check_text("".join(here), "A key", place, link)
                todo.extend((child, depth + 1, (link, key)) for key, child in here.items())
            else:
                todo.extend((child, depth + 1, (link, index)) for index, child in enumerate(here))
        elif isinstance(here, str):
            if escapes:
                _check_text(here, "The text", place, link)
        elif isinstance(here, int | float) and not (math.isfinite(here) and abs(here) <= _limit(here)):
            raise FormatError(code="json_number", detail=_NUMBER_DETAIL, place=_at(place, link))


_NUMBER_DETAIL = "A number must be finite, and a whole number must fit into 64 bits."


def _limit(number: float) -> float:
    return MAX_INTEGER if isinstance(number, int) else math.inf


def _check_text(text: str, what: str, place: str, link: _Link) -> None:
    if found := _UNSTORABLE.search(text):
        name = "the character NUL" if found[0] == "\0" else "half of a surrogate pair"
        detail = f"{what} holds {name} (\\u{ord(found[0]):04x}), which is not text; take it out."
        raise FormatError(code="json_text", detail=detail, place=_at(place, link))


def _too_deep(place: str) -> FormatError:
    detail = f"Lists and objects are nested more than {MAX_DEPTH} deep."
    return FormatError(code="json_too_deep", detail=detail, place=place)


def _encoding_error(data: bytes, start: int, *, place: str, offset: int) -> FormatError:
    detail = "The text is not UTF-8; save the file as UTF-8."
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        detail = "The text is UTF-16; save the file as UTF-8."
    return FormatError(code="json_encoding", detail=detail, place=join_place(place, f"byte {offset + start}"))


def _at(place: str, link: _Link) -> str:
    path = ""
    while link is not None:
        link, key = link
        if isinstance(key, int):
            path = f"[{key}]{path}"
        elif _PLAIN_KEY.fullmatch(key):
            path = f".{key}{path}"
        else:
            path = f"[{_shown(key)}]{path}"
    return join_place(place, path.removeprefix("."))


def _shown(key: str) -> str:
    """Quote a key for a message: short, and printable whatever it holds."""
    return json.dumps(key if len(key) <= _SHOWN_KEY else key[:_SHOWN_KEY] + "…")
