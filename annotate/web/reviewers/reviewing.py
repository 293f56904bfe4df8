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
from annotate.pipeline.reviewing import Decision
from annotate.pipeline.verdicts import Verdict
from annotate.refusal import Refusal
from annotate.reports.reviewers.revealed import FlagShown
from annotate.reports.reviewers.review_queue import queue_page
from annotate.reports.reviewers.sitting import Given, Sitting
from annotate.reports.reviewers.sitting import sitting as sitting_page
from annotate.web.quality.flags import FAULTS

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
    "no_fault": gettext_lazy("Say why the model is wrong."),
    "no_remark": gettext_lazy("There is no remark from before the labels were shown to send with it."),
    "not_returnable": gettext_lazy("This work cannot be sent back any more."),
}
COMMENT_LIMIT = 10_000
REMARK_LIMIT = 4_000
_INTEGER = re.compile(r"-?[0-9]{1,4}")
_MILLISECONDS = re.compile(r"[0-9]{1,10}")


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
    context = {
        "project": member.project,
        "page": page,
        "outcomes": _outcome_names(),
        "is_manager": member.role == access.Role.MANAGER,
    }
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
        reviewing.record_blind(
            review.pk, verdicts, remark=_text(request.POST, "remark"), active_ms=_active(request.POST)
        )
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
        stored = reviewing.decide(
            review.pk,
            Decision(
                outcome,
                verdicts,
                _text(request.POST, "comment"),
                own,
                fault=request.POST.get("fault", ""),
                send_back=_uids(request.POST.getlist("send_back")),
                active_ms=_active(request.POST),
            ),
        )
    except Refusal as refusal:
        return _page(request, review, verdicts, refusal)
    if (stored.outcome, stored.comment) == (outcome, _text(request.POST, "comment").strip()):
        messages.success(request, _("The review is finished."))
    else:
        messages.info(request, _("The review was finished before, and stays as it was."))
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
    flags = reviewing.flags_shown(review)
    decisions = _decisions(request.POST, flags, page)
    context = {
        "project": review.project,
        "review": review,
        "page": page,
        "problems": problems,
        "first_problem": next((f"q{one.number}" for one in page.questions if one.problem), "decision"),
        "outcomes": [(one.value, *OUTCOMES[one]) for one in reviewing.outcomes(flags)],
        "outcome": request.POST.get("outcome", review.outcome),
        "comment": request.POST.get("comment", review.comment),
        "decisions": decisions,
        "remark": request.POST.get("remark", review.remark),
        "faults": FAULTS.items() if any(one.kind in Flag.ABOUT_MODELS for one in flags) else (),
        "fault": request.POST.get("fault") or next((one.model_fault for one in flags if one.model_fault), ""),
        "send_back": request.POST.getlist("send_back"),
        "outcome_names": _outcome_names(),
        "given": verdicts is not None,
        "own_outcomes": any(chosen for _flag, chosen in decisions),
        "finished": review.finished_at is not None,
    }
    return render(request, "reviewing/sitting.html", context, status=refusal.status if refusal else 200)


def _text(sent: QueryDict, name: str) -> str:
    """Return a text without NUL, which nobody types and PostgreSQL does not store."""
    limit = REMARK_LIMIT if name == "remark" else COMMENT_LIMIT
    return sent.get(name, "").replace("\0", "")[:limit]


def _active(sent: QueryDict) -> int:
    """Return the active time that the page counted, 0 without scripts."""
    told = sent.get("active_ms", "")
    return int(told) if _MILLISECONDS.fullmatch(told) else 0


def _uids(sent: list[str]) -> list[uuid.UUID]:
    """Return outside ids; what is none stands for nothing that could be sent back."""
    found = []
    for one in sent:
        try:
            found.append(uuid.UUID(one))
        except ValueError:
            found.append(uuid.UUID(int=0))
    return found


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
        if isinstance(value, str) and name.startswith(("rating:", "comparison:", "step:"))
    }
