"""The annotation screen. The page is a shell: what it shows comes from the API that it speaks with."""

from __future__ import annotations

import json

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from annotate import access
from annotate.reports.own_progress import submitted_by


@login_required
@never_cache
def workbench(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the screen for one project to one of its annotators."""
    found = access.membership(request.user, slug, access.Role.ANNOTATOR)
    context = {
        "project": found.project,
        "done": submitted_by(found.user_id, found.project_id),
        "language": get_language(),
        "texts": json.dumps(screen_texts(), ensure_ascii=False),
    }
    return render(request, "annotating/workbench.html", context)


def screen_texts() -> dict[str, str]:
    """Return the words that the screen's script puts on the page; ``{…}`` is filled in there."""
    return {**_content_texts(), **_answer_texts(), **_status_texts()}


def _content_texts() -> dict[str, str]:
    return {
        "turn": _("Turn {number}"),
        "user": _("User"),
        "answer": _("Answer {letter}"),
        "follows": _("follows answer {letter} of turn {number}"),
        "continues": _("goes on from here"),
        "whole": _("The whole conversation"),
        "whole_hint": _("Now judge the conversation as a whole, from the first turn to the last."),
        "path": _("Conversation"),
        "route": _("Through the answers {letters}"),
        "image": _("Image without a caption"),
        "open_image": _("Show large: {alt}"),
        "image_of": _("Image {number} of {total}"),
        "image_missing": _("Image missing"),
        "image_missing_uncaptioned": _("There was an image here; it has no caption."),
    }


def _answer_texts() -> dict[str, str]:
    return {
        "not_applicable": _("Not applicable: there is no image to speak of, and none was expected"),
        "not_applicable_short": _("n/a"),
        "unable": _("I cannot judge this"),
        "default": _("default {value}"),
        "default_title": _("Accept the default {value}"),
        "which_better": _("Which is better, {left} or {right}?"),
        "equal": _("Equally good"),
        "better": _("{which} is better"),
        "slightly_better": _("{which} is slightly better"),
        "much_better": _("{which} is much better"),
        "not_compared": _("Not compared yet"),
        "optional": _("Optional"),
        "more_comparisons": _("Reason, and comparison by dimension (optional)"),
        "reason": _("Reason (optional)"),
        "reason_hint": _("What decided it?"),
        "critique": _("Critique of {letter} (optional)"),
        "critique_hint": _("What is good, what is wrong, and where?"),
        "more_notes": _("Better answer, notes per image"),
        "refinement": _("A better answer"),
        "refinement_hint": _("How should it have answered?"),
        "image_note": _("Note on image {number}"),
        "remark": _("Remark on the whole (optional)"),
        "remark_hint": _("What stands out over all turns?"),
    }


def _status_texts() -> dict[str, str]:
    return {
        "answered": _("{answered} of {required}"),
        "missing": _("{number} missing"),
        "complete": _("All answered"),
        "nothing_missing": _("Nothing is missing: you can submit."),
        "undone": _("Undone"),
        "nothing_to_undo": _("Nothing to undo"),
        "submit": _("Submit"),
        "submitting": _("Submitting …"),
        "submitted": _("Submitted. Here is the next one."),
        "skipped": _("Skipped. Here is the next one."),
        "save_saved": _("Saved"),
        "save_saving": _("Saving …"),
        "save_unsaved": _("Not saved yet"),
        "save_offline": _("No connection: kept in this browser"),
        "save_logged_out": _("Logged out: kept in this browser"),
        "save_lost": _("Not saved"),
        "logged_out": _("You are logged out. Log in again in another tab, then go on here: nothing is lost."),
        "log_in": _("Log in"),
        "unreachable": _(
            "The server cannot be reached. Your answers are kept in this browser; submit again when it is back."
        ),
        "server_error": _("The server could not take this. Your answers are kept; try again in a moment."),
        "key_rows": _("rows"),
        "key_across": _("candidates"),
        "key_missing": _("next missing"),
        "key_all": _("all keys"),
    }
