"""The kinds of scorers there are; a kind's module is imported when a scorer of it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from inference.configuration import Configuration, Demo, Http, Outcome, Process

if TYPE_CHECKING:
    from inference.types import Scorer

KINDS: dict[type[Configuration], str] = {
    Process: "inference.scorers.process",
    Outcome: "inference.scorers.outcome",
    Http: "inference.scorers.http",
    Demo: "inference.scorers.demo",
}


def load(key: str, configuration: Configuration) -> Scorer:
    """Return the scorer with this configuration, ready to be called.

    Raises ConfigurationError for what cannot be loaded as configured, OSError for files that cannot be
    read. ``key`` is the name under which it speaks of itself.
    """
    scorer: Scorer = import_module(KINDS[type(configuration)]).load(key, configuration)
    return scorer
