"""The reviewers' pages: the queue, and one sitting from blind verdict to decision. They work without scripts."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotate import access
from annotate.models import Flag, Outcome, Review
from annotate.pipeline import reviewing
from annotate.pipeline.reviewing import Decision, Verdict
from annotate.refusal import Refusal
from annotate.reports.revealed import FlagShown
from annotate.reports.review_queue import queue_page
from annotate.reports.sitting import Given, Sitting
from annotate.reports.sitting import sitting as sitting_page

OUTCOMES = {
    Outcome.UPHOLD: (
        pgettext_lazy("outcome", "Labels stand"),
        gettext_lazy("The difference is real and acceptable."),
    ),
    Outcome.CHANGE: (
        pgettext_lazy("outcome", "A label is wrong"),
        gettext_lazy("Your verdict says what is right."),
    ),
    Outcome.AMBIGUOUS: (
        pgettext_lazy("outcome", "Ambiguous"),
        gettext_lazy("Good reasons on both sides; keep both."),
    ),
    Outcome.GUIDELINE_GAP: (
        pgettext_lazy("outcome", "Gap in the guidelines"),
        gettext_lazy("The rubric does not say what to do here."),
    ),
    Outcome.BAD_ITEM: (
        pgettext_lazy("outcome", "Bad item"),
        gettext_lazy("Broken, off topic, or nothing to judge."),
    ),
    Outcome.MODEL_WRONG: (
        pgettext_lazy("outcome", "The model is wrong"),
        gettext_lazy("People are right, the score is not."),
    ),
}
PROBLEMS = {
    "missing_verdict": gettext_lazy("Choose an answer."),
    "off_scale": gettext_lazy("Choose one of the answers offered."),
    "unknown_outcome": gettext_lazy("Choose one of the outcomes."),
}
COMMENT_LIMIT = 10_000
_INTEGER = re.compile(r"-?[0-9]{1,4}")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def queue(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what waits and one's own reviews; on POST sit down to the next conversation."""
    member = access.membership(request.user, slug, access.Role.REVIEWER, access.Role.MANAGER)
    if request.method == "POST":
        review = reviewing.next_review(member.project_id, member.user_id)
        if review is not None:
            return redirect("review", slug, review.uid)
        messages.info(request, _("Nothing is left to review for now."))
        return redirect("review-queue", slug)
    page = queue_page(member.project_id, member.user_id)
    context = {"project": member.project, "page": page, "outcomes": _outcome_names()}
    return render(request, "reviewing/queue.html", context)


@login_required
@never_cache
@require_GET
def sitting(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Show one's own sitting: the questions, or, after the verdict, labels, reasons and the decision."""
    return _page(request, access.review(request.user, slug, uid))


@login_required
@require_POST
def verdict(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Record the blind verdict and reveal."""
    review = access.review(request.user, slug, uid)
    verdicts = _verdicts(request.POST)
    try:
        reviewing.record_blind(review.pk, verdicts)
    except Refusal as refusal:
        return _page(request, review, verdicts, refusal)
    reviewing.reveal(review.pk)
    return redirect("review", slug, uid)


@login_required
@require_POST
def decision(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Finish the sitting."""
    review = access.review(request.user, slug, uid)
    verdicts = _verdicts(request.POST)
    outcome = request.POST.get("outcome", "")
    own = {
        flag: chosen
        for flag in review.flags.values_list("uid", flat=True)
        if (chosen := request.POST.get(f"flag:{flag}", ""))
    }
    try:
        reviewing.decide(review.pk, Decision(outcome, verdicts, _comment(request.POST), own))
    except Refusal as refusal:
        return _page(request, review, verdicts, refusal)
    messages.success(request, _("The review is finished."))
    return redirect("review-queue", slug)


@login_required
@require_POST
def leave(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Give the conversation back to the queue."""
    review = access.review(request.user, slug, uid)
    try:
        reviewing.leave(review.pk)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("review", slug, uid)
    return redirect("review-queue", slug)


def _page(
    request: HttpRequest,
    review: Review,
    verdicts: dict[str, Verdict] | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    problems = (
        {one.path: str(PROBLEMS.get(one.code, one.detail)) for one in refusal.problems} if refusal else {}
    )
    given = None if verdicts is None else Given(verdicts, problems)
    page = sitting_page(review, given)
    flags = list(Flag.objects.filter(review=review))
    decisions = _decisions(request.POST, flags, page)
    context = {
        "project": review.project,
        "review": review,
        "page": page,
        "problems": problems,
        "outcomes": [(one.value, *OUTCOMES[one]) for one in reviewing.outcomes(flags)],
        "outcome": request.POST.get("outcome", review.outcome),
        "comment": request.POST.get("comment", review.comment),
        "decisions": decisions,
        "own_outcomes": any(chosen for _flag, chosen in decisions),
        "finished": review.finished_at is not None,
    }
    return render(request, "reviewing/sitting.html", context, status=refusal.status if refusal else 200)


def _comment(sent: QueryDict) -> str:
    """Return the comment without NUL, which nobody types and PostgreSQL does not store."""
    return sent.get("comment", "").replace("\0", "")[:COMMENT_LIMIT]


def _decisions(sent: QueryDict, flags: list[Flag], page: Sitting) -> list[tuple[FlagShown, str]]:
    """Return the flags as shown, each with the outcome of its own that was sent or stored."""
    stored = {flag.uid: flag.outcome for flag in flags}
    shown = page.revealed.flags if page.revealed else []
    return [(one, sent.get(f"flag:{one.uid}") or stored[one.uid]) for one in shown]


def _outcome_names() -> dict[str, Any]:
    return {one.value: name for one, (name, _explained) in OUTCOMES.items()}


def _verdicts(sent: QueryDict) -> dict[str, Verdict]:
    """Return the form's answers by question name: a level as a number, a state in words."""
    return {
        name: int(value) if _INTEGER.fullmatch(value) else value
        for name, value in sent.items()
        if isinstance(value, str) and name.startswith(("rating:", "comparison:"))
    }
