"""What surrounds the tables and belongs to no row: project, batches, rubrics, scorer runs, imports.

Read in the same snapshot as the tables, as one JSON document: ``project.json`` of a release.
"""

from __future__ import annotations

import json
from typing import Any

from annotate.pipeline.exporting.filters import Filters
from annotate.pipeline.exporting.queries import Selection, queries
from annotate.pipeline.exporting.snapshot import Snapshot
from annotate.refusal import Refusal


def select(snapshot: Snapshot, project: int, filters: Filters) -> Selection:
    """Return the selection in internal ids; Refusal names a batch that is not there."""
    rows = snapshot.rows(f"SELECT id, name, purpose FROM annotate_batch WHERE project_id = {int(project)}")  # noqa: S608
    kept = () if filters.include_holdout else sorted(row["id"] for row in rows if row["purpose"] == "holdout")
    if not filters.batch:
        return Selection(project, filters, None, tuple(kept))
    ids = {row["name"]: row["id"] for row in rows}
    for name in filters.batch:
        if name not in ids:
            detail = f"The project has no batch “{name}”. Its batches: {', '.join(sorted(ids)) or 'none'}."
            raise Refusal.because("unknown_batch", detail, "filters.batch")
    return Selection(project, filters, tuple(sorted({ids[name] for name in filters.batch})), tuple(kept))


def read(snapshot: Snapshot, selection: Selection) -> dict[str, Any]:
    """Return the document, outside ids only."""
    document: dict[str, Any] = json.loads(snapshot.rows(_statement(selection))[0]["document"])
    return document


def _statement(selection: Selection) -> str:
    project = int(selection.project)
    batches = f"batch.project_id = {project}"
    if selection.batches is not None:
        batches += f" AND batch.id = ANY ('{{{','.join(str(one) for one in selection.batches)}}}'::bigint[])"
    runs = f"run.project_id = {project}"
    if not selection.filters.include_untrained_scores:
        runs += " AND run.trained"
    tables = queries(selection)
    listed = ", ".join(
        f"'{name}', (SELECT coalesce(jsonb_agg(listed.document ORDER BY listed.place), '[]') FROM ({rows}) listed)"  # noqa: S608
        for name, rows in {
            "guidelines": _guidelines(project),
            "batches": _batches(batches),
            "rubrics": _rubrics(project, batches),
            "scorer_runs": _runs(runs),
            "calibrations": _calibrations(runs),
            "imports": _imports(tables["conversations"].filtered),
            "languages": f"""SELECT DISTINCT to_jsonb(conversation.language) AS document,
                conversation.language COLLATE "C" AS place FROM {tables["conversations"].filtered}""",  # noqa: S608
        }.items()
    )
    return f"""SELECT jsonb_build_object(
        'project', (SELECT jsonb_build_object('id', uid, 'slug', slug, 'name', name, 'language', language,
            'overlap', overlap, 'repeat_share', repeat_share, 'masked_names', masked_names,
            'problem_limit', problem_limit,
            'qualification_required', qualification_required, 'gold_share', gold_share,
            'gold_feedback', gold_feedback, 'simulation', simulation, 'created_at', created_at)
            FROM annotate_project WHERE id = {project}), {listed})::text AS document"""  # noqa: S608


def _guidelines(project: int) -> str:
    return f"""SELECT guideline.version AS place, jsonb_build_object('version', guideline.version,
        'texts', guideline.texts, 'changes', guideline.changes, 'created_at', guideline.created_at,
        'examples', (
            SELECT coalesce(jsonb_agg(jsonb_build_object('dimension', dimension.key, 'value', example.value,
                'texts', example.texts) ORDER BY example.position), '[]')
            FROM annotate_workedexample example
            JOIN annotate_dimension dimension ON dimension.id = example.dimension_id
            WHERE example.guideline_id = guideline.id)) AS document
        FROM annotate_guideline guideline WHERE guideline.project_id = {project}"""  # noqa: S608


def _batches(condition: str) -> str:
    return f"""SELECT batch.name COLLATE "C" AS place, jsonb_build_object(
        'id', batch.uid, 'name', batch.name, 'purpose', batch.purpose, 'rubric', rubric.key,
        'rubric_version', rubric.version, 'guideline_version', batch.guideline_version,
        'overlap', batch.overlap, 'overlap_limit', batch.overlap_limit,
        'extra_share', batch.extra_share, 'priority', batch.priority,
        'languages', batch.languages, 'teams', batch.teams, 'state', batch.state,
        'preference_scale', batch.preference_scale, 'tie_allowed', batch.tie_allowed,
        'reopen_allowed', batch.reopen_allowed, 'required_texts', batch.required_texts,
        'step_labels', batch.step_labels, 'turn_by_turn', batch.turn_by_turn,
        'pass_mark', batch.pass_mark, 'is_default', batch.is_default, 'selection', batch.selection,
        'created_at', batch.created_at) AS document
        FROM annotate_batch batch JOIN annotate_rubric rubric ON rubric.id = batch.rubric_id
        WHERE {condition}"""  # noqa: S608


def _rubrics(project: int, batches: str) -> str:
    return f"""SELECT rubric.id AS place, jsonb_build_object('key', rubric.key, 'version', rubric.version,
        'sha256', rubric.sha256, 'names', rubric.names, 'dimensions', (
            SELECT jsonb_agg(jsonb_build_object('key', dimension.key, 'code', dimension.code,
                'scope', dimension.scope, 'scale', jsonb_build_array(dimension.minimum, dimension.maximum),
                'image_rule', dimension.image_rule, 'aliases', dimension.aliases, 'texts', dimension.texts)
                ORDER BY dimension.position)
            FROM annotate_dimension dimension WHERE dimension.rubric_id = rubric.id)) AS document
        FROM annotate_rubric rubric WHERE rubric.id IN (
            SELECT rubric_id FROM annotate_project WHERE id = {project}
            UNION SELECT batch.rubric_id FROM annotate_batch batch WHERE {batches}
            UNION SELECT submission.rubric_id FROM annotate_submission submission
                JOIN annotate_task task ON task.id = submission.task_id
                JOIN annotate_batch batch ON batch.id = task.batch_id WHERE {batches})"""  # noqa: S608


def _runs(condition: str) -> str:
    return f"""SELECT run.id AS place, jsonb_build_object('id', run.uid, 'scorer', run.scorer,
        'model', run.model, 'revision', run.revision, 'configuration', run.configuration,
        'configuration_sha256', run.configuration_sha256, 'dtype', run.dtype,
        'image_budget', run.image_budget, 'trained', run.trained, 'status', run.status,
        'created_at', run.created_at) AS document FROM annotate_scorerrun run WHERE {condition}"""  # noqa: S608


def _calibrations(condition: str) -> str:
    return f"""SELECT calibration.id AS place, jsonb_build_object('id', calibration.uid, 'run', run.uid,
        'dimension', dimension.key, 'stratum', calibration.stratum, 'link', calibration.link,
        'parameters', calibration.parameters, 'sample_size', calibration.sample_size,
        'gate_open', calibration.gate_open, 'gate_reason', calibration.gate_reason,
        'created_at', calibration.created_at) AS document
        FROM annotate_calibration calibration JOIN annotate_scorerrun run ON run.id = calibration.run_id
        LEFT JOIN annotate_dimension dimension ON dimension.id = calibration.dimension_id
        WHERE {condition}"""  # noqa: S608


def _imports(conversations: str) -> str:
    return f"""SELECT source.id AS place, jsonb_build_object('id', source.uid, 'format', source.format,
        'file_name', source.file_name, 'file_sha256', source.file_sha256,
        'created_at', source.created_at) AS document FROM annotate_importrun source
        WHERE source.id IN (SELECT conversation.import_run_id FROM {conversations})"""  # noqa: S608
