"""Pages about judges, annotators, throughput and forecasts; and that API and command show the same numbers."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from annotate import tasks
from annotate.models import ApiToken, Membership, Project, StoredReport
from annotate.pipeline import reporting
from annotate.reports.quality import stored
from tests import make
from tests.web.quality.world import busy, manager

pytestmark = pytest.mark.django_db
NAMES = ["judges", "annotators", "throughput", "forecast"]


@pytest.fixture
def project() -> Project:
    return make.project()


@pytest.fixture
def visitor(client: Client, project: Project) -> Client:
    client.force_login(manager(project))
    return client


def page(client: Client, project: Project, name: str, query: str = "") -> str:
    answer = client.get(reverse(f"manage-{name}", args=[project.slug]) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def table(client: Client, project: Project, name: str, query: str) -> list[dict[str, str]]:
    answer = client.get(reverse(f"manage-{name}", args=[project.slug]) + query)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def api(project: Project, name: str, query: str = "") -> Any:
    token = ApiToken.issue(manager(project), "test")
    headers = {"Authorization": f"Token {token}"}
    return Client().get(reverse(f"api-{name}", args=[project.slug]) + query, headers=headers)


def command(project: Project, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    call_command("report", project.slug, "--json")
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_project_has_its_pages_and_answers_too(visitor: Client, project: Project, name: str) -> None:
    page(visitor, project, name)
    assert api(project, name).status_code == 200


@pytest.mark.parametrize("name", NAMES)
def test_only_managers_read_them(client: Client, project: Project, name: str) -> None:
    for person in (make.member(project), make.member(project, Membership.Role.REVIEWER), make.user()):
        client.force_login(person)
        assert client.get(reverse(f"manage-{name}", args=[project.slug])).status_code == 404
        assert client.get(reverse(f"api-{name}", args=[project.slug])).status_code == 404
        refresh = reverse("manage-report-refresh", args=[project.slug, name])
        assert client.post(refresh).status_code == 404


def test_page_api_and_command_show_the_same_numbers(
    visitor: Client, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    busy(project)
    reporting.refresh(project.pk, NAMES)
    printed = command(project, capsys)
    answers = {name: api(project, name).json() for name in NAMES}

    assert {name: printed[name] for name in NAMES} == answers
    (judge,) = answers["judges"]["judges"]
    (row,) = table(visitor, project, "judges", "?csv=preferences")
    accuracy = judge["preferences"]["accuracy"]
    assert [float(one) for one in list(row.values())[1:5]] == [
        accuracy["value"], accuracy["low"], accuracy["high"], accuracy["n"],
    ]  # fmt: skip
    people = {one["name"]: one for one in answers["annotators"]["annotators"]}
    rows = table(visitor, project, "annotators", "?csv=annotators")
    assert {one["name"]: float(one["kappa_others"]) for one in rows} == {
        name: one["agreement"]["value"] for name, one in people.items()
    }
    assert {one["name"]: float(one["offset_low"]) for one in rows} == {
        name: one["offset"]["low"] for name, one in people.items()
    }
    days = table(visitor, project, "throughput", "?csv=days")
    assert [int(one["tasks"]) for one in days] == [one["tasks"] for one in answers["throughput"]["days"]]
    costs = table(visitor, project, "forecast", "?csv=costs")
    found = answers["forecast"]["forecast"]["costs"]
    assert [int(one["conversations"]) for one in costs] == [one["need"]["conversations"] for one in found]
    assert len(found) == 5


def test_a_forecast_is_of_what_is_asked(project: Project) -> None:
    busy(project)
    usual = api(project, "forecast", "?question=text_quality&half_width=0.2&rate=10").json()["forecast"]
    half = api(project, "forecast", "?question=text_quality&half_width=0.1").json()["forecast"]

    assert usual["wanted"]["question"] == "text_quality"
    assert half["costs"][0]["need"]["conversations"] == pytest.approx(
        4 * usual["costs"][0]["need"]["conversations"], abs=4
    )
    assert usual["costs"][0]["hours"] is None  # nothing was timed
    assert half["costs"][0]["money"] is None


@pytest.mark.parametrize(
    "query", ["half_width=0", "half_width=nan", "people=0", "rate=-1", "kind=mode", "half_width=x"]
)
def test_a_forecast_of_nonsense_is_refused_by_the_api_and_left_out_by_the_page(
    visitor: Client, project: Project, query: str
) -> None:
    answer = api(project, "forecast", f"?{query}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == query.split("=", maxsplit=1)[0]
    page(visitor, project, "forecast", f"?{query}")


def test_annotators_are_sorted_and_filtered_by_what_stands_out(visitor: Client, project: Project) -> None:
    people = busy(project)
    up = table(visitor, project, "annotators", "?csv=annotators&sort=offset")
    down = table(visitor, project, "annotators", "?csv=annotators&sort=-offset")

    assert [one["name"] for one in down] == [one["name"] for one in reversed(up)]
    assert {one["name"] for one in up} == {one.username for one in people}
    nobody = table(visitor, project, "annotators", "?csv=annotators&sign=fast&sort=nonsense")
    assert nobody == []
    assert "Nobody is like that." in page(visitor, project, "annotators", "?sign=fast")


def test_what_must_be_computed_first_is_sent_for(
    visitor: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[object, ...]] = []
    monkeypatch.setattr(tasks, "wake", lambda task, *arguments: sent.append((task.name, *arguments)))
    monkeypatch.setattr(stored, "SMALL", -1)
    for name in NAMES:
        assert "This is being computed." in page(visitor, project, name)
        answer = api(project, name)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
        assert visitor.post(reverse("manage-report-refresh", args=[project.slug, name])).status_code == 302

    assert [one[1:] for one in sent] == [(project.pk, name) for name in NAMES for _ in range(3)]


def test_no_other_report_is_computed_on_demand(visitor: Client, project: Project) -> None:
    assert visitor.post(reverse("manage-report-refresh", args=[project.slug, "nonsense"])).status_code == 404


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_page_takes_few_statements_whatever_the_project_holds(
    visitor: Client, project: Project, name: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    busy(project, conversations=3)
    reporting.refresh(project.pk, NAMES)
    assert StoredReport.objects.count() == len(NAMES)

    with django_assert_max_num_queries(9):
        page(visitor, project, name)
