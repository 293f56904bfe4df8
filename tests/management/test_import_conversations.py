from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count

from annotate.models import Image, ImportRun, MessagePart, Submission, Task, Turn
from tests import make
from tests.pipeline import importing_files as files

pytestmark = pytest.mark.django_db
PUBLISHED = Path(os.environ.get("INTERMT_DATA", "/nowhere"))
published = [
    pytest.mark.intermt,
    pytest.mark.skipif(
        "INTERMT_DATA" not in os.environ, reason="INTERMT_DATA names no published InterMT data"
    ),
]


@pytest.fixture(autouse=True)
def project(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    make.project("real")


def answer(*words: str | Path, succeeds: bool = True) -> Any:
    out = io.StringIO()
    command = ["import_conversations", "real", *map(str, words), "--json"]
    if succeeds:
        call_command(*command, stdout=out)
    else:
        with pytest.raises(SystemExit) as left:
            call_command(*command, stdout=out)
        assert left.value.code == 1
    return json.loads(out.getvalue())


def test_the_report_is_one_json_document(tmp_path: Path) -> None:
    file = files.write(tmp_path / "items.json", [files.chain("a", turns=2, candidates=2), {"format": "?"}])
    assert answer(file, "--dry-run") == answer(file, "--format", "native")
    report = answer(file, "--format", "native")
    assert report["unchanged"] == 1
    assert sorted(report["created"]) == [
        "conversations",
        "images",
        "labels",
        "paths",
        "responses",
        "tasks",
        "turns",
    ]
    assert [sorted(one) for one in report["refused"]] == [["code", "detail", "place"]]


def test_where_nothing_could_be_imported_the_command_fails(tmp_path: Path) -> None:
    file = tmp_path / "items.json"
    file.write_text("[{}]")
    assert answer(file, succeeds=False)["refused"][0]["code"] == "format_unknown"
    file.write_text('[{"a": NaN}]')
    assert answer(file, "--format", "intermt", succeeds=False)["refused"][0]["place"] == "item 1, a"


def test_people_read_sentences(tmp_path: Path) -> None:
    out = io.StringIO()
    file = files.write(tmp_path / "items.json", [files.chain("a", turns=1), *([{}] * 30)])
    call_command("import_conversations", "real", str(file), stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("Created 1 conversations, 1 paths, 1 turns")
    assert lines[2] == "30 items refused."
    assert lines[3].startswith("  item 2: ")
    assert lines[-1] == "  … --json lists all of them."


def test_an_unknown_project_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no project “nowhere”"):
        call_command("import_conversations", "nowhere", str(tmp_path / "items.json"))


class TestPublishedConversations:
    """On InterMT's own files: run where INTERMT_DATA names their folder."""

    pytestmark = published

    def test_nine_conversations_come_in_with_their_pictures(self) -> None:
        folder = PUBLISHED / "conversations"
        report = answer(folder / "conversations.json", "--images", folder)
        assert report["refused"] == []
        assert report["created"] == {
            "conversations": 9,
            "paths": 9,
            "turns": 45,
            "responses": 45,
            "images": 37,
            "labels": 0,
            "tasks": 9,
        }
        assert Image.objects.count() == 37
        assert not MessagePart.objects.filter(kind="image", image=None).exclude(reference="").exists()
        assert answer(folder / "conversations.json", "--images", folder)["unchanged"] == 9

    def test_paths_of_the_crucial_step_file_share_nodes(self) -> None:
        file = PUBLISHED / "crucial_step.json"
        report = answer(file, "--allow-missing-images")
        assert report["refused"] == []
        assert report["created"] == {
            "conversations": 220,
            "paths": 294,
            "turns": 1049,
            "responses": 1114,
            "images": 0,
            "labels": 296,
            "tasks": 220,
        }
        siblings = Turn.objects.annotate(answers=Count("responses")).filter(answers__gt=1)
        assert siblings.count() == 65
        assert MessagePart.objects.exclude(aliases=[]).count() == 96
        assert Submission.objects.count() == 296
        assert not Task.objects.annotate(shown=Count("paths")).filter(shown__gt=4).exists()
        assert answer(file, "--allow-missing-images")["unchanged"] == 296
        assert Submission.objects.count() == 296

    def test_its_pictures_are_not_published_so_each_item_is_refused_with_its_place(self) -> None:
        report = answer(PUBLISHED / "crucial_step.json", succeeds=False)
        assert {one["code"] for one in report["refused"]} == {"image_missing"}
        assert report["refused"][0]["place"] == "item 1, turn 1"
        assert ImportRun.objects.get().status == "failed"


def test_answers_that_came_under_work_begun_are_left_to_planning_aloud(tmp_path: Path) -> None:
    said = []
    for candidates in (1, 2):
        file = files.write(tmp_path / "c.json", [files.native("c", [files.turn("q", candidates)])])
        out = io.StringIO()
        call_command("import_conversations", "real", str(file), stdout=out)
        said.append(out.getvalue())
        task = Task.objects.get()
        make.assignment(task, make.member(task.batch.project))
    assert "plan real" not in said[0]
    assert "1 conversations hold answers that no task asks about yet: plan real makes theirs." in said[1]
