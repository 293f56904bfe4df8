"""Tasks that people reported as unusable, and the ones that were closed, for the manager's page."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from annotate.models import Assignment, MessagePart, ProblemReport, Task, Turn

PER_PAGE = 25
WORDS = 160  # characters of a conversation's beginning


@dataclass(frozen=True, slots=True)
class Report:
    """One person's report; ``dismissed`` when it no longer counts."""

    uid: uuid.UUID
    who: str
    kind: str
    text: str
    created_at: datetime
    dismissed: bool


@dataclass(frozen=True, slots=True)
class ReportedTask:
    """A task with its reports, newest first, and how its conversation begins.

    ``counting`` reports are not dismissed; ``held`` people have it in work or submitted it.
    """

    uid: uuid.UUID
    batch: str
    words: str
    closed_at: datetime | None
    counting: int
    held: int
    reports: list[Report]


def _tasks(project_id: int, state: str) -> QuerySet[Any]:
    reports = ProblemReport.objects.filter(task=OuterRef("pk"))
    first = Turn.objects.filter(conversation=OuterRef("conversation"), parent=None).order_by("pk")
    words = MessagePart.objects.filter(kind="text", turn=OuterRef("first_turn")).order_by("position")
    tasks = Task.objects.filter(batch__project=project_id)
    if state == "open":
        tasks = tasks.filter(pk__in=ProblemReport.objects.filter(decided_at=None).values("task"))
    elif state == "closed":
        tasks = tasks.filter(closed_at__isnull=False)
    else:
        tasks = tasks.filter(Exists(reports) | Q(closed_at__isnull=False))
    return (
        tasks.select_related("batch")
        .annotate(
            latest=Coalesce(Max("problem_reports__created_at"), "closed_at"),
            first_turn=Subquery(first.values("pk")[:1]),
        )
        .annotate(words=Subquery(words.values("text")[:1]))
        .order_by("-latest", "-pk")
    )


def reported_tasks(
    project_id: int, *, state: str = "", number: str | int = 1
) -> tuple[Page[Any], list[ReportedTask]]:
    """Return a page of the tasks that were reported or closed, the latest first, in four statements; its rows apart.

    ``state`` "open" leaves out closed ones and those whose reports were all dismissed, "closed" leaves out
    the others.
    """
    found = Paginator(_tasks(project_id, state), PER_PAGE).get_page(number)
    rows: list[Any] = list(found.object_list)
    reports = _reports([one.pk for one in rows])
    held = _held([one.pk for one in rows])
    shown = [
        ReportedTask(
            uid=one.uid,
            batch=one.batch.name,
            words=(one.words or "")[:WORDS],
            closed_at=one.closed_at,
            counting=sum(not report.dismissed for report in reports[one.pk]),
            held=held[one.pk],
            reports=reports[one.pk],
        )
        for one in rows
    ]
    return found, shown


def _reports(tasks: list[int]) -> defaultdict[int, list[Report]]:
    found: defaultdict[int, list[Report]] = defaultdict(list)
    rows = ProblemReport.objects.filter(task__in=tasks).select_related("reporter").order_by("-created_at")
    for one in rows:
        dismissed = one.dismissed_at is not None
        found[one.task_id].append(
            Report(one.uid, one.reporter.username, one.kind, one.text, one.created_at, dismissed)
        )
    return found


def _held(tasks: list[int]) -> defaultdict[int, int]:
    found: defaultdict[int, int] = defaultdict(int)
    holding = (Assignment.Status.ACTIVE, Assignment.Status.SUBMITTED)
    for task in Assignment.objects.filter(task__in=tasks, status__in=holding).values_list("task", flat=True):
        found[task] += 1
    return found
