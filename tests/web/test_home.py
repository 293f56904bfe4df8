"""The list of projects: what one may do, how far one is, in a fixed number of queries."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from annotate.models import Membership
from tests import make
from tests.pipeline import keys

pytestmark = pytest.mark.django_db
Role = Membership.Role


def test_visitors_are_sent_to_the_log_in(client: Client) -> None:
    assert client.get("/")["Location"] == "/log-in/?next=/"


def test_an_annotator_sees_own_progress_and_the_way_to_work(client: Client) -> None:
    project = make.project("p")
    ada = make.member(project)
    make.submission(make.task(make.conversation(project)), ada)
    make.submission(make.task(make.conversation(project)), make.member(project))
    client.force_login(ada)

    answer = client.get("/")

    (shown,) = answer.context["cards"]
    progress = shown["card"].progress
    assert (progress.total, progress.today, progress.week) == (1, 1, 1)
    assert 'href="/p/p/annotate/"' in answer.content.decode()


def test_other_roles_are_not_offered_to_annotate(client: Client) -> None:
    client.force_login(make.member(make.project("p"), Role.MANAGER))

    assert "/annotate/" not in client.get("/").content.decode()


def test_whoever_has_no_project_is_told_what_to_do(client: Client) -> None:
    client.force_login(make.user())

    assert "Ask a manager" in client.get("/").content.decode()


@pytest.mark.parametrize("number", [1, 20])
def test_the_number_of_queries_does_not_grow(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, number: int
) -> None:
    ada = make.user()
    for _ in range(number):
        for role in Role:
            Membership.objects.create(project=make.project(), user=ada, role=role)
    client.force_login(ada)

    # Session, person, projects; own numbers, pace, days, what came back; reviews that wait and are done;
    # two of attention.
    with django_assert_num_queries(11):
        client.get("/")


def test_work_that_waits_behind_a_qualification_does_not_wait_for_a_newcomer(client: Client) -> None:
    project = make.project("gated", qualification_required=True)
    make.task(make.conversation(project))
    person = make.member(project)
    client.force_login(person)

    before = client.get("/").content.decode()
    Membership.objects.filter(user=person).update(qualified_at=timezone.now())
    after = client.get("/").content.decode()

    assert "nothing is waiting now" in before
    assert "work is waiting" in after


def test_the_original_of_gold_that_one_has_met_does_not_wait(client: Client) -> None:
    project = make.project("p")
    person = make.member(project)
    made = keys.key(project, "gold")
    original = made.submission.task
    client.force_login(person)
    before = client.get("/").content.decode()
    keys.answer(made.task, person)

    assert original.open_slots > 0
    assert "work is waiting" in before
    assert "work is waiting" not in client.get("/").content.decode()
