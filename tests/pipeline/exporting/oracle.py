"""What every table of a release must hold, row by row, worked out with the ORM in plain Python."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import Model

from annotate.models import (
    Assignment,
    AuditItem,
    Comparison,
    Conversation,
    Flag,
    Image,
    MessagePart,
    Note,
    Project,
    Rating,
    Response,
    Review,
    Score,
    StepLabel,
    Submission,
    Task,
    Turn,
    User,
)

Rows = list[dict[str, Any]]


def uid(row: Model | None) -> str | None:
    return None if row is None else str(row.uid)  # type: ignore[attr-defined]


def key(dimension: Any) -> str | None:
    return None if dimension is None else str(dimension.key)


def conversations(project: Project) -> Rows:
    return [
        {
            "id": uid(one),
            "external_id": one.external_id,
            "language": one.language,
            "meta": one.meta,
            "import": uid(one.import_run),
            "created_at": one.created_at,
            "content_warnings": one.content_warnings,
        }
        for one in Conversation.objects.filter(project=project).order_by("id")
    ]


def nodes(project: Project) -> Rows:
    rows: Rows = []
    for conversation in Conversation.objects.filter(project=project).order_by("id"):
        for turn in Turn.objects.filter(conversation=conversation).order_by("number", "id"):
            rows.append(_node(turn, "turn", uid(turn.parent), turn))
            rows += [_node(one, "response", uid(turn), turn) for one in turn.responses.order_by("id")]
    return rows


def _node(node: Turn | Response, kind: str, parent: str | None, turn: Turn) -> dict[str, Any]:
    return {
        "id": uid(node),
        "conversation": uid(turn.conversation),
        "kind": kind,
        "parent": parent,
        "turn_number": turn.number,
        "external_id": node.external_id,
        "source_model": node.source_model if isinstance(node, Response) else "",
        "meta": node.meta,
    }


def parts(project: Project) -> Rows:
    rows: Rows = []
    for node in nodes(project):
        owner = {f"{node['kind']}__uid": node["id"]}
        rows += [
            {
                "node": node["id"],
                "conversation": node["conversation"],
                "position": part.position,
                "kind": part.kind,
                "text": part.text,
                "image": uid(part.image),
                "caption": part.caption,
                "reference": part.reference,
                "aliases": part.aliases,
            }
            for part in MessagePart.objects.filter(**owner).order_by("position")
        ]
    return rows


def images(project: Project) -> Rows:
    return [
        {
            "id": uid(one),
            "image": {"bytes": default_storage.open(one.file).read(), "path": f"{one.uid}.webp"},
            "sha256": one.sha256,
            "media_type": one.media_type,
            "width": one.width,
            "height": one.height,
        }
        for one in sorted(Image.objects.filter(project=project), key=lambda image: image.sha256)
    ]


def tasks(project: Project) -> Rows:
    return [
        {
            "id": uid(one),
            "conversation": uid(one.conversation),
            "batch": one.batch.name,
            "overlap": one.overlap,
            "open_slots": one.open_slots,
            "rank": one.rank,
            "asks": one.asks,
            "probability": one.probability,
            "created_at": one.created_at,
            "paths": [
                {
                    "id": uid(path),
                    "response": uid(path.response),
                    "whole": path.whole,
                    "external_id": path.external_id,
                }
                for path in one.paths.order_by("position")
            ],
            "follows": uid(one.follows) if one.follows else None,
            "is_gold": one.is_gold,
            "closed_at": one.closed_at,
        }
        for one in Task.objects.filter(batch__project=project).order_by("id")
    ]


def assignments(project: Project) -> Rows:
    uids = dict(Response.objects.values_list("id", "uid"))
    return [
        {
            "id": uid(one),
            "task": uid(one.task),
            "annotator": uid(one.annotator),
            "purpose": one.purpose,
            "status": one.status,
            "lease_number": one.lease_number,
            "lease_expires_at": one.lease_expires_at,
            "shown_order": [str(uids[response]) for response in one.shown_order],
            "skip_reason": one.skip_reason,
            "claimed_at": one.claimed_at,
            "closed_at": one.closed_at,
        }
        for one in Assignment.objects.filter(project=project).order_by("id")
    ]


def is_latest(submission: Submission) -> bool:
    same = Submission.objects.filter(
        task=submission.task_id, annotator=submission.annotator_id, origin=submission.origin
    )
    return not same.filter(revision__gt=submission.revision).exists()


def submissions(project: Project) -> Rows:
    return [
        {
            "id": uid(one),
            "task": uid(one.task),
            "conversation": uid(one.task.conversation),
            "assignment": uid(one.assignment),
            "annotator": uid(one.annotator),
            "origin": one.origin,
            "revision": one.revision,
            "is_latest": is_latest(one),
            "rubric": one.rubric.key,
            "rubric_version": one.rubric.version,
            "external_id": one.external_id,
            "active_ms": one.active_ms,
            "created_at": one.created_at,
        }
        for one in Submission.objects.filter(task__batch__project=project).order_by("id")
    ]


def _judgements(table: Any, project: Project, columns: Callable[[Any], dict[str, Any]]) -> Rows:
    found = table.objects.filter(submission__task__batch__project=project).order_by("id")
    latest = {one.pk: is_latest(one) for one in Submission.objects.all()}
    return [
        {
            "id": str(one.uid),
            "submission": uid(one.submission),
            "is_latest": latest[one.submission_id],
            "origin": one.submission.origin,
            "annotator": uid(one.submission.annotator),
            "conversation": uid(one.submission.task.conversation),
            **columns(one),
        }
        for one in found.select_related("submission__task__conversation", "submission__annotator")
    ]


def ratings(project: Project) -> Rows:
    def columns(one: Rating) -> dict[str, Any]:
        return {
            "response": uid(one.response),
            "scope": one.dimension.scope,
            "dimension": one.dimension.key,
            "value": one.value,
            "state": one.state,
            "rubric_version": one.submission.rubric.version,
        }

    return _judgements(Rating, project, columns)


def comparisons(project: Project) -> Rows:
    def columns(one: Comparison) -> dict[str, Any]:
        shown = one.submission.assignment.shown_order if one.submission.assignment else []
        first = next((each for each in shown if each in (one.left_id, one.right_id)), None)
        return {
            "scope": one.scope,
            "dimension": key(one.dimension),
            "left": uid(one.left),
            "right": uid(one.right),
            "preference": one.preference,
            "shown_first": uid(Response.objects.filter(pk=first or 0).first()),
            "rubric_version": one.submission.rubric.version,
        }

    return _judgements(Comparison, project, columns)


def notes(project: Project) -> Rows:
    def columns(one: Note) -> dict[str, Any]:
        return {
            "kind": one.kind,
            "scope": one.scope,
            "dimension": key(one.dimension),
            "response": uid(one.response),
            "left": uid(one.left),
            "right": uid(one.right),
            "image": uid(one.image),
            "text": one.text,
        }

    return _judgements(Note, project, columns)


def steps(project: Project) -> Rows:
    def columns(one: StepLabel) -> dict[str, Any]:
        return {
            "response": uid(one.response),
            "index": one.index,
            "value": one.value,
            "splitter_version": one.splitter_version,
        }

    return _judgements(StepLabel, project, columns)


def scores(project: Project) -> Rows:
    return [
        {
            "id": uid(one),
            "run": uid(one.run),
            "scorer": one.run.scorer,
            "trained": one.run.trained,
            "conversation": uid(one.response.turn.conversation),
            "response": uid(one.response),
            "dimension": key(one.dimension),
            "value": one.value,
            "error_code": one.error_code,
            "error_detail": one.error_detail,
            "step_values": one.step_values,
            "step_first": one.step_first,
            "step_last": one.step_last,
            "splitter_version": one.splitter_version,
            "tokens": one.tokens,
            "seconds": one.seconds,
            "created_at": one.created_at,
        }
        for one in Score.objects.filter(run__project=project).order_by("id")
    ]


def _about(one: Flag | AuditItem) -> dict[str, Any]:
    rows = {
        name: uid(getattr(one, name)) for name in ("conversation", "response", "left", "right", "annotator")
    }
    return {**rows, "scope": one.scope, "dimension": key(one.dimension)}


def flags(project: Project) -> Rows:
    return [
        {
            "id": uid(one),
            "kind": one.kind,
            **_about(one),
            "evidence": one.evidence,
            "p_value": one.p_value,
            "calibration": uid(one.calibration),
            "status": one.status,
            "closed_reason": one.closed_reason,
            "review": uid(one.review),
            "outcome": one.outcome,
            "fingerprint": one.fingerprint,
            "created_at": one.created_at,
            "run": uid(one.run),
            "priority": one.priority,
            "model_fault": one.model_fault,
            "followup": uid(one.followup),
        }
        for one in Flag.objects.filter(project=project).order_by("id")
    ]


def reviews(project: Project) -> Rows:
    return [
        {
            "id": uid(one),
            "conversation": uid(one.conversation),
            "reviewer": uid(one.reviewer),
            "blind": uid(one.blind),
            "final": uid(one.final),
            "outcome": one.outcome,
            "comment": one.comment,
            "is_audit": one.is_audit,
            "started_at": one.started_at,
            "revealed_at": one.revealed_at,
            "finished_at": one.finished_at,
            "second_of": uid(one.second_of),
            "active_ms": one.active_ms,
            "remark": one.remark,
        }
        for one in Review.objects.filter(project=project).order_by("id")
    ]


def audits(project: Project) -> Rows:
    return [
        {
            "id": uid(one),
            **_about(one),
            "submission": uid(one.submission),
            "probability": one.probability,
            "review": uid(one.review),
            "created_at": one.created_at,
        }
        for one in AuditItem.objects.filter(project=project).order_by("id")
    ]


def annotators(project: Project) -> Rows:
    mentioned = {
        *Assignment.objects.filter(project=project).values_list("annotator", flat=True),
        *Submission.objects.filter(task__batch__project=project).values_list("annotator", flat=True),
        *Review.objects.filter(project=project).values_list("reviewer", flat=True),
    }
    people: Iterable[User] = sorted(
        User.objects.filter(pk__in=[one for one in mentioned if one]), key=lambda one: str(one.uid)
    )
    rows: Rows = []
    for one in people:
        member = one.memberships.filter(project=project).first()
        rows.append(
            {
                "id": uid(one),
                "kind": one.kind,
                "name": one.username,
                "role": member.role if member else "",
                "team": member.team if member else "",
                "languages": member.languages if member else [],
            }
        )
    return rows


_IN_ORDER = (
    conversations, nodes, parts, images, tasks, assignments, submissions, ratings, comparisons, notes, steps, scores,
    flags, reviews, audits, annotators,
)  # fmt: skip
TABLES: dict[str, Callable[[Project], Rows]] = {one.__name__: one for one in _IN_ORDER}
JSON_COLUMNS = ("meta", "asks", "evidence")


def plain(rows: Rows) -> Rows:
    """Return released rows with their JSON columns parsed."""
    for row in rows:
        row.update({name: json.loads(row[name]) for name in JSON_COLUMNS if row.get(name) is not None})
    return rows
