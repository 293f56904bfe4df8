"""Every page that somebody can reach, under axe: both themes, both languages, wide and narrow.

The addresses are read from the product itself, so that a page added tomorrow is looked at without a line here.
"""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from annotate import models, tasks
from annotate.models import Membership, Project, User
from annotate.pipeline import reviewing
from annotate.pipeline.flagging import flag_project
from tests import make
from tests.e2e.conftest import let_in
from tests.e2e.test_accessibility import RULES
from tests.judging import candidates, disputed, rate, submit

pytestmark = pytest.mark.django_db(transaction=True)
SHAPES = [("light", 1440, "en"), ("dark", 360, "zh-hans")]
# Not ours to shape: the documentation of the API is drawn by a library.
NOT_OURS = {"api-docs", "schema"}


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Log no 404 and wake no worker: both would come by the hundred."""
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)
    monkeypatch.setattr(tasks, "wake", lambda *_, **__: None)


@pytest.fixture
def people() -> dict[str, User]:
    """Return somebody of each role in a project that has a row of every kind."""
    project = make.project("p", overlap=6)
    task = make.task(make.conversation(project, turns=2, candidates=2))
    disputed(task, 0, 3)
    flag_project(project.pk)
    people = {role: make.member(project, Membership.Role(role)) for role in Membership.Role.values}
    done = make.task(make.conversation(project))
    rate(submit(done, people["annotator"]), candidates(done)[0], text_quality=2)
    make.assignment(task, people["annotator"])
    review = reviewing.next_review(project.pk, people["reviewer"].pk)
    assert review is not None
    plant_talk(project, task, people)
    plant_runs(project)
    return people


def plant_talk(project: Project, task: models.Task, people: dict[str, User]) -> None:
    """Leave guidelines, a key, an invitation, a report, a question with its answer."""
    dimension = project.rubric.dimensions.earliest("position")
    guideline = models.Guideline.objects.create(
        project=project,
        version=1,
        texts={"en": "# Look\n\nTwice.", "zh-hans": "# 看\n\n两遍。"},
        created_by=people["manager"],
    )
    models.WorkedExample.objects.create(
        guideline=guideline,
        dimension=dimension,
        position=0,
        value=2,
        texts={"en": {"case": "A red car, called blue.", "why": "One thing is wrong."}},
    )
    models.GoldKey.objects.create(
        task=task, submission=models.Submission.objects.earliest("pk"), created_by=people["manager"]
    )
    models.ProblemReport.objects.create(task=task, reporter=people["annotator"], kind="broken", text="?")
    inquiry = models.Inquiry.objects.create(
        project=project, task=task, dimension=dimension, asked_by=people["annotator"]
    )
    for author in ("annotator", "manager"):
        models.InquiryMessage.objects.create(inquiry=inquiry, author=people[author], text="Well?")
    models.Invitation.objects.create(
        project=project,
        digest="0" * 64,
        role="annotator",
        expires_at=timezone.now() + timedelta(days=1),
        created_by=people["manager"],
    )


def plant_runs(project: Project) -> None:
    """Leave a scorer's run, an import and a release."""
    run = models.ScorerRun.objects.create(
        project=project,
        scorer="demo",
        model="demo",
        revision="1",
        configuration_sha256="0",
        dtype="none",
        trained=False,
    )
    response = models.Response.objects.earliest("pk")
    models.Score.objects.create(run=run, response=response, value=0.5)


def routes(patterns: list[Any] | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield every address of a page as its route with converters; Django's administration is not ours."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            if one.app_name != "admin" and not route.startswith("api/"):
                yield from routes(one.url_patterns, route)
        elif one.name not in NOT_OURS:
            yield route, one


def ids() -> list[str]:
    tables: list[type[Model]] = [one for one in vars(models).values() if isinstance(one, type)]
    rows = [
        table._default_manager.order_by("pk")
        for table in tables
        if any(f.name == "uid" for f in fields(table))
    ]
    return sorted({str(row.uid) for found in rows for row in (found.first(), found.last()) if row})  # type: ignore[attr-defined]


def fields(table: type[Model]) -> list[Any]:
    return list(table._meta.fields) if hasattr(table, "_meta") and not table._meta.abstract else []


def pages_for(user: User) -> dict[str, str]:
    """Return one address for each page that answers this person, by the page's name."""
    client = Client()
    client.force_login(user)
    choices = {"slug": ["p"], "uuid": ids(), "int": ["1"]}
    found: dict[str, str] = {}
    for route, pattern in routes():
        pieces = re.split(r"<(?:(\w+):)?\w+>", route)
        literals, converters = pieces[::2], pieces[1::2]
        for values in itertools.product(*(choices.get(one or "str", ["x"]) for one in converters)):
            parts = itertools.zip_longest(literals, values, fillvalue="")
            address = "/" + "".join(itertools.chain.from_iterable(parts))
            answer = client.get(address)
            if answer.status_code == 200 and b"<html" in getattr(answer, "content", b""):
                found.setdefault(str(pattern.name or route), address)
    return found


@pytest.mark.parametrize("shape", SHAPES, ids=lambda one: "-".join(map(str, one)))
@pytest.mark.parametrize("role", Membership.Role.values)
def test_every_page_of_a_role(
    page: Page, live_server: LiveServer, people: dict[str, User], role: str, shape: tuple[str, int, str]
) -> None:
    theme, width, language = shape
    pages = pages_for(people[role])
    assert {"home", "password-change"} < set(pages)
    page.set_viewport_size({"width": width, "height": 800})
    for name, value in (("theme", theme), ("django_language", language)):
        page.context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
    let_in(page.context, live_server, people[role])

    complaints: dict[str, str] = {}
    for name, address in pages.items():
        page.goto(live_server.url + address)
        page.wait_for_load_state("networkidle")
        found = Axe().run(page, options=RULES)
        if found.violations_count:
            complaints[name] = found.generate_report()
        elif page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth"):
            complaints[name] = f"{address} scrolls sideways at {width} pixels"
        elif page.evaluate("() => document.querySelectorAll('h1').length") != 1:
            complaints[name] = f"{address} has not exactly one heading of the first level"

    assert complaints == {}
