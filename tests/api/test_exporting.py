"""Releases over HTTP: only managers, whole files and parts of them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.test import Client
from kombu.exceptions import OperationalError

from annotate import tasks
from annotate.formats.schema import SCHEMA_VERSION
from annotate.models import ApiToken, Export, Membership, Project, User
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
    return program(make.member(project, Role.MANAGER))


def program(user: User) -> Client:
    return Client(headers={"authorization": f"Token {ApiToken.issue(user, 'test')}"})


def ask(client: Client, project: Project, **body: Any) -> Any:
    path = f"/api/v1/projects/{project.slug}/exports"
    return client.post(path, json.dumps(body), content_type="application/json")


def finished(project: Project) -> Export:
    export = exporting.create(project, exporting.Wanted(name="v1"))
    exporting.run(export.pk)
    export.refresh_from_db()
    assert export.status == "done"
    return export


def address(export: Export, file: str = "ratings-00000.parquet") -> str:
    return f"/api/v1/exports/{export.uid}/download/{file}"


def test_a_manager_asks_for_a_release_and_follows_it_to_its_files(project: Project, manager: Client) -> None:
    asked = ask(manager, project, name="v1", filters={"people": "exact"})
    assert asked.status_code == 201
    told = asked.json()
    assert (told["name"], told["status"], told["files"], told["rows"]) == ("v1", "waiting", [], {})
    assert told["filters"]["people"] == "exact"

    exporting.run(exporting.unfinished()[0])

    done = manager.get(asked["Location"]).json()
    assert (done["status"], done["progress"], done["schema_version"]) == ("done", None, SCHEMA_VERSION)
    assert done["rows"]["submissions"] == 1
    assert {"README.md", "manifest.json", "project.json", "images-00000.parquet"} <= {
        one["name"] for one in done["files"]
    }
    for file in done["files"]:
        data = manager.get(file["url"]).getvalue()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])
    assert manager.get(f"/api/v1/projects/{project.slug}/exports").json()["exports"] == [done]


def test_asking_wakes_a_worker(project: Project, manager: Client) -> None:
    broker: Any = redis.Redis.from_url(django_settings.REDIS_URL)
    queue = f"{django_settings.CELERY_BROKER_TRANSPORT_OPTIONS['global_keyprefix']}default"
    before = int(broker.llen(queue))

    asked = ask(manager, project)

    assert broker.llen(queue) == before + 1
    message = json.loads(broker.lpop(queue))
    assert message["headers"]["task"] == "annotate.tasks.run_export"
    export = Export.objects.get(uid=asked.json()["id"])
    assert message["headers"]["argsrepr"] == f"({export.pk},)"


def test_without_a_broker_the_release_waits_for_the_sweep(
    project: Project, manager: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_broker(*_: object, **__: object) -> None:
        raise OperationalError

    monkeypatch.setattr(tasks.run_export, "apply_async", no_broker)

    assert ask(manager, project).status_code == 201
    assert len(exporting.unfinished()) == 1


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"format": "csv"}, (422, "unknown_format", "format")),
        ({"name": "a/b"}, (422, "name", "name")),
        ({"filters": {"since": 1}}, (422, "unknown_filter", "filters.since")),
        ({"filters": {"batch": ["nowhere"]}}, (422, "unknown_batch", "filters.batch")),
        ({"surprise": 1}, (422, "invalid", "")),
        ({"name": "taken"}, (409, "name_taken", "name")),
    ],
)
def test_a_wrong_wish_is_refused_with_its_place(
    project: Project, manager: Client, body: dict[str, Any], refusal: tuple[int, str, str]
) -> None:
    exporting.create(project, exporting.Wanted(name="taken"))

    answer = ask(manager, project, **body)

    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"], error["path"]) == refusal
    assert Export.objects.count() == 1


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.REVIEWER, None])
def test_nobody_but_managers_of_the_project_sees_anything(project: Project, role: Role | None) -> None:
    export = finished(project)
    outsider = make.member(make.project(), Role.MANAGER) if role is None else make.member(project, role)
    client = program(outsider)

    assert ask(client, project).status_code == 404
    for path in (
        f"/api/v1/projects/{project.slug}/exports",
        f"/api/v1/exports/{export.uid}",
        address(export),
        address(export, "manifest.json"),
    ):
        assert client.get(path).status_code == 404
        assert Client().get(path).status_code == 401
    assert Export.objects.count() == 1


def test_only_files_of_the_release_are_there(project: Project, manager: Client) -> None:
    export = finished(project)
    (exporting.folder_of(export) / "other.txt").write_text("not of the release")

    for name in ("other.txt", "nothing", "..", "ratings-00000.parquet "):
        assert manager.get(address(export, name)).status_code == 404
    waiting = exporting.create(project, exporting.Wanted(name="later"))
    assert manager.get(address(waiting, "README.md")).status_code == 404


def test_a_file_comes_as_a_download_with_its_hash_as_etag(project: Project, manager: Client) -> None:
    export = finished(project)
    whole = (exporting.folder_of(export) / "ratings-00000.parquet").read_bytes()

    answer = manager.get(address(export), headers={"accept": "application/vnd.apache.parquet"})

    assert answer.status_code == 200
    assert answer.getvalue() == whole
    assert answer["ETag"] == f'"{hashlib.sha256(whole).hexdigest()}"'
    assert answer["Content-Length"] == str(len(whole))
    assert answer["Content-Disposition"] == 'attachment; filename="ratings-00000.parquet"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Accept-Ranges"] == "bytes"
    assert "private" in answer["Cache-Control"]
    assert manager.head(address(export))["Content-Length"] == str(len(whole))


def test_a_broken_download_is_resumed_where_it_broke(project: Project, manager: Client) -> None:
    export = finished(project)
    whole = (exporting.folder_of(export) / "ratings-00000.parquet").read_bytes()
    first = manager.get(address(export), headers={"range": "bytes=0-99"})
    etag = first["ETag"]

    rest = manager.get(address(export), headers={"range": "bytes=100-", "if-range": etag})

    assert (first.status_code, rest.status_code) == (206, 206)
    assert first["Content-Range"] == f"bytes 0-99/{len(whole)}"
    assert rest["Content-Range"] == f"bytes 100-{len(whole) - 1}/{len(whole)}"
    assert rest["Content-Length"] == str(len(whole) - 100)
    assert first.getvalue() + rest.getvalue() == whole


def test_a_part_of_another_file_is_never_joined_to_this_one(project: Project, manager: Client) -> None:
    export = finished(project)
    for other in ('"0000"', "Sat, 21 Nov 2026 07:28:00 GMT"):
        answer = manager.get(address(export), headers={"range": "bytes=5-", "if-range": other})
        assert answer.status_code == 200
        answer.close()


def test_a_range_beyond_the_end_gets_416_with_the_size(project: Project, manager: Client) -> None:
    export = finished(project)
    size = (exporting.folder_of(export) / "ratings-00000.parquet").stat().st_size

    answer = manager.get(address(export), headers={"range": f"bytes={size}-"})

    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{size}")


def test_who_has_the_file_already_is_not_sent_it_again(project: Project, manager: Client) -> None:
    export = finished(project)
    etag = manager.head(address(export))["ETag"]

    assert manager.get(address(export), headers={"if-none-match": etag}).status_code == 304
    assert manager.get(address(export), headers={"if-match": '"0000"'}).status_code == 412


def test_a_release_whose_folder_is_gone_says_not_found(project: Project, manager: Client) -> None:
    export = finished(project)
    (exporting.folder_of(export) / "ratings-00000.parquet").unlink()

    assert manager.get(address(export)).status_code == 404
    assert manager.get(f"/api/v1/exports/{export.uid}").json()["status"] == "done"
