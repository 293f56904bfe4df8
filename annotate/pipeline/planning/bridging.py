"""Old items asked again under another version of the rubric, so that the versions can be held side by side."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field

import numpy as np
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from annotate.models import Batch, Submission, Task, TaskPath
from annotate.pipeline.planning import counting
from annotate.pipeline.planning.counting import PlanReport
from annotate.pipeline.planning.making import insert
from annotate.pipeline.planning.selecting import SEEDS, bad_seed, keep, locked_and_empty
from annotate.pipeline.planning.shapes import chunks
from annotate.refusal import Refusal

SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Bridge:
    """Which batch is asked again, which share of its answered conversations, and the seed of the draw."""

    source: Batch
    share: float = SHARE
    seed: int = field(default_factory=lambda: secrets.randbelow(SEEDS))


@dataclass(frozen=True, slots=True)
class Bridged:
    """How the sample came about, as the batch keeps it: of so many answered conversations so many were chosen."""

    bridge: str
    batch: str
    share: float
    seed: int
    population: int
    chosen: int


@dataclass(slots=True)
class BridgeReport:
    """The sample and the tasks that it became."""

    drawn: Bridged
    plan: PlanReport


def bridge(batch: Batch, wanted: Bridge, *, dry_run: bool = False) -> BridgeReport:
    """Fill an empty bridge batch with a simple random sample of another batch's answered tasks.

    Each task is copied with its paths and asks for everything by this batch's rubric; its probability is the share
    of conversations that were drawn, and tasks are made in random order. With ``dry_run`` nothing is kept.

    Refuses a batch that is not for bridging or has tasks, one of the same rubric version or of another rubric, a
    source of another project, a share outside 0 to 1, and a source without answers.
    """
    _check(batch, wanted)
    with transaction.atomic():
        locked = locked_and_empty(batch)
        answered = _answered(wanted.source)
        if not answered:
            detail = _("Nobody has answered a task of that batch yet.")
            raise Refusal.because("nothing_answered", detail, "bridge")
        number = max(1, round(wanted.share * len(answered)))
        draw = np.random.default_rng(wanted.seed)
        chosen = [answered[place] for place in draw.permutation(len(answered))[:number]]
        report = PlanReport()
        for chunk in chunks(chosen):
            _copy(locked, wanted.source, chunk, number / len(answered), report)
        counting.count(locked, report, before=0)
        source = wanted.source
        drawn = Bridged(str(source.uid), source.name, wanted.share, wanted.seed, len(answered), number)
        keep(locked, asdict(drawn))
        transaction.set_rollback(dry_run)
    return BridgeReport(drawn, report)


def _check(batch: Batch, wanted: Bridge) -> None:
    source = wanted.source
    if batch.purpose != Batch.Purpose.BRIDGE:
        detail = _("Old items are asked again in a batch whose purpose is bridge.")
        raise Refusal.because("not_a_bridge", detail, "batch")
    if source.project_id != batch.project_id:
        raise Refusal.because("other_project", _("Both batches belong to one project."), "bridge")
    if source.rubric.key != batch.rubric.key or source.rubric_id == batch.rubric_id:
        detail = _(
            "%(source)s asks by %(old)s, %(batch)s by %(new)s: a bridge leads from one version of a rubric to another."
        )
        names = {"source": source.name, "old": source.rubric, "batch": batch.name, "new": batch.rubric}
        raise Refusal.because("same_rubric", detail % names, "bridge")
    if not 0 < wanted.share <= 1:
        raise Refusal.because("share_refused", _("The share is above 0% and at most 100%."), "share")
    if not 0 <= wanted.seed < SEEDS:
        raise bad_seed()


def _originals(source: Batch) -> QuerySet[Task]:
    """Return the batch's tasks that asked for everything and were answered by somebody."""
    answered = Submission.objects.filter(task=OuterRef("pk")).exclude(origin=Submission.Origin.REVIEW)
    return Task.objects.filter(
        Exists(answered), batch=source, is_gold=False, follows=None, asks__isnull=True, closed_at=None
    )


def _answered(source: Batch) -> list[int]:
    return list(_originals(source).order_by("conversation").values_list("conversation", flat=True).distinct())


def _copy(
    batch: Batch, source: Batch, conversations: list[int], probability: float, report: PlanReport
) -> None:
    originals = list(_originals(source).filter(conversation__in=conversations).order_by("id"))
    place = {conversation: number for number, conversation in enumerate(conversations)}
    originals.sort(key=lambda one: place[one.conversation_id])
    copies = {
        one.pk: Task(
            batch=batch,
            conversation_id=one.conversation_id,
            overlap=batch.overlap,
            open_slots=batch.overlap,
            probability=probability,
        )
        for one in originals
    }
    rows = TaskPath.objects.filter(task__in=originals).order_by("task", "position")
    paths = [
        TaskPath(
            task=copies[row.task_id],
            response_id=row.response_id,
            position=row.position,
            whole=row.whole,
            external_id=row.external_id,
        )
        for row in rows
    ]
    insert(list(copies.values()), paths, report)
