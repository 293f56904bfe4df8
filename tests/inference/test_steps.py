from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.steps import join_steps, split_steps

ROUGH = st.text(alphabet="ab \t\r\n\u3000", max_size=40)
CLEAN_STEP = st.from_regex(re.compile(r"[a-z ]*[a-z][a-z ]*(\n[a-z]+)*", re.ASCII), fullmatch=True)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("", []),
        (" \n\t\n", []),
        ("one", ["one"]),
        ("one\ntwo", ["one\ntwo"]),
        ("one\n\ntwo", ["one", "two"]),
        ("\n\none\n\n   \n\n\ttwo  \n", ["one", "\ttwo  \n"]),
        ("one\n\n\ntwo\n \nthree", ["one", "\ntwo\n \nthree"]),
        ("one\r\n\r\ntwo\n\nthree", ["one\r\n\r\ntwo", "three"]),
    ],
)
def test_a_step_is_a_part_that_is_not_blank(text: str, steps: list[str]) -> None:
    assert split_steps(text) == steps


@given(st.lists(CLEAN_STEP, min_size=1))
def test_clean_text_is_split_as_published(steps: list[str]) -> None:
    text = "\n\n".join(steps)

    assert split_steps(text) == text.split("\n\n")


@given(st.one_of(ROUGH, st.text()))
def test_splitting_loses_nothing_but_blank_lines(text: str) -> None:
    steps = split_steps(text)

    assert all(step.strip() for step in steps)
    assert "".join("".join(steps).split()) == "".join(text.split())


@given(st.lists(CLEAN_STEP), st.none() | st.integers(1, 20))
def test_joined_steps_are_few_enough_and_cover_every_step_once(
    steps: list[str], max_steps: int | None
) -> None:
    joined = join_steps(steps, max_steps)

    assert len(joined) <= (len(steps) if max_steps is None else max_steps)
    assert [n for step in joined for n in range(step.first, step.last + 1)] == list(range(len(steps)))
    assert all(step.text == "\n\n".join(steps[step.first : step.last + 1]) for step in joined)


def test_thirty_steps_at_twelve_make_ten_as_published() -> None:
    joined = join_steps(["x"] * 30, 12)

    assert len(joined) == 10
    assert (joined[-1].first, joined[-1].last) == (27, 29)
