"""Flags like the one at hand that reviewers decided lately: how such cases went."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Left

from annotate.models import Flag, MessagePart

CASES = 5
LOOKED_THROUGH = 200  # of the latest decided flags of these kinds
WORDS = 120


@dataclass(frozen=True, slots=True)
class Case:
    """A decided flag of the same kind and dimension; ``own`` is the reviewer's own sitting about it, if it was."""

    outcome: str
    decided_at: datetime
    words: str
    own: uuid.UUID | None


def decided_cases(flags: Sequence[Flag], reviewer_id: int) -> dict[int, list[Case]]:
    """Return for each flag, by inside id, at most five: those with the nearest size of gap, then the latest.

    One statement, whatever the number of flags.
    """
    kinds = Q()
    for one in flags:
        kinds |= Q(kind=one.kind, dimension=one.dimension_id, scope=one.scope)
    if not flags:
        return {}
    begins = MessagePart.objects.filter(
        turn__conversation=OuterRef("conversation"), turn__parent=None, kind=MessagePart.Kind.TEXT
    ).order_by("position")
    decided = (
        Flag.objects.filter(kinds, project=flags[0].project_id, status=Flag.Status.RESOLVED)
        .exclude(conversation=flags[0].conversation_id)
        .annotate(
            decided_at=F("review__finished_at"),
            own=F("review__uid"),
            reviewer=F("review__reviewer"),
            words=Left(Subquery(begins.values("text")[:1]), WORDS),
        )
        .order_by("-decided_at", "-pk")[:LOOKED_THROUGH]
    )
    alike: defaultdict[tuple[object, ...], list[Flag]] = defaultdict(list)
    for case in decided:
        alike[case.kind, case.dimension_id, case.scope].append(case)
    return {
        flag.pk: [
            _case(case, reviewer_id)
            for case in sorted(
                alike[flag.kind, flag.dimension_id, flag.scope], key=lambda one: abs(gap(one) - gap(flag))
            )[:CASES]
        ]
        for flag in flags
    }


def _case(flag: Flag, reviewer_id: int) -> Case:
    own = flag.own if flag.reviewer == reviewer_id else None  # type: ignore[attr-defined] # annotations
    return Case(flag.outcome, flag.decided_at, flag.words or "", own)  # type: ignore[attr-defined]


def gap(flag: Flag) -> float:
    """Return how far apart what the flag holds against one another lies: steps, strength, or surprise."""
    evidence = flag.evidence
    if flag.kind == Flag.Kind.HUMANS_DISAGREE:
        values = [one["value"] for one in evidence["answers"]]
        return float(max(values) - min(values))
    if flag.kind == Flag.Kind.SELF_CONSISTENCY:
        return float(abs(evidence["preference"]))
    if isinstance(delta := evidence.get("delta"), int | float):
        return abs(float(delta))
    return flag.p_value or 0.0
