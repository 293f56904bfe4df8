from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from annotate.models import ApiToken, Membership, Project, User
from annotate.pipeline.reporting import refresh
from tests import make
from tests.judging import candidates, prefer, rate, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make.project()


@pytest.fixture
def manager(project: Project) -> User:
    return make.member(project, Membership.Role.MANAGER)


@pytest.fixture
def visitor(client: Client, manager: User) -> Client:
    client.force_login(manager)
    return client


def judged(project: Project, conversations: int) -> None:
    people = [make.member(project) for _ in range(2)]
    for number in range(conversations):
        task = make.task(make.conversation(project, candidates=2))
        left, right = candidates(task)
        for place, person in enumerate(people):
            answers = submit(task, person)
            rate(answers, left, text_quality=(number + place) % 4)
            rate(answers, right, text_quality=number % 4)
            prefer(answers, left, right, (number + place) % 3 - 1)


def shown(visitor: Client, project: Project) -> str:
    answer = visitor.get(reverse("manage-results", args=[project.slug]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_page_api_and_command_show_the_same_numbers(visitor: Client, project: Project, manager: User) -> None:
    judged(project, 12)
    said = io.StringIO()
    call_command("report", project.slug, json=True, stdout=said)
    by_command = json.loads(said.getvalue())["aggregates"]
    headers = {"Authorization": f"Token {ApiToken.issue(manager, 'test')}"}
    by_api = Client().get(reverse("api-aggregates", args=[project.slug]), headers=headers).json()
    assert by_api == by_command

    page = shown(visitor, project).replace("−", "-")
    numbers = [by_command["strengths"][0]["strengths"][0]["strength"]]
    numbers += [one["mean"] for dimension in by_command["ratings"] for one in dimension["means"]]
    assert len(numbers) == 3
    for number in numbers:
        assert f"{number:.2f} (" in page


def test_several_versions_of_the_rubric_stand_apart_and_are_named(visitor: Client, project: Project) -> None:
    judged(project, 2)
    assert "v1)" not in shown(visitor, project)
    older = project.batches.get(is_default=True)
    newer = make.batch(project, rubric=make.second_version())
    type(older).objects.filter(pk=older.pk).update(is_default=False)
    type(newer).objects.filter(pk=newer.pk).update(is_default=True)
    judged(project, 1)
    page = shown(visitor, project)

    for version in ("intermt v1", "intermt v2"):
        assert f"Strength: two responses compared ({version})" in page
        assert f"Text quality ({version})" in page
    csv = visitor.get(
        reverse("manage-results", args=[project.slug]), {"csv": "strength-local-intermt-v2"}
    ).content.decode()
    assert "model-0" in csv


def test_an_empty_project_says_why_there_is_nothing(visitor: Client, project: Project) -> None:
    page = shown(visitor, project)

    assert "not defined, because no two models have been compared yet" in page
    assert "not defined, because no response of a known model has been rated yet" in page


@pytest.mark.parametrize("size", [1, 4])
def test_the_page_takes_the_same_number_of_statements_whatever_it_shows(
    visitor: Client, project: Project, size: int, django_assert_num_queries: Any
) -> None:
    judged(project, size)
    refresh(project.pk)
    shown(visitor, project)
    with django_assert_num_queries(6):
        shown(visitor, project)


@pytest.mark.parametrize("role", ["annotator", "reviewer", None])
@pytest.mark.parametrize("name", ["manage-results", "api-aggregates"])
def test_nobody_but_managers_sees_it(client: Client, project: Project, role: str | None, name: str) -> None:
    client.force_login(make.member(project, Membership.Role(role)) if role else make.user())

    assert client.get(reverse(name, args=[project.slug])).status_code == 404
