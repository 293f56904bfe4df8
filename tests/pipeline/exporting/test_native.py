"""What a native release holds: every row of every table, as the ORM sees it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.files.storage import default_storage
from django.db import connection

from annotate.formats.rubric import BUILT_IN, read_rubric
from annotate.formats.schema import SCHEMA_VERSION, TABLES
from annotate.models import Project, Rating, User
from annotate.pipeline import exporting
from annotate.refusal import Refusal
from tests import make
from tests.pipeline.exporting import oracle, world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_folders")]


@pytest.fixture
def project() -> Project:
    world.fill("noise")
    return world.fill()


def read(folder: Path, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for file in sorted(folder.glob(f"{table}-*.parquet")):
        rows += pq.read_table(file).to_pylist()
    return rows


def test_every_table_equals_what_the_orm_says(project: Project, tmp_path: Path) -> None:
    export = world.release(project, tmp_path / "out", people="exact", include_untrained_scores=True)

    assert set(oracle.TABLES) == set(TABLES)
    for table, expected in oracle.TABLES.items():
        assert oracle.plain(read(tmp_path / "out", table)) == expected(project), table
        assert len(expected(project)) > 1, f"{table}: the test world is too poor"
    assert export.manifest is not None
    assert export.manifest["left_out"] == {}
    assert export.manifest["rows"] == {table: len(rows(project)) for table, rows in oracle.TABLES.items()}


def test_the_manifest_tells_the_truth_about_every_file(project: Project, tmp_path: Path) -> None:
    export = world.release(project, tmp_path / "out", name="v1")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_bytes())

    on_disk = {file.name for file in (tmp_path / "out").iterdir()}
    assert {one["name"] for one in manifest["files"]} == on_disk - {"manifest.json"}
    for one in manifest["files"]:
        data = (tmp_path / "out" / one["name"]).read_bytes()
        assert (one["sha256"], one["bytes"]) == (hashlib.sha256(data).hexdigest(), len(data))
        if "rows" in one:
            assert pq.read_metadata(tmp_path / "out" / one["name"]).num_rows == one["rows"]
    assert manifest == export.manifest
    assert manifest["schema_version"] == SCHEMA_VERSION == export.schema_version
    assert manifest["name"] == "v1"
    assert manifest["rubrics"] == [
        {"key": "intermt", "version": 1, "sha256": read_rubric(BUILT_IN / "intermt.yaml").sha256}
    ]
    assert manifest["left_out"] == {"scores": 3}
    written = (tmp_path / "out" / "manifest.json").read_bytes()
    assert export.manifest_sha256 == hashlib.sha256(written).hexdigest()


def test_surroundings_hold_rubrics_batches_runs_and_imports(project: Project, tmp_path: Path) -> None:
    world.release(project, tmp_path / "out", include_untrained_scores=True)
    found = json.loads((tmp_path / "out" / "project.json").read_bytes())

    assert [one["texts"] for one in found["guidelines"]] == [{"en": "Look twice."}]
    assert [one["name"] for one in found["batches"]] == ["Zweite “Runde”", "default"]
    dimensions = found["rubrics"][0]["dimensions"]
    assert [one["code"] for one in dimensions] == [
        one.code for one in read_rubric(BUILT_IN / "intermt.yaml").dimensions
    ]
    assert dimensions[-1]["scale"] == [-1, 3]
    assert set(dimensions[0]["texts"]["en"]["anchors"]) == {"0", "1", "2", "3"}
    assert [one["scorer"] for one in found["scorer_runs"]] == ["skywork", "demo"]
    assert [one["link"] for one in found["calibrations"]] == ["isotonic"]
    assert [one["file_name"] for one in found["imports"]] == ["in.json"]
    assert found["languages"] == ["en", "zh-hans"]


def test_people_have_keyed_pseudonyms_that_no_second_release_repeats(
    project: Project, tmp_path: Path
) -> None:
    world.release(project, tmp_path / "a", name="a")
    world.release(project, tmp_path / "b", name="b")
    world.release(project, tmp_path / "exact", name="exact", people="exact")

    first, second = ({row["id"] for row in read(tmp_path / name, "annotators")} for name in "ab")
    assert len(first) == len(second) == len(oracle.annotators(project))
    assert not first & second
    exact = [row["annotator"] for row in read(tmp_path / "exact", "ratings")]
    hidden = [row["annotator"] for row in read(tmp_path / "a", "ratings")]
    assert len(set(zip(exact, hidden, strict=True))) == len(set(exact)) == len(set(hidden))
    for table in ("assignments", "submissions", "comparisons", "notes", "steps"):
        assert {row["annotator"] for row in read(tmp_path / "a", table)} <= first
    assert {row["reviewer"] for row in read(tmp_path / "a", "reviews")} <= first


def test_with_pseudonyms_no_name_and_no_outside_id_of_a_person_is_in_any_file(
    project: Project, tmp_path: Path
) -> None:
    world.release(project, tmp_path / "out")

    everything = json.dumps(
        {table: oracle.plain(read(tmp_path / "out", table)) for table in TABLES if table != "images"},
        default=str,
    )
    everything += (tmp_path / "out" / "project.json").read_text()
    everything += (tmp_path / "out" / "README.md").read_text()
    everything += (tmp_path / "out" / "manifest.json").read_text()
    for person in User.objects.filter(kind="person"):
        assert str(person.uid) not in everything
        assert person.username not in everything
    flag = read(tmp_path / "out", "flags")[0]
    assert json.loads(flag["evidence"])["annotators"] == [flag["annotator"]]
    assert "InterMT alpha" in everything  # the source of imported labels keeps its name


def test_a_batch_filter_keeps_what_belongs_to_it_and_counts_the_rest(
    project: Project, tmp_path: Path
) -> None:
    export = world.release(project, tmp_path / "out", batch="Zweite “Runde”")

    tasks = read(tmp_path / "out", "tasks")
    assert [one["batch"] for one in tasks] == ["Zweite “Runde”"]
    assert {one["task"] for one in read(tmp_path / "out", "submissions")} == {tasks[0]["id"]}
    assert {one["id"] for one in read(tmp_path / "out", "conversations")} == {tasks[0]["conversation"]}
    assert {one["conversation"] for one in read(tmp_path / "out", "parts")} == {tasks[0]["conversation"]}
    assert read(tmp_path / "out", "images") == []
    assert read(tmp_path / "out", "flags") == []
    assert export.manifest is not None
    for table, rows in oracle.TABLES.items():
        if table != "annotators":
            left_out = export.manifest["left_out"].get(table, 0)
            assert export.manifest["rows"][table] + left_out == len(rows(project)), table
    surroundings = json.loads((tmp_path / "out" / "project.json").read_bytes())
    assert [one["name"] for one in surroundings["batches"]] == ["Zweite “Runde”"]


def test_an_origin_filter_keeps_those_submissions_and_their_judgements(
    project: Project, tmp_path: Path
) -> None:
    world.release(project, tmp_path / "out", origin=["imported"])

    for table in ("submissions", "ratings", "comparisons", "notes", "steps"):
        expected = [row for row in oracle.TABLES[table](project) if row["origin"] == "imported"]
        assert [row["id"] for row in read(tmp_path / "out", table)] == [row["id"] for row in expected]
        assert expected


@pytest.mark.parametrize(
    ("filters", "code", "place"),
    [
        ({"batches": ["default"]}, "unknown_filter", "filters.batches"),
        ({"origin": ["dead"]}, "invalid_filter", "filters.origin[0]"),
        ({"people": "names"}, "invalid_filter", "filters.people"),
        ({"include_untrained_scores": "yes"}, "invalid_filter", "filters.include_untrained_scores"),
        ({"license": "do what\nyou want"}, "invalid_filter", "filters.license"),
        ({"batch": ["nowhere"]}, "unknown_batch", "filters.batch"),
    ],
)
def test_a_wrong_filter_is_refused_with_its_place(filters: dict[str, Any], code: str, place: str) -> None:
    with pytest.raises(Refusal) as refused:
        exporting.create(make.project(), exporting.Wanted(filters=filters))

    assert (refused.value.problems[0].code, refused.value.problems[0].path) == (code, place)


def test_the_refusal_of_an_unknown_filter_lists_the_known_ones() -> None:
    with pytest.raises(Refusal, match="batch, origin, include_untrained_scores, people"):
        exporting.create(make.project(), exporting.Wanted(filters={"since": 1}))


def test_a_missing_image_stops_the_release_with_its_id_unless_allowed(
    project: Project, tmp_path: Path
) -> None:
    image = project.images.order_by("id")[0]
    default_storage.delete(image.file)

    export = exporting.create(project, exporting.Wanted(name="a"), folder=tmp_path / "a")
    exporting.run(export.pk)
    export.refresh_from_db()
    assert export.status == "failed"
    assert str(image.uid) in export.error
    assert {one.name for one in tmp_path.iterdir()} == {"media"}

    allowed = world.release(project, tmp_path / "a", name="a", allow_missing_images=True)
    assert allowed.manifest is not None
    assert allowed.manifest["missing_images"] == [str(image.uid)]
    rows = {row["id"]: row["image"] for row in read(tmp_path / "a", "images")}
    assert rows[str(image.uid)] is None
    assert sum(one is None for one in rows.values()) == 1


def test_an_empty_project_makes_a_release_with_all_tables_and_no_rows(tmp_path: Path) -> None:
    world.release(make.project(), tmp_path / "out")

    for table, schema in TABLES.items():
        assert read(tmp_path / "out", table) == []
        assert pq.read_schema(tmp_path / "out" / f"{table}-00000.parquet").names == schema.names


def test_two_releases_of_the_same_state_hold_the_same_bytes(project: Project, tmp_path: Path) -> None:
    first = world.release(project, tmp_path / "a", name="a", people="exact")
    second = world.release(project, tmp_path / "b", name="b", people="exact")

    hashes = [
        {one["name"]: one["sha256"] for one in each.manifest["files"] if one["name"] != "README.md"}
        for each in (first, second)
        if each.manifest is not None
    ]
    assert hashes[0] == hashes[1]


# The script leaves without tearing the interpreter down: a stream that was left in the middle has threads of
# pyarrow running, and now and then they abort a process that ends normally.
_LOAD = """
import os, sys
from datasets import get_dataset_config_names, load_dataset
folder = sys.argv[1]
for table in get_dataset_config_names(folder):
    rows = load_dataset(folder, table, split="train")
    print(table, len(rows), ",".join(rows.column_names))
default = load_dataset(folder, split="train")
assert "dimension" in default.column_names
if len(sys.argv) > 2:
    sys.stdout.flush()
    os._exit(0)
picture = load_dataset(folder, "images", split="train")[0]["image"]
print("picture", type(picture).__name__, picture.size, picture.getpixel((0, 0)))
paths = load_dataset(folder, "tasks", split="train")[0]["paths"]
print("paths", type(paths).__name__, sorted(paths[0]))
print("order", type(load_dataset(folder, "assignments", split="train")[0]["shown_order"]).__name__)
streamed = next(iter(load_dataset(folder, "images", split="train", streaming=True)))
print("streamed", streamed["image"].size)
sys.stdout.flush()
os._exit(0)
"""


def load(folder: Path, cache: Path, *arguments: str) -> dict[str, str]:
    """Load what the card lists with `datasets` in a process that may not use the network."""
    environment = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(cache), "PATH": "/usr/bin:/bin", "HOME": str(cache)}
    command = [sys.executable, "-c", _LOAD, str(folder), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())


def test_datasets_loads_every_table_offline_and_decodes_the_pictures(
    project: Project, tmp_path: Path
) -> None:
    export = world.release(project, tmp_path / "out")
    said = load(tmp_path / "out", tmp_path / "cache")

    assert export.manifest is not None
    for table, schema in TABLES.items():
        assert said[table] == f"{export.manifest['rows'][table]} {','.join(schema.names)}"
    assert said["picture"].startswith("WebPImageFile (64, 48) (")
    assert said["paths"] == "list ['external_id', 'id', 'response', 'whole']"
    assert said["order"] == "list"
    assert said["streamed"] == "(64, 48)"


def test_what_the_card_lists_can_be_loaded_when_tables_are_empty(tmp_path: Path) -> None:
    project = make.project()
    given = make.submission(make.task(make.conversation(project)), make.member(project))
    response = given.task.paths.get().response
    dimension = project.rubric.dimensions.all()[0]
    Rating.objects.create(submission=given, response=response, dimension=dimension, value=2)
    export = world.release(project, tmp_path / "out")

    said = load(tmp_path / "out", tmp_path / "cache", "no pictures")

    assert export.manifest is not None
    assert set(said) == {table for table, rows in export.manifest["rows"].items() if rows}
    assert "steps" not in said


def test_a_release_reads_one_snapshot_whatever_is_written_meanwhile(project: Project, tmp_path: Path) -> None:
    before = {table: len(rows(project)) for table, rows in oracle.TABLES.items()}
    task = project.batches.get(is_default=True).tasks.first()
    assert task is not None
    interfered: list[str] = []

    def interfere(table: str, _rows: int) -> None:
        """Commit, over another connection, while the first tables are written."""
        if interfered or table == "conversations":
            return
        interfered.append(table)
        conversation = make.conversation(project)
        fresh = make.task(conversation)
        given = make.submission(fresh, make.member(project))
        response = conversation.turns.get().responses.get()
        dimension = project.rubric.dimensions.first()
        assert dimension is not None
        Rating.objects.create(submission=given, response=response, dimension=dimension, value=1)

    export = exporting.create(
        project, exporting.Wanted(filters={"include_untrained_scores": True}), folder=tmp_path / "out"
    )
    exporting.run(export.pk, report=interfere)
    export.refresh_from_db()

    assert interfered == ["nodes"]
    assert export.manifest is not None, export.error
    assert export.manifest["rows"] == before
    assert len(oracle.ratings(project)) == before["ratings"] + 1
    assert connection.in_atomic_block is False
