"""The manager's page of a project: progress, scorers, flags, how many people."""

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
from django.views.decorators.http import require_GET, require_POST

from annotate import access, tasks
from annotate.models import Flag, ScorerRun
from annotate.pipeline import scoring
from annotate.refusal import Refusal
from annotate.reports import wording
from annotate.reports.managers.flags import flag_summary
from annotate.reports.managers.progress import head_count, progress
from annotate.reports.managers.scorers import scorer_runs
from annotate.reports.managers.workers import scoring_workers
from annotate.web.managers.charts import bars
from annotate.web.reviewers.reviewing import OUTCOMES


@login_required
@never_cache
@require_GET
def project(request: HttpRequest, slug: str) -> HttpResponse:
    """Show how the project is doing."""
    member = access.membership(request.user, slug, access.Role.MANAGER)
    work = progress(member.project_id)
    context = {
        "project": member.project,
        "work": work,
        "days": bars([(one.day.isoformat(), one.submissions) for one in work.days]),
        "most": max((one.submissions for one in work.days), default=0),
        **_scoring(member.project_id, work.responses),
        **_choice(),
        "flags": flag_summary(member.project_id),
        "kinds": {kind.value: wording.kind(kind) for kind in Flag.Kind},
        "outcomes": {one.value: name for one, (name, _explained) in OUTCOMES.items()},
        "heads": head_count(member.project_id),
    }
    return render(request, "managing/project.html", context)


@login_required
@never_cache
@require_GET
def scorers(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the part of the page that changes while scoring goes on."""
    member = access.membership(request.user, slug, access.Role.MANAGER)
    context = {"project": member.project, **_scoring(member.project_id)}
    return render(request, "managing/_scorer_runs.html", context)


def _scoring(project_id: int, responses: int | None = None) -> dict[str, Any]:
    workers = scoring_workers()
    runs = scorer_runs(project_id, workers, responses)
    is_running = any(run.left and run.status == ScorerRun.Status.RUNNING for run in runs)
    return {"runs": runs, "workers": workers, "is_running": is_running}


def _choice() -> dict[str, Any]:
    """Return the scorers to choose from, or why there are none."""
    try:
        return {"scorers": scoring.scorers()}
    except Refusal as refusal:
        return {"scorers": [], "scorers_error": str(refusal)}


@login_required
@require_POST
def start_scoring(request: HttpRequest, slug: str) -> HttpResponse:
    """Start or resume a run of the chosen scorer."""
    member = access.membership(request.user, slug, access.Role.MANAGER)
    try:
        run = scoring.start_run(member.project_id, request.POST.get("scorer", ""), by=member.user_id)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        tasks.wake(tasks.score_pending, run.pk)
        messages.success(request, _("Scoring has begun."))
    return redirect("manage-project", slug)


@login_required
@require_POST
def retry_scoring(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Score again what the run failed on."""
    run = access.scorer_run(request.user, slug, uid)
    count = scoring.retry_errors(run.pk)
    tasks.wake(tasks.score_pending, run.pk)
    words = ngettext("%(count)s response is scored again.", "%(count)s responses are scored again.", count)
    messages.success(request, words % {"count": count})
    return redirect("manage-project", slug)
