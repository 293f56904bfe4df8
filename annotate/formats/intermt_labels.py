"""InterMT's labels: ratings, reasons and preferences by dimension, keyed as the rubric has them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Self

from annotate.formats.fields import Field
from annotate.formats.records import ComparisonRecord, NoteRecord, RatingRecord, Scope
from annotate.formats.rubric import BUILT_IN, DimensionRecord, read_rubric

_REASON = "reason_"
_OVERALL = frozenset({"overall", "overall_preference", "total_preference"})  # the prompts use all three
_PREFERENCES = {0: 0, 1: -1, 2: 1}  # equal, first (left) better, second (right) better


@dataclass(slots=True)
class Labels:
    """What one or several label objects hold."""

    ratings: list[RatingRecord] = field(default_factory=list)
    notes: list[NoteRecord] = field(default_factory=list)

    def __iadd__(self, other: Labels) -> Self:
        self.ratings += other.ratings
        self.notes += other.notes
        return self


def read_labels(labels: Field, scope: Scope, response: str) -> Labels:
    """Read ``{dimension: value, "reason_" + dimension: text}`` about one response.

    Aliases become the official key; null is "not rated", a blank reason none. Refused: an unknown
    dimension, one of the other scope, a value off its scale, one dimension under two names.
    """
    found = Labels()
    seen: set[str] = set()
    for name, value in labels.fields():
        prefix = _REASON if name.startswith(_REASON) else ""
        dimension = _dimension(name.removeprefix(prefix), scope, value)
        official = prefix + dimension.key
        if official in seen:
            raise value.error("labels_twice", f"There is another label for {official}; keep one.")
        seen.add(official)
        if not prefix:
            found.ratings.append(_rating(value, dimension, response))
        elif text := value.text().strip():
            found.notes.append(
                NoteRecord(kind="reason", response=response, scope=scope, dimension=dimension.key, text=text)
            )
    return found


def read_preferences(preferences: Field, scope: Scope, left: str, right: str) -> list[ComparisonRecord]:
    """Read ``{dimension: 0 | 1 | 2}`` about two responses; None stands for the overall preference."""
    found: dict[str | None, ComparisonRecord] = {}
    for name, value in preferences.fields():
        dimension = None if name in _OVERALL else _dimension(name, scope, value).key
        if dimension in found:
            raise value.error("labels_twice", "There is another label for the same dimension; keep one.")
        chosen = value.integer()
        if chosen not in _PREFERENCES:
            raise value.error("value_off_scale", "Wanted 1 (first better), 2 (second better) or 0 (equal).")
        found[dimension] = ComparisonRecord(
            scope=scope,
            left=left,
            right=right,
            dimension=dimension,
            preference=_PREFERENCES[chosen],
        )
    return list(found.values())


def _rating(value: Field, dimension: DimensionRecord, response: str) -> RatingRecord:
    number = value.integer()
    minimum, maximum = dimension.scale
    if not minimum <= number <= maximum:
        raise value.error("value_off_scale", f"Wanted a whole number from {minimum} to {maximum}.")
    return RatingRecord(response=response, scope=dimension.scope, dimension=dimension.key, value=number)


def _dimension(name: str, scope: Scope, value: Field) -> DimensionRecord:
    known = _dimensions()
    dimension = known.get(name)
    if dimension is None or dimension.scope != scope:
        names = ", ".join(dict.fromkeys(one.key for one in known.values() if one.scope == scope))
        detail = f"Not a {scope} dimension of InterMT; these are: {names}."
        raise value.error("dimension_unknown", detail)
    return dimension


@cache
def _dimensions() -> dict[str, DimensionRecord]:
    rubric = read_rubric(BUILT_IN / "intermt.yaml")
    return {name: one for one in rubric.dimensions for name in (one.key, *one.aliases)}
