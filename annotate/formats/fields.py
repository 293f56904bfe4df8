"""Read parsed JSON field by field; whatever is not as expected is a FormatError with its place."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from annotate.formats.records import FormatError, Meta
from annotate.formats.strict_json import JsonValue, join_place

MAX_ID = 120  # two joined by a slash fit into a stored outside id
MAX_META_KEYS = 32
MAX_META_KEY = 64
MAX_META_TEXT = 1000
MAX_REFERENCE = 1024
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_KINDS = {type(None): "null", bool: "true or false", int: "a whole number", float: "a number"}
_KINDS |= {str: "a text", list: "a list", dict: "an object"}


@dataclass(frozen=True, slots=True)
class Field:
    """A value, the item it belongs to (``"item 3"``) and its path there (``"turns[0].id"``)."""

    value: JsonValue
    item: str
    path: str = ""

    @property
    def place(self) -> str:
        """Where the value stands: ``"item 3, turns[0].id"``."""
        return join_place(self.item, self.path)

    def error(self, code: str, detail: str) -> FormatError:
        """Return the error that says ``detail`` about this place."""
        return FormatError(code=code, detail=detail, place=self.place)

    def optional(self, name: str) -> Field | None:
        """Return the object's field, None when it is absent or null."""
        value = self._object().get(name)
        return None if value is None else self._child(name, value)

    def required(self, name: str) -> Field:
        """Return the object's field, which must be there and not null."""
        found = self.optional(name)
        if found is None:
            raise self.error("field_missing", f'The field "{name}" is missing.')
        return found

    def fields(self) -> Iterator[tuple[str, Field]]:
        """Yield the names and fields of an object, in its order; null counts as absent."""
        for name, value in self._object().items():
            if value is not None:
                yield name, self._child(name, value)

    def elements(self) -> list[Field]:
        """Return the elements of a list."""
        if not isinstance(self.value, list):
            raise self._wrong("a list")
        return [Field(value, self.item, f"{self.path}[{n}]") for n, value in enumerate(self.value)]

    def text(self) -> str:
        """Return a text as it is."""
        if not isinstance(self.value, str):
            raise self._wrong("a text")
        return self.value

    def integer(self) -> int:
        """Return a whole number; 2.0, "2" and true are none."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self._wrong("a whole number")
        return self.value

    def boolean(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            raise self._wrong("true or false")
        return self.value

    def identifier(self, longest: int = MAX_ID) -> str:
        """Return an id: a printable text that is not blank. A whole number counts as its digits."""
        if isinstance(self.value, int) and not isinstance(self.value, bool):
            return str(self.value)
        return self.short_text(longest)

    def short_text(self, longest: int) -> str:
        """Return a one-line text that is neither blank nor longer than ``longest`` characters."""
        text = self.text()
        if not text.strip() or len(text) > longest or _CONTROL.search(text):
            detail = f"Wanted one line of 1 to {longest} characters, and not only blanks."
            raise self.error("text_refused", detail)
        return text

    def language(self) -> str:
        """Return a language tag such as ``en`` or ``zh-Hans``."""
        text = self.text()
        if not _LANGUAGE.fullmatch(text) or len(text) > 16:  # noqa: PLR2004, the column's width
            raise self.error("language_refused", "Wanted a language tag such as en or zh-Hans.")
        return text

    def refuse_others(self, known: Collection[str]) -> None:
        """Refuse an object that has fields beside the known ones."""
        for name in self._object():
            if name not in known:
                detail = f"Unknown field; known here are: {', '.join(sorted(known))}."
                raise self._child(name, None).error("field_unknown", detail)

    def meta(self, leave_out: Collection[str] = ()) -> Meta:
        """Return the object's fields, all scalars, as a small flat mapping; null is left out.

        More than 32 fields, or texts over 1,000 characters, are refused: meta says where data
        came from, it is no place for data.
        """
        found: dict[str, str | int | float | bool] = {}
        for name, field in self.fields():
            if name in leave_out:
                continue
            value = field.value
            if isinstance(value, dict | list) or value is None:
                detail = "Unknown field; only a text, a number, true or false is kept unread. Take it out."
                raise field.error("field_unknown", detail)
            if len(name) > MAX_META_KEY or (isinstance(value, str) and len(value) > MAX_META_TEXT):
                detail = (
                    f"Too long to keep: a name has at most {MAX_META_KEY} characters, a text {MAX_META_TEXT}."
                )
                raise field.error("meta_too_long", detail)
            found[name] = value
        if len(found) > MAX_META_KEYS:
            raise self.error("meta_too_many", f"At most {MAX_META_KEYS} further fields are kept.")
        return found

    def _object(self) -> dict[str, JsonValue]:
        if not isinstance(self.value, dict):
            raise self._wrong("an object")
        return self.value

    def _child(self, name: str, value: JsonValue) -> Field:
        shown = name if name.isidentifier() and len(name) <= MAX_META_KEY else repr(name[:MAX_META_KEY])
        return Field(value, self.item, f"{self.path}.{shown}".removeprefix("."))

    def _wrong(self, wanted: str) -> FormatError:
        detail = f"Wanted {wanted}, found {_KINDS[type(self.value)]}."
        return self.error("type_wrong", detail)
