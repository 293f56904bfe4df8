"""Flags: reasons to look again at one item, dimension and person, each with its evidence.

F0 and F1 come from people alone (`people`), F2 to F4 from what a scorer's numbers were found to mean (`preferences`,
`ratings`, `steps`; `choosing` holds them to their budget). All are raised again, renewed and closed as labels and
scores arrive. Nothing here touches pay.
"""

from __future__ import annotations

from annotate.models import Flag
from annotate.pipeline.flagging import models, people
from annotate.pipeline.flagging.people import GONE, FlagReport, outlier

__all__ = ["GONE", "FlagReport", "flag_project", "outlier", "pending_projects"]


def flag_project(project_id: int, *, whole: bool = False) -> FlagReport:
    """One pass over what is new in a project, or over everything; twice is once."""
    by_people = people.flag_project(project_id, whole=whole)
    by_models = models.flag_by_models(project_id, whole=whole)
    if not by_models.created and not by_models.closed:
        return by_people
    return FlagReport(
        by_people.created + by_models.created,
        by_people.closed + by_models.closed,
        Flag.objects.filter(project=project_id, status=Flag.Status.OPEN).count(),
    )


def pending_projects() -> list[int]:
    """Return the projects in which something is new that no pass has seen for certain."""
    return sorted({*people.pending_projects(), *models.pending_projects()})
