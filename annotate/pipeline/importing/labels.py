"""Labels that came with a file: checked against the rubric, then kept as revisions of a named source.

The latest revision of a person's answers to a task is the valid one. Records that label different
paths of one task therefore build on one another: each revision repeats what it does not replace.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from annotate.formats.records import ConversationRecord, FormatError
from annotate.models import Batch, Dimension


@dataclass(frozen=True, slots=True)
class Scales:
    """The dimensions of a rubric by key and alias, and how strong a preference may be."""

    dimensions: dict[str, Dimension]
    preference: int

    @classmethod
    def of(cls, batch: Batch) -> Scales:
        """Read those of a batch."""
        dimensions = list(batch.rubric.dimensions.all())
        named = {name: one for one in dimensions for name in one.aliases}
        return cls(named | {one.key: one for one in dimensions}, batch.preference_scale)


@dataclass(frozen=True, slots=True)
class Labels:
    """What one record says of its responses, which are named by their keys in the record.

    ``ratings``: (response, dimension id) to value. ``comparisons``: (scope, left, right, dimension id
    or None) to preference, positive for right. ``notes``: (kind, scope, response, dimension id or
    None) to texts.
    """

    ratings: dict[tuple[str, int], int]
    comparisons: dict[tuple[str, str, str, int | None], int]
    notes: dict[tuple[str, str, str, int | None], tuple[str, ...]]

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.ratings or self.comparisons or self.notes)

    @property
    def count(self) -> int:
        """How many values: ratings and comparisons."""
        return len(self.ratings) + len(self.comparisons)


def check_labels(record: ConversationRecord, scales: Scales) -> Labels:
    """Return a record's labels by stored dimension.

    FormatError: ``dimension_unknown`` (or of the other scope), ``value_off_scale``, ``labels_twice``,
    ``pair_of_one``.
    """
    labels = Labels({}, {}, {})
    check = _Check(record.place, scales)
    for rating in record.ratings:
        dimension = check.dimension(rating.dimension, rating.scope)
        what = f"the rating of {rating.dimension}"
        check.value(rating.value, dimension.minimum, dimension.maximum, what)
        check.once((rating.response, dimension.pk), labels.ratings, what)
        labels.ratings[rating.response, dimension.pk] = rating.value
    for one in record.comparisons:
        compared = check.dimension(one.dimension, one.scope).pk if one.dimension else None
        what = f"the {one.scope} comparison" + (f" on {one.dimension}" if one.dimension else "")
        check.value(one.preference, -scales.preference, scales.preference, what)
        if one.left == one.right:
            raise check.error("pair_of_one", "A response is compared with itself.", what)
        check.once((one.scope, one.left, one.right, compared), labels.comparisons, what)
        check.once((one.scope, one.right, one.left, compared), labels.comparisons, what)
        labels.comparisons[one.scope, one.left, one.right, compared] = one.preference
    for note in record.notes:
        about = check.dimension(note.dimension, note.scope).pk if note.dimension else None
        key = (note.kind, note.scope, note.response, about)
        if note.text.strip():
            labels.notes[key] = (*labels.notes.get(key, ()), note.text)
    return labels


@dataclass(frozen=True, slots=True)
class _Check:
    place: str
    scales: Scales

    def dimension(self, name: str, scope: str) -> Dimension:
        found = self.scales.dimensions.get(name)
        if found is None or found.scope != scope:
            known = sorted(one.key for one in set(self.scales.dimensions.values()) if one.scope == scope)
            detail = (
                f"“{name}” is no {scope} dimension of the project's rubric; these are: {', '.join(known)}."
            )
            raise self.error("dimension_unknown", detail, name)
        return found

    def value(self, value: int, minimum: int, maximum: int, what: str) -> None:
        if not minimum <= value <= maximum:
            detail = f"{value} is off the scale from {minimum} to {maximum}."
            raise self.error("value_off_scale", detail, what)

    def once(self, key: Any, seen: dict[Any, int], what: str) -> None:  # noqa: ANN401
        if key in seen:
            raise self.error("labels_twice", "There is another label for the same; keep one.", what)

    def error(self, code: str, detail: str, what: str) -> FormatError:
        return FormatError(code=code, detail=detail, place=f"{self.place}, {what}")


def fingerprint(labels: Labels, names: dict[str, str], external_id: str) -> str:
    """Return the hex SHA-256 of what a record says; ``names`` are its responses' lasting names, by key.

    The record's upstream id counts: two items that label one path alike are two labels. Which side of
    a pair a response stands on makes no difference.
    """
    ratings = sorted([names[key], dimension, value] for (key, dimension), value in labels.ratings.items())
    comparisons = []
    for (scope, left, right, dimension), preference in labels.comparisons.items():
        first, second = names[left], names[right]
        ordered = [first, second, preference] if first < second else [second, first, -preference]
        comparisons.append([scope, dimension or 0, *ordered])
    notes = sorted(
        [kind, scope, names[key], dimension or 0, list(texts)]
        for (kind, scope, key, dimension), texts in labels.notes.items()
    )
    return _sha256([external_id, ratings, sorted(comparisons), notes])


def _sha256(value: Iterable[object]) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False).encode()).hexdigest()
