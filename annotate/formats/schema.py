"""The tables of a ``native`` release: every column and its type, in one place.

``docs/data-format.md`` says what each column means; a test compares the two. Within a major version
of the schema columns are only ever added.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pyarrow as pa

SCHEMA_VERSION = "1.1"

STRING = pa.string()
STRINGS = pa.list_(pa.string())
SMALL = pa.int16()
INTEGER = pa.int32()
FLOAT = pa.float64()
BOOLEAN = pa.bool_()
TIME = pa.timestamp("us", tz="UTC")
# How `datasets` stores a picture inside a table.
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
PATHS = pa.list_(
    pa.struct([("id", STRING), ("response", STRING), ("whole", BOOLEAN), ("external_id", STRING)])
)

_JUDGEMENT: dict[str, pa.DataType] = {
    "id": STRING,
    "submission": STRING,
    "is_latest": BOOLEAN,
    "origin": STRING,
    "annotator": STRING,
    "conversation": STRING,
}

TABLES: Mapping[str, pa.Schema] = MappingProxyType(
    {
        name: pa.schema(columns)
        for name, columns in {
            "conversations": {
                "id": STRING,
                "external_id": STRING,
                "language": STRING,
                "meta": STRING,
                "import": STRING,
                "created_at": TIME,
                "content_warnings": STRINGS,
            },
            "nodes": {
                "id": STRING,
                "conversation": STRING,
                "kind": STRING,
                "parent": STRING,
                "turn_number": SMALL,
                "external_id": STRING,
                "source_model": STRING,
                "meta": STRING,
            },
            "parts": {
                "node": STRING,
                "conversation": STRING,
                "position": SMALL,
                "kind": STRING,
                "text": STRING,
                "image": STRING,
                "caption": STRING,
                "reference": STRING,
                "aliases": STRINGS,
            },
            "images": {
                "id": STRING,
                "image": IMAGE,
                "sha256": STRING,
                "media_type": STRING,
                "width": INTEGER,
                "height": INTEGER,
            },
            "tasks": {
                "id": STRING,
                "conversation": STRING,
                "batch": STRING,
                "overlap": SMALL,
                "open_slots": SMALL,
                "rank": INTEGER,
                "asks": STRING,
                "probability": FLOAT,
                "created_at": TIME,
                "paths": PATHS,
                "follows": STRING,
                "is_gold": BOOLEAN,
                "closed_at": TIME,
            },
            "assignments": {
                "id": STRING,
                "task": STRING,
                "annotator": STRING,
                "purpose": STRING,
                "status": STRING,
                "lease_number": INTEGER,
                "lease_expires_at": TIME,
                "shown_order": STRINGS,
                "skip_reason": STRING,
                "claimed_at": TIME,
                "closed_at": TIME,
            },
            "submissions": {
                "id": STRING,
                "task": STRING,
                "conversation": STRING,
                "assignment": STRING,
                "annotator": STRING,
                "origin": STRING,
                "revision": SMALL,
                "is_latest": BOOLEAN,
                "rubric": STRING,
                "rubric_version": SMALL,
                "external_id": STRING,
                "active_ms": INTEGER,
                "created_at": TIME,
            },
            "ratings": {
                **_JUDGEMENT,
                "response": STRING,
                "scope": STRING,
                "dimension": STRING,
                "value": SMALL,
                "state": STRING,
                "rubric_version": SMALL,
            },
            "comparisons": {
                **_JUDGEMENT,
                "scope": STRING,
                "dimension": STRING,
                "left": STRING,
                "right": STRING,
                "preference": SMALL,
                "shown_first": STRING,
                "rubric_version": SMALL,
            },
            "notes": {
                **_JUDGEMENT,
                "kind": STRING,
                "scope": STRING,
                "dimension": STRING,
                "response": STRING,
                "left": STRING,
                "right": STRING,
                "image": STRING,
                "text": STRING,
            },
            "steps": {
                **_JUDGEMENT,
                "response": STRING,
                "index": SMALL,
                "value": SMALL,
                "splitter_version": SMALL,
            },
            "scores": {
                "id": STRING,
                "run": STRING,
                "scorer": STRING,
                "trained": BOOLEAN,
                "conversation": STRING,
                "response": STRING,
                "dimension": STRING,
                "value": FLOAT,
                "error_code": STRING,
                "error_detail": STRING,
                "step_values": pa.list_(FLOAT),
                "step_first": pa.list_(SMALL),
                "step_last": pa.list_(SMALL),
                "splitter_version": SMALL,
                "tokens": INTEGER,
                "seconds": FLOAT,
                "created_at": TIME,
            },
            "flags": {
                "id": STRING,
                "kind": STRING,
                "conversation": STRING,
                "scope": STRING,
                "response": STRING,
                "left": STRING,
                "right": STRING,
                "dimension": STRING,
                "annotator": STRING,
                "evidence": STRING,
                "p_value": FLOAT,
                "calibration": STRING,
                "status": STRING,
                "closed_reason": STRING,
                "review": STRING,
                "outcome": STRING,
                "fingerprint": STRING,
                "created_at": TIME,
                "run": STRING,
                "priority": FLOAT,
                "model_fault": STRING,
                "followup": STRING,
            },
            "reviews": {
                "id": STRING,
                "conversation": STRING,
                "reviewer": STRING,
                "blind": STRING,
                "final": STRING,
                "outcome": STRING,
                "comment": STRING,
                "is_audit": BOOLEAN,
                "started_at": TIME,
                "revealed_at": TIME,
                "finished_at": TIME,
                "second_of": STRING,
                "active_ms": INTEGER,
                "remark": STRING,
            },
            "audits": {
                "id": STRING,
                "conversation": STRING,
                "scope": STRING,
                "response": STRING,
                "left": STRING,
                "right": STRING,
                "dimension": STRING,
                "annotator": STRING,
                "submission": STRING,
                "probability": FLOAT,
                "review": STRING,
                "created_at": TIME,
            },
            "annotators": {
                "id": STRING,
                "kind": STRING,
                "name": STRING,
                "role": STRING,
                "team": STRING,
                "languages": STRINGS,
            },
        }.items()
    }
)


def type_name(kind: pa.DataType) -> str:
    """Return how the documentation writes a type: ``string``, ``list<int16>`` and so on."""
    if kind == IMAGE:
        return "image"
    if pa.types.is_list(kind):
        return f"list<{type_name(kind.value_type)}>"
    if pa.types.is_struct(kind):
        return "struct<" + ", ".join(f"{one.name}: {type_name(one.type)}" for one in kind) + ">"
    if pa.types.is_timestamp(kind):
        return "timestamp"
    return {"double": "float64"}.get(str(kind), str(kind))


def with_features(schema: pa.Schema) -> pa.Schema:
    """Return the schema with the metadata by which `datasets` decodes pictures.

    Written in the old style (``Sequence``; a list of structs as a JSON array), which versions 3 and 5
    both read; ``List`` would fail on version 3.
    """
    features = {one.name: _feature(one.type) for one in schema}
    return schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})


def _feature(kind: pa.DataType) -> Any:  # noqa: ANN401 - JSON
    if kind == IMAGE:
        return {"_type": "Image"}
    if pa.types.is_list(kind):
        if pa.types.is_struct(kind.value_type):
            return [_feature(kind.value_type)]
        return {"feature": _feature(kind.value_type), "_type": "Sequence"}
    if pa.types.is_struct(kind):
        return {one.name: _feature(one.type) for one in kind}
    return {"dtype": {"double": "float64"}.get(str(kind), str(kind)), "_type": "Value"}
