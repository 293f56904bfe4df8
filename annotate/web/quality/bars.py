"""Plots made of bars: how often each level was given, row by row; and how a number is spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from django.utils.translation import gettext as _

from annotate.web.quality.axes import TWO, WHOLE, Form, Tick, named, percent, scale
from annotate.web.quality.plots import Plot, Reference

SHADES = 7
# From this share of the width on a segment has room for what it stands for.
_ROOM = 8


@dataclass(frozen=True, slots=True)
class Parts:
    """A row of a stacked bar: how often each level was given."""

    label: str
    counts: Sequence[int]


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a stacked bar, in per cent of it; ``shade`` grows with the level, 0 to 6."""

    x: float
    width: float
    shade: int
    level: str
    words: str
    has_room: bool


@dataclass(frozen=True, slots=True)
class Stack:
    """A row: its name, how many there are in all, and its parts."""

    label: str
    total: int
    segments: Sequence[Segment]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackedPlot(Plot):
    """Bars of the same length, each split by level in the levels' order."""

    template: ClassVar[str] = "plots/_stacked.html"
    stacks: Sequence[Stack]
    levels: Sequence[tuple[int, str]]


def stacked(
    key: str, title: str, rows: Sequence[Parts], levels: Sequence[str], *, summary: str = ""
) -> StackedPlot:
    """Return one bar a row, split by level; each row has as many counts as there are levels."""
    shades = [round(number * (SHADES - 1) / max(1, len(levels) - 1)) for number in range(len(levels))]
    return StackedPlot(
        key=key,
        title=title,
        summary=summary or _prevailing(rows, levels),
        columns=[_("Row"), *levels, _("Number")],
        numbers=[[one.label, *one.counts, sum(one.counts)] for one in rows],
        form=WHOLE,
        stacks=[Stack(one.label, sum(one.counts), _segments(one, levels, shades)) for one in rows],
        levels=list(zip(shades, levels, strict=True)),
    )


def _segments(row: Parts, levels: Sequence[str], shades: Sequence[int]) -> list[Segment]:
    total = sum(row.counts) or 1
    found, x = [], 0.0
    for level, shade, count in zip(levels, shades, row.counts, strict=True):
        width = 100 * count / total
        words = f"{level}: {percent(count / total)} ({count:,})"
        if count:
            found.append(Segment(round(x, 3), round(width, 3), shade, level, words, width >= _ROOM))
        x += width
    return found


def _prevailing(rows: Sequence[Parts], levels: Sequence[str]) -> str:
    """Return what is given most often in each row, in words."""
    known = [one for one in rows if sum(one.counts)]
    if not known:
        return _("Nothing is defined yet.")
    said = [
        _("%(row)s mostly %(level)s (%(share)s)")
        % {
            "row": one.label,
            "level": levels[one.counts.index(max(one.counts))],
            "share": percent(max(one.counts) / sum(one.counts)),
        }
        for one in known
    ]
    return "; ".join(said) + "."


@dataclass(frozen=True, slots=True)
class Column:
    """A bar of a histogram: its place and height in per cent, and what it says."""

    x: float
    width: float
    y: float
    height: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram(Plot):
    """How many cases lie in each stretch of a number, or belong to each thing that has an order."""

    template: ClassVar[str] = "plots/_histogram.html"
    axis: str
    bars: Sequence[Column]
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    references: Sequence[Tick]


def histogram(  # noqa: PLR0913 - by name, and most may be left out
    key: str,
    title: str,
    edges: Sequence[float],
    counts: Sequence[int],
    *,
    axis: str,
    form: Form = TWO,
    references: Sequence[Reference] = (),
    summary: str = "",
) -> Histogram:
    """Return a bar for each stretch between two edges: one count less than edges. Edges rise."""
    across = scale([], edges[0], edges[-1])
    names = [f"{form(low)}–{form(high)}" for low, high in pairwise(edges)]
    places = [(across.at(low), across.at(high)) for low, high in pairwise(edges)]
    return _bars(
        key,
        title,
        names,
        counts,
        places,
        axis=axis,
        form=WHOLE,
        summary=summary,
        x_ticks=across.ticks(form),
        references=[Tick(across.at(one.value), f"{one.label} {form(one.value)}") for one in references],
    )


def columns(  # noqa: PLR0913 - as above
    key: str,
    title: str,
    rows: Sequence[tuple[str, float]],
    *,
    axis: str,
    form: Form = WHOLE,
    summary: str = "",
) -> Histogram:
    """Return a bar for each (name, number) in order: days, turns, batches. Numbers are 0 or more."""
    places = [(100 * (n + 0.1) / len(rows), 100 * (n + 0.9) / len(rows)) for n in range(len(rows))]
    names = [name for name, _number in rows]
    return _bars(
        key,
        title,
        names,
        [number for _name, number in rows],
        places,
        axis=axis,
        form=form,
        summary=summary,
        x_ticks=[one for one in named(names) if one.label] if rows else [],
        references=[],
    )


def _bars(  # noqa: PLR0913 - as above
    key: str,
    title: str,
    names: Sequence[str],
    numbers: Sequence[float],
    places: Sequence[tuple[float, float]],
    *,
    axis: str,
    form: Form,
    summary: str,
    x_ticks: Sequence[Tick],
    references: Sequence[Tick],
) -> Histogram:
    up = scale(numbers, low=0)
    return Histogram(
        key=key,
        title=title,
        summary=summary or _highest(names, numbers, form),
        columns=["", axis],
        numbers=[[name, number] for name, number in zip(names, numbers, strict=True)],
        form=form,
        axis=axis,
        bars=[
            Column(
                round(low, 3),
                round(high - low, 3),
                100 - up.at(number),
                up.at(number),
                f"{name}: {form(number)}",
            )
            for name, number, (low, high) in zip(names, numbers, places, strict=True)
        ],
        x_ticks=x_ticks,
        y_ticks=[Tick(100 - one.at, one.label) for one in up.ticks(form, 4)],
        references=references,
    )


def _highest(names: Sequence[str], numbers: Sequence[float], form: Form) -> str:
    if not any(numbers):
        return _("Nothing yet.")
    most = max(range(len(numbers)), key=numbers.__getitem__)
    return _("Most at %(name)s: %(number)s.") % {"name": names[most], "number": form(numbers[most])}
