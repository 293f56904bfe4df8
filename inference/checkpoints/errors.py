"""Why a folder of weights is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.configuration import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN = 10


class ConversionError(ConfigurationError):
    """What differs between a folder and what can be converted exactly; nothing was written."""


def refuse(problems: Iterable[str]) -> None:
    """Raise ConversionError with the first problems, one a line; return when there is none."""
    found = list(problems)
    if not found:
        return
    more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    raise ConversionError("\n".join([*found[:SHOWN], *more]))
