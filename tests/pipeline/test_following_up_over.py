"""When a follow-up is over, what a provisional model may ask for, and passes at once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotate.models import Batch, Calibration, Flag, Membership, Project, Task
from annotate.pipeline import following_up, reviewing
from annotate.pipeline.assigning import Claimant, Held, NothingToClaim, claim
from annotate.pipeline.flagging import flag_project
from annotate.pipeline.following_up import FollowUpReport, follow_up
from tests import make
from tests.judging import candidates, disputed, prefer, rate, submit
from tests.pipeline import followups
from tests.pipeline.followups import full, passed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh() -> None:
    cache.clear()


@pytest.fixture
def project() -> Project:
    return followups.project()


@pytest.fixture
def task(project: Project) -> Task:
    return full(make.task(make.conversation(project, candidates=2), overlap=2))


def test_one_that_nobody_needs_any_more_is_taken_back(project: Project, task: Task) -> None:
    people = disputed(task, 0, 3)
    passed(project)
    rate(submit(task, people[0]), candidates(task)[0], text_quality=3)
    flag_project(project.pk)

    assert follow_up(project.pk) == FollowUpReport(asked=0, withdrawn=1, waiting=0, open=0)
    followup = Task.objects.get(follows=task)
    assert (followup.overlap, followup.open_slots) == (0, 0)
    assert followup.closed_at is not None
    found = claim(Claimant(make.member(project).pk, project.pk, [], ""))
    assert isinstance(found, NothingToClaim)


def test_one_that_somebody_holds_stays_theirs(project: Project, task: Task) -> None:
    people = disputed(task, 0, 3)
    passed(project)
    held = claim(Claimant(make.member(project).pk, project.pk, [], ""))
    assert isinstance(held, Held)
    rate(submit(task, people[0]), candidates(task)[0], text_quality=3)
    flag_project(project.pk)

    assert follow_up(project.pk).withdrawn == 0
    assert Task.objects.get(pk=held.task_id).closed_at is None


@pytest.mark.parametrize("event", ["batch", "original", "followup", "age"])
def test_when_it_cannot_be_answered_any_more_the_reviewer_is_next(
    project: Project, task: Task, event: str
) -> None:
    disputed(task, 0, 3)
    passed(project)
    followup = Task.objects.get(follows=task)
    if event == "batch":
        Batch.objects.update(state="closed")
    elif event == "age":
        Task.objects.filter(pk=followup.pk).update(created_at=timezone.now() - timedelta(days=8))
    else:
        closed = task if event == "original" else followup
        Task.objects.filter(pk=closed.pk).update(closed_at=timezone.now(), open_slots=0)

    report = passed(project)

    assert (report.asked, report.waiting, report.open) == (0, 0, 1)
    followup.refresh_from_db()
    assert followup.closed_at is not None
    assert passed(project, whole=True).open == 1


def test_a_paused_batch_keeps_its_flags_waiting(project: Project, task: Task) -> None:
    disputed(task, 0, 3)
    Batch.objects.update(state="paused")

    assert passed(project) == FollowUpReport(asked=1, withdrawn=0, waiting=1, open=0)


def test_nobody_waits_longer_than_a_week_for_an_open_place(project: Project) -> None:
    task = make.task(make.conversation(project), overlap=1)
    disputed(task, 0, 3)
    passed(project)
    Flag.objects.update(created_at=timezone.now() - timedelta(days=8))

    assert passed(project, whole=True) == FollowUpReport(asked=0, withdrawn=0, waiting=0, open=1)


def test_what_a_reviewer_has_taken_stays_with_them(project: Project, task: Task) -> None:
    disputed(task, 0, 3)
    flag_project(project.pk)
    reviewer = make.member(project, Membership.Role.REVIEWER)
    assert reviewing.next_review(project.pk, reviewer.pk) is not None

    assert passed(project) == FollowUpReport(asked=0, withdrawn=0, waiting=0, open=1)


def test_reviewers_do_not_see_what_waits(project: Project, task: Task) -> None:
    disputed(task, 0, 3)
    passed(project)

    assert reviewing.next_review(project.pk, make.member(project, Membership.Role.REVIEWER).pk) is None
    assert following_up.waiting_projects() == [project.pk]


def surprised(task: Task, stage: str) -> Flag:
    """Let one person prefer the right answer, and a model be surprised by it."""
    left, right = candidates(task)
    given = submit(task, make.member(task.batch.project))
    prefer(given, left, right, 2)
    calibration = Calibration.objects.create(
        run=make.scorer_run(task.batch.project),
        stage=stage,
        link="logistic",
        parameters={},
        sample_size=0,
        gate_open=stage == "fitted",
        gate_reason="",
    )
    return Flag.objects.create(
        project=task.batch.project,
        conversation=task.conversation,
        kind="F2",
        fingerprint=f"surprise {task.pk}",
        scope="local",
        left=left,
        right=right,
        annotator=given.annotator,
        evidence={"submission": str(given.uid)},
        calibration=calibration,
        status="waiting",
        priority=9,
    )


def test_a_provisional_surprise_has_a_second_person_asked_and_never_reaches_a_reviewer(
    project: Project, task: Task
) -> None:
    flag = surprised(task, "provisional")

    assert follow_up(project.pk) == FollowUpReport(asked=1, withdrawn=0, waiting=1, open=0)
    flag.refresh_from_db()
    assert flag.followup is not None
    assert flag.followup.asks is not None
    assert [one["kind"] for one in flag.followup.asks] == ["comparison"]
    left, right = candidates(task)
    prefer(submit(flag.followup, make.member(project)), left, right, 1)
    assert follow_up(project.pk) == FollowUpReport(asked=0, withdrawn=0, waiting=1, open=0)


def test_a_surprise_gets_no_third_person_nor_what_people_need_nor_one_when_its_link_is_fitted(
    project: Project, task: Task
) -> None:
    disputed(full(make.task(make.conversation(project))), 0, 3)
    flag_project(project.pk)
    surprised(task, "fitted")
    two = full(make.task(make.conversation(project, candidates=2)))
    surprised(two, "provisional")
    left, right = candidates(two)
    prefer(submit(two, make.member(project)), left, right, 1)
    third = full(make.task(make.conversation(project, candidates=2)))
    surprised(third, "provisional")
    project.batches.update(extra_share=0.2)  # of six answers

    assert follow_up(project.pk) == FollowUpReport(asked=1, withdrawn=0, waiting=4, open=0)
    assert Flag.objects.get(kind="F1").followup is not None


def test_an_answer_by_another_version_of_the_rubric_is_no_second_opinion(
    project: Project, task: Task
) -> None:
    surprised(task, "provisional")
    bridge = make.batch(project, rubric=make.second_version(), purpose="bridge")
    left, right = candidates(task)
    prefer(submit(make.task(task.conversation, batch=bridge), make.member(project)), left, right, 1)

    assert follow_up(project.pk) == FollowUpReport(asked=1, withdrawn=0, waiting=1, open=0)
    assert Task.objects.get(follows__isnull=False).follows == task


@pytest.mark.django_db(transaction=True)
def test_many_passes_at_once_make_one_follow_up() -> None:
    project = followups.project()
    task = full(make.task(make.conversation(project), overlap=2))
    disputed(task, 0, 3)
    flag_project(project.pk)
    start = threading.Barrier(6)

    def run() -> None:
        start.wait()
        follow_up(project.pk, whole=True)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connections.close_all()

    assert Task.objects.filter(follows=task).count() == 1
    assert Flag.objects.get().status == "waiting"


def test_a_follow_up_costs_one_statement_more_and_its_flags_none(project: Project) -> None:
    costs = []
    for count in (1, 3):
        cache.clear()
        for _ in range(count):
            task = full(make.task(make.conversation(project)))
            disputed(task, 0, 3)
            disputed(task, 0, 3, dimension="context_coherence")
        flag_project(project.pk)
        made = Task.objects.filter(follows__isnull=False).count()
        with CaptureQueriesContext(connection) as queries:
            follow_up(project.pk)
        costs.append(len(queries))
        assert Task.objects.filter(follows__isnull=False).count() == made + count

    assert costs[1] - costs[0] == 2
    assert costs[0] < 30
