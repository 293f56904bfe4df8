"""What a batch still lacks: conversations without a task, and newcomers that no task asks about."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from annotate.models import Batch, Conversation, Task
from annotate.pipeline.planning import counting, newcomers
from annotate.pipeline.planning.counting import PlanReport
from annotate.pipeline.planning.making import make_whole
from annotate.pipeline.planning.shapes import CHUNK, chunks


def plan(batch: Batch, *, dry_run: bool = False) -> PlanReport:
    """Create the batch's missing tasks, those for its newcomers too, and count what all of them ask.

    With ``dry_run`` nothing is kept. Planning again creates nothing. A batch that is a sample (or asks again what
    another one did) gets no further conversations, only the newcomers of those it has.
    """
    report = PlanReport()
    with transaction.atomic():
        locked = Batch.objects.select_for_update().select_related("rubric").get(pk=batch.pk)
        before = counting.last_task(locked)
        for chunk in chunks(_without_task(locked).order_by("id").values_list("id", flat=True)):
            make_whole(locked, chunk, report)
        for chunk in chunks(newcomers.pending(locked)):
            newcomers.make_narrowed(locked, chunk, report)
        counting.count(locked, report, before=before)
        transaction.set_rollback(dry_run)
    return report


def unplanned(batch: Batch) -> int:
    """Return how many conversations lack a task in the batch, or one about their newcomers."""
    return _without_task(batch).count() + len(newcomers.pending(batch))


def plan_some(batch: Batch, count: int = CHUNK) -> int:
    """Create the missing tasks of at most so many conversations and return how many there were.

    Each call is a transaction of its own, so that planning a million conversations can be watched, and
    stopped and taken up again anywhere.
    """
    with transaction.atomic():
        locked = Batch.objects.select_for_update().get(pk=batch.pk)
        chunk = list(_without_task(locked).order_by("id").values_list("id", flat=True)[:count])
        if chunk:
            make_whole(locked, chunk, PlanReport())
        else:
            chunk = newcomers.pending(locked)[:count]
            newcomers.make_narrowed(locked, chunk, PlanReport())
    return len(chunk)


def _without_task(batch: Batch) -> QuerySet[Conversation]:
    if batch.selection is not None or batch.purpose == Batch.Purpose.BRIDGE:
        return Conversation.objects.none()
    asked = Task.objects.filter(batch=batch, is_gold=False).values("conversation")
    return Conversation.objects.filter(project=batch.project_id).exclude(pk__in=asked)
