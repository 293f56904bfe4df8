"""Which doubts become flags today: a budget, shared fairly among strata, people and source models.

Doubts are taken by their rank within their stratum, so a stratum gets flags by its number of labels. No person, and no
source model, gets more than `TIMES_SHARE` times their share of the labels: the queue is no hunt for one of them.
Provisional doubts cost no reviewer's time and have a limit of their own, a share of all scored pairs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from annotate.pipeline.flagging.doubts import Doubt, Found

TIMES_SHARE = 3


def chosen(doubts: Iterable[Doubt], found: Found, budget: int) -> list[Doubt]:
    """Return at most ``budget`` of the doubts, the most surprising of each stratum first."""
    people: Counter[tuple[int, int]] = Counter()
    sources: Counter[tuple[int, int]] = Counter()
    taken: list[Doubt] = []
    for doubt in sorted(doubts, key=lambda one: (one.rank, one.chance, one.fingerprint)):
        if len(taken) >= budget:
            break
        run = doubt.run.pk
        person = (run, doubt.annotator)
        models = [(run, source) for source in doubt.sources]
        if people[person] >= _most(found.people.get(person), found.labels.get(run), budget):
            continue
        if any(
            sources[one] >= _most(found.sources.get(one), found.labels.get(run), budget) for one in models
        ):
            continue
        people[person] += 1
        sources.update(models)
        taken.append(doubt)
    return taken


def _most(count: int | None, labels: int | None, budget: int) -> int:
    """Return the cap for somebody with so many of the labels; no cap where labels were not counted."""
    if count is None or not labels:
        return budget
    return max(1, math.ceil(TIMES_SHARE * count / labels * budget))
