"""Which tasks of a project are simulated as work, and what labels came with them."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from annotate.models import Batch, Comparison, Project, Rating, Submission, Task
from annotate.pipeline.simulating.answering import FileLabels


def work_of(project: Project) -> QuerySet[Task]:
    """Return the tasks whose answers are labels: no training, qualification, gold or hidden repeat."""
    asked = Task.objects.filter(batch__project=project, is_gold=False, reserved_for=None)
    return asked.exclude(batch__purpose__in=Batch.PRACTICE)


def file_labels(task: int) -> FileLabels:
    """Return the newest labels that came with a file for a task: ratings with a level, overall preferences."""
    newest = Submission.objects.filter(task=task, origin=Submission.Origin.IMPORTED).order_by("-pk")[:1]
    ratings = Rating.objects.filter(Q(state="rated"), submission__in=newest.values("pk"))
    comparisons = Comparison.objects.filter(submission__in=newest.values("pk"), dimension=None)
    return FileLabels(
        {(one.response_id, one.dimension_id): one.value for one in ratings if one.value is not None},
        {(one.scope, one.left_id, one.right_id): one.preference for one in comparisons},
    )
