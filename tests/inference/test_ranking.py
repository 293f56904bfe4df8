from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.ranking import Candidates, format_ranking, parse_candidates, rank
from inference.types import Image, Item, ItemError, Message, Result, Text

FOLDER = Path("somewhere")
ASKED = [{"role": "user", "content": "Why?"}]


def parse(**fields: object) -> Candidates:
    line = json.dumps({"id": "q", "messages": ASKED, "responses": ["a", "b"], **fields})
    return parse_candidates(line.encode(), folder=FOLDER, number=7)


def ranked(*values: float | None) -> dict[str, object]:
    candidates = parse(responses=["a"] * len(values))
    failure = ItemError("too_long", "is too long")
    results = [Result(id=None, value=one, error=failure if one is None else None) for one in values]
    row: dict[str, object] = json.loads(format_ranking(rank(candidates, results)))
    return row


def test_every_response_becomes_an_item_with_the_same_history() -> None:
    picture = [{"type": "image", "image": "b.png", "max_tiles": 2}]
    candidates = parse(responses=["a", picture], max_steps=None)

    asked = Message("user", (Text("Why?"),))
    assert candidates.items == (
        Item(id="q/0", messages=(asked, Message("assistant", (Text("a"),))), max_steps=None),
        Item(
            id="q/1",
            messages=(asked, Message("assistant", (Image(source=FOLDER / "b.png", max_tiles=2),))),
            max_steps=None,
        ),
    )
    assert parse().items[0].max_steps == "default"


def test_the_best_comes_first_and_equal_ones_keep_their_order() -> None:
    assert ranked(1.0, 3.0, 1.0, 3.0, 2.0) == {
        "id": "q",
        "ranking": [1, 3, 4, 0, 2],
        "values": [1.0, 3.0, 1.0, 3.0, 2.0],
        "errors": [None] * 5,
        "best": 1,
        "error": None,
    }


def test_a_response_that_cannot_be_scored_has_its_error_and_no_place() -> None:
    row = ranked(1.0, None, 2.0)

    assert (row["ranking"], row["values"], row["best"]) == ([2, 0], [1.0, None, 2.0], 2)
    assert row["errors"] == [
        None,
        {"code": "too_long", "detail": "line 7: responses[1]: is too long"},
        None,
    ]


def test_zero_is_a_value() -> None:
    assert ranked(0.0, -1.0)["best"] == 0


def test_without_a_score_there_is_no_best() -> None:
    row = ranked(None, None)

    assert (row["ranking"], row["best"], row["error"]) == ([], None, None)


def test_a_response_that_cannot_be_read_harms_no_other() -> None:
    candidates = parse(responses=["a", 3, "c"])
    ranking = rank(candidates, [Result(id="q/0", value=1.0), Result(id="q/2", value=2.0)])

    assert [item.id for item in candidates.items] == ["q/0", "q/2"]
    assert ranking.ranking == (2, 0)
    assert ranking.errors[1] == ItemError("bad_field", "line 7: responses[1]: must be a list, not a number")


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"responses": []}, "responses: must hold at least one"),
        ({"responses": "a"}, "responses: must be a list, not a string"),
        ({"messages": []}, "messages: the last one must be the user's, whom the responses answer"),
        (
            {"messages": [*ASKED, {"role": "assistant", "content": "a"}]},
            "messages: the last one must be the user's, whom the responses answer",
        ),
        ({"messages": ["hi"]}, "messages[0]: must be an object, not a string"),
        ({"max_steps": 0}, "max_steps: must be a whole number from 1"),
    ],
)
def test_a_line_that_cannot_be_used_says_why(fields: dict[str, object], detail: str) -> None:
    candidates = parse(**fields)

    assert candidates.items == ()
    assert candidates.error == ItemError("bad_field", f"line 7: {detail}")
    assert json.loads(format_ranking(rank(candidates, []))) == {
        "id": "q",
        "ranking": [],
        "values": [],
        "errors": [],
        "best": None,
        "error": {"code": "bad_field", "detail": f"line 7: {detail}"},
    }


@given(st.binary())
def test_no_line_raises(line: bytes) -> None:
    row = json.loads(format_ranking(rank(parse_candidates(line, folder=FOLDER, number=1), [])))

    assert row["error"]["code"].startswith("bad_")
