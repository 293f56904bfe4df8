"""The batches of a project: how far each is, what holds in it, and giving it its tasks."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotate import access, tasks
from annotate.models import Batch
from annotate.pipeline import directing, planning
from annotate.refusal import Refusal
from annotate.reports.managers.batches import BatchRow, batches, conversations
from annotate.web.managers.batch_form import BatchForm
from annotate.web.managers.form_fields import described
from annotate.web.managers.sampling import sample_form
from annotate.web.names import PURPOSES

# So many conversations are planned while the page is waited for; more are a worker's.
AT_ONCE = 500
SHORT = {
    "production": "",
    "training": "badge-accent",
    "qualification": "badge-accent",
    "bridge": "badge-accent",
    "holdout": "badge-warn",
}


@login_required
@never_cache
@require_safe
def table(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the project's batches in the order in which they are served."""
    project = access.membership(request.user, slug, access.Role.MANAGER).project
    context = {
        "project": project,
        "rows": [_row(one) for one in batches(project.pk)],
        "conversations": conversations(project.pk),
    }
    return render(request, "managing/batches.html", context)


def _row(one: BatchRow) -> dict[str, Any]:
    batch = one.batch
    purpose = str(PURPOSES[Batch.Purpose(batch.purpose)]).partition(":")[0].partition("：")[0]
    return {"row": one, "batch": batch, "purpose": purpose, "badge": SHORT[batch.purpose]}


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a batch; its form begins with the default batch's settings."""
    project = access.membership(request.user, slug, access.Role.MANAGER).project
    form = BatchForm(project, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = directing.create_batch(project, form.values())
        except Refusal as refusal:
            described([(one.path, one.detail) for one in refusal.problems], form)
        else:
            messages.success(request, _("The batch is there. Give it its tasks next."))
            return redirect("manage-batch", slug, made.uid)
    context = {"project": project, "form": form}
    return render(request, "managing/batch.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def batch(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Show and store a batch's settings, and what planning would do."""
    found = access.batch(request.user, slug, uid)
    form = BatchForm(found.project, request.POST or None, batch=found)
    if request.method == "POST" and form.is_valid():
        try:
            count = directing.change_batch(found, form.values(), tasks_too=form.cleaned_data["tasks_too"])
        except Refusal as refusal:
            described([(one.path, one.detail) for one in refusal.problems], form)
        else:
            words = ngettext("Saved; %(count)d task changed.", "Saved; %(count)d tasks changed.", count)
            messages.success(request, words % {"count": count} if count else _("Saved."))
            return redirect("manage-batch", slug, uid)
    context = {"project": found.project, "batch": found, "form": form, **_planning(found)}
    return render(request, "managing/batch.html", context, status=422 if form.errors else 200)


def _planning(found: Batch) -> dict[str, Any]:
    return {
        "batch": found,
        "tasks": found.tasks.count(),
        "unplanned": planning.unplanned(found),
        "is_planning": tasks.is_planning(found.pk),
        "sample": sample_form(found),
    }


@login_required
@never_cache
@require_safe
def plan_state(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Show how far planning is: what the page asks for while a worker is at it."""
    found = access.batch(request.user, slug, uid)
    return render(request, "managing/_plan.html", {"project": found.project, **_planning(found)})


@login_required
@never_cache
@require_POST
def plan(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Create the batch's missing tasks, or say what that would bring: at once, or by a worker when many."""
    found = access.batch(request.user, slug, uid)
    missing = planning.unplanned(found)
    if "preview" in request.POST and missing <= AT_ONCE:
        report = planning.plan(found, dry_run=True)
        context = {"project": found.project, "form": BatchForm(found.project, batch=found), "plan": report}
        return render(request, "managing/batch.html", {**context, **_planning(found)})
    if "preview" in request.POST:
        words = _("Tasks for %(count)d conversations are missing: too many to count their questions first.")
        messages.info(request, words % {"count": missing})
    elif missing > AT_ONCE:
        tasks.wake_planning(found.pk)
    else:
        report = planning.plan(found)
        count = report.created["tasks"]
        words = ngettext("%(count)d task created.", "%(count)d tasks created.", count)
        messages.success(request, words % {"count": count})
    return redirect("manage-batch", slug, uid)
