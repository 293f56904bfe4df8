"""Which doubts become flags: a budget, shared fairly among strata, people and source models.

Doubts are taken by their rank within their stratum, so a stratum gets flags by its number of labels. No person, and no
source model, gets more than `TIMES_SHARE` times their share of the project's labels: the queue is no hunt for one of
them. Passes come many times a day: what earlier ones took counts. Provisional doubts cost no reviewer's time and have
a limit of their own, a share of all scored pairs, once and for all.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from annotate.pipeline.flagging.doubts import Doubt, Shares

TIMES_SHARE = 3


@dataclass(slots=True)
class Budget:
    """How many flags there may be, and how many of them there are: in all, by (run, person), by (run, source model)."""

    limit: int
    spent: int = 0
    people: Counter[tuple[int, int]] = field(default_factory=Counter)
    sources: Counter[tuple[int, str]] = field(default_factory=Counter)

    def spend(self, run: int, person: int, sources: Iterable[str]) -> None:
        """Count one more flag."""
        self.spent += 1
        self.people[run, person] += 1
        self.sources.update((run, source) for source in sources)


def chosen(doubts: Iterable[Doubt], shares: Shares, budget: Budget) -> list[Doubt]:
    """Return the doubts that the budget is spent on, the most surprising of each stratum first."""
    taken: list[Doubt] = []
    for doubt in sorted(doubts, key=lambda one: (one.rank, one.chance, one.fingerprint)):
        if budget.spent >= budget.limit:
            break
        run = doubt.run.pk
        person = (run, doubt.annotator)
        models = [(run, source) for source in doubt.sources]
        labels = shares.labels[run]
        if budget.people[person] >= _most(shares.people[person], labels, budget.limit):
            continue
        if any(budget.sources[one] >= _most(shares.sources[one], labels, budget.limit) for one in models):
            continue
        budget.spend(run, doubt.annotator, doubt.sources)
        taken.append(doubt)
    return taken


def _most(count: int, labels: int, limit: int) -> int:
    """Return the cap for somebody with so many of the labels; no cap where labels were not counted."""
    if not count or not labels:
        return limit
    return max(1, math.ceil(TIMES_SHARE * count / labels * limit))
