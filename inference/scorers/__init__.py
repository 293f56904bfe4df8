"""The kinds of scorers there are; a kind's module is imported when a scorer of it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import msgspec

from inference.configuration import (
    Configuration,
    ConfigurationError,
    Demo,
    Http,
    Outcome,
    Process,
)

if TYPE_CHECKING:
    from inference.types import Scorer, ScorerInfo

ASKING_SECONDS = 10.0
"""The longest that a server may take to say who it is, whatever it is given to score."""

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
    try:
        module = import_module(KINDS[type(configuration)])
    except ModuleNotFoundError as error:
        detail = f"needs {error.name}, which is not installed; start with ./run --with-models, or install the extra"
        raise ConfigurationError(f"{key}: {detail} `inference`") from error
    scorer: Scorer = module.load(key, configuration)
    return scorer


def describe(key: str, configuration: Configuration) -> ScorerInfo:
    """Return who would speak with this configuration, without loading a model or importing torch.

    Weights are told by ``revision`` where it is set, else by their folder; a server is asked, once.
    Raises ConfigurationError for what cannot be loaded as configured, OSError for files that cannot be
    read or a server that does not answer.
    """
    match configuration:
        case Process() | Outcome():
            if not configuration.model:
                raise ConfigurationError(f"{key}: names no folder; set its `model` to that of the weights")
            from inference.checkpoints.identity import present  # noqa: PLC0415 - of these two kinds alone

            return present(key, configuration)
        case Http():
            timeout = min(configuration.timeout, ASKING_SECONDS)
            return load(key, msgspec.structs.replace(configuration, timeout=timeout, retries=0)).describe()
        case Demo():
            return load(key, configuration).describe()
