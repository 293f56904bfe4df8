"""The tabs of a project's pages for managers, as templates/managing/_tabs.html draws them."""

from __future__ import annotations

from dataclasses import dataclass

from django import template

from annotate.models import Project
from annotate.reports.managers.waiting import waiting
from annotate.web.managers.tabs import GROUPS, Group, Tab

register = template.Library()


@dataclass(frozen=True, slots=True)
class DrawnTab:
    """A tab, whether it is the page at hand, and how much waits there."""

    tab: Tab
    is_here: bool
    count: int


@dataclass(frozen=True, slots=True)
class DrawnGroup:
    """A group, its pages, whether the page at hand is among them, and how much waits in it."""

    group: Group
    tabs: list[DrawnTab]
    is_here: bool
    count: int


@register.simple_tag
def project_tabs(project: Project, here: str) -> list[DrawnGroup]:
    """Return the groups of pages; what waits for a lead is read in one statement."""
    found = waiting([project.pk])[project.pk]
    counts = {"questions": found.questions, "problems": found.problems}
    groups = []
    for group in GROUPS:
        tabs = [DrawnTab(tab, tab.here == here, counts.get(tab.here, 0)) for tab in group.tabs]
        is_here = any(one.is_here for one in tabs)
        groups.append(DrawnGroup(group, tabs, is_here, sum(one.count for one in tabs)))
    return groups
