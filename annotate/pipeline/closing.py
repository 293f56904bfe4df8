"""Bad items: people report a task, enough of them close it, a manager closes or re-opens it by hand.

A closed task has no open slots and is never handed out again. Whoever holds it at that moment keeps it: they may
finish, skip, or let it lapse, so that nothing that was typed is lost. Locks are taken assignments first, then the
task, as skipping takes them.
"""

from __future__ import annotations

import logging
import uuid

from django.db import transaction
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext

from annotate.models import Assignment, GoldKey, Membership, ProblemReport, Task
from annotate.refusal import Refusal

log = logging.getLogger(__name__)

TEXT_LIMIT = 2_000
_HOLDING = (Assignment.Status.ACTIVE, Assignment.Status.SUBMITTED)


@transaction.atomic
def report_problem(assignment: uuid.UUID, user_id: int, *, kind: str, text: str) -> None:
    """Report the task of one's own assignment; the project's limit of distinct reporters closes it.

    A person's second report on a task changes nothing. Reports that a manager dismissed do not count. A task
    with a key is closed by a manager alone: else those whom it measures could take it out.
    Raises Assignment.DoesNotExist for somebody else's, and for whoever no longer annotates in the project;
    Refusal for an unknown kind or a text that is too long.
    """
    if kind not in ProblemReport.Kind.values:
        raise Refusal.because("unknown_kind", gettext("There is no such kind of problem."), "kind")
    if len(text) > TEXT_LIMIT:
        detail = gettext("A report holds at most %(limit)s characters.") % {"limit": f"{TEXT_LIMIT:,}"}
        raise Refusal.because("text_too_long", detail, "text")
    task_id = (
        Assignment.objects.filter(uid=assignment, annotator=user_id)
        .filter(project__memberships__user=user_id, project__memberships__role=Membership.Role.ANNOTATOR)
        .values_list("task", flat=True)
        .get()
    )
    # Reporters of one task wait for one another here, so that each counts the others.
    task = Task.objects.select_for_update(no_key=True, of=("self",)).select_related("batch__project")
    found = task.get(pk=task_id)
    ProblemReport.objects.get_or_create(
        task=found, reporter_id=user_id, defaults={"kind": kind, "text": text.strip()}
    )
    reporters = ProblemReport.objects.filter(task=found, dismissed_at=None).count()
    has_key = GoldKey.objects.filter(task=found, retired_at=None).exists()
    if found.closed_at is not None:
        _decide(task_id)
    elif not has_key and reporters >= found.batch.project.problem_limit:
        close_task(task_id)
        log.info("task %s closed as a bad item: reported by %s people", task_id, reporters)


@transaction.atomic
def close_task(task_id: int) -> None:
    """Close a task as a bad item; a closed one stays as it is. Its reports wait for nobody then."""
    Task.objects.filter(pk=task_id, closed_at=None).update(closed_at=Now(), open_slots=0)
    _decide(task_id)


def _decide(task_id: int) -> None:
    ProblemReport.objects.filter(task=task_id, decided_at=None).update(decided_at=Now())


@transaction.atomic
def reopen_task(task_id: int) -> None:
    """Hand a closed task out again: as many slots as its overlap lacks people, and its reports dismissed.

    Dismissed, because the next report would close it again at once. An open task stays as it is.
    """
    held = [
        status
        for status in Assignment.objects.select_for_update()
        .filter(task=task_id)
        .order_by("pk")
        .values_list("status", flat=True)
        if status in _HOLDING
    ]
    task = Task.objects.select_for_update(no_key=True).get(pk=task_id)
    if task.closed_at is None:
        return
    Task.objects.filter(pk=task_id).update(closed_at=None, open_slots=max(0, task.overlap - len(held)))
    ProblemReport.objects.filter(task=task_id, dismissed_at=None).update(dismissed_at=Now())


def dismiss_report(report_id: int) -> None:
    """Set a report aside: it no longer counts towards closing the task. A closed task stays closed."""
    ProblemReport.objects.filter(pk=report_id, dismissed_at=None).update(
        dismissed_at=Now(), decided_at=Coalesce("decided_at", Now())
    )
