from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.formats.steps import split_steps


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("a", ["a"]),
        ("a\nb\n\nc", ["a\nb", "c"]),
        ("a\n\n\n\nb", ["a", "b"]),
        ("a\n\n\nb", ["a", "\nb"]),
        ("a\n \t\nb", ["a", "b"]),
        ("a\r\n\r\nb", ["a\r", "b"]),
        ("  a  \n\n", ["  a  "]),
        ("\n\na", ["a"]),
        ("", []),
        (" \n\n ", []),
    ],
)
def test_an_answer_is_split_at_blank_lines(text: str, steps: list[str]) -> None:
    assert split_steps(text) == steps


@given(st.text("ab.\n"))
def test_plain_blank_lines_split_as_the_process_model_splits(text: str) -> None:
    assert split_steps(text) == [part for part in text.split("\n\n") if part.strip()]


@given(st.text("ab \t\r\n"))
def test_no_step_is_blank_and_no_word_is_lost(text: str) -> None:
    steps = split_steps(text)

    assert all(step.strip() for step in steps)
    assert "".join("".join(steps).split()) == "".join(text.split())
