"""A manager uploads a file, watches it come in, and reads what was refused; nobody else can."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from annotate import tasks
from annotate.models import Conversation, Image, ImportRun, Membership, Project
from tests import make
from tests.pipeline import importing_files as files

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(settings: Any, tmp_path: Path) -> Project:
    settings.MEDIA_ROOT = tmp_path / "media"
    return make.project("pilot")


@pytest.fixture
def manager(project: Project, client: Client) -> Client:
    client.force_login(make.member(project, Membership.Role.MANAGER))
    return client


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do the worker's part before the upload is answered."""
    monkeypatch.setattr(tasks.run_import, "apply_async", lambda ids, **_: tasks.run_import.run(*ids))


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Only note what the worker is asked to do."""
    asked: list[int] = []
    monkeypatch.setattr(tasks.run_import, "apply_async", lambda ids, **_: asked.extend(ids))
    return asked


def upload(*items: Any, name: str = "items.json") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, json.dumps(items).encode())


def archive(folder: Path, *colours: str) -> SimpleUploadedFile:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as target:
        for colour in colours:
            target.write(files.picture(folder / f"{colour}.png", colour), f"images/{colour}.png")
    return SimpleUploadedFile("images.zip", packed.getvalue())


def red_answer(name: str) -> dict[str, Any]:
    return files.native(name, [files.turn("q", answer=[{"type": "image", "image": "images/red.png"}])])


@pytest.mark.usefixtures("at_once")
def test_an_upload_is_imported_and_its_page_says_what_became_of_it(manager: Client, tmp_path: Path) -> None:
    answer = manager.post(
        "/p/pilot/import/",
        {
            "file": upload(red_answer("a"), {"format": "?"}),
            "images": archive(tmp_path, "red"),
            "format": "native",
        },
        follow=True,
    )
    run = ImportRun.objects.get()
    assert answer.redirect_chain == [(f"/p/pilot/import/{run.uid}/", 302)]
    page = answer.content.decode()
    assert "done, some refused" in page
    assert "1 item was refused" in page
    assert "The field &quot;version&quot; is missing." in page
    assert "every 1s" not in page
    assert (run.status, run.created_by, run.file_name) == ("done", answer.context["user"], "items.json")
    assert Image.objects.count() == Conversation.objects.count() == 1
    assert not default_storage.exists(run.file)
    assert not default_storage.exists(run.images)


def test_while_it_waits_the_page_asks_again_every_second(manager: Client, later: list[int]) -> None:
    answer = manager.post(
        "/p/pilot/import/", {"file": upload(files.chain("a", turns=1)), "format": "auto"}, follow=True
    )
    run = ImportRun.objects.get()
    assert later == [run.pk]
    page = answer.content.decode()
    assert f'hx-get="/p/pilot/import/{run.uid}/" hx-trigger="every 1s"' in page
    tasks.run_import(run.pk)
    part = manager.get(f"/p/pilot/import/{run.uid}/", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith("<section")
    assert "every 1s" not in part


@pytest.mark.usefixtures("at_once")
def test_a_trial_keeps_nothing_and_can_then_be_done_for_real(manager: Client, tmp_path: Path) -> None:
    fields = {
        "file": upload(red_answer("a")),
        "images": archive(tmp_path, "red"),
        "format": "auto",
        "dry_run": "on",
    }
    answer = manager.post("/p/pilot/import/", fields, follow=True)
    trial = ImportRun.objects.get()
    assert "Import it now" in answer.content.decode()
    assert not Conversation.objects.exists()
    manager.post(f"/p/pilot/import/{trial.uid}/for-real/")
    assert Conversation.objects.count() == Image.objects.count() == 1
    page = manager.get(f"/p/pilot/import/{trial.uid}/").content.decode()
    assert "Import it now" not in page
    answer = manager.post(f"/p/pilot/import/{trial.uid}/for-real/")
    assert (answer.status_code, answer["Location"]) == (302, "/p/pilot/import/")
    assert ImportRun.objects.count() == 2


@pytest.mark.usefixtures("at_once")
def test_a_file_that_cannot_be_read_says_why(manager: Client) -> None:
    file = SimpleUploadedFile("items.pdf", b"%PDF-1.7")
    page = manager.post("/p/pilot/import/", {"file": file, "format": "auto"}, follow=True).content.decode()
    assert "Nothing could be imported" in page
    assert "A conversations file is JSON" in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "This field is required"),
        ({"file": SimpleUploadedFile("x.json", b"")}, "The submitted file is empty"),
        ({"file": upload(1), "format": "nonsense"}, "nonsense is not one of the available choices"),
        ({"file": upload(*range(50))}, "at most 100 can be uploaded"),
    ],
)
def test_an_upload_that_cannot_be_is_told_at_its_field(
    manager: Client, settings: Any, fields: dict[str, Any], said: str
) -> None:
    settings.UPLOAD_MAX_BYTES = 100
    answer = manager.post("/p/pilot/import/", {"format": "auto", **fields})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not ImportRun.objects.exists()


def test_the_page_lists_earlier_imports_in_a_constant_number_of_statements(
    manager: Client, project: Project, django_assert_num_queries: Any
) -> None:
    for number in (1, 10):
        for _ in range(number):
            ImportRun.objects.create(project=project, file_name="old.json", created_by=make.user())
        with django_assert_num_queries(5):  # session, person, membership, runs, what waits
            assert "old.json" in manager.get("/p/pilot/import/").content.decode()


def test_nobody_but_a_manager_finds_these_pages(project: Project, client: Client) -> None:
    run = ImportRun.objects.create(project=project, file_name="old.json")
    pages = ["/p/pilot/import/", f"/p/pilot/import/{run.uid}/"]
    for page in pages:
        assert client.get(page)["Location"].startswith("/log-in/")
    strangers = [
        make.member(project),
        make.member(project, Membership.Role.REVIEWER),
        make.member(make.project("other"), Membership.Role.MANAGER),
    ]
    for stranger in strangers:
        client.force_login(stranger)
        assert [client.get(page).status_code for page in pages] == [404, 404]
        assert client.post(pages[0], {"file": upload(1)}).status_code == 404
        assert client.post(f"{pages[1]}for-real/").status_code == 404


def test_a_run_is_not_found_under_another_projects_address(project: Project, client: Client) -> None:
    manager = make.member(project, Membership.Role.MANAGER)
    other = make.project("other")
    Membership.objects.create(project=other, user=manager, role=Membership.Role.MANAGER)
    run = ImportRun.objects.create(project=other, file_name="old.json")
    client.force_login(manager)
    assert client.get(f"/p/pilot/import/{run.uid}/").status_code == 404
    assert client.get(f"/p/other/import/{run.uid}/").status_code == 200


def test_the_page_shows_a_file_that_can_be_imported(manager: Client, project: Project, at_once: None) -> None:
    example = manager.get("/p/pilot/import/").context["example"]
    file = SimpleUploadedFile("example.json", example.encode())
    done = manager.post(
        "/p/pilot/import/", {"file": file, "format": "auto", "allow_missing_images": "1"}, follow=True
    )
    assert Conversation.objects.get(project=project).turns.count() == 2
    assert "/p/pilot/manage/people/invitations/" in done.content.decode().split('id="import"')[1]


def test_a_trial_that_cannot_be_repeated_says_what_to_do(
    manager: Client, project: Project, at_once: None
) -> None:
    given = {"file": upload(files.chain("one", 1)), "format": "auto", "dry_run": "1"}
    tried = manager.post("/p/pilot/import/", given)["Location"]
    manager.post(f"{tried}for-real/")
    again = manager.post(f"{tried}for-real/", follow=True)
    assert "Upload it once more" in again.content.decode()


@pytest.mark.usefixtures("at_once")
def test_answers_that_came_under_work_begun_lead_to_the_batch_that_lacks_their_tasks(
    manager: Client, project: Project
) -> None:
    pages = []
    for candidates in (1, 2):
        given = {"file": upload(files.native("c", [files.turn("q", candidates)])), "format": "auto"}
        pages.append(manager.post("/p/pilot/import/", given, follow=True).content.decode())
        make.assignment(project.batches.get().tasks.get(), make.member(project))
    assert "got new answers" not in pages[0]
    assert "1 conversation that people have begun to answer got new answers." in pages[1]
    assert f"/batches/{project.batches.get().uid}/#plan" in pages[1]
