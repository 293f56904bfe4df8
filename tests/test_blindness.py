"""Nothing that an annotator can reach tells what others, or models, think.

Every address there is gets visited as an annotator, with the ids of everything planted, so that a
page that is added tomorrow is looked at without a line here.
"""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.test import Client
from django.utils import timezone

from annotate import tasks
from annotate.models import (
    ApiToken,
    Assignment,
    Flag,
    Membership,
    Project,
    Response,
    Score,
    Task,
    User,
)
from annotate.pipeline import claim_statements
from annotate.pipeline.following_up import follow_up
from tests import make
from tests.judging import candidates, rate, submit
from tests.planted import (
    SECRET,
    addresses,
    annotator_beside,
    project_full_of_secrets,
    secrets_in,
    told,
    visits,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "wake", lambda *_, **__: None)


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Log no 404: there are to be hundreds."""
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)


@pytest.fixture
def project() -> Project:
    return project_full_of_secrets()


@pytest.fixture
def annotator(project: Project) -> User:
    return annotator_beside(project)


def test_no_address_tells_an_annotator_what_models_or_others_think(project: Project, annotator: User) -> None:
    browser, program = Client(), Client(headers={"Authorization": f"Token {ApiToken.issue(annotator, 'x')}"})
    browser.force_login(annotator)
    calls = [(program, "get"), (browser, "get"), (program, "post"), (program, "put")]
    forms = [(browser, "get"), (browser, "post")]
    reached: dict[str, set[int]] = {}
    for route, pattern in addresses():
        for address in visits(route, project):
            api = address.startswith("/api/")
            for client, method in calls if api else forms:
                kind = {"content_type": "application/json"} if api and method != "get" else {}
                answer = getattr(client, method)(address, {}, **kind)
                reached.setdefault(pattern.name or route, set()).add(answer.status_code)
                said = told(answer)
                assert not secrets_in(said), (method, address)

    assert 200 in reached["annotate"]
    assert 200 in reached["home"]
    assert 200 in reached["api-claim"]
    assert 200 in reached["api-assignment"]
    assert reached["api-feedback"] == {404, 405}
    assert 200 in reached["api-inquiries"]
    assert 200 in reached["api-guideline"]
    for name in (
        "review-queue",
        "review",
        "manage-project",
        "manage-people",
        "manage-agreement",
        "manage-results",
        "manage-quality",
        "manage-key",
        "problems",
        "questions",
        "question",
        "guidelines",
        "api-message",
        "api-seen",
        "api-progress",
        "api-agreement",
        "api-aggregates",
        "api-scorers",
        "api-preview",
    ):
        assert 404 in reached[name] <= {404, 405}, name


def test_the_sentinels_are_really_there(project: Project) -> None:
    manager = make.member(project, Membership.Role.MANAGER)
    client = Client()
    client.force_login(manager)
    pages = [client.get(f"/p/blind/manage/{name}") for name in ("", "people/")]
    said = "".join(map(told, pages)) + told(client.get("/api/v1/projects/blind/scorers"))

    for secret in ("person", "scorer", "rm", "error"):
        assert f"{SECRET}-{secret}" in said


def test_neither_scores_nor_flags_change_what_an_annotator_is_given(
    annotator: User, project: Project
) -> None:
    client = Client()
    client.force_login(annotator)
    before = client.post("/api/v1/projects/blind/claim", {}, content_type="application/json").json()
    Score.objects.update(value=-9)
    Flag.objects.filter(status="open").update(status="closed")
    after = client.post("/api/v1/projects/blind/claim", {}, content_type="application/json").json()

    for answer in (before, after):
        del answer["lease"]
    assert before == after


def test_a_gold_task_is_given_like_any_other(project: Project) -> None:
    """Claimed by one person as gold and by another as ordinary work: the same answer but for ids and order."""
    Task.objects.filter(is_gold=False).update(open_slots=0)
    gold = Task.objects.get(is_gold=True)
    waiting = make.task(make.conversation(project))
    told_of = []
    for share in (0.0, 0.5):
        Project.objects.update(gold_share=share)
        client = Client()
        client.force_login(make.member(project))
        with mock.patch("annotate.pipeline.assigning.random.random", return_value=0.1):
            answer = client.post("/api/v1/projects/blind/claim", {}, content_type="application/json")
        held = Assignment.objects.latest("pk")
        assert held.task_id == (gold.pk if share else waiting.pk)
        told_of.append((shape(answer.json()), sorted(answer.headers)))
        assert "gold" not in told(answer).lower()

    assert told_of[0] == told_of[1]


def claimed_by(person: User, **shares: float) -> Any:
    """Return what the claim of a person answers, with shares so set and the coin fallen."""
    Project.objects.update(**shares)
    client = Client()
    client.force_login(person)
    with mock.patch("annotate.pipeline.assigning.random.random", return_value=0.1):
        return client.post("/api/v1/projects/blind/claim", {}, content_type="application/json")


def test_a_repeat_is_given_like_any_other(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same task claimed for the first time, and by somebody who did it long ago: the same answer but for ids."""
    nearer = claim_statements.TAKE_AGAIN.replace("OFFSET 20", "OFFSET 0")
    monkeypatch.setattr(claim_statements, "TAKE_AGAIN", nearer)
    Task.objects.update(open_slots=0)
    task = make.task(make.conversation(project, turns=2, candidates=2))
    first = claimed_by(make.member(project))
    person = make.member(project)
    rate(submit(task, person), candidates(task)[0], text_quality=2)
    Assignment.objects.filter(annotator=person).update(closed_at=timezone.now() - timedelta(days=2))
    make.task(make.conversation(project))
    again = claimed_by(person, repeat_share=0.5)

    assert Assignment.objects.latest("pk").purpose == "repeat"
    assert shape(again.json()) == shape(first.json())
    assert sorted(again.headers) == sorted(first.headers)


def test_a_follow_up_tells_what_it_asks_and_nothing_more(project: Project) -> None:
    Task.objects.update(open_slots=0)
    project.batches.update(extra_share=1)
    task = Task.objects.earliest("pk")
    ordinary = make.task(task.conversation, asks=[])
    first = claimed_by(make.member(project))
    assert Assignment.objects.latest("pk").task == ordinary
    Task.objects.filter(pk=ordinary.pk).update(open_slots=0)
    make.member(project)
    follow_up(project.pk, whole=True)
    again = claimed_by(make.member(project))

    assert Assignment.objects.latest("pk").purpose == "extra"
    assert again.json().pop("asks")
    documents = [{**answer.json(), "asks": None, "pairs": None} for answer in (first, again)]
    assert shape(documents[0]) == shape(documents[1])
    assert sorted(again.headers) == sorted(first.headers)


def shape(value: Any) -> Any:
    """Return an answer's form: its names, the lengths of its lists, the kinds of its values.

    What is shown in random order has no order.
    """
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return sorted((shape(one) for one in value), key=repr)
    return type(value)


def test_ids_of_a_flagged_and_an_unflagged_item_cannot_be_told_apart(project: Project) -> None:
    assert {uuid.UUID(str(one)).version for one in Response.objects.values_list("uid", flat=True)} == {4}
