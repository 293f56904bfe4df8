"""Rubrics as YAML: read, checked, and given a hash of their meaning.

``docs/import-formats.md`` describes the file. InterMT's nine dimensions are ``annotate/rubrics/intermt.yaml``.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import yaml

from annotate.formats import strict_json
from annotate.formats.records import FormatError, Scope

BUILT_IN = Path(__file__).resolve().parent.parent / "rubrics"
LANGUAGES = ("en", "zh-hans")
MAX_LENGTH = 256 * 1024  # InterMT's nine dimensions in two languages take ten
MAX_DEPTH = 32

# Which situations about images each rule must have a sentence for.
RULES = {
    "none": frozenset[str](),
    "text_against_image": frozenset({"several_images", "input_images_only", "no_image_in_turn", "no_image"}),
    "image_quality": frozenset({"several_images", "input_images_only", "no_image_in_turn", "no_image"}),
    "images_across_turns": frozenset({"no_output_image", "no_image"}),
    "style_across_images": frozenset({"one_image_turn", "no_output_image", "no_image"}),
}


# What the tables hold.
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Level = Annotated[int, msgspec.Meta(ge=-10, le=100)]


class DimensionTexts(msgspec.Struct, forbid_unknown_fields=True):
    """One dimension's wording in one language; an anchor per level, a sentence per image situation."""

    name: str
    question: str
    anchors: dict[int, str]
    rules: dict[str, str] = {}


class DimensionRecord(msgspec.Struct, forbid_unknown_fields=True):
    """One dimension: ``scale`` is (minimum, maximum), both included."""

    key: Name
    code: Annotated[str, msgspec.Meta(max_length=8)]
    scope: Scope
    scale: tuple[Level, Level]
    texts: dict[str, DimensionTexts]
    image_rule: Literal[
        "none", "text_against_image", "image_quality", "images_across_turns", "style_across_images"
    ] = "none"
    aliases: tuple[Name, ...] = ()


class RubricRecord(msgspec.Struct, forbid_unknown_fields=True):
    """One version of a rubric."""

    key: Name
    version: Annotated[int, msgspec.Meta(ge=1, le=32_767)]
    names: dict[str, str]
    dimensions: Annotated[tuple[DimensionRecord, ...], msgspec.Meta(max_length=100)]

    @property
    def sha256(self) -> str:
        """Hex hash of the meaning: the same for any layout of the same YAML."""
        plain = msgspec.to_builtins(self, str_keys=True)
        return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()


def read_rubric(file: Path) -> RubricRecord:
    """Read and check one YAML rubric; FormatError names the place of what is wrong."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise FormatError(code="unreadable", detail=f"not readable: {error}", place=file.name) from error
    return parse_rubric(content, file.name)


def parse_rubric(content: bytes | str, place: str) -> RubricRecord:
    """Read and check the text of a YAML rubric; FormatError names the place, below ``place``, of what is wrong.

    At most 256 KB, without YAML's aliases (a few lines of them can stand for gigabytes), nested no deeper than
    32 (the parser's time grows with the square), and every text such as can be stored.
    """
    if len(content) > MAX_LENGTH:
        raise FormatError(code="too_large", detail=f"longer than {MAX_LENGTH:,} bytes", place=place)
    try:
        _look_through(content, place)
        raw = yaml.safe_load(content)
    except FormatError:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise FormatError(code="unreadable", detail=f"not readable as YAML: {error}", place=place) from error
    try:
        rubric = msgspec.convert(raw, RubricRecord, strict=True)
    except msgspec.ValidationError as error:
        raise FormatError(code="invalid", detail=str(error), place=place) from error
    try:
        strict_json.loads(msgspec.json.encode(rubric), place=place)
    except UnicodeEncodeError as error:
        detail = "a text holds half of a surrogate pair, which is not text; take it out"
        raise FormatError(code="text", detail=detail, place=place) from error
    _check(rubric, place)
    return rubric


def write_rubric(rubric: RubricRecord) -> str:
    """Return the rubric as YAML that ``parse_rubric`` reads back as the same."""
    return yaml.safe_dump(msgspec.to_builtins(rubric), allow_unicode=True, sort_keys=False, width=120)


def _look_through(content: bytes | str, place: str) -> None:
    """Refuse aliases and deep nesting before anything is built; the parser reads on only as events are taken."""
    depth = 0
    for event in yaml.parse(content, yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise FormatError(code="alias", detail="aliases (*name) are not allowed here", place=place)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            detail = f"not readable: nested more than {MAX_DEPTH} deep"
            raise FormatError(code="too_deep", detail=detail, place=place)


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
