"""What every benchmark file has in common: items with a place, and those that had to be left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import msgspec

from inference.checks import unclean
from inference.types import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from inference.types import Item, Result

_BOM = b"\xef\xbb\xbf"
S = TypeVar("S", bound=msgspec.Struct)


class EvaluationError(ValueError):
    """Why an evaluation cannot be made at all, and what to do."""


class RowError(ValueError):
    """What is wrong with one item of a benchmark file."""


@dataclass(frozen=True, slots=True)
class Case:
    """An item of a benchmark file: what is to be scored. A benchmark's own adds what people said of it.

    Its items' ids are unique in the file, and the same whenever it is read.
    """

    place: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An item that is in no figure, and why."""

    place: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a benchmark says: ``figures`` by name for machines, ``tables`` for people."""

    scored: int
    left_out: list[LeftOut]
    figures: dict[str, object]
    tables: list[str]


C = TypeVar("C", bound=Case)


def read_cases(path: Path, kind: type[S], make: Callable[[str, S], C]) -> tuple[list[C], list[LeftOut]]:
    """Return the file's items, made from place and row, and those that cannot be read.

    OSError, EvaluationError: the file cannot.
    """
    cases: list[C] = []
    left_out = []
    for place, line in rows(path):
        try:
            cases.append(make(place, read_row(line, kind)))
        except RowError as error:
            left_out.append(LeftOut(place, "bad_item", str(error)))
    return cases, left_out


def rows(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield place and JSON of every item of a file: one a line (JSONL), or a list of all.

    EvaluationError for a list that does not parse: where its items begin is then unknown. OSError for a
    file that cannot be read.
    """
    data = path.read_bytes().removeprefix(_BOM)
    if data.lstrip()[:1] != b"[":
        lines = enumerate(data.splitlines(), start=1)
        yield from ((f"line {number}", line) for number, line in lines if line.strip())
        return
    try:
        items = msgspec.json.decode(data, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path}: is not a list in JSON: {error}") from None
    yield from ((f"item {number}", bytes(item)) for number, item in enumerate(items, start=1))


def read_row(line: bytes, kind: type[S]) -> S:
    """Return the row of that kind; RowError says what is wrong with it, and where."""
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RowError(str(error)) from None


def image(name: str, folder: Path) -> Image:
    """Return an image of a row; RowError for a name that cannot be one."""
    if problem := unclean(name):
        raise RowError(f"image {name!r}: {problem}")
    return Image(source=folder / name)


def settle(
    cases: Iterable[C], results: Mapping[str, Result], left_out: Iterable[LeftOut]
) -> tuple[list[tuple[C, list[Result]]], list[LeftOut]]:
    """Return the cases whose items all have a score, with the scores, and everything that is left out."""
    complete: list[tuple[C, list[Result]]] = []
    out = list(left_out)
    for case in cases:
        found = [results.get(str(item.id)) for item in case.items]
        scored = [result for result in found if result is not None and result.error is None]
        failed = next((result.error for result in found if result is not None and result.error), None)
        if failed:
            out.append(LeftOut(case.place, failed.code, failed.detail))
        elif len(scored) < len(found):
            out.append(LeftOut(case.place, "not_scored", "has no score yet"))
        else:
            complete.append((case, scored))
    return complete, out
