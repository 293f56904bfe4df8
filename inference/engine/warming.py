"""The first pass of a loaded model: kernels are compiled and memory is taken before the first item waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from inference.configuration import ConfigurationError
from inference.types import Item, Message, Text

if TYPE_CHECKING:
    from inference.types import Scorer

Loaded = TypeVar("Loaded", bound="Scorer")

_ITEM = Item(
    id="warm-up",
    messages=(Message("user", (Text("What is 2 + 2?"),)), Message("assistant", (Text("It is 4."),))),
)


def warm(scorer: Loaded) -> Loaded:
    """Score one short item and return the scorer; ConfigurationError when the model cannot even do that."""
    (result,) = scorer([_ITEM])
    if result.error is not None:
        said = f"{result.error.code}: {result.error.detail}"
        raise ConfigurationError(f"{scorer.describe().key}: the model cannot score a short text ({said})")
    return scorer
