"""Tasks that are given by name, out of turn."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from annotate.models import Assignment, Project, User
from annotate.pipeline.assigning import Claimant, Held, assign, claim
from tests import make

pytestmark = pytest.mark.django_db


def claimant(user: User, project: Project, languages: list[str] | None = None, team: str = "") -> Claimant:
    return Claimant(user.pk, project.pk, languages or [], team)


def held(user: User, project: Project, **options: object) -> Held:
    found = claim(claimant(user, project), **options)  # type: ignore[arg-type]
    assert isinstance(found, Held)
    return found


def test_a_named_task_is_given_out_of_turn_and_whatever_its_batch_asks_of_claimants() -> None:
    project = make.project(overlap=3)
    make.task(make.conversation(project))
    named = make.task(make.conversation(project), batch=make.batch(project, teams=["blue"]))
    person = make.member(project)

    got = assign(claimant(person, project), named.pk)

    assert got is not None
    assert got.task_id == named.pk
    named.refresh_from_db()
    assert named.open_slots == 2


def test_giving_it_again_renews_the_lease_and_takes_no_second_slot() -> None:
    project = make.project(overlap=3)
    task = make.task(make.conversation(project))
    person = make.member(project)
    first = assign(claimant(person, project), task.pk)
    Assignment.objects.update(lease_expires_at=timezone.now())

    second = assign(claimant(person, project), task.pk)

    assert first is not None
    assert second is not None
    assert (second.uid, second.lease_number) == (first.uid, 1)
    assert second.lease_expires_at > timezone.now() + timedelta(minutes=29)
    task.refresh_from_db()
    assert task.open_slots == 2


def test_a_named_task_that_lapsed_is_taken_up_again_with_its_draft() -> None:
    project = make.project()
    task = make.task(make.conversation(project), overlap=2)
    person = make.member(project)
    old = make.assignment(task, person, draft={"ratings": []})
    Assignment.objects.filter(pk=old.pk).update(status="lapsed", closed_at=timezone.now())

    got = assign(claimant(person, project), task.pk)

    assert got is not None
    assert (got.id, got.lease_number, got.draft) == (old.pk, 2, '{"ratings": []}')


def test_a_task_that_is_full_done_closed_or_elsewhere_is_not_given() -> None:
    project = make.project()
    person = make.member(project)
    full = make.task(make.conversation(project), overlap=1)
    make.assignment(full, make.member(project))
    done = make.task(make.conversation(project))
    make.submission(done, person)
    paused = make.task(make.conversation(project), batch=make.batch(project, state="paused"))
    elsewhere = make.task(make.conversation(make.project()))

    for task in (full, done, paused, elsewhere):
        assert assign(claimant(person, project), task.pk) is None
    assert assign(claimant(person, project), 0) is None
    assert Assignment.objects.filter(annotator=person).count() == 1


def test_nobody_is_given_a_third_task() -> None:
    project = make.project()
    tasks = [make.task(make.conversation(project)) for _ in range(3)]
    person = make.member(project)

    given = [assign(claimant(person, project), task.pk) for task in tasks]

    assert [one is not None for one in given] == [True, True, False]


@pytest.mark.django_db(transaction=True)
def test_a_task_given_twice_at_once_costs_one_slot() -> None:
    project = make.project(overlap=3)
    task = make.task(make.conversation(project))
    person = make.member(project)
    start = threading.Barrier(6)
    got: list[Held | None] = []

    def run() -> None:
        start.wait()
        got.append(assign(claimant(person, project), task.pk))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connections.close_all()

    assert len({one.uid for one in got if one}) == 1
    task.refresh_from_db()
    assert task.open_slots == 2
