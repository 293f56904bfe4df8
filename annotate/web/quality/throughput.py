"""The managers' page of throughput: how fast the work goes, what is left, what reviewers do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotate import access
from annotate.reports.quality.throughput import DayReviews, DayWork, ThroughputReport, throughput_report
from annotate.web.names import duration
from annotate.web.quality.axes import plain
from annotate.web.quality.bars import columns
from annotate.web.quality.plots import Cell, Plot, as_csv, page
from annotate.web.quality.shown import shown

HOUR = 3_600_000
WEEK = 7

Day = TypeVar("Day", DayWork, DayReviews)


@login_required
@never_cache
@require_safe
def throughput(request: HttpRequest, slug: str) -> HttpResponse:
    """Show how fast the work goes, by day or by week."""
    project = access.membership(request.user, slug, access.Role.MANAGER).project
    found = shown(project.pk, "throughput", ThroughputReport, throughput_report)
    by_week = request.GET.get("by") == "week"
    made: list[Plot] = []
    context: dict[str, Any] = {"project": project, "stored": found, "by_week": by_week}
    if found:
        report = found.report
        if request.GET.get("csv") == "days":
            return as_csv(
                f"{slug}-days",
                CSV_COLUMNS,
                [_cells(*pair) for pair in zip(report.days, report.reviews, strict=True)],
            )
        made = _plots(report, by_week=by_week)
        context |= {
            "report": report,
            "pace": duration(report.task_ms),
            "batches": [(one, duration(one.active_ms)) for one in report.batches],
        }
    return page(request, "managing/throughput.html", context, made, name=slug)


def _plots(report: ThroughputReport, *, by_week: bool) -> list[Plot]:
    size = WEEK if by_week else 1
    days = _groups(report.days, size)
    names = [_name(group[0].day) for group in days]
    reviews = _groups(report.reviews, size)
    active, reviewing = _("hours of active time"), _group_hours(reviews)
    wanted = (
        ("tasks", _("Tasks submitted"), _("tasks"), [sum(one.tasks for one in group) for group in days]),
        ("ratings", _("Ratings given"), _("ratings"), [sum(one.ratings for one in group) for group in days]),
        ("hours", _("Hours at work"), active, _group_hours(days)),
        (
            "people",
            _("People at work"),
            _("most people a day"),
            [max(one.people for one in group) for group in days],
        ),
        (
            "reviews",
            _("Reviews finished"),
            _("reviews"),
            [sum(one.reviews for one in group) for group in reviews],
        ),
        ("review_hours", _("Reviewers' hours"), active, reviewing),
    )
    return [
        columns(
            key,
            title,
            list(zip(names, numbers, strict=True)),
            axis=axis,
            form=plain(1) if "hours" in key else plain(0),
        )
        for key, title, axis, numbers in wanted
    ]


def _group_hours(groups: Sequence[Sequence[Day]]) -> list[float]:
    return [sum(one.active_ms for one in group) / HOUR for group in groups]


def _groups(days: Sequence[Day], size: int) -> list[Sequence[Day]]:
    """Return the days in groups of one size, the last ones whole."""
    first = len(days) % size
    return [days[start : start + size] for start in range(first, len(days), size)]


def _name(day: date) -> str:
    return date_format(day, "m-d")


CSV_COLUMNS = (
    "day", "tasks", "ratings", "comparisons", "active_hours", "people", "reviews", "reviewers_active_hours",
)  # fmt: skip


def _cells(work: DayWork, reviews: DayReviews) -> list[Cell]:
    return [
        work.day.isoformat(),
        work.tasks,
        work.ratings,
        work.comparisons,
        round(work.active_ms / HOUR, 3),
        work.people,
        reviews.reviews,
        round(reviews.active_ms / HOUR, 3),
    ]
