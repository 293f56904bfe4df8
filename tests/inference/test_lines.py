from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.lines import format_item, format_result, parse_line, parse_row
from inference.types import Image, Item, ItemError, Message, Result, StepScore, Text

FOLDER = Path("somewhere")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
PART = st.fixed_dictionaries({"type": st.sampled_from(["text", "image", 3]), "text": JSON, "image": JSON})
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "x"]), "content": JSON | st.lists(PART)}
)
ROW = st.fixed_dictionaries(
    {"id": JSON, "messages": JSON | st.lists(MESSAGE), "steps": JSON, "max_steps": JSON}
)


def refusal(row: object) -> ItemError:
    result = parse_line(json.dumps(row).encode(), folder=FOLDER)
    assert isinstance(result, Result)
    assert result.error
    return result.error


def row(**fields: object) -> dict[str, object]:
    messages = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
    return {"id": "r", "messages": messages, **fields}


def with_part(**part: object) -> dict[str, object]:
    return row(messages=[{"role": "user", "content": [{"type": "text", "text": "q"}, part]}])


def test_a_full_line_is_read_whole() -> None:
    content = [{"type": "image", "image": "a/b.png", "max_tiles": 6, "min_pixels": 1, "max_pixels": 9}]
    line = row(id=7, messages=[{"role": "user", "content": content}], steps=["s"], max_steps=12, extra=True)

    assert parse_line(json.dumps(line).encode(), folder=FOLDER) == Item(
        id=7,
        messages=(
            Message("user", (Image(source=FOLDER / "a/b.png", max_tiles=6, min_pixels=1, max_pixels=9),)),
        ),
        steps=("s",),
        max_steps=12,
    )


def test_a_plain_string_is_a_text_and_absent_options_are_left_to_the_scorer() -> None:
    item = parse_line(json.dumps(row()).encode(), folder=FOLDER)

    assert isinstance(item, Item)
    assert item.messages[0].content == (Text("q"),)
    assert (item.steps, item.max_steps) == (None, "default")


def test_null_for_max_steps_is_not_the_default() -> None:
    item = parse_line(json.dumps(row(max_steps=None)).encode(), folder=FOLDER)

    assert isinstance(item, Item)
    assert item.max_steps is None


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        (b"{", "is not JSON: Expecting property name"),
        (b'{"id": "\xff"}', "byte 8 is not UTF-8"),
        (b"[" * 100_000, "is nested too deeply"),
        (b"9" * 5_000, "is not usable JSON"),
        (b"[]", "the line: must be an object, not a list"),
    ],
)
def test_what_is_no_json_object_is_refused_with_its_reason(line: bytes, detail: str) -> None:
    result = parse_line(line, folder=FOLDER)

    assert isinstance(result, Result)
    assert result.id is None
    assert result.error
    assert result.error.code == "bad_json"
    assert result.error.detail.startswith(detail)


@pytest.mark.parametrize("bad", [None, True, 1.5, [], "a\0", "\ud800"])
def test_an_id_is_a_clean_string_or_a_whole_number(bad: object) -> None:
    assert refusal(row(id=bad)).code == "bad_id"


@pytest.mark.parametrize(
    ("bad", "detail"),
    [
        (row(messages="hi"), "messages: must be a list, not a string"),
        (row(messages=[1]), "messages[0]: must be an object, not a number"),
        (
            row(messages=[{"role": "bot"}]),
            "messages[0].role: must be one of system, user, assistant, not 'bot'",
        ),
        (row(messages=[{"role": "user"}]), "messages[0].content: must be a list, not null"),
        (with_part(type="audio"), 'messages[0].content[1].type: must be "text" or "image"'),
        (with_part(type="text"), "messages[0].content[1].text: must be a string, not null"),
        (with_part(type="image", image=""), "messages[0].content[1].image: must name a file"),
        (
            with_part(type="image", image="a\0"),
            "messages[0].content[1].image: character 1 is U+0000; remove it",
        ),
        (
            with_part(type="image", image="a", max_tiles=0),
            "messages[0].content[1].max_tiles: must be a whole number from 1",
        ),
        (
            with_part(type="image", image="a", min_pixels=9, max_pixels=8),
            "messages[0].content[1]: min_pixels must not be above max_pixels",
        ),
        (row(steps=["a", 1]), "steps[1]: must be a string, not a number"),
        (row(max_steps=True), "max_steps: must be a whole number from 1"),
    ],
)
def test_a_wrong_field_is_refused_by_its_place(bad: dict[str, object], detail: str) -> None:
    assert refusal(bad) == ItemError("bad_field", detail)


@given(st.binary() | ROW.map(lambda row: json.dumps(row).encode()))
def test_no_line_raises(line: bytes) -> None:
    read = parse_line(line, folder=FOLDER)

    assert isinstance(read, Item) or json.loads(format_result(read))["error"]["code"].startswith("bad_")


ITEM = st.builds(
    Item,
    id=st.integers() | st.uuids().map(str),
    messages=st.lists(
        st.builds(
            Message,
            st.sampled_from(["system", "user", "assistant"]),
            st.lists(
                st.builds(Text, st.text()) | st.builds(Image, source=st.binary(), max_tiles=st.just(3)),
                max_size=2,
            ).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
    steps=st.none() | st.lists(st.text(), max_size=2).map(tuple),
    max_steps=st.none() | st.just(2) | st.just("default"),
)


@given(ITEM)
def test_an_item_for_another_machine_is_one_line_that_reads_as_the_item(item: Item) -> None:
    line = format_item(item)

    assert line.count("\n") == 1
    assert parse_row(json.loads(line)) == item


def test_an_image_file_travels_as_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\0png")
    item = Item(id=1, messages=(Message("user", (Image(source=tmp_path / "a.png", min_pixels=9),)),))

    assert json.loads(format_item(item))["messages"][0]["content"] == [
        {"type": "image", "data": "AHBuZw==", "min_pixels": 9}
    ]


@pytest.mark.parametrize("part", [{"image": "/etc/passwd"}, {"data": "a"}, {"data": "a b="}, {"data": "ä"}])
def test_an_image_from_another_machine_is_base64_and_never_a_path(part: dict[str, object]) -> None:
    result = parse_row(with_part(type="image", **part))

    assert isinstance(result, Result)
    assert result.error
    assert result.error.detail.startswith("messages[0].content[1].data: ")


def test_a_result_is_one_line_with_every_key() -> None:
    step = StepScore(text="a\nb", score=0.5, first=0, last=1)
    line = format_result(Result(id="r", value=1.0, steps=(step,), tokens=3, image_budget=(4, (1, 2, 3))))

    assert line.endswith("\n")
    assert json.loads(line) == {
        "id": "r",
        "value": 1.0,
        "steps": [{"text": "a\nb", "score": 0.5}],
        "tokens": 3,
        "image_budget": [4, [1, 2, 3]],
        "error": None,
    }
    assert line.count("\n") == 1


def test_dimensions_are_written_where_there_are_some() -> None:
    line = format_result(Result(id=1, value=1.0, dimensions={"helpfulness": 2.0}))

    assert json.loads(line)["dimensions"] == {"helpfulness": 2.0}
