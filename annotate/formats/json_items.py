"""Read a JSON or JSONL file item by item, in memory that does not grow with the file.

The elements of a top-level list are found by brackets and quotes alone and only then parsed, each
for itself, so that a bad one does not hide those after it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from annotate.formats.records import FormatError
from annotate.formats.strict_json import JsonValue, join_place, loads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_ITEM_BYTES = 32 * 1024 * 1024
_CHUNK = 1024 * 1024
_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_LINE_SUFFIXES = {".jsonl", ".ndjson"}
_SIGNATURES = {
    b"PK": "a zip archive: unpack it and give the conversations file",
    b"PAR1": "parquet",
    b"\x1f\x8b": "gzip: unpack it first",
    b"\xff\xfe": "UTF-16: save it as UTF-8",
    b"\xfe\xff": "UTF-16: save it as UTF-8",
}

# Possessive: on hostile input they run once over the bytes and keep nothing to come back to.
_STRING_REST = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_BETWEEN_ITEMS = re.compile(rb'[^"\[\]{},]*+')
_INSIDE_ITEM = re.compile(rb'[^"\[\]{}]*+')


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a file, or why it cannot be read.

    ``place`` is ``"item 3"`` (in a list) or ``"line 3"`` (in JSONL), both counted from 1. Byte
    positions in errors count from 0: in a list from the start of the file, in JSONL of the line.
    """

    place: str
    value: JsonValue | FormatError


def items(path: Path, *, max_item_bytes: int = MAX_ITEM_BYTES) -> Iterator[Item]:
    """Yield the items of a top-level list, the lines of JSONL, or the one object of a file.

    A file is JSONL when its name says so (.jsonl, .ndjson) or its first line is a whole object. A
    byte order mark is skipped. Bad items are yielded as errors and reading goes on where the next
    one begins. Raises FormatError when nothing can be read: no such file, empty, not JSON.
    """
    try:
        with path.open("rb") as stream:
            yield from _items(stream, path, max_item_bytes)
    except OSError as error:
        detail = f"The file {path.name} cannot be read: {error.strerror or error}."
        raise FormatError(code="file_unreadable", detail=detail) from None


def _items(stream: BinaryIO, path: Path, limit: int) -> Iterator[Item]:
    start = _first_byte(stream)
    stream.seek(start)
    first = stream.read(4)
    stream.seek(start)
    if not first:
        raise FormatError(code="file_empty", detail=f"The file {path.name} is empty.")
    if path.suffix.lower() in _LINE_SUFFIXES:
        yield from _line_items(stream, limit)
    elif first[:1] == b"[":
        stream.seek(start + 1)
        yield from _ListReader(stream, start + 1, limit).items()
    elif first[:1] != b"{":
        known = next((name for sign, name in _SIGNATURES.items() if first.startswith(sign)), "")
        detail = "A conversations file is JSON (a list or an object) or JSONL (an object a line)."
        if known:
            detail += f" This looks like {known}."
        raise FormatError(code="file_not_json", detail=detail, place=f"byte {start}")
    elif _is_balanced(stream.readline(limit + 1)):
        stream.seek(start)
        yield from _line_items(stream, limit)
    else:
        stream.seek(start)
        data = stream.read(limit + 1)
        yield Item("item 1", _too_large(limit) if len(data) > limit else _parse(data, "item 1", start))


def _first_byte(stream: BinaryIO) -> int:
    """Return the position of the first byte that is neither byte order mark nor white space."""
    position = len(_BOM) if stream.read(len(_BOM)) == _BOM else 0
    stream.seek(position)
    while chunk := stream.read(_CHUNK):
        if rest := chunk.lstrip(_BLANK):
            return position + len(chunk) - len(rest)
        position += len(chunk)
    return position


def _line_items(stream: BinaryIO, limit: int) -> Iterator[Item]:
    # White space before the first item was skipped, its lines were not: count them.
    start = stream.tell()
    stream.seek(0)
    number = stream.read(start).count(b"\n")
    while line := stream.readline(limit + 1):
        number += 1
        place = f"line {number}"
        if len(line) > limit:
            while line and not line.endswith(b"\n"):
                line = stream.readline(_CHUNK)
            yield Item(place, _too_large(limit, place))
        elif line.strip(_BLANK):
            yield Item(place, _parse(line, place, 0))


def _parse(data: bytes, place: str, offset: int) -> JsonValue | FormatError:
    try:
        return loads(data, place=place, offset=offset)
    except FormatError as error:
        return error


def _too_large(limit: int, place: str = "item 1") -> FormatError:
    detail = f"The item is larger than {limit:,} bytes; split it, and keep images in files of their own."
    return FormatError(code="json_item_too_large", detail=detail, place=place)


def _is_balanced(line: bytes) -> bool:
    scanner = _Scanner()
    end = scanner.scan(line, 0, stop_depth=-1)
    return end is None and scanner.depth == 0 and not scanner.in_string


class _Scanner:
    """Follows brackets and strings over successive pieces of JSON text, without decoding it."""

    def __init__(self) -> None:
        self.depth = 0
        self.in_string = False
        self.position = 0

    def scan(self, data: bytes | bytearray, position: int, stop_depth: int) -> int | None:
        """Return where the next comma at depth 0 or the bracket that leads to ``stop_depth`` stands.

        None when ``data`` ends before; ``self.position`` is then where to go on when there is more.
        """
        end = len(data)
        while position < end:
            if self.in_string:
                position = _STRING_REST.match(data, position).end()  # type: ignore[union-attr]
                if position == end or data[position] != ord('"'):
                    break  # inside the string, or right after a backslash
                self.in_string = False
                position += 1
                continue
            between = _INSIDE_ITEM if self.depth else _BETWEEN_ITEMS
            position = between.match(data, position).end()  # type: ignore[union-attr]
            if position == end:
                break
            byte = data[position]
            if byte == ord('"'):
                self.in_string = True
            elif byte in b"[{":
                self.depth += 1
            elif byte in b"]}":
                self.depth -= 1
            if byte == ord(",") or self.depth == stop_depth:
                return position
            position += 1
        self.position = position
        return None


class _ListReader:
    """Cuts the elements out of a top-level list whose opening bracket was already read."""

    def __init__(self, stream: BinaryIO, offset: int, limit: int) -> None:
        self.stream = stream
        self.offset = offset  # of the buffer's first byte in the file
        self.limit = limit
        self.buffer = bytearray()
        self.scanner = _Scanner()
        self.number = 0
        self.too_large = False

    def items(self) -> Iterator[Item]:
        """Yield the elements, then an error when the list does not end as it should."""
        scanner = self.scanner
        while chunk := self.stream.read(_CHUNK):
            self.buffer += chunk
            while (cut := scanner.scan(self.buffer, scanner.position, stop_depth=-1)) is not None:
                closing = self.buffer[cut] != ord(",")
                if self.buffer[cut] == ord("}"):
                    detail = "A brace closes here what a square bracket opened."
                    place = join_place(f"item {self.number + 1}", f"byte {self.offset + cut}")
                    yield Item(
                        f"item {self.number + 1}", FormatError(code="json_syntax", detail=detail, place=place)
                    )
                    return
                if item := self._take(cut, closing=closing):
                    yield item
                if closing:
                    yield from self._after_the_list()
                    return
            if len(self.buffer) > self.limit:
                self.too_large = True
            if self.too_large:
                self._drop(scanner.position)
        detail = "The file ends inside the list: it is cut short, or a bracket or quote is missing."
        place = join_place(f"item {self.number + 1}", f"byte {self.offset + len(self.buffer)}")
        yield Item(f"item {self.number + 1}", FormatError(code="json_truncated", detail=detail, place=place))

    def _take(self, cut: int, *, closing: bool) -> Item | None:
        data, offset = bytes(self.buffer[:cut]), self.offset
        self._drop(cut + 1)
        if closing and self.number == 0 and not self.too_large and not data.strip(_BLANK):
            return None  # an empty list
        self.number += 1
        place = f"item {self.number}"
        if self.too_large or len(data) > self.limit:
            self.too_large = False
            return Item(place, _too_large(self.limit, place))
        if not data.strip(_BLANK):
            detail = "Nothing stands between this comma and the bracket or comma beside it."
            where = join_place(place, f"byte {offset + len(data)}")
            return Item(place, FormatError(code="json_syntax", detail=detail, place=where))
        return Item(place, _parse(data, place, offset))

    def _drop(self, count: int) -> None:
        del self.buffer[:count]
        self.offset += count
        self.scanner.position = 0

    def _after_the_list(self) -> Iterator[Item]:
        rest: bytes | bytearray = self.buffer
        while rest or (rest := self.stream.read(_CHUNK)):
            if text := rest.lstrip(_BLANK):
                place = f"byte {self.offset + len(rest) - len(text)}"
                detail = "Something stands after the list's closing bracket."
                yield Item("end of file", FormatError(code="json_syntax", detail=detail, place=place))
                return
            self.offset += len(rest)
            rest = b""
