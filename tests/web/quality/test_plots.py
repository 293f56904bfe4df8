from __future__ import annotations

import math
import re

import pytest
from django.http import Http404
from django.template.loader import render_to_string
from django.test import RequestFactory
from hypothesis import example, given
from hypothesis import strategies as st

from annotate.web.quality.axes import TWO, Scale, named, percent, scale, signed
from annotate.web.quality.bars import Parts, columns, histogram, stacked
from annotate.web.quality.curves import Bin, Series, curve, reliability
from annotate.web.quality.plots import Plot, Reference, Value, dots, page

ROWS = [
    Value("Text quality", 0.5, 0.25, 0.75, n=40),
    Value("Style", None, why="not defined, because everybody gave the same value"),
]
PLOTS: list[Plot] = [
    dots("a", "A", ROWS, axis="alpha", low=0, high=1, references=[Reference(0.6, "reliable")]),
    curve("b", "B", [Series("rm", ROWS), Series("prm", ROWS)], axis="accuracy"),
    reliability("c", "C", [Bin(0.2, 0.3, 50, 0.2, 0.4)]),
    stacked("d", "D", [Parts("x", [1, 3])], ["0", "1"]),
    histogram("e", "E", [0, 1, 2], [3, 4], axis="tasks"),
    columns("f", "F", [("Monday", 2), ("Tuesday", 0)], axis="tasks"),
    dots("g", "G", [], axis="alpha"),
    curve("h", "H", [], axis="accuracy"),
    reliability("i", "I", []),
    stacked("j", "J", [], ["0", "1"]),
    columns("k", "K", [], axis="tasks"),
]


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1))
@example([5e-324])
@example([0.0, 5e-324])
def test_a_scale_holds_every_value_between_round_marks(values: list[float]) -> None:
    made = scale(values)

    slack = 1e-6 * max(1.0, *(abs(one) for one in values))
    assert made.low <= min(values) + slack
    assert made.high >= max(values) - slack
    places = [one.at for one in made.ticks(TWO)]
    assert 1 <= len(places) <= 8
    assert places == sorted(places)


def test_a_scale_keeps_the_ends_it_is_given() -> None:
    made = scale([0.3, 0.4], low=0, high=1)

    assert made == Scale(0, 1)
    assert [(one.at, one.label) for one in made.ticks(percent)][:2] == [(0, "0 %"), (20, "20 %")]
    assert made.at(-5) == 0
    assert made.at(7) == 100


def test_numbers_are_written_with_a_true_minus_and_no_sign_on_zero() -> None:
    assert [TWO(-0.5), percent(0.256), signed()(0.1), signed()(-0.001)] == ["−0.50", "26 %", "+0.10", "0.00"]


def test_a_dot_and_its_interval_stand_in_per_cent_and_a_gap_says_why() -> None:
    plot = dots("a", "A", ROWS, axis="alpha", low=0, high=1, references=[Reference(0.6, "reliable")])
    first, gap = plot.rows

    assert (first.at, first.low, first.high, first.words) == (50, 25, 75, "0.50 (0.25 to 0.75)")
    assert (gap.at, gap.words) == (None, "not defined, because everybody gave the same value")
    assert [(one.at, one.label) for one in plot.references] == [(60, "reliable 0.60")]
    assert plot.summary == "From 0.50 (Text quality) to 0.50 (Text quality); 1 not defined."


def test_a_line_breaks_where_it_is_not_defined() -> None:
    values = [Value(str(turn), None if turn == 3 else 0.5, 0.4, 0.6, why="too few") for turn in range(1, 6)]
    plot = curve("b", "B", [Series("rm", values)], axis="accuracy", low=0, high=1)
    (line,) = plot.lines

    assert line.stretches == ["10.000,50.000 30.000,50.000", "70.000,50.000 90.000,50.000"]
    assert line.bands[0] == "10.000,40.000 30.000,40.000 30.000,60.000 10.000,60.000"
    assert [(one.x, one.y, one.low, one.high) for one in line.marks[:1]] == [(10, 50, 60, 40)]
    assert [(one.x, one.label, one.why) for one in plot.gaps] == [(50, "3", "too few")]


def test_long_names_below_a_plot_leave_one_another_room() -> None:
    days = [f"2026-11-{day:02}" for day in range(1, 31)]

    assert sum(bool(one.label) for one in named(days)) <= 4
    assert all(one.label for one in named(["1", "2", "3"]))


def test_a_reliability_diagram_has_its_points_and_counts() -> None:
    plot = reliability("c", "C", [Bin(0.2, 0.3, 50, 0.2, 0.4), Bin(0.8, 0.8, 100)])

    assert [(one.x, one.y, one.low, one.high) for one in plot.points] == [
        (20, 70, 80, 60),
        (80, 20, None, None),
    ]
    assert plot.counts == [(20, 94), (80, 88)]
    assert "2 bins of 150 cases; on average 0.03 away" in plot.summary


def test_the_parts_of_a_stacked_bar_fill_it_in_order() -> None:
    (stack,) = stacked("d", "D", [Parts("x", [1, 0, 3])], ["0", "1", "2"]).stacks

    assert stack.total == 4
    assert [(one.x, one.width, one.shade) for one in stack.segments] == [(0, 25, 0), (25, 75, 6)]


def test_bars_begin_at_zero_and_are_as_high_as_their_number() -> None:
    low, high = histogram("e", "E", [0, 5, 10], [2, 4], axis="tasks").bars

    assert (low.x, low.width, low.y, low.height) == (0, 50, 50, 50)
    assert (high.x, high.height) == (50, 100)


@pytest.mark.parametrize("plot", PLOTS, ids=lambda one: one.key)
def test_every_kind_is_a_picture_with_a_name_a_sentence_and_its_numbers(plot: Plot) -> None:
    html = render_to_string("plots/plot.html", {"plot": plot}, RequestFactory().get("/x?turn=2"))

    assert 'role="img"' in html
    assert plot.summary in html
    assert f'href="?turn=2&amp;csv={plot.key}"' in html
    assert html.count("<tr>") == 1 + len(plot.numbers)
    assert "style=" not in html
    places = [float(one) for one in re.findall(r'="(-?[\d.]+)%"', html)]
    assert all(math.isfinite(one) and -0.01 <= one <= 100.01 for one in places)


def test_the_numbers_of_a_plot_come_as_csv_in_full_and_harmless() -> None:
    plot = dots("a", "A", [Value("=1+1", 1 / 3)], axis="alpha")
    answer = page(RequestFactory().get("/x?csv=a"), "none.html", {}, [plot], name="p")

    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "Row,alpha,from,to,Number,Reason"
    assert lines[1] == "'=1+1,0.3333333333333333,,,,"
    assert 'filename="p-a.csv"' in answer["Content-Disposition"]


def test_numbers_of_no_plot_are_not_there() -> None:
    with pytest.raises(Http404):
        page(RequestFactory().get("/x?csv=b"), "none.html", {}, [PLOTS[0]])
