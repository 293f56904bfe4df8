"""What scorers' numbers mean: the same on the page, by API and by command; for managers alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from annotate import tasks
from annotate.models import ApiToken, Calibration, Flag, Membership, Project, ScorerRun
from annotate.pipeline.calibrating import calibrate
from annotate.pipeline.flagging import flag_project
from annotate.pipeline.simulating import Plan, ScorerPlan, simulate
from annotate.reports.quality.calibrations import calibrations
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(tasks, "wake", lambda *_: None)


@pytest.fixture
def project() -> Project:
    made = make.project("scored", overlap=2)
    scorers = (ScorerPlan("rm", 0.75), ScorerPlan("coin", 0.5), ScorerPlan("prm", 0.7, process=True))
    simulate(made, Plan(conversations=80, annotators=5, overlap=2, images=False, texts=0.0, scorers=scorers))
    calibrate(made.pk)
    flag_project(made.pk, whole=True)
    return made


@pytest.fixture
def visitor(project: Project, client: Client) -> Client:
    client.force_login(make.member(project, Membership.Role.MANAGER))
    return client


def asked(project: Project, name: str, role: Membership.Role = Membership.Role.MANAGER) -> Any:
    secret = ApiToken.issue(make.member(project, role), "test")
    headers = {"Authorization": f"Token {secret}"}
    return Client().get(reverse(name, args=[project.slug]), headers=headers)


def test_page_api_and_command_say_the_same(
    project: Project, visitor: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    call_command("report", project.slug, "--json")
    printed = json.loads(capsys.readouterr().out)
    answer = asked(project, "api-calibrations").json()
    health = asked(project, "api-model-health").json()
    page = visitor.get(reverse("manage-calibration", args=[project.slug])).content.decode()

    assert printed["calibrations"] == answer
    assert printed["model_health"] == health
    assert len(answer["links"]) == Calibration.objects.filter(is_current=True).count() > 3
    assert answer["closed_share"] == pytest.approx(
        sum(not one["is_open"] for one in answer["links"]) / len(answer["links"])
    )
    link = next(one for one in answer["links"] if one["is_open"])
    assert f"at least {link['lower']:.2f} (95 %)" in page
    for one in answer["links"]:
        assert one["reason"]
        assert one["is_open"] == (one["code"] == "open")
    assert {one["model"] for one in health["runs"]} == {"rm", "coin", "prm"}


def test_the_page_draws_every_reliability_diagram_and_gives_its_numbers(
    project: Project, visitor: Client
) -> None:
    address = reverse("manage-calibration", args=[project.slug])
    link = next(one for one in calibrations(project.pk).links if one.reliability)
    assert link.reliability is not None

    numbers = visitor.get(address, {"csv": f"reliability-{link.id}"}).content.decode()
    assert len(numbers.strip().splitlines()) == 1 + len(link.reliability.bins)
    assert visitor.get(address, {"csv": "reliability-none"}).status_code == 404


def test_the_models_page_says_what_stands_out_in_both_languages(project: Project, visitor: Client) -> None:
    run = ScorerRun.objects.get(model="rm")
    Flag.objects.filter(kind__in=["F5", "F6"]).delete()
    found = {"cause": "length", "value": -0.21, "low": -0.3, "high": -0.12, "pairs": 900, "model": "rm"}
    Flag.objects.create(project=project, run=run, kind="F6", fingerprint="one", evidence=found)
    dissent = {
        "labels": 300, "against": 90, "expected": 40.0, "z": 8.0, "certainty": 0.99, "model": "rm",
        "signs": {"seconds_a_task": 12.0},
    }  # fmt: skip
    person = make.member(project)
    Flag.objects.create(
        project=project, run=run, annotator=person, kind="F5", fingerprint="two", evidence=dissent
    )
    address = reverse("manage-models", args=[project.slug])

    page = visitor.get(address).content.decode()
    assert "rm overpays longer answers" in page
    assert f"{person.username} goes against rm in 90 of 300 labels" in page
    assert "高估较长的回答" in visitor.get(address, headers={"Accept-Language": "zh-hans"}).content.decode()


@pytest.mark.parametrize("name", ["manage-calibration", "manage-models"])
def test_only_managers_see_it(client: Client, name: str) -> None:
    project = make.project()
    client.force_login(make.member(project, Membership.Role.REVIEWER))

    assert client.get(reverse(name, args=[project.slug])).status_code == 404


@pytest.mark.parametrize("name", ["manage-calibration", "manage-models"])
def test_a_project_without_scorers_says_so(client: Client, name: str) -> None:
    project = make.project()
    client.force_login(make.member(project, Membership.Role.MANAGER))
    page = client.get(reverse(name, args=[project.slug])).content.decode()

    assert "trained scorer" in page


def test_calls_are_for_managers_and_an_untrained_scorer_is_named() -> None:
    project = make.project()
    make.scorer_run(project, scorer="demo", trained=False)

    assert asked(project, "api-calibrations", Membership.Role.ANNOTATOR).status_code == 404
    assert asked(project, "api-model-health", Membership.Role.REVIEWER).status_code == 404
    answer = asked(project, "api-calibrations").json()
    assert answer == {"links": [], "closed": {}, "closed_share": None, "untrained": ["demo"]}


def test_the_command_calibrates(capsys: pytest.CaptureFixture[str]) -> None:
    project = make.project()
    capsys.readouterr()
    call_command("calibrate", project.slug, "--json")

    assert json.loads(capsys.readouterr().out) == {"runs": 0, "fitted": 0, "links": 0, "open": 0}
