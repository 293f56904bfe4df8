from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from inference.groups import BATCH, score_groups
from inference.scorers.demo import DemoScorer
from inference.types import Item, Result
from tests.inference import make


@dataclass(frozen=True)
class Group:
    items: tuple[Item, ...]


class Watched(DemoScorer):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[list[str]] = []

    def __call__(self, items: Sequence[Item], /) -> list[Result]:
        self.calls.append([str(item.id) for item in items])
        return super().__call__(items)


def groups(*sizes: int) -> list[Group]:
    return [
        Group(tuple(make.item("yes", item_id=f"{n}/{m}") for m in range(size)))
        for n, size in enumerate(sizes)
    ]


def test_a_group_is_never_split_and_the_results_are_its_own() -> None:
    scorer = Watched()
    wanted = groups(BATCH - 1, 3, 0, 2)

    found = [pair for batch in score_groups(scorer, wanted) for pair in batch]

    assert [len(call) for call in scorer.calls] == [BATCH + 2, 2]
    assert [[result.id for result in results] for _, results in found] == [
        [item.id for item in group.items] for group in wanted
    ]


def test_groups_without_items_do_not_pile_up_and_call_no_scorer() -> None:
    scorer = Watched()

    assert [len(batch) for batch in score_groups(scorer, groups(*[0] * (BATCH + 1)))] == [BATCH, 1]
    assert scorer.calls == []


def test_a_scorer_that_loses_a_result_is_found_out() -> None:
    class Losing(DemoScorer):
        def __call__(self, items: Sequence[Item], /) -> list[Result]:
            return super().__call__(items)[:-1]

    with pytest.raises(ValueError, match="gave 1 results for 2 items"):
        list(score_groups(Losing(), groups(2)))
