"""What flags are worth: how often a reviewer who saw no flag agreed with the flagged person, against the audit.

All that is said about labels rests on *blind* verdicts. A verdict is held against the label as it stood then, of the
person whom the flag concerns; a flag of which nobody stands out, and answers without a level, are not judged.

*Upheld*: the verdict is the same level; for preferences the same side, a tie agreeing with a tie alone; for steps the
same mark on every step that was flagged. *Contradicted*: more than one level apart; the opposite side or mark, a tie
and a neutral mark opposing nothing. Labels in between are neither. The *label-error share* is the share of contradicted
labels among those drawn for the random audit, each weighted by the inverse of its chance; the *lift* of a kind
is its contradicted share over that, of items of the same sort. A sitting's active time is shared evenly by its flags
and audit items.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal, cast

from django.db.models import Case, Count, Value, When

from annotate.models import AuditItem, Flag, Outcome, Review
from annotate.reports.quality.verdicts import (
    Agreement,
    Held,
    audited,
    flagged,
    reviewers_agreement,
    revised_answers,
)
from annotate.stats.proportions import NO_CASES, Drawn, Ratio, Share, ratio, share, weighted_share

Item = Literal["rating", "comparison", "step", "none"]


_ITEM = Case(
    When(kind=Flag.Kind.MODEL_STEP, then=Value("step")),
    When(response__isnull=False, then=Value("rating")),
    When(left__isnull=False, then=Value("comparison")),
    default=Value("none"),
)


@dataclass(frozen=True, slots=True)
class KindStatistics:
    """Flags of one kind about one sort of item (none: about a person or a model, and never in a sitting).

    ``decided`` got an outcome; of these ``upheld`` and ``contradicted`` could be held against a blind verdict.
    ``corrected`` labels were found wrong. ``minutes`` are reviewers' active ones; ``anchored`` is the share of
    verdicts that changed after the reveal.
    """

    kind: str
    item: Item
    raised: int
    open: int
    waiting: int
    closed: int
    decided: int
    outcomes: dict[str, int]
    upheld: Share
    contradicted: Share
    lift: Ratio
    corrected: int
    minutes: float
    minutes_per_corrected: float | None
    anchored: Share


@dataclass(frozen=True, slots=True)
class AuditStatistics:
    """Labels drawn at random: how many, how many a blind verdict was held against, and what it found."""

    item: Item
    drawn: int
    reviewed: int
    upheld: Share
    label_errors: Share


@dataclass(frozen=True, slots=True)
class FlagStatistics:
    """A project's flags by kind, its audit, and its reviewers.

    ``revised`` is the share of all answers that changed between verdict and decision. ``seconds_differ`` counts
    second reviews with another outcome than the first. ``model_faults`` counts why models were found wrong.
    """

    kinds: list[KindStatistics]
    audit: list[AuditStatistics]
    reviews: int
    minutes: float
    revised: Share
    seconds: int
    seconds_waiting: int
    seconds_differ: int
    agreement: list[Agreement]
    model_faults: dict[str, int]


def flag_statistics(project_id: int) -> FlagStatistics:
    """Return the numbers, in fourteen statements whatever there is."""
    audit = _audit(project_id)
    errors = {one.item: one.label_errors for one in audit}
    finished = Review.objects.filter(project=project_id, finished_at__isnull=False)
    seconds = finished.filter(second_of__isnull=False).values_list("outcome", "second_of__outcome")
    counted = _counted(project_id)
    faults = Counter[str]()
    for row in chain(*counted.values()):
        if row["outcome"] == Outcome.MODEL_WRONG:
            faults[row["model_fault"]] += row["count"]
    return FlagStatistics(
        kinds=_kinds(project_id, counted, errors),
        audit=audit,
        reviews=finished.count(),
        minutes=sum(finished.values_list("active_ms", flat=True)) / 60_000,
        revised=revised_answers(project_id),
        seconds=len(seconds),
        seconds_waiting=finished.filter(wants_second=True).count(),
        seconds_differ=sum(own != first for own, first in seconds),
        agreement=reviewers_agreement(project_id),
        model_faults=dict(faults.most_common()),
    )


def _audit(project_id: int) -> list[AuditStatistics]:
    there = Counter[str]()
    reviewed = Counter[str]()
    items = AuditItem.objects.filter(project=project_id).values_list("response", "review__finished_at")
    for response, finished in items:
        item = "comparison" if response is None else "rating"
        there[item] += 1
        reviewed[item] += finished is not None
    held = audited(project_id)
    return [
        AuditStatistics(
            item=item,
            drawn=there[item],
            reviewed=reviewed[item],
            upheld=_weighted([(one, one.same) for one in held if one.item == item]),
            label_errors=_weighted([(one, one.opposed) for one in held if one.item == item]),
        )
        for item in ("rating", "comparison")
    ]


def _weighted(cases: list[tuple[Held, bool]]) -> Share:
    return weighted_share([Drawn(hit, one.probability, one.conversation) for one, hit in cases])


def _kinds(
    project_id: int, counted: dict[tuple[str, Item], list[Mapping[str, Any]]], errors: dict[Item, Share]
) -> list[KindStatistics]:
    held: defaultdict[tuple[str, Item], list[Held]] = defaultdict(list)
    for one in flagged(project_id):
        held[one.kind, one.item].append(one)
    minutes = _minutes(project_id)
    return [
        _kind(key, rows, held[key], minutes, errors.get(key[1], NO_CASES))
        for key, rows in sorted(counted.items())
    ]


def _counted(project_id: int) -> dict[tuple[str, Item], list[Mapping[str, Any]]]:
    """Return how many flags there are by kind and item: of each status, outcome and fault. One pass over them."""
    found: defaultdict[tuple[str, Item], list[Mapping[str, Any]]] = defaultdict(list)
    rows = Flag.objects.filter(project=project_id).annotate(item=_ITEM)
    by = ("kind", "item", "status", "outcome", "model_fault")
    for row in rows.values(*by).annotate(count=Count("pk")).order_by():
        found[row["kind"], cast("Item", row["item"])].append(row)
    return found


def _minutes(project_id: int) -> dict[tuple[str, Item], float]:
    """Return reviewers' active minutes by kind and item; a sitting's time is shared by what it was held for."""
    sittings = (
        Review.objects.filter(project=project_id, finished_at__isnull=False, second_of=None)
        .annotate(flags_there=Count("flags", distinct=True), items_there=Count("audit_items", distinct=True))
        .values_list("pk", "active_ms", "flags_there", "items_there")
    )
    each = {pk: ms / (flags + items) / 60_000 for pk, ms, flags, items in sittings if flags}
    found: defaultdict[tuple[str, Item], float] = defaultdict(float)
    rows = Flag.objects.filter(project=project_id, review__isnull=False).annotate(item=_ITEM)
    for kind, item, review in rows.values_list("kind", "item", "review"):
        found[kind, cast("Item", item)] += each.get(review or 0, 0.0)
    return found


def _kind(
    key: tuple[str, Item],
    rows: list[Mapping[str, Any]],
    held: list[Held],
    minutes: dict[tuple[str, Item], float],
    label_errors: Share,
) -> KindStatistics:
    status, outcomes = Counter[str](), Counter[str]()
    for row in rows:
        status[row["status"]] += row["count"]
        if row["outcome"]:
            outcomes[row["outcome"]] += row["count"]
    contradicted = share(sum(one.opposed for one in held), len(held))
    corrected, spent = outcomes[Outcome.CHANGE], minutes.get(key, 0.0)
    return KindStatistics(
        kind=key[0],
        item=key[1],
        raised=sum(status.values()),
        open=status[Flag.Status.OPEN],
        waiting=status[Flag.Status.WAITING],
        closed=status[Flag.Status.CLOSED],
        decided=status[Flag.Status.RESOLVED],
        outcomes=dict(outcomes),
        upheld=share(sum(one.same for one in held), len(held)),
        contradicted=contradicted,
        lift=ratio(contradicted, label_errors),
        corrected=corrected,
        minutes=spent,
        minutes_per_corrected=spent / corrected if corrected and spent else None,
        anchored=share(sum(one.moved for one in held), len(held)),
    )
