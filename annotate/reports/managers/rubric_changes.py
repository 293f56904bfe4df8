"""What a new version of a rubric changes, in the terms of its texts rather than of its file."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from annotate.formats.rubric import RubricRecord
from annotate.models import Dimension, Rubric


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a comparison: ``+`` new, ``-`` gone, a blank where both have it."""

    sign: str
    text: str


def changes(rubric: Rubric, record: RubricRecord) -> list[Line]:
    """Return the changed lines, each with one line around it, from a stored rubric to one that was read."""
    before, after = list(_lines(as_record(rubric))), list(_lines(record))
    found = difflib.unified_diff(before, after, lineterm="", n=1)
    return [Line(line[0], line[1:]) for line in found if not line.startswith(("---", "+++"))]


def as_record(rubric: Rubric, version: int | None = None) -> RubricRecord:
    """Return what is stored as the record of a file, where wanted under another version."""
    plain = {
        "key": rubric.key,
        "version": rubric.version if version is None else version,
        "names": rubric.names,
        "dimensions": [_dimension(one) for one in rubric.dimensions.all()],
    }
    return msgspec.convert(plain, RubricRecord, strict=False)


def _dimension(one: Dimension) -> dict[str, Any]:
    return {
        "key": one.key,
        "code": one.code,
        "scope": one.scope,
        "scale": (one.minimum, one.maximum),
        "image_rule": one.image_rule,
        "aliases": one.aliases,
        "texts": one.texts,
    }


def _lines(record: RubricRecord) -> Iterator[str]:
    yield f"{record.key} v{record.version}"
    for language, name in sorted(record.names.items()):
        yield f"{language}: {name}"
    for one in record.dimensions:
        low, high = one.scale
        yield f"{one.code} {one.key} · {one.scope} · {low}…{high} · {one.image_rule}"
        if one.aliases:
            yield f"{one.code} aliases: {', '.join(one.aliases)}"
        for language, texts in sorted(one.texts.items()):
            yield f"{one.code} {language} name: {texts.name}"
            yield f"{one.code} {language} question: {texts.question}"
            for level, anchor in sorted(texts.anchors.items()):
                yield f"{one.code} {language} {level}: {anchor}"
            for rule, words in sorted(texts.rules.items()):
                yield f"{one.code} {language} {rule}: {words}"
