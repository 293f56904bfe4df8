"""Parquet files: bounded groups and shards, hashes that are true, features that datasets reads."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.formats.parquet import Limits, TableWriter, write_file
from annotate.formats.schema import TABLES, type_name, with_features

STEPS = TABLES["steps"]


def steps(count: int, first: int = 0) -> pa.RecordBatch:
    rows = [
        {
            "id": f"{number:036}",
            "submission": hashlib.sha256(b"%d" % number).hexdigest(),
            "index": number % 100,
        }
        for number in range(first, first + count)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=STEPS)


def ids(folder: Path) -> list[str]:
    return [one for file in sorted(folder.glob("*.parquet")) for one in pq.read_table(file)["id"].to_pylist()]


@settings(max_examples=30, deadline=None)
@given(sizes=st.lists(st.integers(0, 60), max_size=6), rows=st.integers(1, 50))
def test_all_rows_come_back_in_order_in_groups_of_at_most_so_many(
    sizes: list[int], rows: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("out")
    batches = [steps(size, sum(sizes[:at])) for at, size in enumerate(sizes)]

    writer = TableWriter(folder, "steps", STEPS, Limits(rows=rows))
    (file,) = writer.write_all(batches)

    assert ids(folder) == [f"{number:036}" for number in range(sum(sizes))]
    assert file.rows == writer.rows == sum(sizes)
    metadata = pq.read_metadata(folder / file.name)
    groups = [metadata.row_group(at).num_rows for at in range(metadata.num_row_groups)]
    assert all(one == rows for one in groups[:-1])
    assert all(one <= rows for one in groups)


def test_a_full_file_is_followed_by_the_next_and_every_hash_is_true(tmp_path: Path) -> None:
    limits = Limits(rows=100, shard_bytes=40_000)

    files = TableWriter(tmp_path, "steps", STEPS, limits).write_all(
        steps(100, at) for at in range(0, 2000, 100)
    )

    assert len(files) > 1
    assert [one.name for one in files] == [f"steps-{at:05}.parquet" for at in range(len(files))]
    assert sum(one.rows or 0 for one in files) == 2000
    assert ids(tmp_path) == [f"{number:036}" for number in range(2000)]
    for one in files:
        data = (tmp_path / one.name).read_bytes()
        assert (one.bytes, one.sha256) == (len(data), hashlib.sha256(data).hexdigest())
        footer = pq.read_metadata(tmp_path / one.name).serialized_size
        assert len(data) - footer < limits.shard_bytes + 100


def test_a_group_is_closed_before_it_holds_too_many_bytes(tmp_path: Path) -> None:
    pictures = TABLES["images"]
    rows = [{"id": str(at), "image": {"bytes": bytes(1000), "path": "x"}} for at in range(10)]
    batches = [pa.RecordBatch.from_pylist([row], schema=pictures) for row in rows]

    TableWriter(tmp_path, "images", pictures, Limits(group_bytes=3500)).write_all(batches)

    metadata = pq.read_metadata(tmp_path / "images-00000.parquet")
    assert [metadata.row_group(at).num_rows for at in range(metadata.num_row_groups)] == [3, 3, 3, 1]


def test_what_is_there_is_never_overwritten(tmp_path: Path) -> None:
    write_file(tmp_path, "README.md", b"first")

    with pytest.raises(FileExistsError):
        write_file(tmp_path, "README.md", b"second")
    assert (tmp_path / "README.md").read_bytes() == b"first"


def test_a_failure_half_way_leaves_the_file_closed(tmp_path: Path) -> None:
    def broken() -> Any:
        yield steps(10)
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        TableWriter(tmp_path, "steps", STEPS, Limits(rows=5)).write_all(broken())


def features(table: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(with_features(TABLES[table]).metadata[b"huggingface"])
    features: dict[str, Any] = found["info"]["features"]
    return features


def test_features_are_written_in_the_style_that_old_and_new_versions_read() -> None:
    assert features("images")["image"] == {"_type": "Image"}
    assert features("assignments")["shown_order"] == {
        "feature": {"dtype": "string", "_type": "Value"},
        "_type": "Sequence",
    }
    assert features("tasks")["paths"][0]["whole"] == {"dtype": "bool", "_type": "Value"}
    assert features("ratings")["value"] == {"dtype": "int16", "_type": "Value"}
    assert features("scores")["value"] == {"dtype": "float64", "_type": "Value"}
    assert features("scores")["created_at"] == {"dtype": "timestamp[us, tz=UTC]", "_type": "Value"}
    assert "List" not in json.dumps([features(table) for table in TABLES])


def test_types_are_named_as_the_documentation_writes_them() -> None:
    assert [type_name(TABLES["scores"].field(name).type) for name in ("value", "step_values", "tokens")] == [
        "float64",
        "list<float64>",
        "int32",
    ]
    assert type_name(TABLES["images"].field("image").type) == "image"
    assert type_name(TABLES["tasks"].field("created_at").type) == "timestamp"
