"""Who gets which task: claim, take over what lapsed, never more people than wanted.

The promise is made by the database: ``task_open_slots_within_overlap``, one row per task and person,
one live row per hand. A claim is two statements and needs no transaction around them: renew one's
own live assignment; else take the first open task. docs/decisions/0003-claim.md says why it is SQL, claim_statements.py
holds it.
"""

from __future__ import annotations

import random
import time
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.conf import settings
from django.db import IntegrityError, transaction

from annotate.models import Assignment, Task
from annotate.models.prepared import prepared_cursor
from annotate.pipeline import claim_statements as statements

QueueState = Literal["done", "leased", "closed", "training"]
ClosedReason = Literal["", "paused", "closed", "elsewhere"]
RETRY_SECONDS = 1.0
TRAINING_RETRY_SECONDS = 60  # a manager may open the gate at any moment


@dataclass(frozen=True, slots=True)
class Held:
    """An assignment as claiming leaves it, with what is needed to show it; draft and asks as JSON text."""

    id: int
    uid: uuid.UUID
    task_id: int
    lease_number: int
    lease_expires_at: datetime
    draft: str | None
    draft_sequence: int
    shown_order: list[int]
    asks: str | None
    rubric_id: int
    preference_scale: int
    tie_allowed: bool
    purpose: str
    guideline_version: int
    required_texts: list[str]
    step_labels: bool
    turn_by_turn: bool
    content_warnings: list[str]
    masked_names: list[str]
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class NothingToClaim:
    """Why there is no task for this person, and in how many seconds to ask again.

    Of state closed, ``reason`` says more: what the person could claim from is paused, or closed, or what is open
    is for other languages or teams.
    """

    state: QueueState
    retry_after: int
    reason: ClosedReason = ""


class Busy(Exception):  # noqa: N818 - the queue is busy; nothing went wrong
    """Open tasks exist, but other claims held every one of them for a whole second."""


@dataclass(frozen=True, slots=True)
class Claimant:
    """The person who claims, in one project.

    ``gated``: the project asks for a qualification that the person does not have yet, so that only training
    and qualification batches are open. ``gold_share``: how likely a claim hands out a gold task,
    ``repeat_share``: how likely one of the person's own again.
    """

    user_id: int
    project_id: int
    languages: list[str]
    team: str
    gated: bool = False
    gold_share: float = 0.0
    repeat_share: float = 0.0

    def parameters(self) -> dict[str, Any]:
        """Return what the statements below refer to."""
        return {
            "user": self.user_id,
            "project": self.project_id,
            "languages": self.languages,
            "team": self.team,
            "gated": self.gated,
            "lease": settings.LEASE_SECONDS,
        }


def claim(claimant: Claimant, *, after: uuid.UUID | None = None) -> Held | NothingToClaim:
    """Return the person's live assignment, or a new one, or why there is none.

    With ``after`` (the one in work) it returns another: the prefetched one, or a new one for the
    free hand. Safe against any number of people and tabs at once. Raises Busy when other claims
    kept every open task locked for a second.
    """
    parameters = {**claimant.parameters(), "after": after}
    deadline = time.monotonic() + RETRY_SECONDS
    while True:
        held = one_held(statements.RENEW, parameters) or _take(claimant, parameters)
        if held is not None:
            return held
        state = _look(parameters)
        if state is not None:
            return state
        if time.monotonic() > deadline:
            raise Busy
        # Others hold the locks of the last open tasks for a moment: ask again, never say "none left".
        time.sleep(random.uniform(0.001, 0.005))  # noqa: S311 - spreads retries, guards nothing


@transaction.atomic
def assign(claimant: Claimant, task_id: int) -> Held | None:
    """Give the person this very task: their live assignment on it with its lease renewed, or a new one.

    The batch's languages and teams say who may claim; whoever gives a task by name has decided that.
    None when there is nothing to give: no slot is open, the person has submitted or skipped the task,
    holds two others, or the task is in no open batch of the project.
    """
    # Locked in a statement of its own: the next ones see what a rival on this task has committed.
    if not Task.objects.select_for_update(no_key=True).filter(pk=task_id).exists():
        return None
    mine = Assignment.objects.filter(
        task=task_id, annotator=claimant.user_id, status=Assignment.Status.ACTIVE
    ).first()
    if mine is not None:
        return read(mine.uid, claimant.user_id)[0]
    return one_held(statements.TAKE_NAMED, {**claimant.parameters(), "task": task_id})


def read(uid: uuid.UUID, user_id: int) -> tuple[Held, str]:
    """Return one's own assignment and its status, its lease renewed while it is live.

    Raises Assignment.DoesNotExist for anybody else's, and for whoever no longer annotates in the project.
    """
    row: tuple[Any, ...] | None = None
    with prepared_cursor() as cursor:
        cursor.execute(statements.READ, {"uid": uid, "user": user_id, "lease": settings.LEASE_SECONDS})
        row = cursor.fetchone()
    if row is None:
        raise Assignment.DoesNotExist
    return Held(*row[:-1]), row[-1]


def _take(claimant: Claimant, parameters: dict[str, Any]) -> Held | None:
    # One statement whatever the coin says: their number does not tell which it was.
    try:
        held = one_held(_statement_by_chance(claimant), parameters)
        # Training and qualification have room for everybody: there is nothing to take over.
        return held or (None if claimant.gated else one_held(statements.TAKE_OVER, parameters))
    except IntegrityError:
        # The same person claimed in another tab at this very moment: the next round renews that one.
        return None


def _statement_by_chance(claimant: Claimant) -> str:
    coin = random.random()  # noqa: S311 - decides what is mixed in, guards nothing
    if claimant.gated or coin >= claimant.gold_share + claimant.repeat_share:
        return statements.TAKE_OPEN
    return statements.TAKE_GOLD if coin < claimant.gold_share else statements.TAKE_AGAIN


def one_held(statement: str, parameters: dict[str, Any]) -> Held | None:
    with prepared_cursor() as cursor:
        cursor.execute(statement, parameters)
        row = cursor.fetchone()
    return None if row is None else Held(*row)


def _look(parameters: dict[str, Any]) -> NothingToClaim | None:
    """Say why nothing could be taken; None when something open is there after all."""
    reason: ClosedReason = ""
    with prepared_cursor() as cursor:
        cursor.execute(statements.LOOK, parameters)
        may_claim, open_left, lease_seconds = cursor.fetchone()
        if not may_claim:
            cursor.execute(statements.WHY_CLOSED, parameters)
            [reason] = cursor.fetchone()
    if open_left:
        return None
    if parameters["gated"]:
        return NothingToClaim("training", TRAINING_RETRY_SECONDS)
    if not may_claim:
        return NothingToClaim("closed", 300, reason)
    if lease_seconds is not None:
        return NothingToClaim("leased", int(min(max(lease_seconds, 5), 300)))
    return NothingToClaim("done", 300)
