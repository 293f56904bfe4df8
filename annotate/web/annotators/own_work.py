"""One's own work in a project: what was submitted and skipped, how fast, what one said; taking it up again."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from annotate import access
from annotate.models import Assignment, Submission
from annotate.pipeline import inquiring, reopening
from annotate.refusal import Refusal
from annotate.reports.annotators.own_answers import own_answers
from annotate.reports.annotators.own_progress import own_days, own_progress
from annotate.reports.annotators.own_work import beginning, own_work
from annotate.reports.reviewers.sent_back import waiting_for
from annotate.web.managers.charts import bars
from annotate.web.names import duration

PER_PAGE = 50
DAYS = 14
# The words of the skip dialog, by what it stores before the colon.
REASONS = {
    "broken": gettext_lazy("Images or text are broken or missing"),
    "language": gettext_lazy("I do not know the language well enough"),
    "expertise": gettext_lazy("I lack the knowledge to judge it"),
    "harmful": gettext_lazy("The content is harmful or upsetting"),
    "other": gettext_lazy("Something else"),
}


@login_required
@never_cache
@require_GET
def mine(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one's own submitted and skipped tasks, the newest first, and one's own pace."""
    member = access.membership(request.user, slug, access.Role.ANNOTATOR)
    progress = own_progress(member.user_id, [member.project_id])[member.project_id]
    days = own_days(member.user_id, [member.project_id], DAYS)[member.project_id]
    page = Paginator(own_work(member.user_id, member.project_id), PER_PAGE).get_page(request.GET.get("page"))
    for one in page.object_list:
        one.skip_reason = _reason(one.skip_reason)
        words = "" if one.is_out_of_sight else one.words  # type: ignore[attr-defined] # annotations
        one.words = beginning(words, member.project)  # type: ignore[attr-defined] # an annotation
    context = {
        "project": member.project,
        "progress": progress,
        "pace": duration(progress.pace_ms),
        "bars": bars([(one.day.isoformat(), one.tasks) for one in days]),
        "most": max(one.tasks for one in days),
        "page": page,
        "sent_back": waiting_for(member.user_id, [member.project_id]),
        "hides": member.project.repeat_share > 0,
    }
    return render(request, "annotating/own_work.html", context)


def _reason(stored: str) -> str:
    """Return why a task was skipped, its kind in the reader's language."""
    kind, _colon, words = stored.partition(": ")
    return ": ".join(part for part in (str(REASONS.get(kind, kind)), words) if part)


@login_required
@never_cache
@require_GET
def answers(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Show one's own latest answers to a task."""
    member = access.membership(request.user, slug, access.Role.ANNOTATOR)
    try:
        found = own_answers(uid, member.user_id, member.project)
    except Submission.DoesNotExist:
        raise Http404 from None
    return render(request, "annotating/own_answers.html", {"project": member.project, "found": found})


@login_required
@require_POST
def change(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Take a submitted task up again and open it in the workbench."""
    member = access.membership(request.user, slug, access.Role.ANNOTATOR)
    try:
        reopening.reopen(uid, member.user_id)
    except Assignment.DoesNotExist:
        raise Http404 from None
    except Refusal as refusal:
        messages.error(request, _why_not(refusal))
        return redirect("own-work", slug)
    bench = f"{reverse('annotate', args=[slug])}?assignment={uid}"
    return redirect(bench, status=HTTPStatus.SEE_OTHER)


@login_required
@require_POST
def reply(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Answer a reviewer who sent one's own work back."""
    access.membership(request.user, slug, access.Role.ANNOTATOR)
    thread = access.own_inquiry(request.user, uid)
    try:
        inquiring.write(thread, thread.asked_by_id, request.POST.get("text", "").replace("\0", ""))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The reviewer sees your answer."))
    return redirect("own-work", slug)


def _why_not(refusal: Refusal) -> str:
    """Return in the reader's language why work cannot be taken up again."""
    return {
        "hands_full": _("You hold two tasks that you have begun; finish or skip one first."),
        "reopen_forbidden": _("This batch does not allow changing submitted work."),
        "not_submitted": _("This task is already open for changing: go on with it in the workbench."),
    }.get(refusal.problems[0].code, str(refusal))


urls = [
    path("", mine, name="own-work"),
    path("<uuid:uid>/", answers, name="own-answers"),
    path("<uuid:uid>/change/", change, name="own-work-change"),
    path("reply/<uuid:uid>/", reply, name="own-work-reply"),
]
