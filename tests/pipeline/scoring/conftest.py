"""A scorer that the test holds, in place of the one that would be loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from annotate.models import ScorerRun
from annotate.pipeline import scoring
from annotate.pipeline.scoring import residence, taking
from annotate.reports.managers import workers
from inference.scorers.demo import DemoScorer
from inference.types import Item, Result


class Spy(DemoScorer):
    """The demo scorer, remembering what it was asked; ``breaks`` may raise instead of an answer."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[list[Item]] = []
        self.warmed = 0
        self.breaks: Callable[[Sequence[Item]], None] = lambda _: None

    @property
    def asked(self) -> list[Item]:
        return [item for call in self.calls for item in call]

    def __call__(self, items: Sequence[Item], /) -> list[Result]:
        if items[0].id == residence.WARM_UP.id:
            self.warmed += 1
        else:
            self.calls.append(list(items))
        self.breaks(items)
        return super().__call__(items)


@pytest.fixture(autouse=True)
def spy(monkeypatch: pytest.MonkeyPatch) -> Spy:
    made = Spy()
    monkeypatch.setattr("inference.scorers.load", lambda _key, _configuration: made)
    monkeypatch.setattr(residence, "_residents", {})
    monkeypatch.setattr(taking, "_looked_up_to", {})
    return made


@pytest.fixture(autouse=True)
def no_traces(settings: Any) -> Iterator[None]:
    """Leave no worker and no count behind."""
    url = settings.REDIS_URL
    yield
    settings.REDIS_URL = url
    with workers.connect() as client:
        if keys := client.keys(workers.prefixed("*")):
            client.delete(*keys)


def finish(run: ScorerRun, size: int = 4) -> list[int]:
    """Score until nothing is left; return the sizes of the batches."""
    sizes = []
    while taken := scoring.score_next_batch(run.pk, size):
        sizes.append(taken)
    return sizes
