"""What is left of a batch when the scorer raises: everything but what it raised on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence

import pytest

from annotate.pipeline.scoring import workers
from annotate.pipeline.scoring.isolating import FAILED, IN_A_ROW, Isolation
from inference.types import DeviceLostError, Item, Result, UnavailableError


def items(*ids: int) -> list[Item]:
    return [Item(id=one, messages=()) for one in ids]


class Fragile:
    """Scores an item by its id, and raises ``error`` on a call that holds one of ``poison``."""

    def __init__(self, *poison: int, error: Exception | None = None) -> None:
        self.poison = set(poison)
        self.error = error or ZeroDivisionError("too much")
        self.calls = 0

    def __call__(self, items: Sequence[Item], /) -> list[Result]:
        self.calls += 1
        if self.poison & {item.id for item in items}:
            raise self.error
        return [Result(id=item.id, value=float(item.id)) for item in items]


def codes(results: list[Result]) -> list[str]:
    return [result.error.code if result.error else "" for result in results]


def isolation(scorer: Callable[[Sequence[Item]], list[Result]], failed_in_a_row: int = 0) -> Isolation:
    return Isolation(scorer, failed_in_a_row)  # type: ignore[arg-type]  # describes nothing


def test_a_batch_that_goes_well_is_one_call() -> None:
    scorer = Fragile()

    assert [one.value for one in isolation(scorer).score([items(1, 2), items(3)])] == [1, 2, 3]
    assert scorer.calls == 1


@pytest.mark.parametrize("poison", range(1, 9))
def test_only_the_item_at_fault_gets_the_error_and_keeps_its_place(poison: int) -> None:
    results = isolation(Fragile(poison)).score([items(1, 2, 3), items(4), items(5, 6), items(7, 8)])

    assert [one.id for one in results] == list(range(1, 9))
    assert codes(results) == [FAILED if one == poison else "" for one in range(1, 9)]
    error = results[poison - 1].error
    assert error is not None
    assert error.detail == "ZeroDivisionError: too much"


def test_three_conversations_in_a_row_show_that_the_scorer_is_broken_and_the_rest_is_left() -> None:
    scorer = Fragile(*range(2, 20))
    found = isolation(scorer)

    results = found.score([[one] for one in items(*range(1, 20))])
    assert codes(results) == ["", FAILED, FAILED, FAILED]
    assert found.is_broken
    assert found.words == "ZeroDivisionError: too much"


def test_poison_here_and_there_does_not_make_a_scorer_broken() -> None:
    found = isolation(Fragile(1, 2, 4, 5, 7))

    assert codes(found.score([[one] for one in items(*range(1, 9))])).count(FAILED) == 5
    assert not found.is_broken


def test_a_conversation_of_which_something_was_scored_does_not_count() -> None:
    found = isolation(Fragile(1, 3, 5, 7))

    assert codes(found.score([items(1, 2), items(3, 4), items(5, 6), items(7, 8)])).count(FAILED) == 4
    assert found.failed_in_a_row == 0


def test_failures_are_counted_over_batches() -> None:
    found = isolation(Fragile(1), IN_A_ROW - 1)

    found.score([items(1)])
    assert found.is_broken


def test_a_scorer_that_cannot_be_reached_is_no_items_fault() -> None:
    scorer = Fragile(1, error=UnavailableError("no answer"))

    with pytest.raises(UnavailableError):
        isolation(scorer).score([items(1), items(2)])
    assert scorer.calls == 1


def test_answers_in_another_order_are_asked_for_one_by_one() -> None:
    def confused(asked: Sequence[Item]) -> list[Result]:
        return [Result(id=item.id, value=float(item.id)) for item in reversed(asked)]

    results = isolation(confused).score([items(1, 2)])

    assert [(one.id, one.value) for one in results] == [(1, 1), (2, 2)]


def test_an_interruption_is_no_failure_of_the_scorer() -> None:
    def interrupted(_: Sequence[Item]) -> list[Result]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        isolation(interrupted).score([items(1), items(2)])


def test_a_worker_whose_device_is_lost_ends_at_once_and_asks_nothing_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Ended(BaseException):
        """What a signal to oneself does, in a form that a test survives."""

    def end(pid: int, number: int) -> None:
        assert (pid, number) == (os.getpid(), signal.SIGKILL)
        raise Ended

    monkeypatch.setattr(workers, "_worker", workers._Worker())
    monkeypatch.setattr(os, "kill", end)
    scorer = Fragile(1, error=DeviceLostError("gone"))

    with pytest.raises(Ended):
        isolation(scorer).score([items(1), items(2)])
    assert scorer.calls == 1
