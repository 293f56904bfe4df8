"""The assignment as the screen needs it: one answer that holds everything.

Candidates and whole paths stand in the assignment's own random order. Message contents arrive from
the database as JSON and are passed through untouched, but for names that the project masks.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from annotate.formats.masking import Masker
from annotate.models import Dimension
from annotate.pipeline.assigning import Held
from annotate.questions import ResponseNode, TaskTree, asked, dimensions_of, image_rule, read_tree
from annotate.steps import rendered_steps

_NULL = msgspec.Raw(b"null")


class Lease(msgspec.Struct):
    """Which grant this is, and when others may take the task."""

    number: int
    expires_at: datetime


class Candidate(msgspec.Struct):
    """One response to a turn; ``steps``, its text cut into steps as HTML, where the batch labels steps."""

    id: uuid.UUID
    content: msgspec.Raw
    steps: list[str] | msgspec.UnsetType = msgspec.UNSET


class Turn(msgspec.Struct):
    """A user message with its candidates in shown order; ``parent`` is a response."""

    id: uuid.UUID
    parent: uuid.UUID | None
    content: msgspec.Raw
    candidates: list[Candidate]


class Path(msgspec.Struct):
    """A path by its responses from the root on; a whole one is rated globally, on its last response."""

    id: uuid.UUID
    responses: list[uuid.UUID]
    whole: bool


class PairToCompare(msgspec.Struct):
    """Two responses as shown, left and right; ``dimensions`` may be compared besides overall."""

    scope: str
    responses: tuple[uuid.UUID, uuid.UUID]
    dimensions: list[str]
    required: bool


class ImageNotice(msgspec.Struct):
    """Which rule about images holds for a response on a dimension."""

    response: uuid.UUID
    dimension: str
    rule: str


class Draft(msgspec.Struct):
    """The stored draft and its sequence number, on which the next save builds."""

    sequence: int
    body: msgspec.Raw


class AssignmentDocument(msgspec.Struct):
    """Everything that the annotation screen needs.

    ``required_texts`` names the texts that may not be left out: critique, refinement, reason, remark.
    ``practice`` is "training" or "qualification" in a batch of that purpose, else "". ``withdrawn``: the task, or
    its batch, was closed or paused before anything was stored of it: it may be given back.
    """

    id: uuid.UUID
    status: str
    lease: Lease
    rubric: msgspec.Raw
    turns: list[Turn]
    paths: list[Path]
    pairs: list[PairToCompare]
    image_notices: list[ImageNotice]
    asks: list[dict[str, Any]] | None
    required_texts: list[str]
    step_labels: bool
    turn_by_turn: bool
    content_warnings: list[str]
    guideline_version: int
    practice: str
    withdrawn: bool
    draft: Draft


def encode(held: Held, status: str = "active") -> bytes:
    """Return the assignment as JSON; reads the messages in one statement."""
    tree = read_tree(held.task_id, content=True)
    dimensions = dimensions_of(held.rubric_id)
    place = {response: index for index, response in enumerate(held.shown_order)}
    uids = {one.id: one.uid for one in tree.responses.values()}
    asks = None if held.asks is None else msgspec.json.decode(held.asks)
    document = AssignmentDocument(
        id=held.uid,
        status=status,
        lease=Lease(held.lease_number, held.lease_expires_at),
        rubric=rubric_json(held.rubric_id, held.preference_scale, tie_allowed=held.tie_allowed),
        turns=list(
            _turns(tree, place, uids, Masker.of(tuple(held.masked_names)), with_steps=held.step_labels)
        ),
        paths=list(_paths(tree, place, uids)),
        pairs=list(_pairs(tree, dimensions, asks, place, uids)),
        image_notices=list(_image_notices(tree, dimensions, uids)),
        asks=asks,
        required_texts=held.required_texts,
        step_labels=held.step_labels,
        turn_by_turn=held.turn_by_turn,
        content_warnings=held.content_warnings,
        guideline_version=held.guideline_version,
        practice=held.purpose if held.purpose in ("training", "qualification") else "",
        withdrawn=held.withdrawn,
        draft=Draft(held.draft_sequence, msgspec.Raw(held.draft.encode()) if held.draft else _NULL),
    )
    return msgspec.json.encode(document)


def _turns(
    tree: TaskTree,
    place: dict[int, int],
    uids: dict[int, uuid.UUID],
    mask: Masker | None,
    *,
    with_steps: bool,
) -> Iterator[Turn]:
    for turn in tree.turns:
        shown = sorted(turn.candidates, key=lambda one: place.get(one.id, one.id))
        yield Turn(
            id=turn.uid,
            parent=uids[turn.parent] if turn.parent else None,
            content=_content(turn.content, mask),
            candidates=[_candidate(one, mask, with_steps=with_steps) for one in shown],
        )


def _content(parts: str, mask: Masker | None) -> msgspec.Raw:
    raw = (parts or "[]").encode()
    return msgspec.Raw(raw if mask is None else msgspec.json.encode(mask.parts(msgspec.json.decode(raw))))


def _candidate(response: ResponseNode, mask: Masker | None, *, with_steps: bool) -> Candidate:
    content = _content(response.content, mask)
    if not with_steps:
        return Candidate(response.uid, content)
    steps = rendered_steps(response.content)
    return Candidate(response.uid, content, steps if mask is None else [mask.html(one) for one in steps])


def _paths(tree: TaskTree, place: dict[int, int], uids: dict[int, uuid.UUID]) -> Iterator[Path]:
    for path in sorted(tree.paths, key=lambda one: place.get(one.response, one.response)):
        yield Path(path.uid, [uids[node.id] for _, node in tree.history(path.response)], path.whole)


def _pairs(
    tree: TaskTree,
    dimensions: tuple[Dimension, ...],
    asks: list[dict[str, str]] | None,
    place: dict[int, int],
    uids: dict[int, uuid.UUID],
) -> Iterator[PairToCompare]:
    required = asked(tree, dimensions, asks).comparisons
    for pair in tree.pairs():
        if asks is not None and pair not in required:
            continue
        left, right = sorted((pair.left, pair.right), key=lambda one: place.get(one, one))
        keys = [one.key for one in dimensions if one.scope == pair.scope]
        yield PairToCompare(pair.scope, (uids[left], uids[right]), keys, required=pair in required)


def _image_notices(
    tree: TaskTree, dimensions: tuple[Dimension, ...], uids: dict[int, uuid.UUID]
) -> Iterator[ImageNotice]:
    for dimension in dimensions:
        for response in tree.responses if dimension.scope == "local" else tree.whole:
            rule = image_rule(dimension, tree, response)
            if rule:
                yield ImageNotice(uids[response], dimension.key, rule)


@lru_cache(maxsize=64)
def rubric_json(rubric_id: int, preference_scale: int, *, tie_allowed: bool) -> msgspec.Raw:
    """Return the rubric as JSON; kept in the process, since a used rubric never changes."""
    dimensions = dimensions_of(rubric_id)
    rubric = dimensions[0].rubric
    return msgspec.Raw(
        msgspec.json.encode(
            {
                "id": rubric.uid,
                "key": rubric.key,
                "version": rubric.version,
                "names": rubric.names,
                "preference_scale": preference_scale,
                "tie_allowed": tie_allowed,
                "dimensions": [
                    {
                        "key": one.key,
                        "code": one.code,
                        "scope": one.scope,
                        "minimum": one.minimum,
                        "maximum": one.maximum,
                        "image_rule": one.image_rule,
                        "texts": one.texts,
                    }
                    for one in dimensions
                ],
            }
        )
    )
