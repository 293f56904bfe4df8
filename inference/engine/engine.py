"""From items to the hidden states that their scores are read from; which model, it need not know.

Items are grouped by conversation and the groups packed up to a token budget; a pack is one forest.
While one pack is computed, threads prepare the pictures of the next. What is wrong with one item stays
with that item; memory that runs out halves the budget before it costs an item its score.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import torch

from inference.checks import find_fault
from inference.engine.features import FeatureCache
from inference.engine.forest import Forest, distinct
from inference.engine.passes import Counted, hidden_states
from inference.engine.pictures import PictureError, inspect
from inference.types import DeviceLostError, ItemError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from torch import Tensor

    from inference.engine.pictures import Source
    from inference.engine.sequences import Picture, TokenSequence
    from inference.types import Image, Item

log = logging.getLogger(__name__)

CACHE_BYTES = 1024**3
SMALLEST_BUDGET = 256
_PREPARERS = 2
_NO_MEMORY = ("can't allocate memory", "out of memory", "STATUS_ALLOC_FAILED")
"""What the CPU's allocator, the driver and its libraries say in errors of no class of their own."""

Budget: TypeAlias = int
Look: TypeAlias = "Callable[[Image], Source]"


class Reader(Protocol):
    """How items become sequences for a model, and pictures features."""

    language: Any
    max_tokens: int

    def budgets(self, items: Sequence[Item]) -> Iterable[Budget]:
        """Yield the image budgets to try for a conversation's items, the wanted one first."""
        ...

    def sequence(self, item: Item, budget: Budget, look: Look) -> TokenSequence:
        """Return the item as the model reads it; ItemFault or PictureError for what cannot be read.

        ``look`` is how the headers of its images are read.
        """
        ...

    def prepare(self, picture: Picture) -> Tensor:
        """Return the picture's pixels as the model takes them, on the CPU; PictureError when damaged."""
        ...

    def encode(
        self, prepared: Mapping[Hashable, tuple[Picture, Tensor]], budget: int
    ) -> dict[Hashable, Tensor]:
        """Return every picture's features [tokens, H], at most ``budget`` tokens' worth at once."""
        ...


class ItemFault(ValueError):  # noqa: N818 - the item's fault, not the program's
    """Why one item cannot be scored."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.error = ItemError(code, detail)


@dataclass(frozen=True, slots=True)
class Outcome:
    """An item's sequence and the hidden states [reads, H] at its reads."""

    sequence: TokenSequence
    states: Tensor


@dataclass(frozen=True, slots=True)
class _Planned:
    index: int
    sequence: TokenSequence


_Pack = list[_Planned]


class Engine:
    """A loaded model, ready for items. Not safe for two threads at once."""

    def __init__(self, reader: Reader, *, token_budget: int) -> None:
        self.reader = reader
        self.token_budget = token_budget
        self.counted = Counted()
        self.cache = FeatureCache(CACHE_BYTES)
        self._prepared: dict[Hashable, Future[Tensor]] = {}

    def run(self, items: Sequence[Item]) -> list[Outcome | ItemError]:
        """Return, for every item, what its score is read from, or why it has none."""
        outcomes: dict[int, Outcome | ItemError] = {}
        self._prepared.clear()  # a run that broke off may have left something
        planned = self._plan(items, outcomes)
        with ThreadPoolExecutor(_PREPARERS, thread_name_prefix="pictures") as pool:
            packs = iter(list(_packs(planned, self.token_budget)))
            coming = next(packs, None)
            self._prepare(coming, pool)
            while coming is not None:
                pack, coming = coming, next(packs, None)
                self._prepare(coming, pool)
                self._compute(pack, self.token_budget, outcomes, pool)
                self._forget(pack, keep=coming or [])
        return [outcomes[index] for index in range(len(items))]

    def _plan(self, items: Sequence[Item], outcomes: dict[int, Outcome | ItemError]) -> list[_Pack]:
        """Return the conversations' sequences; what cannot be read is answered at once."""
        look = cache(inspect)  # candidates share their history's pictures
        conversations: dict[Hashable, list[int]] = {}
        for index, item in enumerate(items):
            if fault := find_fault(item):
                outcomes[index] = fault
            else:
                first = next(message for message in item.messages if message.role == "user")
                # Two conversations may open alike; those of another number of images are not the same.
                conversations.setdefault((first, item.conversation_images), []).append(index)
        return [self._sequences(items, indices, outcomes, look) for indices in conversations.values()]

    def _sequences(
        self,
        items: Sequence[Item],
        indices: list[int],
        outcomes: dict[int, Outcome | ItemError],
        look: Look,
    ) -> _Pack:
        """Return the sequences of one conversation, all under the first image budget that fits all.

        What is too long even under the smallest one has no say in it.
        """
        limit = self.reader.max_tokens

        def read(wanted: Iterable[int], budget: Budget) -> dict[int, TokenSequence]:
            found = {}
            for index in wanted:
                try:
                    found[index] = self.reader.sequence(items[index], budget, look)
                except (ItemFault, PictureError) as fault:
                    outcomes[index] = fault.error
            return found

        first, *fewer = self.reader.budgets([items[index] for index in indices])
        found = read(indices, first)
        if long := [index for index, one in found.items() if len(one) > limit]:
            for index, one in read(long, [first, *fewer][-1]).items():
                if len(one) > limit:
                    detail = f"the input has {len(one):,} tokens; the model takes {limit:,}"
                    outcomes[index] = ItemError("too_long", detail)
                    del found[index]
            rest = iter(fewer)
            while any(len(one) > limit for one in found.values()):
                found = read(found, next(rest))
        return [_Planned(index, one) for index, one in found.items()]

    def _prepare(self, pack: _Pack | None, pool: ThreadPoolExecutor) -> None:
        for picture in self.cache.missing(_pictures(pack or [])):
            if picture.key not in self._prepared:
                self._prepared[picture.key] = pool.submit(self.reader.prepare, picture)

    def _readable(self, pack: _Pack, outcomes: dict[int, Outcome | ItemError]) -> _Pack:
        """Return the pack without the items whose pictures turned out to be damaged."""
        readable = []
        for one in pack:
            try:
                for picture in self.cache.missing(_pictures([one])):
                    self._prepared[picture.key].result()
            except PictureError as fault:
                outcomes[one.index] = fault.error
            except (MemoryError, RuntimeError) as error:
                if not _is_out_of_memory(error):
                    raise
                outcomes[one.index] = ItemError("out_of_memory", "its pictures do not fit into memory")
            else:
                readable.append(one)
        return readable

    def _forget(self, pack: _Pack, *, keep: _Pack) -> None:
        needed = {picture.key for picture in _pictures(keep)}
        for picture in _pictures(pack):
            if picture.key not in needed:
                self._prepared.pop(picture.key, None)

    def _compute(
        self, pack: _Pack, budget: int, outcomes: dict[int, Outcome | ItemError], pool: ThreadPoolExecutor
    ) -> None:
        self._prepare(pack, pool)  # again, for features may have been dropped since
        pack = self._readable(pack, outcomes)
        if not pack:
            return
        try:
            found = self._states(pack, budget)
        except (MemoryError, RuntimeError) as error:
            if not _is_out_of_memory(error):
                if isinstance(error, torch.AcceleratorError):
                    raise DeviceLostError(f"the accelerator broke down: {error}") from error
                raise
            log.warning("out of memory: %s items, %s tokens at once", len(pack), budget)
        else:
            for one, states in zip(pack, found, strict=True):
                outcomes[one.index] = Outcome(one.sequence, states)
            return
        # Outside of the handler, whose traceback would hold on to the memory.
        self._make_room()
        if budget > SMALLEST_BUDGET:
            self._compute(pack, max(budget // 2, SMALLEST_BUDGET), outcomes, pool)
        elif len(pack) > 1:
            for one in pack:
                self._compute([one], budget, outcomes, pool)
        else:
            detail = f"{len(pack[0].sequence):,} tokens do not fit into memory, {budget} at a time"
            outcomes[pack[0].index] = ItemError("out_of_memory", detail)

    def _states(self, pack: _Pack, budget: int) -> list[Tensor]:
        forest = Forest([one.sequence for one in pack])

        def encode(missing: list[Picture]) -> Mapping[Hashable, Tensor]:
            prepared: dict[Hashable, tuple[Picture, Tensor]] = {
                one.key: (one, self._prepared[one.key].result()) for one in missing
            }
            self.counted.pictures += len(missing)
            self.counted.picture_tokens += sum(one.tokens for one in missing)
            return self.reader.encode(prepared, budget)

        features = self.cache.gather(_pictures(pack), encode)
        states = hidden_states(
            self.reader.language, forest, lambda picture: features[picture.key], budget=budget
        )
        self.counted.add(forest, budget)
        return states

    def _make_room(self) -> None:
        self.cache.clear()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _packs(conversations: Sequence[_Pack], budget: int) -> Iterator[_Pack]:
    """Yield conversations together while their distinct tokens stay within the budget, each at least alone."""
    pack: _Pack = []
    size = 0
    for one in conversations:
        tokens = distinct([planned.sequence for planned in one])
        if pack and size + tokens > budget:
            yield pack
            pack, size = [], 0
        pack, size = [*pack, *one], size + tokens
    if pack:
        yield pack


def _pictures(pack: Iterable[_Planned]) -> list[Picture]:
    return [span.picture for one in pack for span in one.sequence.spans]


def _is_out_of_memory(error: Exception) -> bool:
    """Whether the accelerator, or the CPU's allocator, had no memory left."""
    kinds = MemoryError | torch.OutOfMemoryError
    return isinstance(error, kinds) or any(said in str(error) for said in _NO_MEMORY)
