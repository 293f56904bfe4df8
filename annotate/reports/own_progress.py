"""What a person has done: in each project, and in one."""

from __future__ import annotations

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from annotate.models import Assignment, Membership


def memberships_of(user_id: int | None) -> QuerySet[Membership]:
    """Return a person's memberships by project name, each with ``done`` and ``done_today``.

    These count the person's own submitted assignments: one statement, and never a count of all tasks,
    of which there may be a million.
    """
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    own = (
        Assignment.objects.filter(
            annotator=user_id, status=Assignment.Status.SUBMITTED, task__batch__project=OuterRef("project")
        )
        .order_by()
        .values("task__batch__project")
        .annotate(all=Count("pk"), today=Count("pk", filter=Q(closed_at__gte=today)))
    )
    return (
        Membership.objects.filter(user=user_id)
        .select_related("project")
        .annotate(
            done=Coalesce(Subquery(own.values("all"), output_field=IntegerField()), 0),
            done_today=Coalesce(Subquery(own.values("today"), output_field=IntegerField()), 0),
        )
        .order_by("project__name", "project_id")
    )


def submitted_by(user_id: int, project_id: int) -> int:
    """Return how many tasks of a project the person has submitted."""
    return Assignment.objects.filter(
        annotator=user_id, project=project_id, status=Assignment.Status.SUBMITTED
    ).count()
