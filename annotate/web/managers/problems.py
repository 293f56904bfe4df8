"""The manager's page of reported tasks: read the reports, close, re-open, dismiss."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from annotate import access
from annotate.models import ProblemReport
from annotate.pipeline import closing
from annotate.reports.managers.problems import reported_tasks

Kind = ProblemReport.Kind
KINDS = {
    Kind.BROKEN: gettext_lazy("Images or text are broken or missing"),
    Kind.LANGUAGE: gettext_lazy("It is in the wrong language"),
    Kind.DUPLICATE: gettext_lazy("I have had the same conversation before"),
    Kind.HARMFUL: gettext_lazy("The content is harmful or upsetting"),
    Kind.PERSONAL: gettext_lazy("It shows somebody’s personal data"),
    Kind.OTHER: gettext_lazy("Something else"),
}
STATES = {
    "": gettext_lazy("All"),
    "open": gettext_lazy("To decide"),
    "closed": gettext_lazy("Closed"),
}


@login_required
@never_cache
@require_GET
def problems(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the tasks that were reported or closed."""
    member = access.membership(request.user, slug, access.Role.MANAGER)
    state = request.GET.get("state", "")
    page, rows = reported_tasks(member.project_id, state=state, number=request.GET.get("page", "1"))
    context = {
        "project": member.project,
        "page": page,
        "rows": rows,
        "kinds": {kind.value: words for kind, words in KINDS.items()},
        "states": STATES,
        "state": state if state in STATES else "",
    }
    return render(request, "talking/problems.html", context)


@login_required
@require_POST
def close(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Close a task by hand."""
    closing.close_task(access.task(request.user, slug, uid).pk)
    messages.success(request, _("The task is closed: it is handed out no more."))
    return _back(request, slug)


@login_required
@require_POST
def reopen(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Hand a closed task out again."""
    closing.reopen_task(access.task(request.user, slug, uid).pk)
    messages.success(request, _("The task is open again, and its reports are dismissed."))
    return _back(request, slug)


@login_required
@require_POST
def dismiss(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Set a report aside."""
    closing.dismiss_report(access.problem_report(request.user, slug, uid).pk)
    messages.success(request, _("The report is dismissed."))
    return _back(request, slug)


def _back(request: HttpRequest, slug: str) -> HttpResponse:
    """Return to the page of the list that the button was on."""
    state, number = request.POST.get("state", ""), request.POST.get("page", "1")
    known = f"?state={state if state in STATES else ''}&page={number if number.isdecimal() else 1}"
    return redirect(reverse("problems", args=[slug]) + known)
