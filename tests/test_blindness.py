"""Nothing that an annotator can reach tells what others, or models, think.

Every address there is gets visited as an annotator, with the ids of everything planted, so that a
page that is added tomorrow is looked at without a line here.
"""

from __future__ import annotations

import itertools
import json
import logging
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from annotate import tasks
from annotate.models import (
    ApiToken,
    Assignment,
    Calibration,
    Conversation,
    Export,
    Flag,
    Image,
    ImportRun,
    Membership,
    Note,
    Project,
    Response,
    Review,
    Score,
    ScorerRun,
    Submission,
    Task,
    Turn,
    User,
)
from annotate.pipeline import reviewing
from annotate.pipeline.flagging import flag_project
from annotate.reports.contested import contested
from tests import make
from tests.judging import candidates, disputed, rate, submit

pytestmark = pytest.mark.django_db

SECRET = "SENTINEL"
VALUE = 0.7531902468
STEP = 0.1597534862
NUMBERS = ("0.7531", "0.1597", "0.753", "0.160", "0.75319")
# What lies outside the annotator's reach by design and shows nothing of a project.
PUBLIC = {"schema", "api-docs"}


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "wake", lambda *_, **__: None)


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Log no 404: there are to be hundreds."""
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)


@pytest.fixture
def project() -> Project:
    """Return a project with everything in it that an annotator must not see."""
    project = make.project("blind", overlap=8)
    conversation = make.conversation(project, turns=2, candidates=2, images=True)
    Response.objects.update(source_model=f"{SECRET}-model", external_id="", meta={"origin": f"{SECRET}-meta"})
    task = make.task(conversation)
    others = disputed(task, 0, 3)
    User.objects.filter(pk=others[0].pk).update(username=f"{SECRET}-person")
    first = candidates(task)[0]
    Note.objects.create(
        submission=Submission.objects.earliest("pk"),
        kind="critique",
        scope="local",
        response=first,
        text=f"{SECRET}-note",
    )
    plant_scores(project)
    plant_review(project, task)
    return project


def plant_scores(project: Project) -> None:
    run = ScorerRun.objects.create(
        project=project,
        scorer=f"{SECRET}-scorer",
        model=f"{SECRET}-rm",
        revision="1",
        configuration_sha256="0",
        dtype="bfloat16",
        trained=True,
        error=f"{SECRET}-error",
    )
    Score.objects.bulk_create(
        Score(run=run, response=one, value=VALUE, step_values=[STEP], step_first=[0], step_last=[0])
        for one in Response.objects.all()
    )
    Calibration.objects.create(
        run=run,
        link="logistic",
        parameters={},
        sample_size=1,
        gate_open=True,
        gate_reason=f"{SECRET}-gate",
    )


def plant_review(project: Project, task: Task) -> None:
    """Leave one finished review, one open flag, an import and an export behind."""
    flag_project(project.pk)
    reviewer = make.member(project, Membership.Role.REVIEWER)
    review = reviewing.next_review(project.pk, reviewer.pk)
    assert review is not None
    verdicts = {one.name: 1 for one in contested(review).questions}
    reviewing.record_blind(review.pk, verdicts)
    reviewing.reveal(review.pk)
    reviewing.decide(review.pk, reviewing.Decision("change", verdicts, f"{SECRET}-comment"))
    disputed(task, 0, 3, dimension="context_coherence")
    flag_project(project.pk)
    Flag.objects.filter(status="open").update(closed_reason=f"{SECRET}-reason")
    ImportRun.objects.create(project=project, file_name=f"{SECRET}-file")
    Export.objects.create(project=project, name=f"{SECRET}-release", format="native")


@pytest.fixture
def annotator(project: Project) -> User:
    """Return an annotator with one submitted and one live assignment beside the others'."""
    person = make.member(project)
    done = make.task(make.conversation(project))
    rate(submit(done, person), candidates(done)[0], text_quality=2)
    disputed(done, 0)
    task = Task.objects.earliest("pk")
    Task.objects.filter(pk=task.pk).update(open_slots=1, overlap=12)
    task.refresh_from_db()
    make.assignment(task, person)
    return person


def addresses(patterns: list[Any] | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield every address as its route with converters, Django's administration left out."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            if one.app_name != "admin":
                yield from addresses(one.url_patterns, route)
        elif one.name not in {*PUBLIC, "logout"}:
            yield route, one


PLANTED: list[type[Model]] = [
    Project,
    Conversation,
    Turn,
    Response,
    Image,
    Task,
    Assignment,
    Submission,
    ScorerRun,
    Score,
    Flag,
    Review,
    ImportRun,
    Export,
    User,
]


def visits(route: str, project: Project) -> Iterator[str]:
    """Yield the route's addresses with every id that could stand in it."""
    tables = [table._default_manager.order_by("pk") for table in PLANTED]
    uids = {str(row.uid) for rows in tables for row in (rows.first(), rows.last())}  # type: ignore[union-attr]
    choices = {"slug": [project.slug], "uuid": sorted(uids), "int": ["1"]}
    pieces = re.split(r"<(?:(\w+):)?\w+>", route)
    literals, converters = pieces[::2], pieces[1::2]
    for values in itertools.product(*(choices.get(one or "str", ["x"]) for one in converters)):
        yield "/" + "".join(
            itertools.chain.from_iterable(itertools.zip_longest(literals, values, fillvalue=""))
        )


def told(answer: Any) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode("utf-8", "replace") + json.dumps(dict(answer.headers))


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
                assert SECRET not in said, (method, address)
                assert not [number for number in NUMBERS if number in said], (method, address)

    assert 200 in reached["annotate"]
    assert 200 in reached["home"]
    assert 200 in reached["api-claim"]
    assert 200 in reached["api-assignment"]
    for name in ("review-queue", "review", "manage-project", "api-progress", "api-agreement", "api-scorers"):
        assert 404 in reached[name] <= {404, 405}, name


def test_the_sentinels_are_really_there(project: Project) -> None:
    manager = make.member(project, Membership.Role.MANAGER)
    client = Client()
    client.force_login(manager)
    said = told(client.get("/p/blind/manage/")) + told(client.get("/api/v1/projects/blind/scorers"))

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


def test_ids_of_a_flagged_and_an_unflagged_item_cannot_be_told_apart(project: Project) -> None:
    assert {uuid.UUID(str(one)).version for one in Response.objects.values_list("uid", flat=True)} == {4}
