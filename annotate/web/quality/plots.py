"""Plots drawn by the server as SVG: what they show, and where it stands. templates/plots draws them.

A plot takes plain rows. Across, places are in per cent of the width, so that words keep their size and a plot
fits any screen; there is no style and no script in it. Whatever is drawn is also a sentence, and a table below
it and as CSV: `page` answers with a page of plots, or with the numbers of the one that ``?csv=KEY`` names.

Rows of dots are here, lines in `curves`, bars in `bars`.

    plots = [dots("alpha", _("Alpha by dimension"), rows, axis=_("alpha"), low=0, high=1)]
    return page(request, "managing/agreement.html", {"project": project}, plots)
    {% include "plots/plot.html" with plot=plots.alpha %}

A value that is not defined is None and has its reason: it is drawn as a gap with the reason in words.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from annotate.web.managers.people import harmless
from annotate.web.quality.axes import TWO, Form, Scale, Tick, scale

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Value:
    """A number with its 95 % interval; or None and why. ``label`` is its row, turn or day; ``n`` what it rests on."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    why: str = ""
    note: str = ""
    series: int = 0


@dataclass(frozen=True, slots=True)
class Reference:
    """A number to compare with: a chance level, a limit, a published figure."""

    value: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """What every plot has: its key in address and page, what it shows in words, and its numbers as a table."""

    template: ClassVar[str]
    key: str
    title: str
    summary: str
    columns: Sequence[str]
    numbers: Sequence[Sequence[Cell]]
    form: Form
    legend: Sequence[str] = ()

    @property
    def table(self) -> list[list[tuple[str, bool]]]:
        """The numbers as they are written in the table, and whether each is a number."""
        return [
            [(written(cell, self.form), not isinstance(cell, str)) for cell in row] for row in self.numbers
        ]


def written(cell: Cell, form: Form) -> str:
    """Return a cell as the table shows it: counts whole, other numbers in the plot's form, a dash for none."""
    if cell is None:
        return "–"
    if isinstance(cell, float):
        return form(cell)
    return f"{cell:,}" if isinstance(cell, int) else cell


@dataclass(frozen=True, slots=True)
class Dot:
    """A row as it is drawn: the value and the ends of its interval in per cent, and all of it in words."""

    value: Value
    words: str
    at: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DotPlot(Plot):
    """Rows with a dot and an interval each on one axis, and lines of reference through all of them."""

    template: ClassVar[str] = "plots/_dots.html"
    axis: str
    rows: Sequence[Dot]
    ticks: Sequence[Tick]
    references: Sequence[Tick]


def dots(  # noqa: PLR0913 - by name, and most may be left out
    key: str,
    title: str,
    rows: Sequence[Value],
    *,
    axis: str,
    form: Form = TWO,
    low: float | None = None,
    high: float | None = None,
    references: Sequence[Reference] = (),
    legend: Sequence[str] = (),
    summary: str = "",
) -> DotPlot:
    """Return rows of dots with intervals; ``low`` and ``high`` fix the axis, ``legend`` names the series."""
    across = held(rows, references, low, high)
    return DotPlot(
        key=key,
        title=title,
        summary=summary or extremes(rows, form),
        columns=[_("Row"), *([_("Series")] if legend else []), *interval_columns(axis)],
        numbers=[
            [one.label, *([legend[one.series]] if legend else []), *interval_cells(one)] for one in rows
        ],
        form=form,
        legend=legend,
        axis=axis,
        rows=[
            Dot(
                one,
                in_words(one, form),
                *(None if number is None else across.at(number) for number in (one.value, one.low, one.high)),
            )
            for one in rows
        ],
        ticks=across.ticks(form),
        references=lines_at(across, references, form),
    )


def interval_columns(axis: str) -> list[str]:
    """Return the headings of a value with its interval."""
    return [axis, _("from"), _("to"), _("Number"), _("Reason")]


def interval_cells(one: Value) -> list[Cell]:
    """Return what stands below them."""
    return [one.value, one.low, one.high, one.n, one.why]


def in_words(one: Value, form: Form) -> str:
    """Return a value with its interval, or why there is none."""
    if one.value is None:
        return one.why
    if one.low is None or one.high is None:
        return form(one.value)
    return _("%(value)s (%(low)s to %(high)s)") % {
        "value": form(one.value),
        "low": form(one.low),
        "high": form(one.high),
    }


def extremes(rows: Sequence[Value], form: Form) -> str:
    """Return the sentence that says between which two all values lie."""
    known = [one for one in rows if one.value is not None]
    if not known:
        return _("Nothing is defined yet.")
    least = min(known, key=lambda one: one.value or 0)
    most = max(known, key=lambda one: one.value or 0)
    words = {
        "least": least.label,
        "low": form(least.value or 0),
        "most": most.label,
        "high": form(most.value or 0),
        "gaps": len(rows) - len(known),
    }
    if least is most and not words["gaps"]:
        return _("%(most)s: %(high)s.") % words
    if not words["gaps"]:
        return _("From %(low)s (%(least)s) to %(high)s (%(most)s).") % words
    return _("From %(low)s (%(least)s) to %(high)s (%(most)s); %(gaps)s not defined.") % words


def page(
    request: HttpRequest, template: str, context: dict[str, Any], plots: Sequence[Plot], *, name: str = ""
) -> HttpResponse:
    """Answer with the page, its plots by key in ``plots``; or with the CSV of the plot that the address asks for.

    ``name`` goes before the key in the file's name. A key that no plot has is a 404.
    """
    by_key = {one.key: one for one in plots}
    if "csv" not in request.GET:
        return render(request, template, {**context, "plots": by_key})
    plot = by_key.get(request.GET["csv"])
    if plot is None:
        raise Http404
    return as_csv(f"{name}-{plot.key}" if name else plot.key, plot.columns, plot.numbers)


def as_csv(name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponse:
    """Answer with a table as CSV, numbers in full; the byte order mark tells spreadsheets that it is UTF-8."""
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    writer = csv.writer(answer)
    writer.writerow(columns)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return answer


def held(
    values: Sequence[Value], references: Sequence[Reference], low: float | None, high: float | None
) -> Scale:
    """Return a scale that has room for values, intervals and references."""
    shown = [number for one in values for number in (one.value, one.low, one.high)]
    return scale([*shown, *(one.value for one in references)], low, high)


def lines_at(across: Scale, references: Sequence[Reference], form: Form) -> list[Tick]:
    """Return where the references stand, each with its name and number."""
    return [Tick(across.at(one.value), f"{one.label} {form(one.value)}") for one in references]
