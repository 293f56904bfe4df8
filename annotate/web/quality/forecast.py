"""The managers' page of forecasts: what a wanted interval takes; more people an item against more items."""

from __future__ import annotations

import math
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotate import access
from annotate.reports.quality.forecast import (
    WINS,
    Basis,
    ForecastBasis,
    ForecastReport,
    Wanted,
    forecast_basis,
    forecast_of,
)
from annotate.stats import forecast as numbers
from annotate.web.quality.axes import TWO, plain
from annotate.web.quality.curves import Series, curve
from annotate.web.quality.plots import Plot, Reference, Value, as_csv, page
from annotate.web.quality.shown import dimension_names, shown

THREE = plain(3)


class WantedForm(forms.Form):
    """What is wanted, in the address."""

    question = forms.CharField(required=False)
    kind = forms.ChoiceField(choices=[("mean", "mean"), ("alpha", "alpha")], required=False)
    half_width = forms.FloatField(
        label=gettext_lazy("Half-width of the interval"), min_value=0.001, max_value=4, required=False
    )
    people = forms.IntegerField(label=gettext_lazy("People"), min_value=1, max_value=100_000, required=False)
    rate = forms.FloatField(label=gettext_lazy("Pay an hour"), min_value=0, max_value=1e9, required=False)
    review_rate = forms.FloatField(
        label=gettext_lazy("Pay an hour, reviewers"), min_value=0, max_value=1e9, required=False
    )


def wanted_of(form: WantedForm) -> Wanted:
    """Return what a form asks for; what is missing or not valid counts as not asked."""
    form.is_valid()
    given = form.cleaned_data
    usual = Wanted()
    return Wanted(
        question=given.get("question") or "",
        kind="alpha" if given.get("kind") == "alpha" else "mean",
        half_width=given.get("half_width") or usual.half_width,
        people=given.get("people"),
        rate=given.get("rate"),
        review_rate=given.get("review_rate"),
    )


@login_required
@never_cache
@require_safe
def forecast(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what the wanted interval takes."""
    project = access.membership(request.user, slug, access.Role.MANAGER).project
    basis = shown(project.pk, "forecast", ForecastBasis, forecast_basis)
    form = WantedForm(request.GET)
    context: dict[str, Any] = {"project": project, "stored": basis, "form": form}
    made: list[Plot] = []
    if basis:
        report = forecast_of(project.pk, basis.report, wanted_of(form))
        names = {**dimension_names(project.rubric_id), WINS: _("Share of wins")}
        if request.GET.get("csv") == "costs":
            return as_csv(f"{slug}-forecast", CSV_COLUMNS, _cells(report))
        made = _plots(report)
        context |= {
            "report": report,
            "wanted": report.forecast.wanted,
            "questions": names.items(),
            "name": names.get(report.forecast.wanted.question, ""),
            "why": _why(report),
            "floor": None if report.forecast.floor is None else THREE(report.forecast.floor),
            "reviewing": _reviewing(report),
            "present": None if report.forecast.present is None else TWO(report.forecast.present),
            "variances": [
                (names.get(one.question, one.question), one.components) for one in basis.report.questions
            ],
        }
    return page(request, "managing/forecast.html", context, made, name=slug)


def _reviewing(report: ForecastReport) -> str:
    """Return what reviewers' hours rest on, or why there are none."""
    found = report.basis.reviews
    if found.sitting_ms is None:
        return _("No reviewers' hours, because no sitting was timed yet.")
    return ngettext(
        "Reviewers: %(sittings)s sittings finished and %(waiting)s waiting on %(conversations)s answered "
        "conversations, at %(minutes)s minutes each (%(timed)s timed sitting). Every flag is taken to be reviewed, "
        "as many a conversation as with the people an item there are now.",
        "Reviewers: %(sittings)s sittings finished and %(waiting)s waiting on %(conversations)s answered "
        "conversations, at %(minutes)s minutes each (%(timed)s timed sittings). Every flag is taken to be reviewed, "
        "as many a conversation as with the people an item there are now.",
        found.timed,
    ) % {
        "sittings": found.sittings,
        "waiting": found.waiting,
        "conversations": found.conversations,
        "minutes": f"{found.sitting_ms / 60_000:.1f}",
        "timed": found.timed,
    }


def _why(report: ForecastReport) -> str:
    """Return why there is no forecast, "" where there is one."""
    found = report.forecast
    return {
        "": "",
        "few_conversations": _(
            "Not known yet, because fewer than %(least)s conversations have answers by two people or more."
        )
        % {"least": numbers.LEAST_CONVERSATIONS},
        "few_people": _("Not known yet, because fewer than %(least)s people have answered.")
        % {"least": numbers.LEAST_PEOPLE},
        "no_variation": _(
            "Not known, because all answers are alike: there is nothing an interval could be of."
        ),
        "no_alpha": _(
            "Not known yet, because alpha has no interval for this question; choose a dimension with one."
        ),
        "too_few_people": _(
            "Cannot be reached by %(people)s people, however much they label: what they differ by"
            " alone gives %(floor)s. Ask more people."
        )
        % {"people": found.wanted.people, "floor": THREE(found.floor or 0)},
        "no_question": _("There is no question to forecast."),
    }[found.undefined]


def _plots(report: ForecastReport) -> list[Plot]:
    """Return how the half-width falls with labels, a line for each number of people an item."""
    wanted = report.forecast.wanted
    found = next((one for one in report.basis.questions if one.question == wanted.question), None)
    if not report.forecast.costs or wanted.kind == "alpha" or found is None:
        return []
    most = max(one.need.labels for one in report.forecast.costs)
    labels = [_round(most * share) for share in (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5)]
    return [
        curve(
            "widths",
            _("How the interval narrows with labels"),
            [_line(found, overlap, labels, wanted) for overlap in (1, 2, 3, 5)],
            axis=_("half-width, by tasks submitted"),
            form=THREE,
            low=0,
            references=[Reference(wanted.half_width, _("wanted"))],
            summary=_(
                "The fewer people an item, the narrower the interval for the same labels; but "
                "with one person an item, agreement cannot be seen."
            ),
        )
    ]


def _line(found: Basis, overlap: int, labels: list[int], wanted: Wanted) -> Series:
    widths = [
        numbers.half_width(found.components, max(1, count / overlap), overlap, wanted.people)
        for count in labels
    ]
    return Series(
        ngettext("%(people)s person an item", "%(people)s people an item", overlap) % {"people": overlap},
        [Value(f"{count:,}", width, n=count) for count, width in zip(labels, widths, strict=True)],
    )


def _round(number: float) -> int:
    """Return a number with its two leading digits."""
    power: int = 10 ** max(0, math.floor(math.log10(max(1, number))) - 1)
    return max(1, round(number / power) * power)


CSV_COLUMNS = (
    "people_an_item", "conversations", "conversations_low", "conversations_high", "labels", "labels_low", "labels_high",
    "hours", "hours_low", "hours_high", "money", "money_low", "money_high",
    "review_hours", "review_hours_low", "review_hours_high", "review_money", "review_money_low", "review_money_high",
)  # fmt: skip


def _cells(report: ForecastReport) -> list[list[float | int | str | None]]:
    return [
        [
            one.need.overlap, one.need.conversations, one.need.low, one.need.high,
            one.need.labels, one.need.labels_low, one.need.labels_high,
            one.hours, one.hours_low, one.hours_high, one.money, one.money_low, one.money_high,
            one.review_hours, one.review_hours_low, one.review_hours_high,
            one.review_money, one.review_money_low, one.review_money_high,
        ]
        for one in report.forecast.costs
    ]  # fmt: skip
