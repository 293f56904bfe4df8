"""The annotation screen. The page is a shell: what it shows comes from the API that it speaks with."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from annotate import access
from annotate.models import Assignment


@login_required
@never_cache
def workbench(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the screen for one project to one of its annotators."""
    found = access.membership(request.user, slug, access.Role.ANNOTATOR)
    done = Assignment.objects.filter(
        annotator=found.user_id, status="submitted", task__batch__project=found.project_id
    ).count()
    return render(request, "annotating/workbench.html", {"project": found.project, "done": done})
