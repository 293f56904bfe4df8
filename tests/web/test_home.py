"""The list of projects: what one may do, how far one is, in a fixed number of queries."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from annotate.models import Membership
from tests import make

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

    (membership,) = answer.context["memberships"]
    assert (membership.done, membership.done_today) == (1, 1)
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
        Membership.objects.create(project=make.project(), user=ada, role="annotator")
    client.force_login(ada)

    with django_assert_num_queries(3):  # session, person, projects with their counts
        client.get("/")
