"""The annotation screen. The page is a shell: what it shows comes from the API that it speaks with."""

from __future__ import annotations

import json

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache

from annotate import access
from annotate.reports.annotators.own_progress import own_progress
from annotate.reports.annotators.own_work import last_changeable
from annotate.web.annotators.screen_texts import screen_texts
from annotate.web.managers.problems import KINDS
from annotate.web.names import duration


@login_required
@never_cache
def workbench(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the screen for one project to one of its annotators."""
    found = access.membership(request.user, slug, access.Role.ANNOTATOR)
    progress = own_progress(found.user_id, [found.project_id])[found.project_id]
    context = {
        "project": found.project,
        "guideline_seen": found.guideline_seen,
        "problem_kinds": {kind.value: words for kind, words in KINDS.items()},
        "progress": progress,
        "pace": None if progress.pace_ms is None else duration(progress.pace_ms),
        "last": last_changeable(found.user_id, found.project_id),
        "language": get_language(),
        "texts": json.dumps(screen_texts(), ensure_ascii=False),
    }
    return render(request, "annotating/workbench.html", context)
