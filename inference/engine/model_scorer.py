"""A scorer that is a loaded model: the engine finds hidden states, a kind of scorer reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.engine.engine import Engine
from inference.engine.loading import health_of
from inference.types import ItemError, Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from inference.engine.engine import Reader
    from inference.engine.sequences import TokenSequence
    from inference.types import Health, Item, ScorerInfo


class ModelScorer:
    """What the process and the outcome scorer share; they add ``result``."""

    def __init__(self, info: ScorerInfo, reader: Reader, *, token_budget: int) -> None:
        self._info = info
        self.engine = Engine(reader, token_budget=token_budget)

    def describe(self) -> ScorerInfo:
        """Say which model, of which revision, speaks."""
        return self._info

    def health(self) -> Health:
        """Say where the model lies and how much memory is free there."""
        return health_of(self.engine.reader.language.embed_tokens.weight.device)

    def __call__(self, items: Sequence[Item], /) -> list[Result]:
        """Score every item; one that cannot be scored gets its own error."""
        outcomes = self.engine.run(items)
        return [
            Result(id=item.id, error=outcome)
            if isinstance(outcome, ItemError)
            else self.result(item, outcome.sequence, outcome.states)
            for item, outcome in zip(items, outcomes, strict=True)
        ]

    def result(self, item: Item, sequence: TokenSequence, states: Tensor) -> Result:
        """Return what the hidden states [reads, H] say about the item."""
        raise NotImplementedError
