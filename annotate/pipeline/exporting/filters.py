"""What a release may be asked for, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from annotate.refusal import Refusal

FORMATS = ("native",)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
NAME_RULE = (
    "A name has 1 to 64 letters, digits, dots, dashes or underscores and starts with a letter or digit."
)

LICENSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,63}")
LICENSE_RULE = "A licence is an identifier such as cc-by-4.0: letters, digits, dots, plus signs and dashes."

_LISTS = ("batch", "origin")
Origin = Literal["live", "imported", "review"]


class Filters(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What goes into a release.

    ``batch``: only these batches, by name; empty: all. ``origin``: only submissions of these origins;
    empty: all. ``include_untrained_scores``: scores of runs that are not trained, too. ``people``:
    ``pseudonym`` (keyed, another one in every release) or ``exact`` (outside ids and names).
    ``allow_missing_images``: an image whose file is gone becomes null instead of stopping the release.
    ``license``: an identifier for the dataset card, such as ``cc-by-4.0``. ``include_holdout``: conversations
    that a holdout batch asks about, too; else nothing about them is in the release, whatever batch it came from.
    """

    batch: tuple[str, ...] = ()
    origin: tuple[Origin, ...] = ()
    include_untrained_scores: bool = False
    people: Literal["pseudonym", "exact"] = "pseudonym"
    allow_missing_images: bool = False
    license: str = "unknown"
    include_holdout: bool = False


def read_filters(raw: Mapping[str, Any]) -> Filters:
    """Check filters as a program sends them; Refusal lists the known ones and names the wrong one."""
    known = Filters.__struct_fields__
    unknown = sorted(set(raw) - set(known))
    if unknown:
        detail = f"“{unknown[0]}” is not a filter. Known filters: {', '.join(known)}."
        raise Refusal.because("unknown_filter", detail, f"filters.{unknown[0]}")
    lists = {key: [raw[key]] if isinstance(raw[key], str) else raw[key] for key in raw if key in _LISTS}
    try:
        filters = msgspec.convert({**raw, **lists}, Filters)
    except msgspec.ValidationError as error:
        detail, _, path = str(error).partition(" - at `$")
        raise Refusal.because("invalid_filter", f"{detail}.", f"filters{path.rstrip('`')}") from None
    if not LICENSE.fullmatch(filters.license):
        raise Refusal.because("invalid_filter", LICENSE_RULE, "filters.license")
    return filters


def check_name(name: str) -> str:
    """Return a usable name; Refusal says what a name looks like."""
    if not NAME.fullmatch(name):
        raise Refusal.because("name", NAME_RULE, "name")
    return name


def check_format(name: str) -> str:
    """Return a known format; Refusal lists them."""
    if name not in FORMATS:
        detail = f"“{name}” is not an export format. Known formats: {', '.join(FORMATS)}."
        raise Refusal.because("unknown_format", detail, "format")
    return name
