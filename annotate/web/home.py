"""The first page after log-in: a person's projects."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from annotate.reports.own_progress import memberships_of


@login_required
def projects(request: HttpRequest) -> HttpResponse:
    """Show the projects of the person with role and own progress."""
    return render(request, "home.html", {"memberships": memberships_of(request.user.pk)})
