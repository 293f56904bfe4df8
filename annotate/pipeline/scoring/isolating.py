"""Find what a scorer breaks on, so that a fault costs the item at fault its score and no other's.

A scorer should never raise for an item; one that does on a batch is asked again for halves of it, down
to the conversation and then the item.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from annotate.pipeline.scoring import workers
from inference.types import DeviceLostError, Item, ItemError, Result, Scorer, UnavailableError

log = logging.getLogger(__name__)

T = TypeVar("T")

FAILED = "scorer_failed"
IN_A_ROW = 3
"""Conversations, one after another, of which nothing could be scored: by then it is the scorer that is broken."""


class ScorerFailedError(Exception):
    """What a scorer raised, in words."""


def guarded(call: Callable[[], T]) -> T:
    """Call a scorer's code, which may raise anything: ScorerFailedError then, with a traceback in the log.

    UnavailableError passes: it says that no item is at fault. A worker whose device is lost ends here, and the
    next one finds out by the count of attempts which conversation does that.
    """
    try:
        return call()
    except UnavailableError:
        raise
    except DeviceLostError as error:
        workers.abandon(str(error))
        raise ScorerFailedError(f"{type(error).__name__}: {error}") from error
    except Exception as error:
        log.exception("the scorer raised")
        raise ScorerFailedError(f"{type(error).__name__}: {error}") from error


class Isolation:
    """One batch, asked for as a whole, or in parts where the scorer raises.

    ``failed_in_a_row`` counts conversations over batches: give the next one the last one's.
    """

    def __init__(self, scorer: Scorer, failed_in_a_row: int = 0) -> None:
        self.scorer = scorer
        self.failed_in_a_row = failed_in_a_row
        self.words = ""
        self.results: list[Result] = []

    @property
    def is_broken(self) -> bool:
        """Whether nothing is to be expected from this scorer any more."""
        return self.failed_in_a_row >= IN_A_ROW

    def score(self, conversations: Sequence[list[Item]]) -> list[Result]:
        """Return a result for each item in order; fewer when the scorer proves to be broken on the way."""
        if self.is_broken:
            return self.results
        try:
            self.results += self._ask([item for items in conversations for item in items])
        except ScorerFailedError as failure:
            if len(conversations) > 1:
                for half in _halves(conversations):
                    self.score(half)
            else:
                self._conversation_at_fault(conversations[0], failure)
        else:
            self.failed_in_a_row = 0
        return self.results

    def _conversation_at_fault(self, items: list[Item], failure: ScorerFailedError) -> None:
        scored_before = len(self.results)
        self._one_by_one(items, failure)
        ours = self.results[scored_before:]
        self.words = str(failure)
        in_vain = all(result.error is not None and result.error.code == FAILED for result in ours)
        self.failed_in_a_row = self.failed_in_a_row + 1 if in_vain else 0

    def _one_by_one(self, items: list[Item], failure: ScorerFailedError) -> None:
        if len(items) == 1:
            self.results.append(Result(id=items[0].id, error=ItemError(FAILED, str(failure))))
            return
        for half in _halves(items):
            try:
                self.results += self._ask(half)
            except ScorerFailedError as again:
                self._one_by_one(half, again)

    def _ask(self, items: list[Item]) -> list[Result]:
        results = guarded(lambda: self.scorer(items))
        # A score on the wrong response would stay unseen.
        if [result.id for result in results] != [item.id for item in items]:
            raise ScorerFailedError("its answers are not in the order of its items")
        return results


def _halves(many: Sequence[T]) -> tuple[list[T], list[T]]:
    middle = len(many) // 2
    return list(many[:middle]), list(many[middle:])
