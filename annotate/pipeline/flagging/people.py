"""Find contradictions between people, and within one person's answers, without any model.

F0, self-consistency: in one submission, ratings order A over B and B is preferred. A preference on a
dimension is held against the ratings on that dimension. An overall preference is held against all
dimensions of its scope at once: it contradicts them when the preferred side is better on none of them,
for then no weighing of the dimensions can explain it. Either way one gap must be *wide*.

F1, people disagree: ratings of one response on one dimension lie a *wide* gap apart, or preferences
on one pair point in opposite directions. Ties oppose nobody, and neither do
answers by another version of the rubric.

F1 is settled, and no flag any more, once a follow-up was answered and one person alone stands apart: without them
at least two are left, and these contradict one another no longer (ratings lie less than a wide gap apart; two
preferences point the same way, none the other). Before that one more person is asked: following_up.py.

A gap is wide from two thirds of the scale, and never below two steps (2 on InterMT's scales of 0-3).

Only ratings of state ``rated`` count, of everybody's latest revisions; labels that came with a file count as
one more person's, reviewers' verdicts do not, nor do answers to training, qualification and gold tasks,
which are held against a key instead. A flag's fingerprint says *which* contradiction it is:
for F1 the item and how far apart it is, for F0 the person's answers. So one more person who says what was
already said adds to the evidence of an open flag, and brings no resolved one back.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from annotate.models import Flag, Project, Submission
from annotate.pipeline.copying import insert_values, update_values
from annotate.reports import closing_reasons
from annotate.reports.contradictions import (
    PEOPLE_PREFER_OPPOSITES,
    PEOPLE_RATE_APART,
    SELF_CONTRADICTIONS,
)
from annotate.reports.labels.columns import scanning
from annotate.reports.pseudonyms import pseudonyms
from annotate.reports.settled import settled

log = logging.getLogger(__name__)

GONE, SETTLED = closing_reasons.GONE, closing_reasons.SETTLED
KINDS = [Flag.Kind.SELF_CONSISTENCY, Flag.Kind.HUMANS_DISAGREE]
ALIVE = (Flag.Status.OPEN, Flag.Status.WAITING)
# Conversations looked at together: bounds the memory of a pass over everything.
CHUNK = 3000
# From so many on it is cheaper to read all there is and throw most of it away.
MANY = 1000


@dataclass(frozen=True, slots=True)
class FlagReport:
    """What one pass did, and how many flags are open in the project after it."""

    created: int
    closed: int
    open: int


Item = tuple[str, int | None, int | None, int | None, int | None]
"""Scope, response, left, right and dimension."""


@dataclass(frozen=True, slots=True)
class _Contradiction:
    """What is to be a flag; there are a hundred thousand of them, so no row before it is one."""

    kind: Flag.Kind
    conversation: int
    item: Item
    annotator: int | None
    evidence: dict[str, Any]
    priority: float
    fingerprint: str


@dataclass(frozen=True, slots=True)
class _Names:
    """What the evidence calls people, by (conversation, person), and submissions: it is shown, and outlives ids."""

    people: Mapping[tuple[int, int], int]
    submissions: Mapping[int, str]


_TOUCHED = """
SELECT DISTINCT task.conversation_id FROM annotate_submission submission
JOIN annotate_task task ON task.id = submission.task_id
JOIN annotate_batch batch ON batch.id = task.batch_id
WHERE batch.project_id = %(project)s AND submission.id > %(after)s
ORDER BY task.conversation_id
"""


def flag_project(project_id: int, *, whole: bool = False) -> FlagReport:
    """Raise and close flags over the conversations that got submissions since the last pass, or all.

    Twice is once, and passes of one project wait for one another. A flag whose contradiction is gone
    is closed with a reason; a closed one whose contradiction is back is open again; a resolved one
    stays resolved.
    """
    created = closed = 0
    with transaction.atomic():
        project = Project.objects.select_for_update(no_key=True).get(pk=project_id)
        mark = settled()
        after = 0 if whole else _mark(cache.get(_key(project.uid)), mark)
        touched = [pk for (pk,) in _rows(_TOUCHED, {"project": project_id, "after": after})]
        for start in range(0, len(touched), CHUNK):
            conversations = touched[start : start + CHUNK]
            raised, over = _store(project_id, conversations, *_contradictions(conversations))
            created, closed = created + raised, closed + over
    cache.set(_key(project.uid), mark, None)
    if created or closed:
        log.info("project %s: %s flags raised, %s closed", project_id, created, closed)
    return FlagReport(
        created, closed, Flag.objects.filter(project=project_id, status=Flag.Status.OPEN).count()
    )


def pending_projects() -> list[int]:
    """Return the projects with submissions that no pass has seen for certain.

    A submission is certain a minute after it was made, so a project is named for a minute more.
    """
    mark = settled()
    projects = dict(Project.objects.values_list("pk", "uid"))
    stored = cache.get_many([_key(uid) for uid in projects.values()])
    marks = {pk: _mark(stored.get(_key(uid)), mark) for pk, uid in projects.items()}
    pending = _rows(
        """
        SELECT project.id FROM unnest(%(ids)s::bigint[], %(marks)s::bigint[]) project (id, mark)
        WHERE EXISTS (
            SELECT FROM annotate_submission submission
            JOIN annotate_task task ON task.id = submission.task_id
            JOIN annotate_batch batch ON batch.id = task.batch_id
            WHERE submission.id > project.mark AND batch.project_id = project.id)
        ORDER BY project.id
        """,
        {"ids": list(marks), "marks": list(marks.values())},
    )
    waiting = {pk for (pk,) in pending}
    # Where nothing is new, the next look starts from here, however old the project's last submission is.
    cache.set_many({_key(uid): mark for pk, uid in projects.items() if pk not in waiting}, None)
    return sorted(waiting)


def _key(project: uuid.UUID) -> str:
    return f"flagged:{project}"


def _mark(stored: int | None, highest: int) -> int:
    """Return the submission up to which a project was looked at; 0 when that is lost.

    A mark beyond what is settled comes from before the database was set back.
    """
    return stored if stored is not None and stored <= highest else 0


def _rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _contradictions(conversations: list[int]) -> tuple[list[_Contradiction], dict[Item, str]]:
    """Return every contradiction in these conversations, and what is settled."""
    names = _Names(pseudonyms(conversations), _uids(conversations))
    parameters = {"conversations": conversations}
    with scanning() if len(conversations) >= MANY else nullcontext():
        ratings, preferences, own = (
            _rows(one, parameters)
            for one in (PEOPLE_RATE_APART, PEOPLE_PREFER_OPPOSITES, SELF_CONTRADICTIONS)
        )
    found: list[_Contradiction] = []
    settled_items: dict[Item, str] = {}
    for rows in (ratings, preferences):
        for row in rows:
            if reason := _settlement(row):
                settled_items[row[1:6]] = reason
            else:
                found.append(_between_people(row, names))
    found += [_within_one(row, names) for row in own]
    return found, settled_items


def _uids(conversations: list[int]) -> dict[int, str]:
    given = Submission.objects.filter(task__conversation__in=conversations)
    return {pk: str(uid) for pk, uid in given.values_list("pk", "uid")}


def _between_people(row: tuple[Any, ...], names: _Names) -> _Contradiction:
    conversation, *item, people, values, submissions, further, span, _wide = row
    answers = [
        {
            "annotator": names.people[conversation, person],
            "value": value,
            "submission": names.submissions[submission],
        }
        | ({"further": True} if is_further else {})
        for person, value, submission, is_further in zip(people, values, submissions, further, strict=True)
    ]
    lowest, highest = min(values), max(values)
    # Opposite is opposite, however strongly; a rating's spread may widen and is then another flag.
    spread = ("opposite",) if item[1] is None else (lowest, highest)
    return _Contradiction(
        Flag.Kind.HUMANS_DISAGREE,
        conversation,
        row[1:6],
        outlier(dict(zip(people, values, strict=True))),
        {"answers": answers},
        (highest - lowest) / span,
        _fingerprint(Flag.Kind.HUMANS_DISAGREE, item, *spread),
    )


def _settlement(row: tuple[Any, ...]) -> str:
    """Return in words how a further annotator settled it; "" where it is contested still."""
    _c, _s, response, _l, _r, _d, people, values, _submissions, further, _span, wide = row
    given = dict(zip(people, values, strict=True))
    signs = {person: (value > 0) - (value < 0) for person, value in given.items()}
    alone = outlier(given if response else signs) if any(further) else None
    if alone is None:
        return ""
    others = [value for person, value in given.items() if person != alone]
    if response:
        agree = len(others) > 1 and max(others) - min(others) < wide
    else:
        side = {signs[person] for person in given if person != alone} - {0}
        agree = len(side) == 1 and sum(value != 0 for value in others) > 1
    if not agree:
        return ""
    lowest, highest, only = (_said(value, response) for value in (min(others), max(others), given[alone]))
    return SETTLED.format(alone=only, others=lowest if lowest == highest else f"{lowest} to {highest}")


def _said(value: int, response: int | None) -> str:
    return f"{value}" if response or not value else f"{value:+d}"


def _within_one(row: tuple[Any, ...], names: _Names) -> _Contradiction:
    conversation, *item, person, preference, submission, keys, left, right, wide = row
    ratings = zip(keys, left, right, wide, strict=True)
    evidence = {
        "annotator": names.people[conversation, person],
        "preference": preference,
        "ratings": [
            {"dimension": key, "left": of_left, "right": of_right, "wide": is_wide}
            for key, of_left, of_right, is_wide in ratings
        ],
        "submission": names.submissions[submission],
    }
    said = (person, preference, *zip(keys, left, right, strict=True))
    fingerprint = _fingerprint(Flag.Kind.SELF_CONSISTENCY, item, *said)
    return _Contradiction(
        Flag.Kind.SELF_CONSISTENCY, conversation, row[1:6], person, evidence, 0.0, fingerprint
    )


def outlier(values: Mapping[int, int]) -> int | None:
    """Return who of these people is farthest from the median of the others; None when several are."""
    distances = {
        person: abs(value - median(other for one, other in values.items() if one != person))
        for person, value in values.items()
    }
    farthest = max(distances.values())
    people = [person for person, distance in distances.items() if distance == farthest]
    return people[0] if len(people) == 1 else None


def _fingerprint(kind: Flag.Kind, item: Iterable[object], *contradiction: object) -> str:
    words = (kind.value, *map(str, item))
    return hashlib.sha256(repr((*words, *contradiction)).encode()).hexdigest()


def _store(
    project_id: int,
    conversations: list[int],
    found: list[_Contradiction],
    settled_items: Mapping[Item, str],
) -> tuple[int, int]:
    """Bring the conversations' flags in line with what was found; return how many were raised and closed.

    Those whose contradiction is settled, or not there any more, are closed.
    """
    # Locked, so that no review resolves one between this look and the write.
    stored = Flag.objects.select_for_update().filter(conversation__in=conversations, kind__in=KINDS)
    columns = ("fingerprint", "pk", "kind", "status", "evidence", *_ITEM)
    known = {row[0]: row[1:] for row in stored.values_list(*columns)}
    new = [one for one in found if one.fingerprint not in known]
    renewed = []
    raised = len(new)
    for one in found:
        pk, _kind, status, evidence, *_item = known.pop(one.fingerprint, (0, "", "", {}))
        is_back = status == Flag.Status.CLOSED
        if is_back or (status in ALIVE and evidence != one.evidence):
            raised += is_back
            now = Flag.Status.OPEN if is_back else status
            renewed.append((pk, now, "", Jsonb(one.evidence), one.annotator, one.priority))
    over = []
    for pk, kind, status, _evidence, *item in known.values():
        if status in ALIVE:
            is_settled = kind == Flag.Kind.HUMANS_DISAGREE and tuple(item) in settled_items
            reason = settled_items[tuple(item)] if is_settled else GONE
            over.append((pk, Flag.Status.CLOSED, reason))
    _insert(project_id, new)
    update_values(Flag, ("status", "closed_reason", "evidence", "annotator_id", "priority"), renewed)
    update_values(Flag, ("status", "closed_reason"), over)
    return raised, len(over)


_ITEM = ("scope", "response_id", "left_id", "right_id", "dimension_id")


def _insert(project_id: int, new: list[_Contradiction]) -> None:
    now = timezone.now()
    insert_values(
        Flag,
        (
            *("project_id", "conversation_id", "kind", *_ITEM, "annotator_id", "evidence", "priority"),
            *("fingerprint", "created_at", "status", "closed_reason", "outcome", "model_fault"),
        ),
        (
            (
                *(project_id, one.conversation, one.kind, *one.item, one.annotator, Jsonb(one.evidence)),
                *(one.priority, one.fingerprint, now, Flag.Status.OPEN, "", "", ""),
            )
            for one in new
        ),
    )
