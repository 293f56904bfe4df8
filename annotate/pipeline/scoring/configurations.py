"""The scorers that this installation knows: the built-in ones and SCORERS_FILE's."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from annotate.refusal import Refusal
from inference import configuration
from inference.steps import SPLITTER_VERSION


@lru_cache(maxsize=1)
def configurations() -> dict[str, configuration.Configuration]:
    """Return the scorers that can be run here, those without the folder of their weights left out.

    Read once per process. Raises ConfigurationError for a file that is wrong, with the place.
    """
    file = Path(settings.SCORERS_FILE) if settings.SCORERS_FILE else None
    return {key: one for key, one in configuration.known(file).items() if getattr(one, "model", True)}


def scorers() -> list[str]:
    """Return the names of the scorers there are; Refusal when SCORERS_FILE is wrong."""
    try:
        return sorted(configurations())
    except configuration.ConfigurationError as error:
        raise Refusal.because("scorers_file", f"SCORERS_FILE cannot be used: {error}", "scorer") from error


def sha256_of(one: configuration.Configuration) -> str:
    """Return what tells configurations apart whose scores must not be mixed: settings and splitter."""
    words = f"{configuration.fingerprint(one)} {SPLITTER_VERSION}"
    return hashlib.sha256(words.encode()).hexdigest()
