"""What flags are worth: how often a reviewer who saw no flag agreed with the flagged person, against the audit.

All that is said about labels rests on *blind* verdicts. A verdict is held against the label as it stood then, of the
person whom the flag concerns; a flag of which nobody stands out, and answers without a level, are not judged.

*Upheld*: the verdict is the same level; for preferences the same side, a tie agreeing with a tie alone; for steps the
same mark on every step that was flagged. *Contradicted*: more than one level apart; the opposite side or mark, a tie
and a neutral mark opposing nothing. Labels in between are neither. The *label-error share* is the share of contradicted
labels among those drawn for the random audit, each weighted by the inverse of its chance to be seen; the *lift* of a
kind is its contradicted share over that, of items of the same sort. On steps both sides of a lift count single steps: a
flag names several, and the audit draws all of a response's. A sitting's active time is shared evenly by its flags and
audit items.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal, cast

from django.db.models import Case, Count, Exists, OuterRef, Value, When

from annotate.models import AuditItem, Flag, Outcome, Review
from annotate.reports.closing_reasons import code_of
from annotate.reports.labels.verdicts import (
    Agreement,
    Held,
    audited,
    flagged,
    reviewers_agreement,
    revised_answers,
)
from annotate.stats.proportions import Drawn, Ratio, Share, ratio, share, weighted_share

Item = Literal["rating", "comparison", "step", "none"]
AUDITED: tuple[Item, ...] = ("rating", "comparison", "step")

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
    ``drawn_contradicted`` is the same share among labels that the audit drew, whether or not the flag was decided: it
    is free of the queue's order, and of few cases. ``because`` counts the closed ones by the code of their reason
    (`annotate.reports.closing_reasons`). ``corrected`` labels were found wrong. ``minutes`` are reviewers' active
    ones; ``anchored`` is the share of verdicts that changed after the reveal.
    """

    kind: str
    item: Item
    raised: int
    open: int
    waiting: int
    closed: int
    because: dict[str, int]
    decided: int
    outcomes: dict[str, int]
    upheld: Share
    contradicted: Share
    drawn_contradicted: Share
    lift: Ratio
    corrected: int
    minutes: float
    minutes_per_corrected: float | None
    anchored: Share


@dataclass(frozen=True, slots=True)
class AuditStatistics:
    """What was drawn at random, how much of it was reviewed, and what blind verdicts found of its labels.

    Of steps, ``drawn`` and ``reviewed`` count responses, the shares single labels.
    """

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
    """Return the numbers, in fifteen statements whatever there is."""
    audit = _audit(project_id)
    finished = Review.objects.filter(project=project_id, finished_at__isnull=False)
    seconds = finished.filter(second_of__isnull=False).values_list("outcome", "second_of__outcome")
    counted = _counted(project_id)
    faults = Counter[str]()
    for row in chain(*counted.values()):
        if row["outcome"] == Outcome.MODEL_WRONG:
            faults[row["model_fault"]] += row["count"]
    return FlagStatistics(
        kinds=_kinds(project_id, counted, audit),
        audit=[audit.statistics(item) for item in AUDITED],
        reviews=finished.count(),
        minutes=sum(finished.values_list("active_ms", flat=True)) / 60_000,
        revised=revised_answers(project_id),
        seconds=len(seconds),
        seconds_waiting=finished.filter(wants_second=True).count(),
        seconds_differ=sum(own != first for own, first in seconds),
        agreement=reviewers_agreement(project_id),
        model_faults=dict(faults.most_common()),
    )


@dataclass(frozen=True, slots=True)
class _Audit:
    """The audit's items by sort, and its labels, each with the chance that it was drawn and reviewed.

    The queue puts conversations with flags first, so while some of what was drawn still waits, more of those are
    reviewed than of others. A case therefore weighs by the chance that it was drawn *and* reviewed, the second
    taken as the reviewed share (by weight) of its sort among conversations with flags, or without: a weighting-class
    adjustment (H. L. Oh and F. J. Scheuren, in Incomplete Data in Sample Surveys, vol. 2 (1983), 143-184).
    """

    drawn: Counter[str]
    reviewed: Counter[str]
    labels: list[tuple[Held, float]]

    def share(self, item: Item, hit: Callable[[Held], bool], kind: str = "") -> Share:
        """Return the share of hits among the labels of a sort, or among those with flags of a kind."""
        cases = [
            Drawn(hit(one), chance, one.conversation)
            for one, chance in self.labels
            if one.item == item and (not kind or kind in one.flagged_as)
        ]
        return weighted_share(cases)

    def statistics(self, item: Item) -> AuditStatistics:
        """Return the numbers of a sort."""
        return AuditStatistics(
            item=item,
            drawn=self.drawn[item],
            reviewed=self.reviewed[item],
            upheld=self.share(item, lambda one: one.same),
            label_errors=self.share(item, lambda one: one.opposed),
        )


def _audit(project_id: int) -> _Audit:
    items = AuditItem.objects.filter(project=project_id).annotate(
        with_flags=Exists(Flag.objects.filter(conversation=OuterRef("conversation")))
    )
    drawn, reviewed = Counter[str](), Counter[str]()
    weight, weight_seen = Counter[tuple[str, bool]](), Counter[tuple[str, bool]]()
    with_flags: dict[int, bool] = {}
    columns = ("conversation", "response", "dimension", "probability", "with_flags")
    states = ("review__blind", "review__finished_at")
    for conversation, response, dimension, probability, flags, blind, finished in items.values_list(
        *columns, *states
    ):
        item = "comparison" if response is None else "step" if dimension is None else "rating"
        drawn[item] += 1
        reviewed[item] += finished is not None
        weight[item, flags] += 1 / probability
        weight_seen[item, flags] += 0 if blind is None else 1 / probability
        with_flags[conversation] = flags
    seen = {key: weight_seen[key] / weight[key] for key in weight}
    labels = [
        (one, one.probability * seen[one.item, with_flags[one.conversation]]) for one in audited(project_id)
    ]
    return _Audit(drawn, reviewed, labels)


def _kinds(
    project_id: int, counted: dict[tuple[str, Item], list[Mapping[str, Any]]], audit: _Audit
) -> list[KindStatistics]:
    held: defaultdict[tuple[str, Item], list[Held]] = defaultdict(list)
    for one in flagged(project_id):
        held[one.kind, one.item].append(one)
    minutes, because = _minutes(project_id), _because(project_id)
    return [
        _kind(key, rows, held[key], minutes, because[key], audit) for key, rows in sorted(counted.items())
    ]


def _counted(project_id: int) -> dict[tuple[str, Item], list[Mapping[str, Any]]]:
    """Return how many flags there are by kind and item: of each status, outcome and fault. One pass over them."""
    found: defaultdict[tuple[str, Item], list[Mapping[str, Any]]] = defaultdict(list)
    rows = Flag.objects.filter(project=project_id).annotate(item=_ITEM)
    by = ("kind", "item", "status", "outcome", "model_fault")
    for row in rows.values(*by).annotate(count=Count("pk")).order_by():
        found[row["kind"], cast("Item", row["item"])].append(row)
    return found


def _because(project_id: int) -> defaultdict[tuple[str, Item], Counter[str]]:
    """Return how many closed flags there are by kind and item, and by the code of why they closed."""
    found: defaultdict[tuple[str, Item], Counter[str]] = defaultdict(Counter)
    closed = Flag.objects.filter(project=project_id, status=Flag.Status.CLOSED).annotate(item=_ITEM)
    rows = closed.values_list("kind", "item", "closed_reason").annotate(count=Count("pk")).order_by()
    for kind, item, reason, count in rows:
        found[kind, cast("Item", item)][code_of(reason)] += count
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


def _kind(  # noqa: PLR0913, PLR0917 - what was found of one kind
    key: tuple[str, Item],
    rows: list[Mapping[str, Any]],
    held: list[Held],
    minutes: dict[tuple[str, Item], float],
    because: Counter[str],
    audit: _Audit,
) -> KindStatistics:
    status, outcomes = Counter[str](), Counter[str]()
    for row in rows:
        status[row["status"]] += row["count"]
        if row["outcome"]:
            outcomes[row["outcome"]] += row["count"]
    wrong = share(sum(one.wrong for one in held), sum(one.labels for one in held))
    corrected, spent = outcomes[Outcome.CHANGE], minutes.get(key, 0.0)
    return KindStatistics(
        kind=key[0],
        item=key[1],
        raised=sum(status.values()),
        open=status[Flag.Status.OPEN],
        waiting=status[Flag.Status.WAITING],
        closed=status[Flag.Status.CLOSED],
        because=dict(because.most_common()),
        decided=status[Flag.Status.RESOLVED],
        outcomes=dict(outcomes),
        upheld=share(sum(one.same for one in held), len(held)),
        contradicted=share(sum(one.opposed for one in held), len(held)),
        drawn_contradicted=audit.share(key[1], lambda one: one.opposed, kind=key[0]),
        lift=ratio(wrong, audit.share(key[1], lambda one: one.opposed)),
        corrected=corrected,
        minutes=spent,
        minutes_per_corrected=spent / corrected if corrected and spent else None,
        anchored=share(sum(one.moved for one in held), len(held)),
    )
