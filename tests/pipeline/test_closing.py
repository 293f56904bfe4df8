"""Bad items: how many reports close a task, and that a closed one is never handed out, whatever comes together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from annotate.models import Assignment, Membership, ProblemReport, Project, Task, User
from annotate.pipeline import annotating, assigning, closing
from annotate.pipeline.keying import Use
from annotate.refusal import Refusal
from annotate.reports.managers.waiting import Waiting, waiting
from tests import make
from tests.pipeline import keys

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make.project(overlap=4, problem_limit=2)


@pytest.fixture
def task(project: Project) -> Task:
    return make.task(make.conversation(project))


def holder(task: Task, **fields: object) -> Assignment:
    task.refresh_from_db()
    return make.assignment(task, make.member(task.batch.project), **fields)


def report(held: Assignment, kind: str = "broken", text: str = "") -> None:
    closing.report_problem(held.uid, held.annotator_id, kind=kind, text=text)


def claimant(user: User, project: Project) -> assigning.Claimant:
    return assigning.Claimant(user.pk, project.pk, [], "")


def fresh(task: Task) -> Task:
    return Task.objects.get(pk=task.pk)


def together(*calls: Callable[[], object]) -> None:
    """Run these at once, each on a connection of its own."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        connection.ensure_connection()
        start.wait()
        call()
        connection.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connections.close_all()


def test_as_many_people_as_the_limit_close_a_task(task: Task) -> None:
    report(holder(task))
    assert (fresh(task).closed_at, fresh(task).open_slots) == (None, 3)

    report(holder(task))

    assert fresh(task).closed_at is not None
    assert fresh(task).open_slots == 0


def test_one_person_counts_once_and_the_first_report_stays(task: Task) -> None:
    held = holder(task)
    report(held, "broken", " first ")
    report(held, "other", "second")

    assert fresh(task).closed_at is None
    assert list(ProblemReport.objects.values_list("kind", "text")) == [("broken", "first")]


def test_dismissed_reports_do_not_count(task: Task) -> None:
    report(holder(task))
    closing.dismiss_report(ProblemReport.objects.get().pk)
    report(holder(task))

    assert fresh(task).closed_at is None


def test_only_annotators_report_and_only_on_what_is_theirs(task: Task) -> None:
    held = holder(task)
    with pytest.raises(Assignment.DoesNotExist):
        closing.report_problem(held.uid, make.member(task.batch.project).pk, kind="broken", text="")
    Membership.objects.filter(user=held.annotator).update(role=Membership.Role.REVIEWER)
    with pytest.raises(Assignment.DoesNotExist):
        report(held)
    Membership.objects.filter(user=held.annotator).update(role=Membership.Role.ANNOTATOR)
    with pytest.raises(Refusal):
        report(held, kind="boring")
    with pytest.raises(Refusal):
        report(held, text="x" * 2001)

    assert not ProblemReport.objects.exists()


def test_who_holds_a_closed_task_keeps_it_and_nobody_else_gets_it(project: Project, task: Task) -> None:
    """Claim, take-over, by name: all three ways in are shut, and nobody is told to wait for the slot."""
    expired = holder(task, lease_expires_at=timezone.now() - timedelta(minutes=1), draft={"notes": ["typed"]})
    closing.close_task(task.pk)
    person = make.member(project)

    found = assigning.claim(claimant(person, project))
    assert isinstance(found, assigning.NothingToClaim)
    assert found.state == "done"
    assert assigning.assign(claimant(person, project), task.pk) is None

    own = assigning.claim(claimant(expired.annotator, project))
    assert isinstance(own, assigning.Held)
    assert own.uid == expired.uid
    assert own.draft == '{"notes": ["typed"]}'


def test_what_lapsed_before_the_task_was_closed_is_not_revived(project: Project, task: Task) -> None:
    held = holder(task, lease_expires_at=timezone.now() - timedelta(minutes=1))
    Task.objects.filter(pk=task.pk).update(open_slots=0)
    assert isinstance(assigning.claim(claimant(make.member(project), project)), assigning.Held)
    closing.close_task(task.pk)

    assert isinstance(assigning.claim(claimant(held.annotator, project)), assigning.NothingToClaim)


def test_skipping_a_closed_task_opens_no_slot(task: Task) -> None:
    held = holder(task)
    closing.close_task(task.pk)

    annotating.skip(held.uid, held.annotator_id, lease=1, reason="bad")

    assert fresh(task).open_slots == 0


def test_a_reopened_task_has_as_many_slots_as_people_are_lacking(task: Task) -> None:
    reporter, other, skipper = holder(task), holder(task), holder(task)
    report(reporter)
    report(other)
    annotating.skip(skipper.uid, skipper.annotator_id, lease=1, reason="")
    make.submission(task, other.annotator)

    closing.reopen_task(task.pk)

    assert (fresh(task).closed_at, fresh(task).open_slots) == (None, 2)
    assert not ProblemReport.objects.filter(dismissed_at=None).exists()
    closing.reopen_task(task.pk)
    assert fresh(task).open_slots == 2


def problems(task: Task) -> int:
    return waiting([task.batch.project_id])[task.batch.project_id].problems


def test_a_reported_task_waits_for_a_decision_until_its_last_report_is_dismissed(task: Task) -> None:
    report(holder(task))
    assert problems(task) == 1

    closing.dismiss_report(ProblemReport.objects.get().pk)
    assert problems(task) == 0

    report(holder(task))
    assert problems(task) == 1


def test_a_closed_task_waits_for_no_decision_nor_does_who_still_reports_it(task: Task) -> None:
    first, second, late, later = (holder(task) for _ in range(4))
    report(first)
    report(second)
    assert problems(task) == 0
    report(late)
    assert problems(task) == 0

    closing.reopen_task(task.pk)
    assert problems(task) == 0
    report(later)
    assert problems(task) == 1
    closing.close_task(task.pk)
    assert problems(task) == 0


def test_what_waits_is_told_by_project_in_one_statement(
    task: Task, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    report(holder(task))
    quiet = make.project()

    with django_assert_num_queries(1):
        found = waiting([task.batch.project_id, quiet.pk])

    assert found == {task.batch.project_id: Waiting(0, 1), quiet.pk: Waiting(0, 0)}


@pytest.mark.django_db(transaction=True)
def test_two_reporters_at_once_close_the_task() -> None:
    project = make.project(overlap=4, problem_limit=2)
    for _ in range(10):
        task = make.task(make.conversation(project))
        first, second = holder(task), holder(task)

        together(lambda one=first: report(one), lambda one=second: report(one))  # type: ignore[misc]

        assert fresh(task).closed_at is not None
        assert fresh(task).open_slots == 0


@pytest.mark.django_db(transaction=True)
def test_a_report_that_closes_and_a_skip_at_once_leave_no_slot() -> None:
    project = make.project(overlap=4, problem_limit=1)
    for _ in range(10):
        task = make.task(make.conversation(project))
        reporter, skipper = holder(task), holder(task)

        together(
            lambda one=reporter: report(one),  # type: ignore[misc]
            lambda one=skipper: annotating.skip(one.uid, one.annotator_id, lease=1, reason=""),  # type: ignore[misc]
        )

        assert (fresh(task).closed_at is None, fresh(task).open_slots) == (False, 0)


@pytest.mark.django_db(transaction=True)
def test_a_skip_while_the_task_is_reopened_gives_its_slot_back_once() -> None:
    project = make.project(overlap=4)
    for _ in range(10):
        task = make.task(make.conversation(project))
        held = holder(task)
        closing.close_task(task.pk)

        together(
            lambda one=held: annotating.skip(one.uid, one.annotator_id, lease=1, reason=""),  # type: ignore[misc]
            lambda one=task: closing.reopen_task(one.pk),  # type: ignore[misc]
        )

        assert fresh(task).open_slots == 4


@pytest.mark.django_db(transaction=True)
def test_nobody_takes_over_a_task_that_is_being_closed() -> None:
    project = make.project(overlap=1)
    for _ in range(10):
        task = make.task(make.conversation(project))
        holder(task, lease_expires_at=timezone.now() - timedelta(minutes=1))
        person = make.member(project)
        with_lock = threading.Event()
        done = threading.Event()

        def close(
            task: Task = task, locked: threading.Event = with_lock, over: threading.Event = done
        ) -> None:
            from django.db import transaction  # noqa: PLC0415

            with transaction.atomic():
                closing.close_task(task.pk)
                locked.set()
                over.wait(5)
            connection.close()

        closer = threading.Thread(target=close)
        closer.start()
        with_lock.wait(5)
        found = assigning.claim(claimant(person, project))
        done.set()
        closer.join()

        assert isinstance(found, assigning.NothingToClaim)
        assert not Assignment.objects.filter(task=task, annotator=person).exists()
        Task.objects.all().delete()
    connections.close_all()


@pytest.mark.parametrize("use", ["training", "qualification", "gold"])
def test_those_whom_a_task_measures_cannot_close_it(project: Project, use: Use) -> None:
    measuring = keys.key(project, use).task
    for _ in range(3):
        report(holder(measuring))

    assert fresh(measuring).closed_at is None
    assert ProblemReport.objects.filter(task=measuring).count() == 3
