"""Plots with two axes: lines with bands over whatever has an order, and what was predicted against what came about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _

from annotate.web.quality.axes import TWO, Form, Scale, Tick, named, plain
from annotate.web.quality.plots import (
    Plot,
    Reference,
    Value,
    extremes,
    held,
    in_words,
    interval_cells,
    interval_columns,
    lines_at,
)

# Marks and colours there are for the lines of one plot; see static/plots.css and plots/_mark.html.
SERIES = 5


@dataclass(frozen=True, slots=True)
class Series:
    """A line: its name, and its values in order; all lines of a plot have the same labels."""

    name: str
    values: Sequence[Value]


@dataclass(frozen=True, slots=True)
class Bin:
    """Cases with like predictions: the mean prediction, the observed share with its interval, how many."""

    predicted: float
    observed: float
    count: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of a line: its place and that of its interval, and what it says."""

    x: float
    y: float
    low: float | None
    high: float | None
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is drawn: unbroken stretches of points and of its band, and its marks."""

    series: int
    name: str
    stretches: Sequence[str]
    bands: Sequence[str]
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Gap:
    """A place where a line is not defined, and why."""

    x: float
    label: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePlot(Plot):
    """Lines with bands over turns, days or whatever has an order."""

    template: ClassVar[str] = "plots/_curve.html"
    axis: str
    lines: Sequence[Line]
    gaps: Sequence[Gap]
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    references: Sequence[Tick]


def curve(  # noqa: PLR0913 - as above
    key: str,
    title: str,
    lines: Sequence[Series],
    *,
    axis: str,
    form: Form = TWO,
    low: float | None = None,
    high: float | None = None,
    references: Sequence[Reference] = (),
    summary: str = "",
) -> CurvePlot:
    """Return lines with bands; the labels of the first line's values are the marks below."""
    values = [one for line in lines for one in line.values]
    up = held(values, references, low, high)
    columns = named([one.label for one in lines[0].values]) if lines and lines[0].values else []
    return CurvePlot(
        key=key,
        title=title,
        summary=summary or extremes(values, form),
        columns=["", _("Series"), *interval_columns(axis)],
        numbers=[[one.label, line.name, *interval_cells(one)] for line in lines for one in line.values],
        form=form,
        legend=[line.name for line in lines] if len(lines) > 1 else (),
        axis=axis,
        lines=[_line(number, one, columns, up, form) for number, one in enumerate(lines)],
        gaps=[
            Gap(place.at, f"{line.name}, {one.label}" if len(lines) > 1 else one.label, one.why)
            for line in lines
            for place, one in zip(columns, line.values, strict=True)
            if one.value is None
        ],
        x_ticks=[one for one in columns if one.label],
        y_ticks=[Tick(100 - one.at, one.label) for one in up.ticks(form)],
        references=[Tick(100 - one.at, one.label) for one in lines_at(up, references, form)],
    )


def _line(number: int, line: Series, columns: Sequence[Tick], up: Scale, form: Form) -> Line:
    stretches: list[list[Mark]] = [[]]
    for place, one in zip(columns, line.values, strict=True):
        if one.value is None:
            stretches.append([])
            continue
        words = f"{line.name}, {one.label}: {in_words(one, form)}"
        stretches[-1].append(
            Mark(place.at, 100 - up.at(one.value), _down(up, one.low), _down(up, one.high), words)
        )
    return Line(
        series=number % SERIES,
        name=line.name,
        stretches=[_points((one.x, one.y) for one in marks) for marks in stretches if len(marks) > 1],
        bands=[
            _band(marks)
            for marks in stretches
            if len(marks) > 1 and all(one.low is not None for one in marks)
        ],
        marks=[one for marks in stretches for one in marks],
    )


def _band(marks: Sequence[Mark]) -> str:
    there = [(one.x, one.high or 0.0) for one in marks]
    return _points(there + [(one.x, one.low or 0.0) for one in reversed(marks)])


def _points(places: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:.3f},{y:.3f}" for x, y in places)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityPlot(Plot):
    """What was predicted against what came about; on the diagonal both are the same."""

    template: ClassVar[str] = "plots/_reliability.html"
    points: Sequence[Mark]
    counts: Sequence[tuple[float, float]]  # where each bin stands, and the top of its bar at the bottom
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]


def reliability(key: str, title: str, bins: Sequence[Bin], *, summary: str = "") -> ReliabilityPlot:
    """Return the reliability diagram of bins, both axes from 0 to 1."""
    whole = Scale(0, 1)
    most = max((one.count for one in bins), default=1) or 1
    cases = sum(one.count for one in bins)
    gap = sum(one.count * abs(one.observed - one.predicted) for one in bins) / cases if cases else 0.0
    words = {"bins": len(bins), "cases": f"{cases:,}", "gap": TWO(gap)}
    made = _("%(bins)s bins of %(cases)s cases; on average %(gap)s away from the diagonal.") % words
    return ReliabilityPlot(
        key=key,
        title=title,
        summary=summary or (made if cases else _("Nothing is defined yet.")),
        columns=[_("Bin"), _("Predicted"), _("Observed"), _("from"), _("to"), _("Number")],
        numbers=[
            [str(number), one.predicted, one.observed, one.low, one.high, one.count]
            for number, one in enumerate(bins, 1)
        ],
        form=plain(),
        points=[
            Mark(
                whole.at(one.predicted),
                100 - whole.at(one.observed),
                _down(whole, one.low),
                _down(whole, one.high),
                _("predicted %(predicted)s, observed %(observed)s, %(count)s cases")
                % {
                    "predicted": TWO(one.predicted),
                    "observed": TWO(one.observed),
                    "count": f"{one.count:,}",
                },
            )
            for one in bins
        ],
        counts=[(whole.at(one.predicted), round(100 - 12 * one.count / most, 3)) for one in bins],
        x_ticks=whole.ticks(plain(1)),
        y_ticks=[Tick(100 - one.at, one.label) for one in whole.ticks(plain(1))],
    )


def _down(up: Scale, value: float | None) -> float | None:
    return None if value is None else round(100 - up.at(value), 3)
