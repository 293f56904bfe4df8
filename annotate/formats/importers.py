"""The table of formats that conversations can be imported from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from annotate.formats import intermt, native_json
from annotate.formats.json_items import Item, items
from annotate.formats.records import ConversationRecord, FormatError
from annotate.formats.strict_json import JsonValue

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Importer:
    """A format of JSON items: what it looks like, and how one item is read."""

    matches: Callable[[JsonValue], bool]
    parse_item: Callable[[JsonValue, str], ConversationRecord]


IMPORTERS: dict[str, Importer] = {
    "native": Importer(native_json.matches, native_json.parse_item),
    "intermt": Importer(intermt.matches, intermt.parse_item),
}


def parse(path: Path, format_name: str = AUTO) -> Iterator[ConversationRecord | FormatError]:
    """Yield what a file holds, item by item: a record, or why that item cannot be read.

    With ``auto`` the first readable item decides the format of the whole file. Raises FormatError
    when nothing can be read: no file, empty, of an unknown kind or format.
    """
    if format_name != AUTO and format_name not in IMPORTERS:
        raise FormatError(code="format_unknown", detail=f'Unknown format "{format_name}". {_known()}')
    found = False
    for item in items(path):
        found = True
        if isinstance(item.value, FormatError):
            yield item.value
            continue
        if format_name == AUTO:
            format_name = detect(item.value, item.place)
        yield _parse_item(IMPORTERS[format_name], item.value, item)
    if not found:
        detail = f"There is no conversation in {path.name}."
        raise FormatError(code="file_empty", detail=detail)


def detect(value: JsonValue, place: str = "") -> str:
    """Return the name of the format that an item has; FormatError lists the known ones."""
    for name, importer in IMPORTERS.items():
        if importer.matches(value):
            return name
    detail = f"The format is none that we know. {_known()}"
    raise FormatError(code="format_unknown", detail=detail, place=place)


def _parse_item(importer: Importer, value: JsonValue, item: Item) -> ConversationRecord | FormatError:
    try:
        return importer.parse_item(value, item.place)
    except FormatError as error:
        return error


def _known() -> str:
    return f"Known formats are: {', '.join(sorted(IMPORTERS))}. docs/import-formats.md describes them."
