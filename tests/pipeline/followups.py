"""What tests of follow-ups share: a project with somebody left to be asked, and passes that are made twice."""

from __future__ import annotations

from django.db import connection

from annotate.models import Flag, Project, Task
from annotate.pipeline.assigning import Claimant, Held, claim
from annotate.pipeline.flagging import flag_project
from annotate.pipeline.following_up import FollowUpReport, follow_up
from tests import make
from tests.judging import candidates, rate, submit


def project() -> Project:
    """Return a project that may ask as much again, and where somebody is left to be asked."""
    made = make.project(overlap=2)
    made.batches.update(extra_share=1)
    make.member(made)
    return made


def full(task: Task) -> Task:
    """Return the task without an open place: `submit` brings its own."""
    Task.objects.filter(pk=task.pk).update(overlap=0, open_slots=0)
    task.refresh_from_db()
    return task


def passed(project: Project, *, whole: bool = False) -> FollowUpReport:
    """Return what flagging and following up do, after making sure that a second time nothing happens."""
    flag_project(project.pk, whole=whole)
    first = follow_up(project.pk, whole=whole)
    before = states()
    flag_project(project.pk, whole=whole)
    again = follow_up(project.pk, whole=whole)
    assert (again.asked, again.withdrawn, again.waiting, again.open) == (0, 0, first.waiting, first.open)
    assert states() == before
    return first


def states() -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM annotate_flagevent")
        events = cursor.fetchone()
    return [events, *Flag.objects.order_by("pk").values_list("pk", "status", "followup", "closed_reason")]


def answered(project: Project, value: int | None) -> Task:
    """Let somebody claim the one follow-up and rate what it asks; return it."""
    followup = Task.objects.filter(reserved_for=None, follows__isnull=False, open_slots=1).get()
    person = make.member(project)
    held = claim(Claimant(person.pk, project.pk, [], ""))
    assert isinstance(held, Held)
    assert held.task_id == followup.pk
    state = "unable" if value is None else "rated"
    rate(submit(followup, person), candidates(followup)[0], state=state, text_quality=value)
    return followup
