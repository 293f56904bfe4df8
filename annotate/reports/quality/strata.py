"""The numbers of agreement on one question after the other, over all of a project's items and by stratum."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from scipy.sparse import coo_array, csr_array

from annotate.reports.labels.items import EPOCH, Ints, Items, Question
from annotate.stats.agreement import (
    NAMES,
    SIDES,
    Agreement,
    Floats,
    coefficients,
    defined,
    described,
    distribution,
    features,
)
from annotate.stats.bootstrap import LEAST_CONVERSATIONS, Interval, groups, intervals, replicates

# Of a question's strata of one kind, those with most items: two dozen models make three hundred pairs.
MOST_STRATA = 40
# Up to here agreement over time is by week, beyond it by month.
MOST_WEEKS = 26


@dataclass(frozen=True, slots=True)
class Stratum:
    """Agreement on a question within one turn, language, source (``by``) or week or month (``period``)."""

    by: str
    value: str
    agreement: Agreement
    same_side: float | None = None
    ties_as_half: float | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question's items that were rated or compared: their places in all items, and what they add to the sums."""

    rows: Ints
    pattern: Ints
    patterns: list[tuple[int, ...]]
    table: csr_array
    scale: range
    names: tuple[str, ...]


class Numbers:
    """Works out the numbers on one question after the other from the items of a project."""

    def __init__(self, items: Items) -> None:
        self.items = items
        self.conversations, self.place = np.unique(items.conversation, return_inverse=True)
        self.groups = groups(self.conversations)[self.place]
        self.group_count = int(self.groups.max(initial=-1)) + 1
        self.rated = np.array([one.state == "rated" for one in items.names.patterns], dtype=bool)
        self.period, self.periods = _periods(items.day)

    def on(self, question: Question, scale: range, *, with_turns: bool) -> tuple[Stratum, list[Stratum]]:
        """Return the numbers over all items of a question, and those of its strata."""
        asked = self._asked(question, scale)
        strata = [
            self._stratum(asked, by, value, np.flatnonzero(codes == code))
            for by, codes, name in self._kinds(question, asked.rows, with_turns=with_turns)
            for code, value in _most(codes, name)
        ]
        return self._stratum(asked, "", "", np.arange(len(asked.rows))), strata

    def left_out(self, question: Question) -> dict[str, int]:
        """Return how many answers were not rated, by state."""
        found: dict[str, int] = {}
        counts = np.bincount(self.items.pattern[self._rows(question)], minlength=len(self.rated))
        for pattern, count in zip(self.items.names.patterns, counts.tolist(), strict=True):
            if count and pattern.state != "rated":
                found[pattern.state] = found.get(pattern.state, 0) + count * len(pattern.values)
        return found

    def _rows(self, question: Question) -> Ints:
        asked = self.items.names.questions
        if question not in asked:
            return np.array([], dtype=np.int64)
        return np.flatnonzero(self.items.question == asked.index(question))

    def _asked(self, question: Question, scale: range) -> _Asked:
        rows = self._rows(question)
        rows = rows[self.rated[self.items.pattern[rows]]]
        used, pattern = np.unique(self.items.pattern[rows], return_inverse=True)
        patterns = [self.items.names.patterns[one].values for one in used]
        # A batch's scale may have been narrowed since: what was given could be given.
        lowest = min((one[0] for one in patterns), default=scale[0])
        highest = max((one[-1] for one in patterns), default=scale[-1])
        whole = range(min(lowest, scale[0]), max(highest, scale[-1]) + 1)
        names = (*NAMES, *SIDES) if question.kind == "comparison" else NAMES
        return _Asked(rows, pattern, patterns, features(patterns, whole), whole, names)

    def _kinds(
        self, question: Question, rows: Ints, *, with_turns: bool
    ) -> Iterator[tuple[str, Ints, Callable[[int], str]]]:
        """Yield each kind of stratum: its name, a code for each row, and what a code is called."""
        items, names = self.items, self.items.names
        if with_turns:
            yield "turn", items.turn[rows], str
        yield "language", items.language[rows], names.languages.__getitem__
        if question.kind == "comparison":
            many = len(names.sources)
            ordered = sorted(names.sources)
            rank = np.array([ordered.index(one) for one in names.sources], dtype=np.int64)
            pair = np.sort(np.stack([rank[items.source[rows]], rank[items.other[rows]]]), axis=0)
            both = pair[0] * many + pair[1]
            yield "source", both, lambda code: " | ".join(ordered[one] for one in divmod(code, many))
        else:
            yield "source", items.source[rows], names.sources.__getitem__
        yield "period", self.periods[rows], lambda code: _named(code, self.period)

    def _stratum(self, asked: _Asked, by: str, value: str, chosen: Ints) -> Stratum:
        rows, pattern = asked.rows[chosen], asked.pattern[chosen]
        shape = (self.group_count, len(asked.patterns))
        counts = coo_array((np.ones(len(rows)), (self.groups[rows], pattern)), shape=shape).tocsr()
        parts = (counts @ asked.table).toarray()
        sums = parts.sum(axis=0)
        given = dict(zip(asked.patterns, counts.sum(axis=0).astype(int).tolist(), strict=True))
        found = described(sums, asked.scale, {one: n for one, n in distribution(given).items() if n})
        shared = np.array([len(one) > 1 for one in asked.patterns], dtype=bool)
        among = np.zeros(len(self.conversations), dtype=bool)
        among[self.place[rows[shared[pattern]]]] = True
        conversations = int(among.sum())
        numbers = coefficients(sums, asked.scale)
        bounds, reason = {}, "few_conversations"
        if conversations >= LEAST_CONVERSATIONS:
            names = [name for name in asked.names if not np.isnan(numbers[name])]
            bounds = _bounds(parts, asked.scale, names)
            reason = "" if len(bounds) == len(names) else "unstable"
        found = replace(found, conversations=conversations, intervals=bounds, no_interval=reason)
        sides = [defined(numbers[name]) if name in asked.names else None for name in SIDES]
        return Stratum(by, value, found, *sides)


def _bounds(parts: Floats, scale: range, names: list[str]) -> dict[str, Interval]:
    """Return the intervals of these numbers; one that is not defined in many replicates has none."""
    if not names:
        return {}
    numbers = coefficients(replicates(parts), scale)
    found = intervals(np.stack([numbers[name] for name in names], axis=-1))
    return {name: one for name, one in zip(names, found, strict=True) if one is not None}


def _periods(days: Ints) -> tuple[str, Ints]:
    """Return "week" or "month", and a code for the one of each day."""
    if not len(days) or int(days.max()) - int(days.min()) <= MOST_WEEKS * 7:
        return "week", (days + date.fromisoformat(EPOCH).weekday()) // 7
    months = np.datetime64(EPOCH) + days.astype("timedelta64[D]")
    return "month", months.astype("datetime64[M]").astype(np.int64)


def _named(code: int, period: str) -> str:
    """Return a week's Monday, or a month, as ISO 8601 writes them."""
    if period == "week":
        first = date.fromisoformat(EPOCH)
        return (first + timedelta(days=code * 7 - first.weekday())).isoformat()
    return str(np.datetime64(code, "M"))


def _most(codes: Ints, name: Callable[[int], str]) -> list[tuple[int, str]]:
    """Return the codes that occur most, with their names, in the order of the names (numbers by size)."""
    found, counts = np.unique(codes, return_counts=True)
    most = found[np.argsort(-counts, kind="stable")[:MOST_STRATA]].tolist()
    named = [(code, name(code)) for code in most]
    return sorted(named, key=lambda one: (int(one[1]) if one[1].isdigit() else 0, one[1]))
