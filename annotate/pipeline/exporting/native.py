"""The ``native`` format: every table of a project, nothing lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from annotate.formats.dataset_card import CardFacts, card
from annotate.formats.parquet import TableWriter, WrittenFile, write_file
from annotate.formats.schema import SCHEMA_VERSION, TABLES
from annotate.models import Export
from annotate.pipeline.exporting.filters import Filters, read_filters
from annotate.pipeline.exporting.pictures import Pictures, spool
from annotate.pipeline.exporting.queries import Query, measuring, people, queries
from annotate.pipeline.exporting.shaping import Distribution, People, pseudonym, shape
from annotate.pipeline.exporting.snapshot import Snapshot
from annotate.pipeline.exporting.surroundings import read, select

Report = Callable[[str, int], None]
MANIFEST = "manifest.json"
_SPOOLED = "images.listed"

_ALWAYS_LEFT_OUT = (
    "Drafts of unfinished work, idempotency keys, rendered HTML (the text is there) and account data.",
    "The history of changes to accounts, batches and assignments; it stays in the database.",
)


@dataclass
class Written:
    """What has been written so far."""

    files: list[WrittenFile] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    distribution: Distribution = field(default_factory=Distribution)
    missing_images: list[str] = field(default_factory=list)
    held_out: bool = False


def write(export: Export, folder: Path, snapshot: Snapshot, report: Report) -> dict[str, Any]:
    """Write a whole release into an empty folder and return its manifest; ``report`` hears (table, rows)."""
    filters = read_filters(export.filters)
    written = Written()
    taken_at = snapshot.begin()
    try:
        selection = select(snapshot, export.project_id, filters)
        surroundings = read(snapshot, selection)
        about_people = snapshot.rows(measuring(selection.project))
        written.distribution = Distribution(one["id"] for one in about_people)
        tables = queries(selection)
        exact = filters.people == "exact"
        known = People(
            snapshot.rows(people(selection)), None if exact else lambda uid: pseudonym(export, uid)
        )
        written.held_out = bool(selection.held_out)
        written.left_out = _left_out(snapshot, tables)
        for table in TABLES:
            if table == "images":
                spool(snapshot.batches(tables[table].select()), folder / _SPOOLED)
                continue
            rows = [known.table()] if table == "annotators" else _rows(snapshot, tables[table], table, known)
            _write_table(folder, table, rows, written, report)
    finally:
        snapshot.end()
    pictures = Pictures(folder / _SPOOLED, allow_missing=filters.allow_missing_images)
    _write_table(folder, "images", pictures.batches(), written, report)
    (folder / _SPOOLED).unlink()
    written.missing_images = sorted(pictures.missing)
    written.files.append(write_file(folder, "project.json", _json(surroundings)))
    facts = _facts(export, filters, written, surroundings, taken_at)
    written.files.append(write_file(folder, "README.md", card(facts).encode()))
    manifest = _manifest(export, filters, written, surroundings, taken_at)
    write_file(folder, MANIFEST, _json(manifest))
    return manifest


def _left_out(snapshot: Snapshot, tables: Mapping[str, Query]) -> dict[str, int]:
    """Count what filters leave out, for the tables that they narrow; writing subtracts what is in."""
    return {
        table: int(snapshot.rows(query.count_all())[0]["rows"])
        for table, query in tables.items()
        if query.narrowed
    }


def _rows(snapshot: Snapshot, query: Query, table: str, known: People) -> Iterator[pa.RecordBatch]:
    for batch in snapshot.batches(query.select()):
        yield shape(table, batch, known)


def _write_table(
    folder: Path, table: str, batches: Iterable[pa.RecordBatch], written: Written, report: Report
) -> None:
    writer = TableWriter(folder, table, TABLES[table])

    def counted() -> Iterator[pa.RecordBatch]:
        for batch in batches:
            written.distribution.see(table, batch)
            yield batch
            report(table, writer.rows)

    report(table, 0)
    written.files += writer.write_all(counted())
    written.rows[table] = writer.rows
    if table in written.left_out:
        written.left_out[table] -= writer.rows
        if not written.left_out[table]:
            del written.left_out[table]


def _facts(
    export: Export, filters: Filters, written: Written, surroundings: Mapping[str, Any], taken_at: datetime
) -> CardFacts:
    return CardFacts(
        name=export.name,
        project=surroundings["project"]["name"],
        taken_at=_moment(taken_at),
        schema_version=SCHEMA_VERSION,
        license=filters.license,
        languages=surroundings["languages"],
        rubrics=[f"{one['key']} v{one['version']}" for one in surroundings["rubrics"]],
        dimensions=[one["key"] for rubric in surroundings["rubrics"] for one in rubric["dimensions"]],
        rows={table: written.rows[table] for table in TABLES},
        left_out=written.left_out,
        ratings=written.distribution.by_question("ratings"),
        comparisons=written.distribution.by_question("comparisons"),
        remarks=_remarks(filters, written),
        simulated=surroundings["project"]["simulation"] is not None,
        cautions=_cautions(written),
    )


def _cautions(written: Written) -> list[str]:
    """Return sentences about what must not be overlooked."""
    versions = written.distribution.versions
    if len(versions) < 2:  # noqa: PLR2004 - one version cannot be mixed up
        return []
    named = " and ".join(str(one) for one in versions)
    caution = (
        f"Answers by versions {named} of the rubric stand side by side; `rubric_version` tells them apart. The same "
        "key may have asked something else: pool them only where their bridge says that they may be."
    )
    return [caution]


def _remarks(filters: Filters, written: Written) -> list[str]:
    """Return sentences about what is not in the release."""
    remarks = []
    if filters.batch:
        remarks.append(f"Everything but the batches {', '.join(sorted(filters.batch))}.")
    if written.held_out:
        remarks.append("Conversations that are held out for evaluation, and whatever was said about them.")
    if filters.origin:
        remarks.append(f"Submissions of other origins than {', '.join(sorted(filters.origin))}.")
    if written.left_out.get("scores") and not filters.include_untrained_scores:
        remarks.append("Scores of runs whose model is not trained.")
    if written.missing_images:
        remarks.append(f"The bytes of {len(written.missing_images):,} images whose files are gone.")
    if filters.people == "pseudonym":
        remarks.append("Who the people are: their ids are keyed pseudonyms, others in every release.")
    if written.left_out:
        remarks.append("Rows may refer by id to rows that a filter left out.")
    return [*remarks, *_ALWAYS_LEFT_OUT]


def _manifest(
    export: Export, filters: Filters, written: Written, surroundings: Mapping[str, Any], taken_at: datetime
) -> dict[str, Any]:
    return {
        "format": export.format,
        "schema_version": SCHEMA_VERSION,
        "id": str(export.uid),
        "name": export.name,
        "project": {key: surroundings["project"][key] for key in ("id", "slug", "name")},
        "simulated": surroundings["project"]["simulation"] is not None,
        "taken_at": _moment(taken_at),
        "filters": msgspec.to_builtins(filters),
        "rubrics": [
            {key: one[key] for key in ("key", "version", "sha256")} for one in surroundings["rubrics"]
        ],
        "rows": {table: written.rows[table] for table in TABLES},
        "left_out": written.left_out,
        "missing_images": written.missing_images,
        "files": [file.as_dict() for file in sorted(written.files, key=lambda one: one.name)],
    }


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"
