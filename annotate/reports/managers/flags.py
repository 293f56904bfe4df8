"""How many flags of which kind there are, and what reviews came to. No single flag is told."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from annotate.models import Flag, Review


@dataclass(frozen=True, slots=True)
class KindCount:
    """Flags of one kind by what became of them; ``waiting``: one more person is asked before a reviewer is."""

    kind: str
    open: int
    waiting: int
    resolved: int
    closed: int


@dataclass(frozen=True, slots=True)
class FlagSummary:
    """Flags by kind, conversations that wait, people who sit, and finished reviews by outcome."""

    kinds: list[KindCount]
    open: int
    waiting: int
    conversations: int
    sitting: int
    finished: int
    outcomes: dict[str, int]


def flag_summary(project_id: int) -> FlagSummary:
    """Return the numbers of flags and reviews of a project, in three statements."""
    flags = Flag.objects.filter(project=project_id)
    kinds = [
        KindCount(row["kind"], row["open"], row["waiting"], row["resolved"], row["closed"])
        for row in flags.values("kind")
        .annotate(
            open=Count("pk", filter=Q(status=Flag.Status.OPEN)),
            waiting=Count("pk", filter=Q(status=Flag.Status.WAITING)),
            resolved=Count("pk", filter=Q(status=Flag.Status.RESOLVED)),
            closed=Count("pk", filter=Q(status=Flag.Status.CLOSED)),
        )
        .order_by("kind")
    ]
    reviews = dict(
        Review.objects.filter(project=project_id)
        .values("outcome")
        .annotate(count=Count("pk"))
        .order_by("-count", "outcome")
        .values_list("outcome", "count")
    )
    sitting = reviews.pop("", 0)
    return FlagSummary(
        kinds=kinds,
        open=sum(one.open for one in kinds),
        waiting=sum(one.waiting for one in kinds),
        conversations=flags.filter(status=Flag.Status.OPEN).values("conversation").distinct().count(),
        sitting=sitting,
        finished=sum(reviews.values()),
        outcomes=reviews,
    )
