"""Rubrics as YAML: read, checked, and given a hash of their meaning.

``docs/data-format.md`` describes the file. InterMT's nine dimensions are ``annotate/rubrics/intermt.yaml``.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import msgspec
import yaml

from annotate.formats.records import FormatError, Scope

BUILT_IN = Path(__file__).resolve().parent.parent / "rubrics"
LANGUAGES = ("en", "zh-hans")

# Which situations about images each rule must have a sentence for.
RULES = {
    "none": frozenset[str](),
    "text_against_image": frozenset({"several_images", "input_images_only", "no_image_in_turn", "no_image"}),
    "image_quality": frozenset({"several_images", "input_images_only", "no_image_in_turn", "no_image"}),
    "images_across_turns": frozenset({"no_output_image", "no_image"}),
    "style_across_images": frozenset({"one_image_turn", "no_output_image", "no_image"}),
}


class DimensionTexts(msgspec.Struct, forbid_unknown_fields=True):
    """One dimension's wording in one language; an anchor per level, a sentence per image situation."""

    name: str
    question: str
    anchors: dict[int, str]
    rules: dict[str, str] = {}


class DimensionRecord(msgspec.Struct, forbid_unknown_fields=True):
    """One dimension: ``scale`` is (minimum, maximum), both included."""

    key: str
    code: str
    scope: Scope
    scale: tuple[int, int]
    texts: dict[str, DimensionTexts]
    image_rule: Literal[
        "none", "text_against_image", "image_quality", "images_across_turns", "style_across_images"
    ] = "none"
    aliases: tuple[str, ...] = ()


class RubricRecord(msgspec.Struct, forbid_unknown_fields=True):
    """One version of a rubric."""

    key: str
    version: int
    names: dict[str, str]
    dimensions: tuple[DimensionRecord, ...]

    @property
    def sha256(self) -> str:
        """Hex hash of the meaning: the same for any layout of the same YAML."""
        plain = msgspec.to_builtins(self, str_keys=True)
        return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()


def read_rubric(file: Path) -> RubricRecord:
    """Read and check one YAML rubric; FormatError names the place of what is wrong."""
    try:
        raw = yaml.safe_load(file.read_bytes())
    except (OSError, yaml.YAMLError) as error:
        raise FormatError(
            code="unreadable", detail=f"not readable as YAML: {error}", place=file.name
        ) from error
    try:
        rubric = msgspec.convert(raw, RubricRecord, strict=True)
    except msgspec.ValidationError as error:
        raise FormatError(code="invalid", detail=str(error), place=file.name) from error
    _check(rubric, file.name)
    return rubric


def _check(rubric: RubricRecord, place: str) -> None:
    names = [name for one in rubric.dimensions for name in (one.key, *one.aliases)]
    if len(names) != len(set(names)):
        raise FormatError(code="duplicate", detail="a dimension key or alias occurs twice", place=place)
    if not rubric.dimensions:
        raise FormatError(code="empty", detail="a rubric needs at least one dimension", place=place)
    for dimension in rubric.dimensions:
        _check_dimension(dimension, f"{place}, {dimension.key}")


def _check_dimension(dimension: DimensionRecord, place: str) -> None:
    minimum, maximum = dimension.scale
    if not minimum < maximum:
        raise FormatError(code="scale", detail="the scale's minimum must lie below its maximum", place=place)
    for language in LANGUAGES:
        texts = dimension.texts.get(language)
        if texts is None:
            raise FormatError(code="language", detail=f"texts for {language} are missing", place=place)
        if set(texts.anchors) != set(range(minimum, maximum + 1)):
            detail = f"every level from {minimum} to {maximum} needs exactly one anchor"
            raise FormatError(code="anchors", detail=detail, place=f"{place}.texts.{language}.anchors")
        if set(texts.rules) != RULES[dimension.image_rule]:
            wanted = ", ".join(sorted(RULES[dimension.image_rule])) or "none"
            detail = f"image_rule {dimension.image_rule} needs exactly these rules: {wanted}"
            raise FormatError(code="rules", detail=detail, place=f"{place}.texts.{language}.rules")
