"""How people do on gold tasks, for those who manage them. Never for the people themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from annotate.reports.keyed import Keyed, keyed
from annotate.stats.kappa import Interval

Undefined = Literal["", "no_ratings", "no_variation", "few_items"]


@dataclass(frozen=True, slots=True)
class GoldResult:
    """A person beside the keys of gold tasks.

    ``items`` gold tasks are answered, ``ratings`` of them compared, ``exact`` is the share that is the
    key's own. ``kappa`` is weighted and stratified by dimension, ``interval`` its 95 % interval. What is
    not defined is None, and ``undefined`` says why: ``no_ratings`` (nothing to compare), ``no_variation``
    (key and person gave one and the same level), ``few_items`` (a kappa, but too few tasks for an interval).
    """

    items: int
    ratings: int
    exact: float | None
    kappa: float | None
    interval: Interval | None
    undefined: Undefined


def gold_results(project_id: int) -> dict[int, GoldResult]:
    """Return everybody's result by inside id of the person, in two statements; without gold, no entry."""
    return {person: _result(one) for person, one in keyed(project_id, gold=True).items()}


def _result(found: Keyed) -> GoldResult:
    kappa, reach = found.kappa, found.interval()
    undefined: Undefined = ""
    if not found.ratings:
        undefined = "no_ratings"
    elif kappa is None:
        undefined = "no_variation"
    elif reach is None:
        undefined = "few_items"
    return GoldResult(found.items, found.ratings, found.exact, kappa, reach, undefined)
