"""The page that holds the figures of flags has a place for them, and what stands there are whole tables."""

from __future__ import annotations

import re

import pytest

from benchmarks.flagging import BEGIN, END, PAGE, RULES, written


def test_the_figures_stand_between_their_markers_as_whole_tables() -> None:
    page = PAGE.read_text()
    figures = page.split(BEGIN)[1].split(END)[0]
    tables = re.findall(r"(?:^\|.*\|$\n?)+", figures, re.MULTILINE)

    assert page.count(BEGIN) == page.count(END) == 1
    assert len(tables) == 7
    for table in tables:
        columns = {line.count("|") for line in table.strip().splitlines()}
        assert len(columns) == 1, table
    assert all(rule.name in tables[0] for rule in RULES)
    assert "nan" not in figures


def test_writing_replaces_what_stood_there_and_nothing_else() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"

    assert written(page, "new") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert written(written(page, "new"), "new") == written(page, "new")


@pytest.mark.parametrize("page", ["nothing", f"{BEGIN} but no end", f"{BEGIN}{BEGIN}{END}"])
def test_a_page_without_the_markers_is_left_alone(page: str) -> None:
    with pytest.raises(ValueError, match="once each"):
        written(page, "new")
