"""The pages of releases: managers ask and fetch, nobody else sees that there is anything."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotate.models import Export, Membership, Project
from annotate.pipeline import exporting
from tests import make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_folders")]
Role = Membership.Role


@pytest.fixture
def project() -> Project:
    made = make.project()
    make.submission(make.task(make.conversation(made)), make.member(made))
    return made


@pytest.fixture
def manager(project: Project) -> Client:
    return as_person(project, Role.MANAGER)


def as_person(project: Project, role: Role) -> Client:
    client = Client()
    client.force_login(make.member(project, role))
    return client


def page(project: Project) -> str:
    return f"/p/{project.slug}/exports/"


def release(project: Project, name: str) -> Export:
    export = exporting.create(project, exporting.Wanted(name=name))
    exporting.run(export.pk)
    export.refresh_from_db()
    return export


WISH = {"name": "v1", "license": "cc-by-4.0", "people": "exact", "origin": ["live"], "batch": ["default"]}


def test_a_manager_asks_for_a_release_and_sees_it_wait(project: Project, manager: Client) -> None:
    answer = manager.post(page(project), WISH, follow=True)

    export = project.exports.get()
    assert (export.name, export.status, export.filters["people"]) == ("v1", "waiting", "exact")
    assert export.filters["batch"] == ["default"]
    assert export.filters["license"] == "cc-by-4.0"
    assert export.created_by is not None
    text = answer.content.decode()
    assert "Release v1 is on its way." in text
    assert f'hx-get="/p/{project.slug}/exports/{export.uid}/" hx-trigger="every 2s"' in text


def test_a_finished_release_shows_its_files_and_stops_asking(project: Project, manager: Client) -> None:
    export = release(project, "v1")

    text = manager.get(f"{page(project)}{export.uid}/").content.decode()

    assert "hx-get" not in text
    for file in exporting.files(export):
        assert f"/api/v1/exports/{export.uid}/download/{file['name']}" in text
        assert file["sha256"] in text
    link = f"/api/v1/exports/{export.uid}/download/README.md"
    assert manager.get(link).getvalue().startswith(b"---\n")


def test_a_running_release_shows_its_progress(project: Project, manager: Client) -> None:
    export = exporting.create(project, exporting.Wanted(name="v1"))
    seen = []

    def look(table: str, _rows: int) -> None:
        if table == "parts":
            seen.append(manager.get(page(project)).content.decode())

    exporting.run(export.pk, report=look)

    assert "running" in seen[0]


def test_a_failed_release_says_why(project: Project, manager: Client) -> None:
    export = exporting.create(project, exporting.Wanted(name="v1"))
    Export.objects.filter(pk=export.pk).update(status="failed", error="No space left on <device>")

    assert "No space left on &lt;device&gt;" in manager.get(page(project)).content.decode()


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"name": "a/b"}, "letters, digits, dots"),
        ({"name": "taken"}, "already has a release"),
        ({"license": "no such licence"}, "an identifier such as cc-by-4.0"),
        ({"batch": ["nowhere"]}, "nowhere is not one of the available choices"),
    ],
)
def test_a_wrong_wish_is_shown_at_its_field_and_stores_nothing(
    project: Project, manager: Client, wish: dict[str, Any], sentence: str
) -> None:
    exporting.create(project, exporting.Wanted(name="taken"))

    answer = manager.post(page(project), {**WISH, **wish})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert project.exports.count() == 1


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.REVIEWER])
def test_annotators_and_reviewers_find_nothing_here(project: Project, role: Role) -> None:
    export = release(project, "v1")
    client = as_person(project, role)

    for path in (page(project), f"{page(project)}{export.uid}/"):
        assert client.get(path).status_code == 404
    assert client.post(page(project), WISH).status_code == 404
    assert project.exports.count() == 1


def test_a_manager_elsewhere_finds_nothing_and_a_visitor_is_asked_to_log_in(project: Project) -> None:
    export = release(project, "v1")
    other = make.project()
    stranger = as_person(other, Role.MANAGER)

    assert stranger.get(page(project)).status_code == 404
    assert stranger.get(f"{page(other)}{export.uid}/").status_code == 404
    assert Client().get(page(project)).headers["Location"].startswith("/log-in/")


def test_the_page_costs_the_same_statements_however_many_releases_there_are(
    project: Project, manager: Client
) -> None:
    counts = []
    for number in (1, 2, 3):
        release(project, f"v{number}")
        with CaptureQueriesContext(connection) as captured:
            manager.get(page(project))
        counts.append(len(captured))

    assert counts[0] == counts[1] == counts[2] <= 8
