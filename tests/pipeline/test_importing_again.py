"""Imports that are interrupted, repeated, or run into one another."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files import File
from django.db import connection, transaction

from annotate.models import Conversation, ImportRun, Project, Response, Submission, Task, TaskPath
from annotate.pipeline import importing
from annotate.pipeline.importing import running, storing
from tests import make
from tests.pipeline import importing_files as files


@pytest.fixture(autouse=True)
def small_groups(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setattr(running, "_GROUP", 2)


def items(number: int = 6) -> list[dict[str, Any]]:
    """Paths two by two of one tree, every one with a label."""
    return [files.path(n, (f"p{n // 2}", f"r{n}"), annotation={"helpfulness": n % 4}) for n in range(number)]


def upload(project: Project, folder: Path, **options: Any) -> ImportRun:
    with files.write(folder / "items.json", items()).open("rb") as stream:
        return importing.receive(
            project, make.member(project), File(stream, "items.json"), None, importing.Options(**options)
        )


class Killed(BaseException):
    """What a killed process looks like from inside: nothing catches it."""


@pytest.fixture
def killed_in_the_second_group(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    real, calls = storing.store, iter(range(100))

    def store(*arguments: Any) -> None:
        real(*arguments)
        if next(calls) == 1:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(running, "store", store)
        yield


def counts() -> list[int]:
    return [model.objects.count() for model in (Conversation, Response, Task, TaskPath, Submission)]


@pytest.mark.django_db
@pytest.mark.usefixtures("killed_in_the_second_group")
def test_an_interrupted_upload_goes_on_where_it_was(tmp_path: Path) -> None:
    run = upload(make.project(), tmp_path)
    with pytest.raises(Killed):
        importing.run(run.pk)
    run.refresh_from_db()
    assert (run.status, run.items_done, run.report["created"]["paths"]) == ("running", 2, 2)
    assert counts() == [1, 2, 1, 2, 2]
    assert importing.unfinished() == [run.pk]
    importing.run(run.pk)
    run.refresh_from_db()
    assert (run.status, run.items_done, run.format) == ("done", 6, "intermt")
    assert (run.report["created"]["labels"], run.report["created"]["paths"]) == (6, 6)
    assert (run.report["merged"], run.report["unchanged"]) == (3, 0)
    assert counts() == [3, 6, 3, 6, 6]
    assert importing.unfinished() == []


@pytest.mark.django_db
@pytest.mark.usefixtures("killed_in_the_second_group")
def test_an_interrupted_command_run_again_completes_it(tmp_path: Path) -> None:
    project = make.project()
    file = files.write(tmp_path / "items.json", items())
    with pytest.raises(Killed):
        importing.import_file(project, file, images=None, options=importing.Options())
    report = importing.import_file(project, file, images=None, options=importing.Options())
    assert (report.created.paths, report.unchanged) == (4, 2)
    closed, done = ImportRun.objects.order_by("id")
    assert (closed.status, closed.report["refused"][0]["code"], done.status) == (
        "failed",
        "interrupted",
        "done",
    )
    assert counts() == [3, 6, 3, 6, 6]


@pytest.mark.django_db
def test_a_finished_upload_is_not_done_again(tmp_path: Path) -> None:
    run = upload(make.project(), tmp_path)
    importing.run(run.pk)
    first = ImportRun.objects.values().get()
    importing.run(run.pk)
    assert ImportRun.objects.values().get() == first


@pytest.mark.django_db
def test_an_upload_that_never_gets_on_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def store(*_arguments: Any) -> None:
        raise Killed

    run = upload(make.project(), tmp_path)
    monkeypatch.setattr(running, "store", store)
    for _ in range(5):
        with pytest.raises(Killed):
            importing.run(run.pk)
    importing.run(run.pk)
    run.refresh_from_db()
    assert (run.status, run.report["refused"][0]["code"]) == ("failed", "interrupted")
    assert importing.unfinished() == []


@pytest.mark.django_db(transaction=True)
def test_a_run_that_somebody_is_at_is_left_alone(tmp_path: Path) -> None:
    run = upload(make.project(), tmp_path)

    def elsewhere() -> None:
        importing.run(run.pk)
        connection.close()

    with running._hold(run.pk) as mine:
        assert mine
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    run.refresh_from_db()
    assert run.status == "waiting"
    importing.run(run.pk)
    run.refresh_from_db()
    assert run.status == "done"


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_file_at_once_store_it_once(tmp_path: Path) -> None:
    project = make.project()
    file = files.write(tmp_path / "items.json", items(20))
    reports = []
    start = threading.Barrier(2)

    def go() -> None:
        start.wait()
        reports.append(importing.import_file(project, file, images=None, options=importing.Options()))
        connection.close()

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts() == [10, 20, 10, 20, 20]
    assert sum(report.created.paths for report in reports) == 20
    assert sum(report.created.labels for report in reports) == 20
    assert [report.refusals for report in reports] == [0, 0]


@pytest.mark.django_db(transaction=True)
def test_a_task_taken_while_an_import_waits_for_it_does_not_grow(tmp_path: Path) -> None:
    project = make.project()
    first, second = items(2)
    importing.import_file(
        project, files.write(tmp_path / "1.json", [first]), images=None, options=importing.Options()
    )
    task = Task.objects.get()
    person = make.member(project)
    reports = []

    def go() -> None:
        file = files.write(tmp_path / "2.json", [second])
        reports.append(importing.import_file(project, file, images=None, options=importing.Options()))
        connection.close()

    thread = threading.Thread(target=go)
    with transaction.atomic():
        Task.objects.select_for_update().get(pk=task.pk)
        thread.start()
        thread.join(timeout=1)
        assert thread.is_alive()  # it waits for the claim
        make.assignment(task, person)
    thread.join()
    assert reports[0].created.tasks == 1
    assert task.paths.count() == 1
