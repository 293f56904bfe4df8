"""The scorers there are, by name; a module is imported when its scorer is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.types import Scorer

SCORERS = {"demo": "inference.scorers.demo"}


def load(name: str) -> Scorer:
    """Return the scorer of that name, ready to be called; ValueError names the known ones."""
    if name not in SCORERS:
        raise ValueError(f"there is no scorer {name!r}; known: {', '.join(sorted(SCORERS))}")
    scorer: Scorer = import_module(SCORERS[name]).load()
    return scorer
