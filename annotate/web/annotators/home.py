"""The first page after log-in: a person's projects."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from annotate import access
from annotate.reports.annotators.home import Card, home
from annotate.web.managers.charts import bars
from annotate.web.names import duration


@login_required
@never_cache
def projects(request: HttpRequest) -> HttpResponse:
    """Show the projects of the person with role, own progress and what asks for attention."""
    cards = home(request.user.pk or 0)
    manages = any(one.membership.role == access.Role.MANAGER for one in cards)
    context = {
        "cards": [_shown(one) for one in cards],
        # The same rule as access.may_create_projects, without asking the database again.
        "may_create": manages or request.user.is_staff,
    }
    return render(request, "home.html", context)


def _shown(card: Card) -> dict[str, Any]:
    days = [one for one in reversed(card.days) if one.tasks]
    return {
        "card": card,
        "membership": card.membership,
        "project": card.membership.project,
        "pace": duration(card.progress.pace_ms),
        "bars": bars([(one.day.isoformat(), one.tasks) for one in card.days]),
        "most": max((one.tasks for one in card.days), default=0),
        "days": [{"day": one.day, "count": one.tasks, "time": duration(one.active_ms)} for one in days],
        "attention": card.problems + card.questions + card.paused,
    }
