"""What is done to record batches between the server and the file: people replaced, structs built."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.utils.crypto import salted_hmac

from annotate.formats.schema import TABLES
from annotate.models import Export

PSEUDONYM_CHARACTERS = 16  # hex: 64 bits, so that two people of one release never share one
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PEOPLE = ("annotator", "reviewer")


def pseudonym(export: Export, person_uid: str) -> str:
    """Return a person's name in this release.

    HMAC-SHA256 keyed by SECRET_KEY and the release's own id: the key is in no file, so nobody can
    go from names back to people or join two releases by them; writing a release again gives the same.
    """
    keyed = salted_hmac(f"annotate.export.{export.uid}", person_uid, algorithm="sha256")
    return keyed.hexdigest()[:PSEUDONYM_CHARACTERS]


class People:
    """Everybody who occurs in a release, by internal id, under the names they have in it."""

    def __init__(self, rows: Iterable[Mapping[str, Any]], rename: Callable[[str], str] | None) -> None:
        """Take rows of ``queries.people``; ``rename`` gives a pseudonym for an outside id, None keeps ids."""
        named = [(rename(row["id"]) if rename else row["id"], row) for row in rows]
        named.sort(key=lambda one: one[0])
        self._keys = pa.array([row["key"] for _, row in named], pa.int64())
        self._names = pa.array([name for name, _ in named], pa.string())
        self._by_uid = {row["id"]: name for name, row in named}
        # A source names the file that labels came with; only people are protected.
        hidden = {"name": None, "team": None, "languages": None} if rename else {}
        self._rows = [
            {**row, **(hidden if row["kind"] == "person" else {}), "id": name} for name, row in named
        ]

    def table(self) -> pa.RecordBatch:
        """Return the ``annotators`` table."""
        return pa.RecordBatch.from_pylist(self._rows, schema=TABLES["annotators"])

    def replace(self, ids: pa.Array) -> pa.Array:
        """Return the release's names for internal ids; null stays null."""
        return self._names.take(pc.index_in(ids, value_set=self._keys))

    def replace_in(self, texts: pa.Array) -> pa.Array:
        """Return texts with people's outside ids replaced (the evidence of flags names people)."""
        return pa.array(
            [
                None if text is None else _UUID.sub(lambda found: self._name_of(found[0]), text)
                for text in texts.to_pylist()
            ],
            pa.string(),
        )

    def _name_of(self, uid: str) -> str:
        return self._by_uid.get(uid.lower(), uid)


def shape(table: str, batch: pa.RecordBatch, people: People) -> pa.RecordBatch:
    """Return a batch of the server's rows in the schema of its table."""
    columns = []
    for field in TABLES[table]:
        zipped = table == "tasks" and field.name == "paths"
        column = _paths(batch, field.type) if zipped else batch.column(field.name)
        if field.name in _PEOPLE:
            column = people.replace(column)
        elif table == "flags" and field.name == "evidence":
            column = people.replace_in(column)
        columns.append(column.cast(field.type))
    return pa.RecordBatch.from_arrays(columns, schema=TABLES[table])


def _paths(batch: pa.RecordBatch, kind: pa.DataType) -> pa.Array:
    """Zip the four equally long lists of a task's paths into one list of structs."""
    lists = [batch.column(name) for name in ("path_ids", "path_responses", "path_whole", "path_external_ids")]
    fields = list(kind.value_type)
    values = pa.StructArray.from_arrays(
        [column.flatten().cast(field.type) for column, field in zip(lists, fields, strict=True)],
        fields=fields,
    )
    lengths = pc.cumulative_sum(pc.list_value_length(lists[0]))
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), lengths.cast(pa.int32())])
    return pa.ListArray.from_arrays(offsets, values, type=kind)


class Distribution:
    """Counts values by dimension (and ratings by state) while the rows pass by, for the dataset card.

    Only valid answers count: those of a submission that no later revision replaced, and that is not about
    the person who gave it (``measuring``, by outside id: answers to training, qualification and gold tasks).
    """

    COLUMNS = {
        "ratings": ["rubric_version", "scope", "dimension", "state", "value"],
        "comparisons": ["rubric_version", "scope", "dimension", "preference"],
    }

    def __init__(self, measuring: Iterable[str] = ()) -> None:
        self.counts: dict[str, Counter[tuple[Any, ...]]] = {name: Counter() for name in self.COLUMNS}
        self._measuring = pa.array(measuring, pa.string())

    @property
    def versions(self) -> list[int]:
        """The versions of the rubric by which something was answered, ascending."""
        return sorted({one[0] for counts in self.counts.values() for one in counts})

    def by_question(self, table: str) -> dict[tuple[Any, ...], int]:
        """Return the counts as the card has them: where there are several versions, each is a question of its own."""
        several = len(self.versions) > 1
        return {
            (scope, f"{dimension or 'overall'} v{version}" if several else dimension, *value): count
            for (version, scope, dimension, *value), count in self.counts[table].items()
        }

    def see(self, table: str, batch: pa.RecordBatch) -> None:
        """Count a batch; tables that are not counted pass unseen."""
        if table not in self.COLUMNS or not batch.num_rows:
            return
        columns = self.COLUMNS[table]
        is_label = pc.invert(pc.is_in(batch.column("submission"), value_set=self._measuring))
        valid = pa.table(batch.filter(pc.and_(batch.column("is_latest"), is_label)).select(columns))
        for row in valid.group_by(columns).aggregate([([], "count_all")]).to_pylist():
            self.counts[table][tuple(row[name] for name in columns)] += row["count_all"]
