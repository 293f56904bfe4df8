"""What pages of stored reports share: the report or that it is on its way, estimates as plots take them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from annotate import access, tasks
from annotate.models import Dimension
from annotate.reports import wording
from annotate.reports.quality.stored import Stored, current
from annotate.stats.judging import Estimate
from annotate.web.quality.plots import Value

Report = TypeVar("Report")


def shown(
    project_id: int, name: str, cls: type[Report], compute: Callable[[int], Report]
) -> Stored[Report] | None:
    """Return the report to show; where it must be computed in the background first, see to that and return None."""
    found = current(project_id, name, cls, compute)
    if found is None:
        tasks.wake(tasks.refresh_report, project_id, name)
    return found


@login_required
@require_POST
def refresh(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Have a stored report computed anew, and go back to its page."""
    member = access.membership(request.user, slug, access.Role.MANAGER)
    if name not in PAGES:
        raise Http404
    tasks.wake(tasks.refresh_report, member.project_id, name)
    messages.success(request, _("It is being computed. Load the page again in a moment."))
    return redirect(PAGES[name], slug)


# Stored reports and the pages that show them.
PAGES = {
    "agreement": "manage-agreement",
    "aggregates": "manage-results",
    "bridge": "manage-bridge",
    "model-health": "manage-models",
    "judges": "manage-judges",
    "annotators": "manage-annotators",
    "throughput": "manage-throughput",
    "forecast": "manage-forecast",
}


def value_of(label: str, found: Estimate, *, series: int = 0, note: str = "") -> Value:
    """Return an estimate as a plot shows it, with the reason where it or its interval is not defined."""
    return Value(
        label, found.value, found.low, found.high, n=found.n, why=why(found), note=note, series=series
    )


def why(found: Estimate) -> str:
    """Return in words what an estimate lacks; "" where it lacks nothing."""
    return {
        "": "",
        "no_labels": _("not defined, because there are no labels for it"),
        "no_variation": _("not defined, because one side always says the same"),
        "few_conversations": _("no interval, because it rests on fewer than ten conversations"),
    }[found.undefined]


def dimension_names(rubric_id: int) -> dict[str, str]:
    """Return what the dimensions of a rubric are called, by key and in its order."""
    dimensions = Dimension.objects.filter(rubric=rubric_id).order_by("position")
    return {one.key: wording.name_of(one) for one in dimensions}
