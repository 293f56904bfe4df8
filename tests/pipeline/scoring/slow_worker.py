"""`celery -A tests.pipeline.scoring.slow_worker`: the product's worker, whose demo scorer takes its time."""

from __future__ import annotations

import time
from collections.abc import Sequence

from annotate.celery import app
from inference import scorers
from inference.configuration import Demo
from inference.scorers.demo import DemoScorer
from inference.types import Health, Item, Result, Scorer

__all__ = ["app", "load"]

SECONDS = 0.05


class SlowScorer(DemoScorer):
    """The demo scorer at 20 responses a second, on a device of its own."""

    def __call__(self, items: Sequence[Item], /) -> list[Result]:
        time.sleep(SECONDS * len(items))
        return super().__call__(items)

    def health(self) -> Health:
        return Health(device="slow:0", free_bytes=3 * 2**30, total_bytes=4 * 2**30)


def load(key: str, _configuration: Demo) -> Scorer:
    return SlowScorer(key)


scorers.KINDS[Demo] = __name__
