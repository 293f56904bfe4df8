"""Uploads by programs: started with a token, asked for until they are over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from annotate import tasks
from annotate.models import ApiToken, Conversation, ImportRun, Membership, Project
from tests import make
from tests.pipeline import importing_files as files

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setattr(tasks.run_import, "apply_async", lambda ids, **_: tasks.run_import.run(*ids))
    return make.project("pilot")


@pytest.fixture
def manager(project: Project) -> Client:
    return speaking_for(project, Membership.Role.MANAGER)


def speaking_for(project: Project, role: Membership.Role) -> Client:
    return Client(headers={"authorization": f"Token {ApiToken.issue(make.member(project, role), 'test')}"})


def upload(*items: Any) -> SimpleUploadedFile:
    return SimpleUploadedFile("items.json", json.dumps(items).encode())


def test_an_upload_is_accepted_and_its_report_can_be_read(manager: Client) -> None:
    answer = manager.post("/api/v1/projects/pilot/imports", {"file": upload(files.chain("a", turns=2), {})})
    assert answer.status_code == 202
    document = manager.get(answer["Location"]).json()
    run = ImportRun.objects.get()
    assert answer["Location"] == f"/api/v1/imports/{run.uid}"
    assert document["id"] == answer.json()["id"] == str(run.uid)
    assert (document["status"], document["format"], document["items"]) == ("done", "native", 2)
    assert document["report"]["created"]["turns"] == 2
    assert [sorted(one) for one in document["report"]["refused"]] == [["code", "detail", "place"]]
    assert Conversation.objects.count() == 1


def test_options_are_words(manager: Client) -> None:
    fields = {"dry_run": "true", "allow_missing_images": "1", "format": "native"}
    answer = manager.post(
        "/api/v1/projects/pilot/imports", {"file": upload(files.chain("a", turns=2)), **fields}
    )
    assert answer.status_code == 202
    run = ImportRun.objects.get()
    assert (run.dry_run, run.allow_missing_images, run.format) == (True, True, "native")
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        ({}, "file_missing", "file"),
        ({"file": "words"}, "file_missing", "file"),
        ({"file": SimpleUploadedFile("x.json", b"")}, "file_empty", "file"),
        ({"file": upload(1), "images": SimpleUploadedFile("x.zip", b"")}, "file_empty", "images"),
        ({"file": upload(1), "format": "nonsense"}, "format_unknown", "format"),
        ({"file": upload(1), "dry_run": "perhaps"}, "invalid", "dry_run"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(
    manager: Client, fields: dict[str, Any], code: str, path: str
) -> None:
    answer = manager.post("/api/v1/projects/pilot/imports", fields)
    assert answer.status_code == 422
    assert [(one["code"], one["path"]) for one in answer.json()["errors"]] == [(code, path)]
    assert not ImportRun.objects.exists()


def test_json_is_not_taken_for_an_upload(manager: Client) -> None:
    answer = manager.post("/api/v1/projects/pilot/imports", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (415, "unsupported_media_type")


def test_others_are_told_there_is_nothing(project: Project) -> None:
    run = ImportRun.objects.create(project=project, file_name="old.json")
    roles = Membership.Role
    others = [
        speaking_for(project, roles.ANNOTATOR),
        speaking_for(project, roles.REVIEWER),
        speaking_for(make.project("other"), roles.MANAGER),
    ]
    for other in others:
        assert other.get(f"/api/v1/imports/{run.uid}").status_code == 404
        assert other.post("/api/v1/projects/pilot/imports", {"file": upload(1)}).status_code == 404
    assert Client().get(f"/api/v1/imports/{run.uid}").status_code == 401


def test_the_schema_describes_the_upload(manager: Client) -> None:
    document = manager.get("/api/schema/", {"format": "json"})
    if document.status_code == 404:
        pytest.skip("the OpenAPI document is not routed")
    call = document.json()["paths"]["/api/v1/projects/{slug}/imports"]["post"]
    assert "multipart/form-data" in call["requestBody"]["content"]
    assert "202" in call["responses"]
