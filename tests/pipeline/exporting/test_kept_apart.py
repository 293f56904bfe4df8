"""What a release keeps apart: conversations held out for evaluation, and versions of the rubric."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest
from django.test import Client

from annotate.formats.rubric import BUILT_IN, read_rubric
from annotate.formats.schema import TABLES
from annotate.models import Batch, Export, Membership, Project
from annotate.pipeline import exporting
from annotate.refusal import Refusal
from tests import judging, make
from tests.pipeline.exporting import world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project(settings: Any, tmp_path: Path) -> Project:
    """Return a project of two conversations; the first is held out, and was answered in the default batch too."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return world.fill()


def read(folder: Path, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder / f"{table}-00000.parquet").to_pylist()
    return rows


def hold_out(project: Project) -> str:
    conversation = project.conversations.order_by("pk")[0]
    batch = make.batch(project, name="exam", purpose=Batch.Purpose.HOLDOUT)
    judging.submit(make.task(conversation, batch=batch), make.member(project))
    return str(conversation.uid)


def test_nothing_about_what_is_held_out_is_in_a_release(project: Project, tmp_path: Path) -> None:
    world.release(project, tmp_path / "before")
    held_out = hold_out(project)
    export = world.release(project, tmp_path / "out")

    for table in sorted(set(TABLES) - {"annotators", "images", "assignments"}):
        column = "id" if table == "conversations" else "conversation"
        # Flags about a person or a scorer run have no conversation.
        expected = [row for row in read(tmp_path / "before", table) if row[column] != held_out]
        assert len(expected) < len(read(tmp_path / "before", table)), table
        assert [row[column] for row in read(tmp_path / "out", table)] == [row[column] for row in expected]
    tasks = {row["id"] for row in read(tmp_path / "out", "tasks")}
    assert {row["task"] for row in read(tmp_path / "out", "assignments")} <= tasks
    assert held_out.encode() not in b"".join(file.read_bytes() for file in (tmp_path / "out").glob("*.json"))
    assert export.manifest is not None
    assert export.manifest["left_out"]["conversations"] == 1
    assert "held out for evaluation" in (tmp_path / "out" / "README.md").read_text()


def test_it_is_there_when_asked_for(project: Project, tmp_path: Path) -> None:
    held_out = hold_out(project)
    world.release(project, tmp_path / "out", include_holdout=True)
    assert held_out in {row["id"] for row in read(tmp_path / "out", "conversations")}
    world.release(project, tmp_path / "exam", include_holdout=True, batch="exam", name="exam")
    assert {row["id"] for row in read(tmp_path / "exam", "conversations")} == {held_out}


def test_a_holdout_batch_by_name_alone_is_refused(project: Project) -> None:
    hold_out(project)
    with pytest.raises(Refusal) as refused:
        exporting.create(project, exporting.Wanted(filters={"batch": "exam"}))
    assert refused.value.problems[0].code == "held_out"


def test_the_page_asks_for_it_by_a_box(project: Project, client: Client) -> None:
    client.force_login(make.member(project, Membership.Role.MANAGER))
    page = f"/p/{project.slug}/exports/"
    given = {"name": "r", "license": "unknown", "people": "pseudonym"}
    client.post(page, given)
    client.post(page, {**given, "name": "s", "include_holdout": "on"})
    kept = dict(Export.objects.values_list("name", "filters__include_holdout"))
    assert kept == {"r": False, "s": True}
    assert "with holdout" in client.get(page).content.decode()


def test_versions_of_the_rubric_are_told_apart_and_the_card_warns(project: Project, tmp_path: Path) -> None:
    world.release(project, tmp_path / "one")
    assert "stand side by side" not in (tmp_path / "one" / "README.md").read_text()

    second = make.rubric(msgspec.structs.replace(read_rubric(BUILT_IN / "intermt.yaml"), version=2))
    batch = make.batch(project, rubric=second, purpose=Batch.Purpose.BRIDGE)
    task = make.task(project.conversations.order_by("pk")[0], batch=batch)
    submission = judging.submit(task, make.member(project))
    left, right, *_ = judging.candidates(task)
    judging.rate(submission, left, text_quality=1)
    judging.prefer(submission, left, right, 1)
    world.release(project, tmp_path / "two", name="two")
    card = (tmp_path / "two" / "README.md").read_text()
    assert "versions 1 and 2 of the rubric stand side by side" in card
    assert "`text_quality v2`" in card
    for table in ("ratings", "comparisons"):
        versions = [row["rubric_version"] for row in read(tmp_path / "two", table)]
        assert versions.count(2) == 1
        assert set(versions) == {1, 2}
