"""The manager's view of keys: what could become one, how people do on those in use, who is qualified."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from annotate.models import (
    GoldKey,
    Membership,
    MessagePart,
    Outcome,
    Qualification,
    Review,
    Submission,
)
from annotate.reports.sql import latest

PAGE = 20
WORDS = 90
DOUBTFUL_FROM = 3  # people
DOUBTFUL_BELOW = 0.5  # share of ratings that are the key's

Source = Literal["review", "imported", "live"]
SOURCES: tuple[Source, ...] = ("review", "imported", "live")


def _first_words() -> Subquery:
    parts = MessagePart.objects.filter(
        turn__conversation=OuterRef("task__conversation"), turn__parent=None, kind="text"
    )
    return Subquery(parts.order_by("turn", "position").values("text")[:1])


@dataclass(frozen=True, slots=True)
class Candidate:
    """Answers that could be a key, with the first words of their conversation and where it is used."""

    uid: uuid.UUID
    words: str
    source: str
    by: str
    ratings: int
    made_at: datetime
    used_for: list[str]


def candidates(project_id: int, source: Source, page: int = 1) -> tuple[list[Candidate], bool]:
    """Return a page of answers of one source, the latest first, and whether there are more; two statements.

    Of reviews the verdict that stood at the end, where the item was found sound; of others the latest
    revision. Answers to tasks that have a key themselves are left out.
    """
    start = (page - 1) * PAGE
    rows = list(
        _of_source(project_id, source)
        .annotate(words=_first_words(), rated=Count("ratings", filter=Q(ratings__state="rated")))
        .filter(rated__gt=0)
        .select_related("annotator", "task")
        .order_by("-pk")[start : start + PAGE + 1]
    )
    used: dict[int, list[str]] = {}
    for key in GoldKey.objects.filter(
        task__conversation__in={row.task.conversation_id for row in rows}, retired_at=None
    ).select_related("task__batch"):
        used.setdefault(key.task.conversation_id, []).append(_use(key))
    return [
        Candidate(
            uid=row.uid,
            words=_shortened(row.words),
            source=source,
            by=row.annotator.username,
            ratings=row.rated,
            made_at=row.created_at,
            used_for=used.get(row.task.conversation_id, []),
        )
        for row in rows[:PAGE]
    ], len(rows) > PAGE


def _of_source(project_id: int, source: Source) -> QuerySet[Submission]:
    found = Submission.objects.to_work().filter(task__batch__project=project_id, origin=source)
    if source == "review":
        sound = Review.objects.filter(final=OuterRef("pk"), outcome__in=[Outcome.UPHOLD, Outcome.CHANGE])
        return found.filter(Exists(sound))
    return found.latest_revisions()


def _use(key: GoldKey) -> str:
    return "gold" if key.task.is_gold else key.task.batch.purpose


def _shortened(words: str | None) -> str:
    line = " ".join((words or "").split())
    return line if len(line) <= WORDS else line[:WORDS].rstrip() + "…"


@dataclass(slots=True)
class KeyInUse:
    """A key with how people did on it: ``steps`` counts ratings by own − key.

    ``is_doubtful``: three people or more, and fewer than half of their ratings are the key's. Then it is
    more often the key that is wrong than all of them.
    """

    uid: uuid.UUID
    words: str
    use: str
    batch: str
    by: str
    explanations: dict[str, str]
    made_at: datetime
    retired_at: datetime | None
    people: int = 0
    steps: Counter[int] = field(default_factory=Counter)

    @property
    def chinese(self) -> str:
        """The explanation in Chinese, whose key no template can name."""
        return self.explanations.get("zh-hans", "")

    @property
    def ratings(self) -> int:
        """How many ratings were compared."""
        return sum(self.steps.values())

    @property
    def exact(self) -> float | None:
        """The share that is the key's; None without ratings."""
        return self.steps[0] / self.ratings if self.ratings else None

    @property
    def spread(self) -> list[tuple[int, int]]:
        """How many ratings lie so many steps above (positive) or below the key, in order."""
        return sorted(self.steps.items())

    @property
    def is_doubtful(self) -> bool:
        """Whether the key deserves a look."""
        return self.people >= DOUBTFUL_FROM and self.exact is not None and self.exact < DOUBTFUL_BELOW


_ANSWERED = """
    FROM annotate_goldkey key
    JOIN annotate_submission submission ON submission.task_id = key.task_id AND submission.origin = 'live'
    WHERE key.id = ANY(%s)"""

_COLUMNS = "key.id AS key_id, key.submission_id AS reference_id, submission.id, submission.annotator_id"

_STEPS = f"""
WITH answered AS ({latest(_COLUMNS, _ANSWERED)})
SELECT answered.key_id, own.value - reference.value, count(*), max(people.number)
FROM answered
JOIN (SELECT key_id, count(*) AS number FROM answered GROUP BY key_id) people USING (key_id)
LEFT JOIN annotate_rating reference
    ON reference.submission_id = answered.reference_id AND reference.state = 'rated'
LEFT JOIN annotate_rating own ON own.submission_id = answered.id AND own.response_id = reference.response_id
    AND own.dimension_id = reference.dimension_id AND own.state = 'rated'
GROUP BY 1, 2
"""  # noqa: S608 - no value is pasted in


def keys_in_use(project_id: int, page: int = 1) -> tuple[list[KeyInUse], bool]:
    """Return a page of keys, live ones first and the latest of them first, and whether there are more.

    Two statements, whatever the number of keys and answers.
    """
    start = (page - 1) * PAGE
    rows = list(
        GoldKey.objects.filter(task__batch__project=project_id)
        .annotate(words=_first_words())
        .select_related("task__batch", "submission__annotator")
        .order_by(F("retired_at").desc(nulls_first=True), "-pk")[start : start + PAGE + 1]
    )
    found = {
        row.pk: KeyInUse(
            uid=row.uid,
            words=_shortened(row.words),
            use=_use(row),
            batch=row.task.batch.name,
            by=row.submission.annotator.username,
            explanations=row.explanations,
            made_at=row.created_at,
            retired_at=row.retired_at,
        )
        for row in rows[:PAGE]
    }
    for key, step, count, people in _rows(_STEPS, [list(found)]):
        found[key].people = people
        if step is not None:
            found[key].steps[step] += count
    return list(found.values()), len(rows) > PAGE


def _rows(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


@dataclass(frozen=True, slots=True)
class Standing:
    """An annotator's qualification: since when, and every attempt, the latest first."""

    user_id: int
    uid: uuid.UUID
    username: str
    qualified_at: datetime | None
    attempts: list[Qualification]


def standings(project_id: int, page: int = 1) -> tuple[list[Standing], bool]:
    """Return a page of the project's annotators by name, and whether there are more; two statements."""
    start = (page - 1) * PAGE
    rows = list(
        Membership.objects.filter(project=project_id, role=Membership.Role.ANNOTATOR)
        .select_related("user")
        .order_by("user__username")[start : start + PAGE + 1]
    )
    attempts: dict[int, list[Qualification]] = {}
    for one in Qualification.objects.filter(
        batch__project=project_id, annotator__in=[row.user_id for row in rows]
    ).order_by("-finished_at", "-pk"):
        attempts.setdefault(one.annotator_id, []).append(one)
    return [
        Standing(row.user_id, row.uid, row.user.username, row.qualified_at, attempts.get(row.user_id, []))
        for row in rows[:PAGE]
    ], len(rows) > PAGE
