"""Filled sheets as rows, written by COPY: submissions and all that hangs on them, a chunk at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from annotate.models import Assignment, Comparison, Note, Rating, StepLabel, Submission, Task
from annotate.pipeline.copying import insert_values, new_ids
from annotate.pipeline.simulating.answering import Filled
from annotate.pipeline.simulating.scenes import Sheet
from annotate.steps import SPLITTER_VERSION

_ASSIGNMENT = (
    "id", "task_id", "annotator_id", "project_id", "hand", "purpose", "status", "lease_number", "lease_expires_at",
    "draft_sequence", "shown_order", "skip_reason", "claimed_at", "closed_at",
)  # fmt: skip
_SUBMISSION = (
    "id", "task_id", "annotator_id", "assignment_id", "rubric_id", "origin", "revision", "idempotency_key",
    "active_ms", "created_at",
)  # fmt: skip
_NOTE = ("submission_id", "kind", "scope", "response_id", "left_id", "right_id", "text")


@dataclass(frozen=True, slots=True)
class Work:
    """One person's filled sheet, and when it was handed in."""

    task: Task
    sheet: Sheet
    annotator: int
    filled: Filled
    begun_at: datetime
    ended_at: datetime


@dataclass(slots=True)
class Pile:
    """Work that is written together."""

    project: int
    work: list[Work] = field(default_factory=list)

    def write(self) -> None:
        """Insert everything; to be called inside a transaction that holds the tasks' slots."""
        assignments = new_ids(Assignment, len(self.work))
        submissions = new_ids(Submission, len(self.work))
        done = list(zip(self.work, submissions, strict=True))
        insert_values(
            Assignment,
            _ASSIGNMENT,
            (self._assignment(one, pk) for one, pk in zip(self.work, assignments, strict=True)),
        )
        insert_values(
            Submission,
            _SUBMISSION,
            (_submission(one, pk, held) for (one, pk), held in zip(done, assignments, strict=True)),
        )
        write_answers(done)

    def _assignment(self, one: Work, pk: int) -> tuple[Any, ...]:
        held = (
            one.task.pk,
            one.annotator,
            self.project,
            1,
            purpose_of(one.task),
            "submitted",
            1,
            one.ended_at,
        )
        return (pk, *held, 0, one.filled.shown, "", one.begun_at, one.ended_at)


_Done = list[tuple[Work, int]]


def write_answers(done: _Done) -> None:
    """Insert the answers of filled sheets, each with the id of its submission."""
    insert_values(Rating, ("submission_id", "response_id", "dimension_id", "value", "state"), _ratings(done))
    columns = ("submission_id", "scope", "left_id", "right_id", "preference")
    insert_values(Comparison, columns, _comparisons(done))
    insert_values(Note, _NOTE, ((pk, *note) for one, pk in done for note in one.filled.notes))
    columns = ("submission_id", "response_id", "index", "value", "splitter_version")
    insert_values(StepLabel, columns, _steps(done))


def purpose_of(task: Task) -> str:
    """Return why somebody is asked this task, as a claim would store it."""
    if task.reserved_for_id is not None:
        return Assignment.Purpose.REPEAT
    if task.follows_id is not None:
        return Assignment.Purpose.EXTRA
    if task.is_gold:
        return Assignment.Purpose.GOLD
    return Assignment.Purpose.BRIDGE if task.batch.purpose == "bridge" else Assignment.Purpose.BASE


def _submission(one: Work, pk: int, assignment: int) -> tuple[Any, ...]:
    key = f"simulated-{one.task.pk}-{one.annotator}"
    who = (one.task.pk, one.annotator, assignment, one.task.batch.rubric_id)
    return (pk, *who, "live", 1, key, one.filled.active_ms, one.ended_at)


def _ratings(done: _Done) -> Iterator[tuple[Any, ...]]:
    for one, pk in done:
        values = one.filled.ratings.values.tolist()
        for (response, dimension), instead, value in zip(
            one.sheet.ratings, one.sheet.instead, values, strict=True
        ):
            if instead is None:
                yield pk, response, dimension, value, "rated"
            else:
                yield pk, response, dimension, instead[1], instead[0]


def _comparisons(done: _Done) -> Iterator[tuple[Any, ...]]:
    for one, pk in done:
        for pair, value in zip(one.sheet.comparisons, one.filled.comparisons.values.tolist(), strict=True):
            yield pk, pair.scope, pair.left, pair.right, value


def _steps(done: _Done) -> Iterator[tuple[Any, ...]]:
    for one, pk in done:
        for response, labels in one.filled.steps.items():
            for index, value in enumerate(labels.values.tolist()):
                yield pk, response, index, value, SPLITTER_VERSION
