"""A project's batches and how far each is, those without tasks included."""

from __future__ import annotations

from dataclasses import dataclass

from annotate.models import Batch, Conversation
from annotate.reports.managers.progress import batch_progress


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch; of its ``places`` (one per task and person wanted) so many are submitted, in work and open."""

    batch: Batch
    tasks: int = 0
    places: int = 0
    open: int = 0
    submitted: int = 0
    in_work: int = 0
    skipped: int = 0


def batches(project_id: int) -> list[BatchRow]:
    """Return the batches in the order in which they are served, in three statements."""
    found = Batch.objects.filter(project=project_id).select_related("rubric").order_by("-priority", "pk")
    rows = {one.pk: BatchRow(one) for one in found}
    for batch, work in batch_progress(project_id).items():
        rows[batch] = BatchRow(
            rows[batch].batch,
            tasks=work.tasks,
            places=work.places,
            open=work.open,
            submitted=work.submitted,
            in_work=work.active,
            skipped=work.skipped,
        )
    return list(rows.values())


def conversations(project_id: int) -> int:
    """Return how many conversations the project holds."""
    return Conversation.objects.filter(project=project_id).count()
