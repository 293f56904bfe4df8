"""How much waits for those who lead a project, for the tabs of its pages."""

from __future__ import annotations

from django import template

from annotate.models import Project
from annotate.reports.managers.waiting import Waiting, waiting

register = template.Library()


@register.simple_tag
def waiting_in(project: Project) -> Waiting:
    """Return the open questions and undecided problems of a project, in one statement."""
    return waiting([project.pk])[project.pk]
