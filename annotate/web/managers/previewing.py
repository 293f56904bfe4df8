"""The annotation screen for managers: any task of a batch as annotators see it, with nothing stored."""

from __future__ import annotations

import json
import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotate import access
from annotate.models import Task
from annotate.web.annotators.screen_texts import screen_texts
from annotate.web.managers.problems import KINDS


def _uid(text: str) -> str:
    """Return an outside id as the address has it, or "" where it is none."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return ""


@login_required
@never_cache
@require_safe
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the screen on a task of the chosen batch; without one, of the default batch."""
    project = access.membership(request.user, slug, access.Role.MANAGER).project
    batches = list(project.batches.order_by("-is_default", "name"))
    wanted = _uid(request.GET.get("batch", ""))
    chosen = next((one for one in batches if str(one.uid) == wanted), batches[0] if batches else None)
    if chosen is not None and not Task.objects.filter(batch=chosen).exists():
        messages.info(
            request, _("There is no task to preview yet: import conversations, then make the tasks here.")
        )
        return redirect("manage-batch", slug, chosen.uid)
    context = {
        "project": project,
        "batches": batches,
        "batch": chosen,
        "task": _uid(request.GET.get("task", "")),
        "conversation": _uid(request.GET.get("conversation", "")),
        "problem_kinds": {kind.value: words for kind, words in KINDS.items()},
        "language": get_language(),
        "texts": json.dumps(screen_texts(), ensure_ascii=False),
    }
    return render(request, "managing/preview.html", context)
