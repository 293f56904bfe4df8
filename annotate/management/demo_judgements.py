"""The demo's judgements on their way in: given and submitted like anybody's, with all the checks."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import msgspec

from annotate import demo
from annotate.models import Assignment, MessagePart, Project, Response, Task, User
from annotate.pipeline import annotating, assigning
from annotate.pipeline.answers import Answers

KEY = "demo"


def submit_missing(
    project: Project, judges: dict[str, User], conversations: Collection[str] | None = None
) -> None:
    """Submit the demo's judgements by these people (by their names in the files), unless they did.

    Of all conversations with judgements, or of those named.
    A task that real people have filled meanwhile is left to them. Raises Refusal where the answers do
    not fit the task.
    """
    submitted = set(
        Assignment.objects.filter(
            project=project, annotator__in=judges.values(), status=Assignment.Status.SUBMITTED
        ).values_list("task__conversation__external_id", "annotator")
    )
    for file in demo.judgement_files():
        conversation = file.stem
        if conversations is not None and conversation not in conversations:
            continue
        missing = {
            name: person for name, person in judges.items() if (conversation, person.pk) not in submitted
        }
        if missing:
            _submit(project, file, missing)


def _submit(project: Project, file: Path, judges: dict[str, User]) -> None:
    given = json.loads(file.read_bytes())
    conversation = given["conversation"]
    tasks = Task.objects.filter(batch__project=project, conversation__external_id=conversation, gold_key=None)
    task_id = tasks.values_list("pk", flat=True).get()
    responses = _responses(project, conversation)
    for name, person in judges.items():
        held = assigning.assign(assigning.Claimant(person.pk, project.pk, [], ""), task_id)
        if held is None:
            continue
        answers = {"lease": held.lease_number, **_answers(given["judgements"][name], responses)}
        body = msgspec.convert(answers, Answers)
        sha256 = hashlib.sha256(msgspec.json.encode(body)).hexdigest()
        annotating.submit(held.uid, person.pk, body=body, key=KEY, sha256=sha256)


def _responses(project: Project, conversation: str) -> dict[str, uuid.UUID]:
    """Return the outside ids of a conversation's responses by their ids in its file."""
    rows = Response.objects.filter(
        turn__conversation__project=project, turn__conversation__external_id=conversation
    ).values_list("external_id", "uid")
    return {external_id.removeprefix(f"{conversation}/"): uid for external_id, uid in rows}


def _answers(given: dict[str, Any], responses: dict[str, uuid.UUID]) -> dict[str, Any]:
    """Return a person's answers as the body of a submission, without its lease."""
    return {
        "ratings": [
            {"response": responses[response], "dimension": dimension, **_value(value)}
            for response, values in given["ratings"].items()
            for dimension, value in values.items()
        ],
        "comparisons": [
            {**one, "left": responses[one["left"]], "right": responses[one["right"]]}
            for one in given["comparisons"]
        ],
        "notes": [{**one, **dict(_targets(one, responses))} for one in given["notes"]],
        "steps": [{**one, "response": responses[one["response"]]} for one in given["steps"]],
    }


def _value(value: int | str) -> dict[str, Any]:
    return {"state": value} if isinstance(value, str) else {"value": value}


def _targets(note: dict[str, Any], responses: dict[str, uuid.UUID]) -> Iterator[tuple[str, object]]:
    """Yield what a note is on, by outside ids; an image is named by its file."""
    if "pair" in note:
        yield "pair", [responses[one] for one in note["pair"]]
        return
    yield "response", responses[note["response"]]
    if "image" in note:
        parts = MessagePart.objects.filter(response__uid=responses[note["response"]], reference=note["image"])
        yield "image", parts.values_list("image__uid", flat=True).get()
