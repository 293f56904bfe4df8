"""A project's people and what each has done: a table to filter and sort, and one person's page."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from annotate.models import Assignment, Membership, Review, Submission
from annotate.reports.annotators.own_progress import Day, own_days, pace
from annotate.reports.managers.gold import gold_results
from annotate.reports.sql import WordBefore

DAYS = 30
RECENT = timedelta(days=7)
SKIPS = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which members to show; empty means all. ``sort`` names a column of ``COLUMNS``, "-" before it: descending."""

    name: str = ""
    role: str = ""
    team: str = ""
    language: str = ""
    recent: bool = False
    sort: str = "name"


@dataclass(slots=True)
class Person:
    """A member and their work. ``pace_ms`` as `own_progress.pace` says; ``gold`` the agreement with keys."""

    id: int
    uid: uuid.UUID
    name: str
    role: str
    team: str
    languages: list[str]
    joined: datetime
    qualified_at: datetime | None
    submitted: int = 0
    in_work: int = 0
    skipped: int = 0
    skip_reason: str = ""
    pace_ms: float | None = None
    active_ms: int = 0
    reviews: int = 0
    gold: float | None = None
    last_at: datetime | None = None

    @property
    def skip_share(self) -> float | None:
        """The share of the tasks ended by this person that ended with a skip; null where there are none."""
        ended = self.submitted + self.skipped
        return self.skipped / ended if ended else None


COLUMNS = (
    "name", "role", "team", "languages", "joined", "submitted", "pace", "time", "skipped", "in_work", "reviews",
    "gold", "qualified", "last",
)  # fmt: skip
_VALUE = {
    "pace": "pace_ms",
    "time": "active_ms",
    "qualified": "qualified_at",
    "last": "last_at",
    "skipped": "skip_share",
}
_STORED = {"name", "role", "team", "languages", "joined", "qualified"}


def people(project_id: int, wanted: Wanted) -> list[Person]:
    """Return the members, filtered and sorted, without their work; `add_work` brings it for those to be shown.

    Where the order is by work, that of all of them is read and there.
    """
    rows = _members(project_id, wanted)
    found = [
        Person(
            id=one.user_id,
            uid=one.user.uid,
            name=one.user.username,
            role=one.role,
            team=one.team,
            languages=one.languages,
            joined=one.created_at,
            qualified_at=one.qualified_at,
        )
        for one in rows
    ]
    column = wanted.sort.removeprefix("-")
    if column not in COLUMNS:
        column = "name"
    if column not in _STORED:
        add_work(project_id, found)
    return _sorted(found, _VALUE.get(column, column), descending=wanted.sort.startswith("-"))


def _sorted(found: list[Person], attribute: str, *, descending: bool) -> list[Person]:
    """Return them in order, those without a value last either way, ties by name."""
    found.sort(key=lambda one: (one.name.casefold(), one.id))
    known = [one for one in found if getattr(one, attribute) not in (None, "", [])]
    unknown = [one for one in found if getattr(one, attribute) in (None, "", [])]

    def key(one: Person) -> Any:  # noqa: ANN401 - whatever the column holds
        value = getattr(one, attribute)
        return value.casefold() if isinstance(value, str) else value

    return sorted(known, key=key, reverse=descending) + unknown


def _members(project_id: int, wanted: Wanted) -> QuerySet[Membership]:
    rows = Membership.objects.filter(project=project_id).select_related("user")
    if wanted.name:
        rows = rows.filter(user__username__icontains=wanted.name)
    if wanted.role:
        rows = rows.filter(role=wanted.role)
    if wanted.team:
        rows = rows.filter(team=wanted.team)
    if wanted.language:
        rows = rows.filter(languages__contains=[wanted.language])
    if wanted.recent:
        since = timezone.now() - RECENT
        worked = Assignment.objects.filter(
            Q(closed_at__gte=since) | Q(claimed_at__gte=since), annotator=OuterRef("user"), project=project_id
        )
        reviewed = Review.objects.filter(
            Q(started_at__gte=since) | Q(finished_at__gte=since),
            reviewer=OuterRef("user"),
            project=project_id,
        )
        rows = rows.filter(Q(Exists(worked)) | Q(Exists(reviewed)))
    return rows


def choices(project_id: int) -> tuple[list[str], list[str]]:
    """Return the teams and the languages that occur among the members, in order. One statement."""
    rows = list(Membership.objects.filter(project=project_id).values_list("team", "languages"))
    teams = {team for team, _ in rows if team}
    return sorted(teams), sorted({language for _, languages in rows for language in languages})


def add_work(project_id: int, found: Iterable[Person]) -> None:
    """Fill in what these people have done in the project, in five statements."""
    by_id = {one.id: one for one in found}
    held = Assignment.objects.filter(project=project_id, annotator__in=by_id)
    status = Assignment.Status
    for row in held.values("annotator").annotate(
        submitted=Count("pk", filter=Q(status=status.SUBMITTED)),
        active=Count("pk", filter=Q(status=status.ACTIVE)),
        skipped=Count("pk", filter=Q(status=status.SKIPPED)),
        last_at=Max("closed_at", filter=~Q(status=status.LAPSED)),
    ):
        person = by_id[row["annotator"]]
        person.submitted, person.in_work = row["submitted"], row["active"]
        person.skipped, person.last_at = row["skipped"], row["last_at"]
    given = held.filter(status=status.SKIPPED).annotate(reason=WordBefore("skip_reason"))
    for skip in given.values("annotator", "reason").annotate(count=Count("pk")).order_by("count"):
        by_id[skip["annotator"]].skip_reason = skip["reason"]
    live = Submission.objects.filter(
        assignment__project=project_id, annotator__in=by_id, origin=Submission.Origin.LIVE
    )
    for work in live.values("annotator").annotate(pace=pace(with_followups=False), active=Sum("active_ms")):
        by_id[work["annotator"]].pace_ms, by_id[work["annotator"]].active_ms = work["pace"], work["active"]
    _add_reviews(project_id, by_id)
    for user_id, result in gold_results(project_id).items():
        if user_id in by_id:
            by_id[user_id].gold = result.kappa


def _add_reviews(project_id: int, by_id: dict[int, Person]) -> None:
    finished = Review.objects.filter(project=project_id, reviewer__in=by_id, finished_at__isnull=False)
    for row in finished.values("reviewer").annotate(count=Count("pk"), last_at=Max("finished_at")):
        person = by_id[row["reviewer"]]
        person.reviews = row["count"]
        person.last_at = max(filter(None, (person.last_at, row["last_at"])))


@dataclass(frozen=True, slots=True)
class Skip:
    """A task that a person gave back for good."""

    at: datetime
    batch: str
    conversation: str
    reason: str
    words: str


@dataclass(frozen=True, slots=True)
class PersonPage:
    """One member: the row of the table, the days, the skips (the latest 50), how often for which reason."""

    person: Person
    days: list[Day]
    skips: list[Skip]
    reasons: dict[str, int] = field(default_factory=dict)


def person_page(membership: Membership) -> PersonPage:
    """Return what a manager sees of one member, in eight statements."""
    user = membership.user
    person = Person(
        id=user.pk,
        uid=user.uid,
        name=user.username,
        role=membership.role,
        team=membership.team,
        languages=membership.languages,
        joined=membership.created_at,
        qualified_at=membership.qualified_at,
    )
    add_work(membership.project_id, [person])
    held = Assignment.objects.filter(
        project=membership.project_id, annotator=user, status=Assignment.Status.SKIPPED
    )
    reasons = held.annotate(reason=WordBefore("skip_reason")).values("reason").annotate(count=Count("pk"))
    return PersonPage(
        person=person,
        days=own_days(user.pk, [membership.project_id], DAYS)[membership.project_id],
        skips=[
            _skip(one)
            for one in held.select_related("task__batch", "task__conversation").order_by("-closed_at")[:SKIPS]
        ],
        reasons=dict(reasons.order_by("-count", "reason").values_list("reason", "count")),
    )


def _skip(assignment: Assignment) -> Skip:
    reason, _, words = assignment.skip_reason.partition(":")
    conversation = assignment.task.conversation
    return Skip(
        at=assignment.closed_at or assignment.claimed_at,
        batch=assignment.task.batch.name,
        conversation=conversation.external_id or str(conversation.uid),
        reason=reason,
        words=words.strip(),
    )
