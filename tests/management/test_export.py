"""manage export: from the shell to a folder."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from annotate.models import Project
from tests import make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_folders")]


@pytest.fixture
def project() -> Project:
    made = make.project("pilot")
    make.submission(make.task(make.conversation(made)), make.member(made))
    return made


def said(*words: str | Path) -> str:
    out = io.StringIO()
    call_command("export", *(str(word) for word in words), stdout=out)
    return out.getvalue()


def test_it_prints_what_the_folder_holds(project: Project, tmp_path: Path) -> None:
    out = tmp_path / "release"
    document = json.loads(said("pilot", "--format", "native", "--out", out, "--name", "v1", "--json"))

    assert (document["name"], document["folder"], document["schema_version"]) == ("v1", str(out), "1.1")
    assert document["rows"]["submissions"] == 1
    assert {one["name"] for one in document["files"]} | {"manifest.json"} == {f.name for f in out.iterdir()}
    assert project.exports.get().status == "done"


def test_people_get_one_line(project: Project, tmp_path: Path) -> None:
    line = said(project.slug, "--out", tmp_path / "release", "--name", "v1")

    assert line.startswith("v1: ")
    assert line.endswith(f"in {tmp_path / 'release'}\n")


def test_its_options_are_the_filters(project: Project, tmp_path: Path) -> None:
    options = ["--batch", "default", "--origin", "live", "--origin", "review", "--people", "exact"]
    said(project.slug, "--out", tmp_path / "r", *options, "--include-untrained-scores", "--license", "mit")

    assert project.exports.get().filters == {
        "batch": ["default"],
        "origin": ["live", "review"],
        "people": "exact",
        "include_untrained_scores": True,
        "include_holdout": False,
        "allow_missing_images": False,
        "license": "mit",
    }


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nobody"], "There is no project “nobody”"),
        (["pilot", "--format", "csv"], "Known formats: native"),
        (["pilot", "--batch", "x"], "Its batches: default"),
        (["pilot", "--origin", "dead"], "Invalid enum value"),
        (["pilot", "--name", "a/b"], "A name has 1 to 64"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_and_nothing_is_stored(
    project: Project, tmp_path: Path, words: list[str], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        said(*words, "--out", tmp_path / "release")

    assert project.exports.count() == 0
    assert not (tmp_path / "release").exists()


def test_a_release_that_cannot_be_written_ends_in_an_error(project: Project, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(CommandError, match="Not a directory"):
        said(project.slug, "--out", tmp_path / "file" / "release")

    assert project.exports.get().status == "failed"
