"""Find contradictions between people, and within one person's answers, without any model.

F0, self-consistency: in one submission, ratings order A over B and B is preferred. A preference on a
dimension is held against the ratings on that dimension. An overall preference is held against all
dimensions of its scope at once: it contradicts them when the preferred side is better on none of them,
for then no weighing of the dimensions can explain it. Either way one gap must be *wide*.

F1, people disagree: ratings of one response on one dimension lie a *wide* gap apart, or preferences
on one pair point in opposite directions. Ties oppose nobody.

A gap is wide from two thirds of the scale, and never below two steps (2 on InterMT's scales of 0-3).

Only ratings of state ``rated`` count, of everybody's latest revisions; labels that came with a file count as
one more person's, reviewers' verdicts do not. A flag's fingerprint says *which* contradiction it is:
for F1 the item and how far apart it is, for F0 the person's answers. So one more person who says what was
already said adds to the evidence of an open flag, and brings no resolved one back.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction

from annotate.models import Flag, Project
from annotate.reports.pseudonyms import pseudonyms

log = logging.getLogger(__name__)

GONE = "The answers changed: the contradiction is gone."
KINDS = [Flag.Kind.SELF_CONSISTENCY, Flag.Kind.HUMANS_DISAGREE]
# A submission younger than this may have neighbours with smaller ids that are not committed yet.
SETTLED_SECONDS = 60
# Conversations looked at together: bounds the memory of a pass over everything.
CHUNK = 500


@dataclass(frozen=True, slots=True)
class FlagReport:
    """What one pass did, and how many flags are open in the project after it."""

    created: int
    closed: int
    open: int


Numbers = Mapping[tuple[int, int], int]


_TOUCHED = """
SELECT DISTINCT task.conversation_id FROM annotate_submission submission
JOIN annotate_task task ON task.id = submission.task_id
JOIN annotate_batch batch ON batch.id = task.batch_id
WHERE batch.project_id = %(project)s AND submission.id > %(after)s
ORDER BY task.conversation_id
"""

_WIDE = "greatest(least(2, maximum - minimum), (maximum - minimum) * 2 / 3)"

# The valid answers on some conversations: of each person the latest word on each item.
_ANSWERS = f"""
WITH latest AS (
    SELECT DISTINCT ON (submission.task_id, submission.annotator_id, submission.origin)
           submission.id, submission.uid::text AS uid, submission.annotator_id, task.conversation_id
    FROM annotate_task task JOIN annotate_submission submission ON submission.task_id = task.id
    WHERE task.conversation_id = ANY(%(conversations)s) AND submission.origin <> 'review'
    ORDER BY submission.task_id, submission.annotator_id, submission.origin, submission.revision DESC
), given AS (
    SELECT DISTINCT ON (rating.response_id, rating.dimension_id, latest.annotator_id)
           latest.conversation_id, latest.annotator_id, latest.id AS submission_id, latest.uid,
           rating.response_id, rating.dimension_id, rating.value, rating.state
    FROM latest JOIN annotate_rating rating ON rating.submission_id = latest.id
    ORDER BY rating.response_id, rating.dimension_id, latest.annotator_id, latest.id DESC
), rated AS (
    SELECT given.*, dimension.scope, {_WIDE} AS wide
    FROM given JOIN annotate_dimension dimension ON dimension.id = given.dimension_id
    WHERE given.state = 'rated'
), compared AS (
    SELECT DISTINCT ON (comparison.scope, comparison.left_id, comparison.right_id, comparison.dimension_id,
                        latest.annotator_id)
           latest.conversation_id, latest.annotator_id, latest.id AS submission_id, latest.uid,
           comparison.scope, comparison.left_id, comparison.right_id, comparison.dimension_id,
           comparison.preference
    FROM latest JOIN annotate_comparison comparison ON comparison.submission_id = latest.id
    ORDER BY comparison.scope, comparison.left_id, comparison.right_id, comparison.dimension_id,
             latest.annotator_id, latest.id DESC
)
"""  # noqa: S608 - no value is pasted in

_PEOPLE_RATE_APART = f"""{_ANSWERS}
SELECT conversation_id, scope, response_id, NULL, NULL, dimension_id,
       array_agg(annotator_id ORDER BY submission_id), array_agg(value ORDER BY submission_id),
       array_agg(uid ORDER BY submission_id)
FROM rated GROUP BY conversation_id, scope, response_id, dimension_id, wide
HAVING max(value) - min(value) >= wide
"""  # noqa: S608 - no value is pasted in

_PEOPLE_PREFER_OPPOSITES = f"""{_ANSWERS}
SELECT conversation_id, scope, NULL, left_id, right_id, dimension_id,
       array_agg(annotator_id ORDER BY submission_id), array_agg(preference ORDER BY submission_id),
       array_agg(uid ORDER BY submission_id)
FROM compared GROUP BY conversation_id, scope, left_id, right_id, dimension_id
HAVING min(preference) < 0 AND max(preference) > 0
"""  # noqa: S608

# Ratings are looked up by index in the very submission that holds the preference: joining the two lists
# of everybody's latest words lets the planner, which cannot know their length, go through all pairs.
_SELF_CONTRADICTIONS = f"""{_ANSWERS}, gap AS (
    SELECT compared.*, dimension.key, dimension.position, l.value AS of_left, r.value AS of_right,
           (l.value - r.value) * sign(compared.preference) AS against, {_WIDE} AS wide
    FROM compared
    JOIN annotate_rating l ON l.submission_id = compared.submission_id AND l.response_id = compared.left_id
    JOIN annotate_rating r ON r.submission_id = compared.submission_id AND r.response_id = compared.right_id
                          AND r.dimension_id = l.dimension_id
    JOIN annotate_dimension dimension ON dimension.id = l.dimension_id AND dimension.scope = compared.scope
    WHERE compared.preference <> 0 AND l.state = 'rated' AND r.state = 'rated'
      AND (compared.dimension_id IS NULL OR compared.dimension_id = l.dimension_id)
)
SELECT conversation_id, scope, NULL, left_id, right_id, dimension_id, annotator_id, preference, uid,
       array_agg(key ORDER BY position), array_agg(of_left ORDER BY position),
       array_agg(of_right ORDER BY position), array_agg(against >= wide ORDER BY position)
FROM gap GROUP BY conversation_id, scope, left_id, right_id, dimension_id, annotator_id, preference, uid
HAVING bool_and(against >= 0) AND bool_or(against >= wide)
"""  # noqa: S608


def flag_project(project_id: int, *, whole: bool = False) -> FlagReport:
    """Raise and close flags over the conversations that got submissions since the last pass, or all.

    Twice is once, and passes of one project wait for one another. A flag whose contradiction is gone
    is closed with a reason; a closed one whose contradiction is back is open again; a resolved one
    stays resolved.
    """
    created = closed = 0
    with transaction.atomic():
        project = Project.objects.select_for_update(no_key=True).get(pk=project_id)
        settled = _settled()
        after = 0 if whole else _mark(cache.get(_key(project.uid)), settled)
        touched = [pk for (pk,) in _rows(_TOUCHED, {"project": project_id, "after": after})]
        for start in range(0, len(touched), CHUNK):
            conversations = touched[start : start + CHUNK]
            flags = _contradictions(project_id, conversations)
            created += _store(flags)
            closed += _close(conversations, {flag.fingerprint for flag in flags})
    cache.set(_key(project.uid), settled, None)
    if created or closed:
        log.info("project %s: %s flags raised, %s closed", project_id, created, closed)
    return FlagReport(
        created, closed, Flag.objects.filter(project=project_id, status=Flag.Status.OPEN).count()
    )


def pending_projects() -> list[int]:
    """Return the projects with submissions that no pass has seen for certain.

    A submission is certain a minute after it was made, so a project is named for a minute more.
    """
    settled = _settled()
    projects = dict(Project.objects.values_list("pk", "uid"))
    stored = cache.get_many([_key(uid) for uid in projects.values()])
    marks = {pk: _mark(stored.get(_key(uid)), settled) for pk, uid in projects.items()}
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
    cache.set_many({_key(uid): settled for pk, uid in projects.items() if pk not in waiting}, None)
    return sorted(waiting)


def _key(project: uuid.UUID) -> str:
    return f"flagged:{project}"


def _mark(stored: int | None, settled: int) -> int:
    """Return the submission up to which a project was looked at; 0 when that is lost.

    A mark beyond what is settled comes from before the database was set back.
    """
    return stored if stored is not None and stored <= settled else 0


def _settled() -> int:
    """Return the highest submission id below which no new one can appear."""
    ((settled,),) = _rows(
        "SELECT coalesce(max(id), 0) FROM annotate_submission"
        " WHERE created_at < now() - %(seconds)s * interval '1 second'",
        {"seconds": SETTLED_SECONDS},
    )
    return int(settled)


def _rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _contradictions(project_id: int, conversations: list[int]) -> list[Flag]:
    """Return a flag, not stored yet, for every contradiction in these conversations."""
    numbers = pseudonyms(conversations)
    parameters = {"conversations": conversations}
    flags = [
        _between_people(row, numbers)
        for statement in (_PEOPLE_RATE_APART, _PEOPLE_PREFER_OPPOSITES)
        for row in _rows(statement, parameters)
    ]
    flags += [_within_one(row, numbers) for row in _rows(_SELF_CONTRADICTIONS, parameters)]
    for flag in flags:
        flag.project_id = project_id
    return flags


def _between_people(row: tuple[Any, ...], numbers: Numbers) -> Flag:
    *item, people, values, submissions = row
    flag = _flag(Flag.Kind.HUMANS_DISAGREE, item)
    answers = list(zip(people, values, submissions, strict=True))
    flag.annotator_id = outlier(dict(zip(people, values, strict=True)))
    flag.evidence = {
        "answers": [
            {"annotator": numbers[flag.conversation_id, person], "value": value, "submission": submission}
            for person, value, submission in answers
        ]
    }
    # Opposite is opposite, however strongly; a rating's spread may widen and is then another flag.
    spread = (min(values), max(values)) if flag.response_id else ("opposite",)
    flag.fingerprint = _fingerprint(flag, *spread)
    return flag


def _within_one(row: tuple[Any, ...], numbers: Numbers) -> Flag:
    *item, person, preference, submission, keys, left, right, wide = row
    flag = _flag(Flag.Kind.SELF_CONSISTENCY, item)
    flag.annotator_id = person
    flag.evidence = {
        "annotator": numbers[flag.conversation_id, person],
        "preference": preference,
        "ratings": [
            {"dimension": key, "left": of_left, "right": of_right, "wide": is_wide}
            for key, of_left, of_right, is_wide in zip(keys, left, right, wide, strict=True)
        ],
        "submission": submission,
    }
    flag.fingerprint = _fingerprint(flag, person, preference, *zip(keys, left, right, strict=True))
    return flag


def outlier(values: Mapping[int, int]) -> int | None:
    """Return who of these people is farthest from the median of the others; None when several are."""
    distances = {
        person: abs(value - median(other for one, other in values.items() if one != person))
        for person, value in values.items()
    }
    farthest = max(distances.values())
    people = [person for person, distance in distances.items() if distance == farthest]
    return people[0] if len(people) == 1 else None


def _flag(kind: Flag.Kind, item: list[Any]) -> Flag:
    conversation, scope, response, left, right, dimension = item
    return Flag(
        conversation_id=conversation,
        kind=kind,
        scope=scope,
        response_id=response,
        left_id=left,
        right_id=right,
        dimension_id=dimension,
    )


def _fingerprint(flag: Flag, *contradiction: object) -> str:
    item = (flag.kind, flag.scope, flag.response_id, flag.left_id, flag.right_id, flag.dimension_id)
    return hashlib.sha256(repr((*map(str, item), *contradiction)).encode()).hexdigest()


def _store(flags: list[Flag]) -> int:
    """Insert what is new, bring the evidence of what is open up to date; return how many were raised."""
    fingerprints = [flag.fingerprint for flag in flags]
    # Locked, so that no review resolves one between this look and the write.
    known = {
        flag.fingerprint: flag
        for flag in Flag.objects.select_for_update().filter(fingerprint__in=fingerprints)
    }
    raised, changed = [], []
    for flag in flags:
        old = known.get(flag.fingerprint)
        if old is None or old.status == Flag.Status.CLOSED:
            raised.append(flag)
        elif old.status == Flag.Status.OPEN and old.evidence != flag.evidence:
            changed.append(flag)
    Flag.objects.bulk_create(
        [*raised, *changed],
        update_conflicts=True,
        unique_fields=["project", "fingerprint"],
        update_fields=["status", "closed_reason", "evidence", "annotator"],
    )
    return len(raised)


def _close(conversations: list[int], current: set[str]) -> int:
    """Close the conversations' open flags whose contradiction is not there any more."""
    open_flags = Flag.objects.filter(conversation__in=conversations, status=Flag.Status.OPEN, kind__in=KINDS)
    return open_flags.exclude(fingerprint__in=current).update(status=Flag.Status.CLOSED, closed_reason=GONE)
