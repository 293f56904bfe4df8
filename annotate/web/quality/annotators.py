"""The managers' page of annotators beside one another: to sort, to filter, and as CSV."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotate import access
from annotate.reports.quality.annotators import Annotator, AnnotatorReport, annotator_report
from annotate.web.names import duration
from annotate.web.quality.axes import TWO, percent, signed
from annotate.web.quality.plots import Cell, Plot, Reference, as_csv, dots, in_words, page
from annotate.web.quality.shown import shown, value_of
from annotate.web.quality.signs import SIGNS, signs_of

# As many rows as a plot can have and still be read; the table has all.
PLOTTED = 40


@dataclass(frozen=True, slots=True)
class Column:
    """A column: what it sorts by, what stands in the table, what in the CSV."""

    heading: str | Promise
    value: Callable[[Annotator], float | str | None]
    words: Callable[[Annotator], str]


def _share_alike(one: Annotator) -> float | None:
    return one.texts.alike / one.texts.texts if one.texts.texts else None


def _percent(value: float | None) -> str:
    return "–" if value is None else percent(value)


COLUMNS = {
    "name": Column(gettext_lazy("Name"), lambda one: one.name.casefold(), lambda one: one.name),
    "tasks": Column(gettext_lazy("Tasks"), lambda one: one.submissions, lambda one: f"{one.submissions:,}"),
    "offset": Column(
        gettext_lazy("Offset"),
        lambda one: one.offset.value,
        lambda one: in_words(value_of("", one.offset), signed()),
    ),
    "agreement": Column(
        gettext_lazy("Agreement with others"),
        lambda one: one.agreement.value,
        lambda one: in_words(value_of("", one.agreement), TWO),
    ),
    "itself": Column(
        gettext_lazy("With oneself"),
        lambda one: one.itself.kappa if one.itself else None,
        lambda one: TWO(one.itself.kappa) if one.itself and one.itself.kappa is not None else "–",
    ),
    "gold": Column(
        gettext_lazy("Gold"),
        lambda one: one.gold.kappa if one.gold else None,
        lambda one: TWO(one.gold.kappa) if one.gold and one.gold.kappa is not None else "–",
    ),
    "pace": Column(gettext_lazy("Time a task"), lambda one: one.pace_ms, lambda one: duration(one.pace_ms)),
    "straight": Column(
        gettext_lazy("One level throughout"),
        lambda one: one.straight.share,
        lambda one: _percent(one.straight.share),
    ),
    "alike": Column(gettext_lazy("Texts alike"), _share_alike, lambda one: _percent(_share_alike(one))),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A person as the table shows them."""

    annotator: Annotator
    cells: list[str]
    signs: list[str | Promise]


@login_required
@never_cache
@require_safe
def annotators(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the annotators beside one another, or send the table as CSV."""
    project = access.membership(request.user, slug, access.Role.MANAGER).project
    found = shown(project.pk, "annotators", AnnotatorReport, annotator_report)
    report = found.report if found else AnnotatorReport([], None, None)
    signs = signs_of(report)
    sign, sort = request.GET.get("sign", ""), request.GET.get("sort", "")
    people = _sorted([one for one in report.annotators if not sign or sign in signs[str(one.id)]], sort)
    if request.GET.get("csv") == "annotators":
        return as_csv(f"{slug}-annotators", CSV_COLUMNS, [_cells(one, signs[str(one.id)]) for one in people])
    context = {
        "project": project,
        "stored": found,
        "report": report,
        "usual_pace": duration(report.pace_ms),
        "usual_straight": _percent(report.straight_share),
        "columns": [_heading(key, sort) for key in COLUMNS],
        "rows": [
            Row(
                one,
                [column.words(one) for key, column in COLUMNS.items() if key != "name"],
                [SIGNS[key][0] for key in signs[str(one.id)]],
            )
            for one in people
        ],
        "signs": [(key, *SIGNS[key], sum(key in keys for keys in signs.values())) for key in SIGNS],
        "sign": sign,
        "alike": [one for one in people if "alike" in signs[str(one.id)]],
        "dissents": [one for one in people if one.dissents],
    }
    return page(request, "managing/annotators.html", context, _plots(people[:PLOTTED]), name=slug)


def _sorted(people: list[Annotator], sort: str) -> list[Annotator]:
    """Return them by the wanted column, "-" before its name for descending; those without a value last."""
    column = COLUMNS.get(sort.removeprefix("-"))
    if column is None:
        return people
    known = [one for one in people if column.value(one) is not None]
    unknown = [one for one in people if column.value(one) is None]
    return sorted(known, key=column.value, reverse=sort.startswith("-")) + unknown  # type: ignore[arg-type]


def _heading(key: str, sort: str) -> dict[str, Any]:
    order = {key: "ascending", f"-{key}": "descending"}.get(sort, "")
    return {
        "heading": COLUMNS[key].heading,
        "order": order,
        "follow": key if order == "descending" or (not order and key == "name") else f"-{key}",
        "is_number": key != "name",
    }


def _plots(people: list[Annotator]) -> list[Plot]:
    return [
        dots(
            "offset",
            _("Who rates higher or lower than the others"),
            [value_of(one.name, one.offset) for one in people],
            axis=_("levels above or below the others on the same items"),
            form=signed(),
            references=[Reference(0, "")],
        ),
        dots(
            "agreement",
            _("Who agrees with the others"),
            [value_of(one.name, one.agreement) for one in people],
            axis=_("weighted kappa with the others on the same items"),
            form=TWO,
            references=[Reference(0, _("chance"))],
        ),
    ]


CSV_COLUMNS = (
    "name", "tasks", "ratings", "offset", "offset_low", "offset_high", "kappa_others", "kappa_low", "kappa_high",
    "repeats", "kappa_itself", "gold_tasks", "gold_kappa", "median_task_seconds", "active_hours", "straight_tasks",
    "straight_share", "straight_share_by_chance", "longest_run", "texts", "texts_alike", "model_dissents", "signs",
)  # fmt: skip


def _cells(one: Annotator, signs: list[str]) -> list[Cell]:
    return [
        one.name, one.submissions, one.ratings,
        one.offset.value, one.offset.low, one.offset.high,
        one.agreement.value, one.agreement.low, one.agreement.high,
        one.itself.tasks if one.itself else 0, one.itself.kappa if one.itself else None,
        one.gold.items if one.gold else 0, one.gold.kappa if one.gold else None,
        None if one.pace_ms is None else round(one.pace_ms / 1000, 1), round(one.active_ms / 3_600_000, 3),
        one.straight.tasks, one.straight.share, one.straight.by_chance, one.straight.longest,
        one.texts.texts, one.texts.alike, len(one.dissents), " ".join(signs),
    ]  # fmt: skip
