"""The page, the call and the command show one report on versions of the rubric."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from annotate.models import Membership, Project
from annotate.pipeline import reporting
from tests import make
from tests.reports.quality.test_bridge import answer

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(client: Client) -> Project:
    """Return a project with a bridge of twelve conversations; the client is its manager."""
    made = make.project("p", overlap=2)
    answer(made, 12, higher=1)
    client.force_login(make.member(made, Membership.Role.MANAGER))
    return made


def test_page_call_and_command_say_the_same(client: Client, project: Project) -> None:
    call = client.get("/api/v1/projects/p/bridge").json()
    out = io.StringIO()
    call_command("report", "p", "--json", stdout=out)
    assert json.loads(out.getvalue())["bridge"] == call
    (bridge,) = call["bridges"]
    assert (bridge["verdict"], bridge["questions"][0]["found"]["shift"]["value"]) == ("not", 1.0)

    page = client.get("/p/p/manage/bridge/")
    words = page.content.decode()
    assert "Not to be pooled" in words
    assert "Different people answered" in words
    assert "the whole interval of the shift lies beyond its margin" in words
    table = client.get("/p/p/manage/bridge/?csv=shift-1-2").content.decode().lstrip("\ufeff")
    first = list(csv.reader(io.StringIO(table)))[1]
    assert first[0] == "Text quality"
    assert float(first[1]) == pytest.approx(1 / 3)
    assert client.get("/p/p/manage/bridge/?csv=x").status_code == 404


def test_what_is_stored_is_shown(client: Client, project: Project) -> None:
    first = client.get("/api/v1/projects/p/bridge").json()
    assert reporting.refresh(project.pk, ["bridge"]) == ["bridge"]
    assert client.get("/api/v1/projects/p/bridge").json() == first


def test_without_a_bridge_the_page_says_how_to_begin_one(client: Client) -> None:
    project = make.project("q")
    client.force_login(make.member(project, Membership.Role.MANAGER))
    assert "/p/q/manage/batches/new/" in client.get("/p/q/manage/bridge/").content.decode()


@pytest.mark.parametrize("role", [Membership.Role.ANNOTATOR, Membership.Role.REVIEWER])
def test_only_managers_see_it(client: Client, project: Project, role: Membership.Role) -> None:
    client.force_login(make.member(project, role))
    assert client.get("/p/p/manage/bridge/").status_code == 404
    assert client.get("/api/v1/projects/p/bridge").status_code == 404


@pytest.mark.parametrize("more", [0, 5])
def test_the_page_takes_the_same_number_of_statements(
    client: Client, project: Project, more: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    if more:
        answer(make.project(overlap=2), more)
        for task in list(project.batches.get(is_default=True).tasks.all()[:more]):
            make.submission(task, make.member(project))
    with django_assert_num_queries(10):
        client.get("/p/p/manage/bridge/")
