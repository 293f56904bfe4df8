"""What managers decide about a project and its batches, and what can no longer be changed, and why."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from annotate.models import Assignment, Batch, Project, Rubric, Submission
from annotate.refusal import Conflict

log = logging.getLogger(__name__)

# What people were asked, and on which scale: answers before and after a change would not be one body of data.
LOCKED = ("purpose", "rubric", "preference_scale", "tie_allowed", "step_labels")
_AT_WORK = (Assignment.Status.ACTIVE, Assignment.Status.SUBMITTED)


def save_project(project: Project, values: Mapping[str, Any]) -> None:
    """Store a project's settings; its overlap counts for batches that are made from now on."""
    for name, value in values.items():
        setattr(project, name, value)
    project.save(update_fields=list(values))
    log.info("settings of project %s changed: %s", project.pk, ", ".join(values))


def use_rubric(project: Project, rubric: Rubric) -> None:
    """Let the project's next batches ask by this rubric; batches that are there keep theirs."""
    save_project(project, {"rubric": rubric})


def is_begun(batch: Batch) -> bool:
    """Return whether anybody has answered a task of the batch, is at it, or left a draft that may be taken up."""
    answered = Submission.objects.filter(task__batch=batch)
    held = Assignment.objects.filter(task__batch=batch)
    return answered.exists() or held.filter(Q(status__in=_AT_WORK) | Q(draft__isnull=False)).exists()


# What a new batch takes over from the default one.
COPIED = (
    "overlap", "overlap_limit", "extra_share", "languages", "teams", "preference_scale", "tie_allowed",
    "required_texts", "step_labels", "turn_by_turn", "reopen_allowed", "guideline_version",
)  # fmt: skip


def create_like_default(project: Project, name: str, purpose: Batch.Purpose) -> Batch:
    """Create a batch by the project's rubric with the default batch's other settings."""
    model = project.batches.get(is_default=True)
    copied = {field: getattr(model, field) for field in COPIED}
    return create_batch(project, {**copied, "name": name, "purpose": purpose, "rubric": project.rubric})


@transaction.atomic
def create_batch(project: Project, values: Mapping[str, Any]) -> Batch:
    """Create a batch without tasks; planning gives it some. Refuses a name that is taken."""
    _must_be_free(project.pk, values["name"])
    made: Batch = Batch.objects.create(project=project, **values)
    log.info("batch %s created", made.pk)
    return made


@transaction.atomic
def change_batch(batch: Batch, values: Mapping[str, Any], *, tasks_too: bool = False) -> int:
    """Store a batch's settings; with ``tasks_too`` its tasks take the new overlap. Return how many did.

    What decides the meaning of answers (``LOCKED``) keeps its value once work has begun: Conflict
    ``batch_begun``. Refuses a name that is taken, and a rubric without a dimension that a task asks for by name.
    """
    stored = Batch.objects.select_for_update().get(pk=batch.pk)
    changed = {name: value for name, value in values.items() if getattr(stored, name) != value}
    _must_be_free(stored.project_id, changed.get("name", ""))
    fixed = [name for name in LOCKED if name in changed]
    if fixed and is_begun(stored):
        detail = _("People have begun to answer: this can no longer be changed. Make another batch.")
        raise Conflict.because("batch_begun", detail, fixed[0])
    if "rubric" in changed:
        _must_hold_what_is_asked(stored, changed["rubric"])
    before = stored.overlap
    for name, value in changed.items():
        setattr(stored, name, value)
    if changed:
        stored.save(update_fields=list(changed))
    log.info("batch %s changed: %s", stored.pk, ", ".join(changed) or "nothing")
    return _spread_overlap(stored, before) if tasks_too and "overlap" in changed else 0


def _must_be_free(project_id: int, name: str) -> None:
    if name and Batch.objects.filter(Q(project=project_id) & Q(name=name)).exists():
        raise Conflict.because("batch_name_taken", _("There is a batch of this name already."), "name")


def _must_hold_what_is_asked(batch: Batch, rubric: Rubric) -> None:
    """Refuse a rubric that lacks a dimension which a task of the batch, narrowed to a list, asks for."""
    asked = """
        SELECT DISTINCT ask ->> 'dimension' FROM annotate_task task, jsonb_array_elements(task.asks) ask
        WHERE task.batch_id = %s AND jsonb_typeof(task.asks) = 'array' AND ask ->> 'kind' = 'rating'
    """
    with connection.cursor() as cursor:
        cursor.execute(asked, [batch.pk])
        keys = {key for (key,) in cursor.fetchall()}
    if lacking := sorted(keys - set(rubric.dimensions.values_list("key", flat=True))):
        detail = _(
            "Tasks of this batch ask for %(keys)s, which this rubric does not have. Make another batch."
        )
        raise Conflict.because("rubric_lacks_asked", detail % {"keys": ", ".join(lacking)}, "rubric")


def _spread_overlap(batch: Batch, before: int) -> int:
    """Give the batch's tasks its overlap; a slot that is taken stays, so nobody loses work.

    Raised: the tasks that want as many people as the batch did, or more, yet fewer than it does now. Lowered:
    those that want as many as the batch did, not those that got extra people. What was narrowed on purpose,
    gold, follow-ups, repeats and closed tasks stay as they are.
    """
    raised = "overlap >= %(before)s AND overlap < %(overlap)s"
    where = raised if batch.overlap > before else "overlap = %(before)s"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE annotate_task SET
                overlap = GREATEST(%(overlap)s, overlap - open_slots),
                open_slots = GREATEST(%(overlap)s - (overlap - open_slots), 0)
            WHERE batch_id = %(batch)s AND closed_at IS NULL AND NOT is_gold AND follows_id IS NULL AND {where}
            """,  # noqa: S608 - one of two sentences above
            {"batch": batch.pk, "overlap": batch.overlap, "before": before},
        )
        changed: int = cursor.rowcount
    return changed
