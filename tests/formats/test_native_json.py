from __future__ import annotations

from typing import Any

import pytest

from annotate.formats.native_json import matches, parse_item
from annotate.formats.records import (
    ConversationRecord,
    FormatError,
    ImagePart,
    PathRecord,
    ResponseRecord,
    TextPart,
)


def turn(name: str, parent: str | None = None, candidates: int = 1, **changes: Any) -> dict[str, Any]:
    made = [{"id": f"{name}.{n}", "content": f"Answer {n}"} for n in range(1, candidates + 1)]
    return {"id": name, "parent": parent, "content": "Question", "candidates": made} | changes


def conversation(*turns: object, **changes: Any) -> dict[str, Any]:
    head = {"format": "annotate-conversation", "version": 1, "id": "cake"}
    return head | {"turns": list(turns) or [turn("q")]} | changes


def parse(item: object) -> ConversationRecord:
    return parse_item(item, "line 4")  # type: ignore[arg-type]


def test_every_field_of_a_conversation_is_read() -> None:
    content = [
        {"type": "text", "text": "Look:"},
        {"type": "image", "image": "images/a.png", "caption": "a cake"},
        {"type": "image", "image": None, "caption": "lost"},
        {"type": "image", "image": "b.png"},
    ]
    candidate = {"id": "a", "source_model": "m-7", "content": content, "meta": {"seed": 3}}
    record = parse(
        conversation(
            turn("q", candidates=0, meta={"kind": "seed"}) | {"candidates": [candidate]},
            language="zh-Hans",
            meta={"source": "pilot", "score": 0.5, "checked": True, "gone": None},
            paths=[{"id": "p", "response": "a", "whole": False}],
        )
    )

    assert (record.place, record.external_id, record.language) == ("line 4", "cake", "zh-Hans")
    assert record.meta == {"source": "pilot", "score": 0.5, "checked": True}
    assert record.paths == (PathRecord(response="a", whole=False, external_id="cake/p"),)
    (only,) = record.turns
    assert (only.key, only.external_id, only.parent, only.meta) == ("q", "cake/q", None, {"kind": "seed"})
    assert only.content == (TextPart("Question"),)
    assert only.candidates == (
        ResponseRecord(
            key="a",
            content=(
                TextPart("Look:"),
                ImagePart("images/a.png", "a cake"),
                ImagePart("", "lost"),
                ImagePart("b.png"),
            ),
            external_id="cake/a",
            source_model="m-7",
            meta={"seed": 3},
        ),
    )


def test_a_typed_placeholder_is_text() -> None:
    record = parse(conversation(turn("q", content="a <Image, cake> and ]]")))

    assert record.turns[0].content == (TextPart("a <Image, cake> and ]]"),)


def test_turns_may_follow_any_candidate() -> None:
    record = parse(
        conversation(turn("q", candidates=2), turn("r", "q.2", 3), turn("s", "q.1"), turn("t", "r.3"))
    )

    assert [(one.key, one.parent) for one in record.turns] == [
        ("q", None),
        ("r", "q.2"),
        ("s", "q.1"),
        ("t", "r.3"),
    ]


@pytest.mark.parametrize(
    ("turns", "response"),
    [
        ([turn("q", candidates=2)], "q.1"),
        ([turn("q", candidates=2), turn("r", "q.2", 2)], "r.1"),
        ([turn("q"), turn("r", "q.1"), turn("s", "q.1")], "r.1"),
        ([turn("q"), turn("r", "q.1"), turn("s", "q.1"), turn("t", "s.1")], "t.1"),
    ],
)
def test_without_paths_the_first_candidate_of_the_deepest_turn_ends_the_whole_one(
    turns: list[object], response: str
) -> None:
    assert parse(conversation(*turns)).paths == (PathRecord(response=response, whole=True),)


def test_a_path_is_whole_unless_it_says_otherwise() -> None:
    assert parse(conversation(paths=[{"response": "q.1"}])).paths == (PathRecord(response="q.1", whole=True),)


def test_only_what_names_the_format_is_taken_for_native() -> None:
    assert matches(conversation())
    assert not matches({"turns": []})
    assert not matches([])


def part(value: dict[str, Any]) -> dict[str, Any]:
    return conversation(turn("q", content=[{"type": "text", "text": "a"}, value]))


WRONG: dict[str, tuple[Any, str, str]] = {
    "another format": (conversation(format="x"), "format_unknown", "format"),
    "a later version": (conversation(version=2), "version_unknown", "version"),
    "a version as text": (conversation(version="1"), "type_wrong", "version"),
    "no id": (conversation(id=None), "field_missing", ""),
    "a blank id": (conversation(id=" "), "text_refused", "id"),
    "a long id": (conversation(id="x" * 121), "text_refused", "id"),
    "an unknown field": (conversation(labels=[]), "field_unknown", "labels"),
    "an unknown field of a turn": (conversation(turn("q", x=1)), "field_unknown", "turns[0].x"),
    "an unknown field with odd letters": (conversation(**{"a b\n": 1}), "field_unknown", "'a b\\n'"),
    "nested meta": (conversation(meta={"a": {}}), "field_unknown", "meta.a"),
    "no turns": (conversation(turns=[]), "count_wrong", "turns"),
    "turns that are no list": (conversation(turns={}), "type_wrong", "turns"),
    "very many turns": (conversation(turns=[None] * 1001), "count_wrong", "turns"),
    "a turn without candidates": (
        conversation(turn("q", candidates=0)),
        "count_wrong",
        "turns[0].candidates",
    ),
    "65 candidates": (conversation(turn("q", candidates=65)), "count_wrong", "turns[0].candidates"),
    "two roots": (conversation(turn("q"), turn("r")), "tree_two_roots", "turns[1]"),
    "an unknown parent": (conversation(turn("q"), turn("r", "x")), "response_unknown", "turns[1].parent"),
    "a turn as parent": (conversation(turn("q"), turn("r", "q")), "response_unknown", "turns[1].parent"),
    "a turn before its parent": (
        conversation(turn("r", "q.1"), turn("q")),
        "response_unknown",
        "turns[0].parent",
    ),
    "a turn as its own parent": (conversation(turn("q", "q.1")), "response_unknown", "turns[0].parent"),
    "a turn id twice": (conversation(turn("q"), turn("q", "q.1")), "id_twice", "turns[1].id"),
    "a candidate id twice": (
        conversation(turn("q", candidates=0) | {"candidates": [{"id": "a", "content": "x"}] * 2}),
        "id_twice",
        "turns[0].candidates[1].id",
    ),
    "a path to nowhere": (conversation(paths=[{"response": "z"}]), "response_unknown", "paths[0].response"),
    "two paths to one answer": (conversation(paths=[{"response": "q.1"}] * 2), "path_twice", "paths[1]"),
    "no paths in the list": (conversation(paths=[]), "count_wrong", "paths"),
    "whole as a number": (
        conversation(paths=[{"response": "q.1", "whole": 1}]),
        "type_wrong",
        "paths[0].whole",
    ),
    "blank text": (conversation(turn("q", content="\n")), "message_empty", "turns[0].content"),
    "no parts": (conversation(turn("q", content=[])), "count_wrong", "turns[0].content"),
    "a part of another kind": (part({"type": "video"}), "part_unknown", "turns[0].content[1].type"),
    "a part without a kind": (part({"text": "x"}), "field_missing", "turns[0].content[1]"),
    "a text part with an image": (
        part({"type": "text", "text": "x", "image": "a"}),
        "field_unknown",
        "turns[0].content[1].image",
    ),
    "a long image name": (
        part({"type": "image", "image": "x" * 1025}),
        "text_refused",
        "turns[0].content[1].image",
    ),
    "a long source model": (
        conversation(
            turn("q", candidates=0) | {"candidates": [{"id": "a", "content": "x", "source_model": "m" * 129}]}
        ),
        "text_refused",
        "turns[0].candidates[0].source_model",
    ),
}


@pytest.mark.parametrize(("item", "code", "path"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_conversation_is_refused_with_its_place(item: object, code: str, path: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse(item)

    assert caught.value.code == code
    assert caught.value.place == ", ".join(filter(None, ["line 4", path]))


def test_content_warnings_are_kept_once_each() -> None:
    assert parse(conversation(content_warnings=["violence", "blood", "violence"])).content_warnings == (
        "violence",
        "blood",
    )
    assert parse(conversation(content_warnings=[])).content_warnings == ()


@pytest.mark.parametrize("wrong", ["violence", [""], ["a" * 65], ["a\nb"], [1], [str(n) for n in range(17)]])
def test_content_warnings_are_a_few_short_texts(wrong: object) -> None:
    with pytest.raises(FormatError, match="content_warnings"):
        parse(conversation(content_warnings=wrong))
