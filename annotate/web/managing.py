"""The manager's page of a project: progress, agreement, scorers, flags, people."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
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
from annotate.models import Dimension, Flag, ScorerRun
from annotate.pipeline import scoring
from annotate.refusal import Refusal
from annotate.reports import wording
from annotate.reports.agreement import AgreementReport, agreement_report
from annotate.reports.flags import flag_summary
from annotate.reports.progress import DayCount, members, progress
from annotate.reports.scorers import scorer_runs
from annotate.reports.workers import scoring_workers
from annotate.stats.agreement import Agreement
from annotate.web.reviewing import OUTCOMES


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart in a box of 100 units: where it stands, how wide and high it is, what it says."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: int


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """Agreement on one question as the table shows it."""

    name: str
    scope: str
    is_comparison: bool
    agreement: Agreement
    same_side: float | None
    bars: list[Bar]
    left_out: int
    why: str


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
        "days": _days(work.days),
        "most": max((one.submissions for one in work.days), default=0),
        "agreement": _agreement(agreement_report(member.project_id), member.project.rubric_id),
        **_scoring(member.project_id),
        **_choice(),
        "flags": flag_summary(member.project_id),
        "kinds": {kind.value: wording.kind(kind) for kind in Flag.Kind},
        "outcomes": {one.value: name for one, (name, _explained) in OUTCOMES.items()},
        "members": members(member.project_id),
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


def _scoring(project_id: int) -> dict[str, Any]:
    workers = scoring_workers()
    runs = scorer_runs(project_id, workers)
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


def _days(days: list[DayCount]) -> list[Bar]:
    """Return one bar per day, as high as its share of the busiest one."""
    most = max((one.submissions for one in days), default=0) or 1
    width = 100 / max(len(days), 1)
    return [
        Bar(
            x=number * width,
            y=100 - 100 * one.submissions / most,
            width=width * 0.72,
            height=100 * one.submissions / most,
            label=one.day.isoformat(),
            value=one.submissions,
        )
        for number, one in enumerate(days)
    ]


def _agreement(report: AgreementReport, rubric_id: int) -> list[AgreementRow]:
    keys = {one.dimension for one in report.dimensions} | {one.dimension or "" for one in report.comparisons}
    # Other rubrics may have a dimension of the same key: the project's own says what it is called here.
    dimensions = sorted(
        Dimension.objects.filter(key__in=keys), key=lambda one: (one.rubric_id == rubric_id, one.pk)
    )
    names = {one.key: wording.name_of(one) for one in dimensions}
    ratings = [
        AgreementRow(
            name=names[one.dimension],
            scope=one.scope,
            is_comparison=False,
            agreement=one.agreement,
            same_side=None,
            bars=_distribution(one.agreement, one.minimum, one.maximum),
            left_out=sum(one.left_out.values()),
            why=_why(one.agreement),
        )
        for one in report.dimensions
    ]
    comparisons = [
        AgreementRow(
            name=names[one.dimension] if one.dimension else wording.name_of(None),
            scope=one.scope,
            is_comparison=True,
            agreement=one.agreement,
            same_side=one.same_side,
            bars=_distribution(one.agreement, -3, 3),
            left_out=0,
            why=_why(one.agreement),
        )
        for one in report.comparisons
    ]
    return ratings + comparisons


def _distribution(found: Agreement, minimum: int, maximum: int) -> list[Bar]:
    """Return one bar per level, as high as its share of the most frequent one's."""
    most = max(found.distribution.values(), default=1)
    levels = range(minimum, maximum + 1)
    width = 100 / len(levels)
    counts = [(level, found.distribution.get(level, 0)) for level in levels]
    return [
        Bar(
            x=number * width,
            y=100 - 100 * count / most,
            width=width * 0.8,
            height=100 * count / most,
            label=str(level).replace("-", "−"),
            value=count,
        )
        for number, (level, count) in enumerate(counts)
    ]


def _why(found: Agreement) -> str:
    """Return why agreement, or alpha, is not defined; "" where it is."""
    return {
        "": "",
        "no_pairs": _("not defined, because no item has answers by two people yet"),
        "one_value": _(
            "not defined, because everybody gave the same value: there is no variation to explain"
        ),
    }[found.undefined]
