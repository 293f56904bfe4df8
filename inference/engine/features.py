"""Features of pictures, computed once for each picture, budget and model, and kept up to a bound."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from torch import Tensor

    from inference.engine.sequences import Picture


class FeatureCache:
    """Keeps the features that were used last, at most ``limit`` bytes of them.

    It belongs to one loaded model, so that revision and settings of the model need no place in the key.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.bytes = 0
        self._kept: OrderedDict[Hashable, Tensor] = OrderedDict()

    def missing(self, pictures: Iterable[Picture]) -> list[Picture]:
        """Return the distinct pictures whose features are not here."""
        return list({one.key: one for one in pictures if one.key not in self._kept}.values())

    def gather(
        self, pictures: Iterable[Picture], compute: Callable[[list[Picture]], Mapping[Hashable, Tensor]]
    ) -> dict[Hashable, Tensor]:
        """Return the features [tokens, H] of all pictures by key, computing those that are not here."""
        wanted = {one.key: one for one in pictures}
        fresh = compute(missing) if (missing := self.missing(wanted.values())) else {}
        found: dict[Hashable, Tensor] = {
            key: fresh[key] if key in fresh else self._kept[key] for key in wanted
        }
        for key, tensor in found.items():
            self._keep(key, tensor)
        return found

    def clear(self) -> None:
        """Give the memory back."""
        self._kept.clear()
        self.bytes = 0

    def _keep(self, key: Hashable, tensor: Tensor) -> None:
        if key in self._kept:
            self._kept.move_to_end(key)
            return
        self._kept[key] = tensor
        self.bytes += tensor.nbytes
        while self.bytes > self.limit and self._kept:
            _, dropped = self._kept.popitem(last=False)
            self.bytes -= dropped.nbytes
