"""Tasks with a key: what people learn by, are admitted by, and are measured with in the stream.

A key is a submission that is taken as right: a reviewer's verdict, labels that came with a file, or
somebody's live answers. Its task is a copy, so that the answers of those who are measured never stand
among the labels of the original.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from typing import Literal

from django.db import transaction
from django.utils import timezone

from annotate.models import Batch, GoldKey, Project, Submission, Task, TaskPath
from annotate.refusal import Conflict, Refusal
from annotate.reports.annotators.qualification import PASS_MARK

log = logging.getLogger(__name__)

Use = Literal["training", "qualification", "gold"]
USES: tuple[Use, ...] = ("training", "qualification", "gold")
# Everybody takes these: room for more people than a project has, within what the column holds.
ROOM = 10_000
EXPLANATION_LIMIT = 20_000
LANGUAGES = ("en", "zh-hans")


@transaction.atomic
def make_key(
    submission: Submission, use: Use, *, explanations: Mapping[str, str] | None = None, by: int | None = None
) -> GoldKey:
    """Copy the task of an answered conversation into a batch of this use, with these answers as its key.

    Training and qualification have a batch of their own, made on first use with the original's rubric and
    scale; gold goes among the original's own batch, or the default one where that is closed. Refuses
    answers that hold no rating, a conversation that has a live key of this use already, and one that
    is used in training for a qualification and the other way round: its answers were shown.
    """
    source = submission.task
    project = Project.objects.select_for_update(no_key=True).get(pk=source.batch.project_id)
    if source.batch.purpose in Batch.PRACTICE or source.is_gold:
        raise Refusal.because("key_of_key", "These answers were given to a task that has a key itself.")
    if not submission.ratings.filter(state="rated").exists():
        raise Refusal.because("key_without_ratings", "These answers hold no rating to compare with.")
    _refuse_second(project, source.conversation_id, use)
    is_gold = use == "gold"
    batch = _gold_batch(source) if is_gold else _batch_for(project, source.batch, use)
    task = _copy(source, batch, is_gold=is_gold)
    key = GoldKey.objects.create(
        task=task, submission=submission, explanations=_checked(explanations or {}), created_by_id=by
    )
    log.info("key %s made of submission %s for %s", key.pk, submission.pk, use)
    return key


def _refuse_second(project: Project, conversation_id: int, use: Use) -> None:
    live = GoldKey.objects.filter(
        task__batch__project=project, task__conversation=conversation_id, retired_at=None
    )
    same = live.filter(task__is_gold=True) if use == "gold" else live.filter(task__is_gold=False)
    taken = same.values_list("task__batch__purpose", flat=True).first()
    if taken is not None:
        where = "gold" if use == "gold" else taken
        raise Conflict.because("key_exists", f"This conversation is used for {where} already.")


def _batch_for(project: Project, like: Batch, use: str) -> Batch:
    """Return the open batch of this purpose with the same rubric and scale, made where there is none."""
    same = {
        name: getattr(like, name)
        for name in ("rubric", "preference_scale", "tie_allowed", "step_labels", "turn_by_turn")
    }
    found = project.batches.filter(purpose=use, state=Batch.State.OPEN, **same).order_by("pk").first()
    return found or Batch.objects.create(
        project=project,
        name=_free_name(project, use),
        purpose=use,
        guideline_version=like.guideline_version,
        overlap=1,
        reopen_allowed=False,
        pass_mark=PASS_MARK if use == Batch.Purpose.QUALIFICATION else None,
        **same,
    )


def _free_name(project: Project, use: str) -> str:
    taken = set(project.batches.filter(name__startswith=use).values_list("name", flat=True))
    names = (use if number == 1 else f"{use} {number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _gold_batch(source: Task) -> Batch:
    if source.batch.state != Batch.State.CLOSED:
        return source.batch
    default = source.batch.project.batches.filter(is_default=True, rubric=source.batch.rubric_id).first()
    return default or source.batch


def _copy(source: Task, batch: Batch, *, is_gold: bool) -> Task:
    task = Task.objects.create(
        batch=batch,
        conversation_id=source.conversation_id,
        overlap=ROOM,
        open_slots=ROOM,
        asks=source.asks,
        is_gold=is_gold,
    )
    TaskPath.objects.bulk_create(
        TaskPath(
            task=task,
            response_id=path.response_id,
            position=path.position,
            whole=path.whole,
            external_id=path.external_id,
        )
        for path in source.paths.order_by("position")
    )
    return task


@transaction.atomic
def retire(key: GoldKey) -> None:
    """Measure nobody by this key any more: its task is closed, answers that are under way still arrive."""
    if GoldKey.objects.filter(pk=key.pk, retired_at=None).update(retired_at=timezone.now()):
        Task.objects.filter(pk=key.task_id).update(open_slots=0, closed_at=timezone.now())
        log.info("key %s retired", key.pk)


def explain(key: GoldKey, explanations: Mapping[str, str]) -> None:
    """Replace what is shown beside the key's answers, Markdown by language; an empty text is left out."""
    GoldKey.objects.filter(pk=key.pk).update(explanations=_checked(explanations))


def _checked(explanations: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for language, text in explanations.items():
        if language not in LANGUAGES:
            raise Refusal.because(
                "unknown_language", f"Explanations are in {' or '.join(LANGUAGES)}.", language
            )
        if len(text) > EXPLANATION_LIMIT:
            detail = f"An explanation holds at most {EXPLANATION_LIMIT:,} characters."
            raise Refusal.because("long_explanation", detail, language)
        if text.strip():
            found[language] = text.strip()
    return found


@transaction.atomic
def set_switches(  # noqa: PLR0913 - each is one switch
    project_id: int,
    *,
    qualification_required: bool,
    gold_share: float,
    repeat_share: float,
    gold_feedback: bool,
    pass_mark: float,
) -> None:
    """Store what a project asks of people; the mark holds for its qualification batches from now on."""
    Project.objects.filter(pk=project_id).update(
        qualification_required=qualification_required,
        gold_share=gold_share,
        repeat_share=repeat_share,
        gold_feedback=gold_feedback,
    )
    Batch.objects.filter(project=project_id, purpose=Batch.Purpose.QUALIFICATION).update(pass_mark=pass_mark)


def submission_for_key(project_id: int, uid: uuid.UUID) -> Submission:
    """Return a submission of the project with its task and batch; raises Submission.DoesNotExist."""
    return Submission.objects.select_related("task__batch__project", "task__batch__rubric").get(
        uid=uid, task__batch__project=project_id
    )
