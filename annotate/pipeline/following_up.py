"""Where people disagree, ask one more of them before a reviewer is troubled, and only what is contested.

A flag F1 that is open becomes *waiting*: for a place of the task itself that somebody is at or that is open still,
or for a *follow-up*. That is a task of its own in the same batch for one person who held no task of the
conversation; it shows all that the original shows and asks no more than what its flags contest. People can tell that
it asks less, and so that somebody may have disagreed; who, and how, they cannot.

When a follow-up was answered, flagging finds the flag settled and closes it, or finds it contested still: then
one more follow-up is made, or the flag is *open* for reviewers. It is open at once where

- as many people have answered as the batch's ``overlap_limit``,
- ``extra_share`` is used up: of what the batch's own tasks were answered so far, counted in single questions. The
  budget grows with the work, so that early disagreements do not eat what wider ones would need later,
- so many follow-ups lie ready that another would not be taken soon,
- there is nobody to ask, or what is contested is an optional comparison on one dimension, which no task can ask for,
- whoever was asked could not say, or nobody took it for a week,
- the batch or the task was closed, or the batch wants no extra questions at all.

A flag F2 of a provisional calibration has no other effect than this: one more person compares the pair, where only
one has. It waits from the beginning to the end, no reviewer ever sees it, and what people disagree on goes first.

Of all that a pass finds, the widest gaps come first. Passes of one project wait for one another, and twice is once.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from annotate.models import Assignment, Calibration, Flag, Project, Submission, Task, TaskPath
from annotate.pipeline.copying import insert_new
from annotate.reports.extra_questions import rooms_of
from annotate.reports.originals import Original, originals_of
from annotate.reports.settled import settled
from annotate.reports.sql import IS_WORK

log = logging.getLogger(__name__)

Status = Flag.Status
PATIENCE = timedelta(days=7)
# Before everything else in the batch: a claim takes smaller ranks first.
RANK = -1_000_000
CHUNK = 2000


@dataclass(frozen=True, slots=True)
class FollowUpReport:
    """How many follow-ups a pass made and took back, and how many flags wait and are open after it."""

    asked: int
    withdrawn: int
    waiting: int
    open: int


class _Contested(NamedTuple):
    """Of a flag, what decides what becomes of it: a pass over everything looks at a hundred thousand."""

    pk: int
    kind: str
    status: str
    response: int | None
    dimension: int | None
    evidence: dict[str, Any]
    followup: int | None
    priority: float
    created_at: datetime


@dataclass(slots=True)
class _Decided:
    """What becomes of the flags that a pass looks at; ``ask`` may still fail for want of budget.

    ``ask_besides``: those of a model, asked with what is left; none of them is ever opened.
    """

    opened: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    ask: list[tuple[_Contested, Original]] = field(default_factory=list)
    ask_besides: list[tuple[_Contested, Original]] = field(default_factory=list)


def follow_up(project_id: int, *, whole: bool = False) -> FollowUpReport:
    """Send flags that people raised to one more person, or to the reviewers: where answers are new, or everywhere.

    To be called after flagging. What is answered between the two passes is found by the next: at worst a
    reviewer, or one more person, is asked for what flagging then settles.
    """
    with transaction.atomic():
        project = Project.objects.select_for_update(no_key=True).get(pk=project_id)
        mark = settled()
        withdrawn = _withdraw(project_id)
        _give_up_waiting(project_id)
        decided = _Decided()
        touched = _touched(project, whole=whole)
        for start in range(0, len(touched), CHUNK):
            _decide(touched[start : start + CHUNK], decided)
            _decide_provisional(touched[start : start + CHUNK], decided)
        asked = _ask(project, decided)
        _set(decided.opened, Status.OPEN)
        _set(decided.waiting, Status.WAITING)
    cache.set(_key(project), mark, None)
    if asked or withdrawn:
        log.info("project %s: %s follow-ups made, %s taken back", project_id, asked, withdrawn)
    flags = Flag.objects.filter(project=project_id)
    return FollowUpReport(
        asked,
        withdrawn,
        waiting=flags.filter(status=Status.WAITING).count(),
        open=flags.filter(status=Status.OPEN).count(),
    )


def waiting_projects() -> list[int]:
    """Return the projects where a flag waits: its follow-up may be too old, or its batch closed by now."""
    waiting = Flag.objects.filter(status=Status.WAITING)
    return list(waiting.order_by("project").values_list("project", flat=True).distinct())


def _key(project: Project) -> str:
    return f"followed-up:{project.uid}"


def _touched(project: Project, *, whole: bool) -> list[int]:
    """Return the conversations with submissions since the last pass, or all with answers."""
    stored = cache.get(_key(project))
    # A mark beyond what is settled comes from before the database was set back.
    after = 0 if whole or stored is None or stored > settled() else stored
    return [
        pk
        for (pk,) in _rows(
            """
            SELECT DISTINCT task.conversation_id FROM annotate_submission submission
            JOIN annotate_task task ON task.id = submission.task_id
            JOIN annotate_batch batch ON batch.id = task.batch_id
            WHERE batch.project_id = %(project)s AND submission.id > %(after)s
            ORDER BY task.conversation_id
            """,
            {"project": project.pk, "after": after},
        )
    ]


def _rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _withdraw(project_id: int) -> int:
    """Close the follow-ups that nobody began and nobody needs any more; they want nobody then."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE annotate_task task SET closed_at = now(), open_slots = 0, overlap = 0
            FROM annotate_batch batch, annotate_task original
            WHERE batch.id = task.batch_id AND batch.project_id = %(project)s AND original.id = task.follows_id
              AND task.follows_id IS NOT NULL AND task.reserved_for_id IS NULL
              AND task.open_slots > 0 AND task.open_slots = task.overlap
              AND EXISTS (SELECT FROM annotate_flag flag WHERE flag.followup_id = task.id)
              AND (batch.state = 'closed' OR original.closed_at IS NOT NULL OR task.created_at < %(before)s
                   OR NOT EXISTS (SELECT FROM annotate_flag flag
                                  WHERE flag.followup_id = task.id AND flag.status = 'waiting'))
            """,
            {"project": project_id, "before": timezone.now() - PATIENCE},
        )
        return int(cursor.rowcount)


def _give_up_waiting(project_id: int) -> None:
    """Open the flags whose follow-up was closed, and those that have waited in vain."""
    waiting = Flag.objects.filter(project=project_id, status=Status.WAITING, kind=Flag.Kind.HUMANS_DISAGREE)
    before = timezone.now() - PATIENCE
    in_vain = Q(followup=None, created_at__lt=before) | Q(followup__created_at__lt=before)
    waiting.filter(Q(followup__closed_at__isnull=False) | in_vain).update(status=Status.OPEN)


def _decide(conversations: list[int], decided: _Decided) -> None:
    """Sort the conversations' flags for which nobody is on the way."""
    answered = Assignment.objects.filter(task=OuterRef("followup"), status=Assignment.Status.SUBMITTED)
    flags = _contested(
        Flag.objects.filter(
            conversation__in=conversations, kind=Flag.Kind.HUMANS_DISAGREE, review=None
        ).filter(
            Q(status__in=[Status.OPEN, Status.WAITING], followup=None)
            | (Q(status=Status.WAITING) & Exists(answered))
        )
    )
    answers = {answer["submission"] for flag in flags for answer in flag.evidence["answers"]}
    tasks = {
        str(uid): (task, original)
        for uid, task, original in Submission.objects.filter(uid__in=answers)
        .annotate(original=Coalesce("task__follows", "task"))
        .values_list("uid", "task", "original")
    }
    originals = originals_of({original for _, original in tasks.values()})
    for flag in flags:
        given = [tasks[one["submission"]] for one in flag.evidence["answers"]]
        # One person whom the follow-up asked could not say, and nobody else is asked to.
        is_mute = flag.followup is not None and flag.followup not in {task for task, _ in given}
        _decide_one(flag, originals[min(original for _, original in given)], decided, is_mute=is_mute)


def _contested(flags: QuerySet[Flag]) -> list[_Contested]:
    return [_Contested(*row) for row in flags.order_by("pk").values_list(*_Contested._fields)]


def _decide_one(flag: _Contested, original: Original, decided: _Decided, *, is_mute: bool) -> None:
    people = len(flag.evidence["answers"])
    is_optional = flag.response is None and flag.dimension is not None
    is_old = flag.followup is None and flag.created_at < timezone.now() - PATIENCE
    becomes = decided.opened
    if not (is_mute or is_optional or is_old or original.is_over or people >= original.limit):
        if original.is_busy or (original.has_place and original.has_somebody):
            becomes = decided.waiting
        elif original.has_somebody:
            decided.ask.append((flag, original))
            return
    if flag.status != (Status.OPEN if becomes is decided.opened else Status.WAITING):
        becomes.append(flag.pk)


# The task that asked for the pair first, and how many people compared it, by the version of the rubric that the
# surprising label was given by: an answer by another one is no second opinion on it.
_COMPARED = f"""
SELECT flag.id, min(coalesce(task.follows_id, task.id)), count(DISTINCT submission.annotator_id)
FROM annotate_flag flag
JOIN annotate_submission surprising ON surprising.uid = (flag.evidence ->> 'submission')::uuid
JOIN annotate_task task ON task.conversation_id = flag.conversation_id
JOIN annotate_batch batch ON batch.id = task.batch_id
JOIN annotate_submission submission ON submission.task_id = task.id AND submission.origin <> 'review'
     AND submission.rubric_id = surprising.rubric_id
JOIN annotate_comparison comparison ON comparison.submission_id = submission.id AND comparison.scope = flag.scope
     AND comparison.left_id = flag.left_id AND comparison.right_id = flag.right_id
     AND comparison.dimension_id IS NULL
WHERE flag.id = ANY(%(flags)s) AND {IS_WORK}
GROUP BY flag.id
"""  # noqa: S608


def _decide_provisional(conversations: list[int], decided: _Decided) -> None:
    flags = {
        flag.pk: flag
        for flag in _contested(
            Flag.objects.filter(
                conversation__in=conversations,
                kind=Flag.Kind.MODEL_PREFERENCE,
                status=Status.WAITING,
                followup=None,
                dimension=None,
                calibration__stage=Calibration.Stage.PROVISIONAL,
            )
        )
    }
    compared = {row[0]: row[1:] for row in _rows(_COMPARED, {"flags": list(flags)})} if flags else {}
    originals = originals_of({original for original, _ in compared.values()})
    for flag, (task, people) in compared.items():
        original = originals[task]
        is_coming = original.is_busy or original.has_place
        if people == 1 < original.limit and original.has_somebody and not (is_coming or original.is_over):
            decided.ask_besides.append((flags[flag], original))


def _still(flags: Iterable[int]) -> QuerySet[Flag]:
    """Return those of the flags that no sitting has taken and no pass has closed meanwhile."""
    return Flag.objects.filter(pk__in=flags, review=None, status__in=[Status.OPEN, Status.WAITING])


def _set(flags: list[int], status: Flag.Status) -> None:
    _still(flags).exclude(status=status).update(status=status)


def _ask(project: Project, decided: _Decided) -> int:
    """Make follow-ups, the widest gaps first, as far as there is room; what is beyond it is opened."""
    wanted = [*_widest_first(decided.ask), *_widest_first(decided.ask_besides)]
    # Locked, so that no sitting takes one while its follow-up is made.
    locked = set(_still(flag.pk for flag, _ in wanted).select_for_update().values_list("pk", flat=True))
    wanted = [one for one in wanted if one[0].pk in locked]
    if not wanted:
        return 0
    rooms = rooms_of(project, {original.batch for _, original in wanted})
    chosen: dict[int, _FollowUp] = {}
    for flag, original in wanted:
        room = rooms[original.batch]
        is_new = original.id not in chosen
        if room.questions < 1 or room.tasks < is_new:
            if flag.kind == Flag.Kind.HUMANS_DISAGREE and flag.status != Status.OPEN:
                decided.opened.append(flag.pk)
            continue
        room.questions -= 1
        room.tasks -= is_new
        chosen.setdefault(original.id, _FollowUp(original)).flags.append(flag.pk)
    _create(list(chosen.values()))
    return len(chosen)


def _widest_first(wanted: list[tuple[_Contested, Original]]) -> list[tuple[_Contested, Original]]:
    return sorted(wanted, key=lambda one: (-one[0].priority, one[0].pk))


@dataclass(slots=True)
class _FollowUp:
    """A follow-up to be made: the flags whose questions it asks."""

    original: Original
    flags: list[int] = field(default_factory=list)


def _create(chosen: list[_FollowUp]) -> None:
    random.shuffle(chosen)  # so that the order in which they are served does not follow the gaps
    related = Flag.objects.select_related("dimension", "response", "left", "right")
    asked = related.in_bulk([pk for one in chosen for pk in one.flags])
    tasks = [
        Task(
            batch_id=one.original.batch,
            conversation_id=one.original.conversation,
            overlap=1,
            open_slots=1,
            rank=RANK,
            asks=[_question(asked[pk]) for pk in one.flags],
            follows_id=one.original.id,
        )
        for one in chosen
    ]
    insert_new(tasks)
    made = {task.follows_id: task for task in tasks}
    paths = TaskPath.objects.filter(task__in=made).order_by("task_id", "position")
    insert_new(
        [
            TaskPath(
                task=made[path.task_id],
                response_id=path.response_id,
                position=path.position,
                whole=path.whole,
                external_id=path.external_id,
            )
            for path in paths
        ]
    )
    for one in chosen:
        followup = made[one.original.id]
        Flag.objects.filter(pk__in=one.flags).update(followup=followup, status=Status.WAITING)


def _question(flag: Flag) -> dict[str, str]:
    """Return what the flag contests as an entry of a task's ``asks``."""
    if flag.response is not None and flag.dimension is not None:
        return {"kind": "rating", "response": str(flag.response.uid), "dimension": flag.dimension.key}
    if flag.left is None or flag.right is None:
        raise ValueError(flag.pk)
    return {
        "kind": "comparison",
        "scope": flag.scope,
        "left": str(flag.left.uid),
        "right": str(flag.right.uid),
    }
