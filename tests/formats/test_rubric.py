"""Rubrics that are no rubrics, or bombs: each is refused with its place, and at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from annotate.formats.records import FormatError
from annotate.formats.rubric import BUILT_IN, MAX_LENGTH, parse_rubric

Change = Callable[[dict[str, Any]], object]


def changed(change: Change) -> str:
    """Return InterMT's rubric with something in it changed, as YAML."""
    rubric = yaml.safe_load((BUILT_IN / "intermt.yaml").read_text())
    change(rubric)
    return yaml.safe_dump(rubric)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda rubric: rubric["dimensions"][0].update(scale=[0, 10**12]), "dimensions[0].scale"),
        (lambda rubric: rubric["dimensions"][0].update(scale=[-11, 3]), "dimensions[0].scale"),
        (lambda rubric: rubric["dimensions"][0].update(key="k" * 65), "dimensions[0].key"),
        (lambda rubric: rubric["dimensions"][0].update(code="too long a code"), "dimensions[0].code"),
        (lambda rubric: rubric["dimensions"][0].update(aliases=[""]), "dimensions[0].aliases"),
        (lambda rubric: rubric.update(version=32_768), "version"),
        (lambda rubric: rubric.update(version=0), "version"),
        (lambda rubric: rubric.update(key=""), "key"),
        (
            lambda rubric: rubric["dimensions"][1]["texts"]["en"].update(name="a\0b"),
            "dimensions[1].texts.en.name",
        ),
        (lambda rubric: rubric["names"].update(en="half \ud83d"), "surrogate"),
    ],
)
def test_what_no_table_holds_is_refused_at_once(change: Change, place: str) -> None:
    start = time.monotonic()
    with pytest.raises(FormatError) as refused:
        parse_rubric(changed(change), "rubric.yaml")

    assert place in str(refused.value)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("text", ["[" * MAX_LENGTH, "? " * 50_000, "{a: " * 50_000, "- " * 50_000])
def test_nesting_is_refused_before_it_costs_anything(text: str) -> None:
    start = time.monotonic()
    with pytest.raises(FormatError, match="32 deep"):
        parse_rubric(text, "rubric.yaml")

    assert time.monotonic() - start < 5


def test_aliases_and_length_are_refused() -> None:
    with pytest.raises(FormatError, match="aliases"):
        parse_rubric("a: &x [1]\nb: *x", "rubric.yaml")
    with pytest.raises(FormatError, match="longer"):
        parse_rubric(" " * (MAX_LENGTH + 1), "rubric.yaml")
