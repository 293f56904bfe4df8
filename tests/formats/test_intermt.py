from __future__ import annotations

from typing import Any

import pytest

from annotate.formats.intermt import parse_item, shape
from annotate.formats.records import (
    ComparisonRecord,
    ConversationRecord,
    FormatError,
    ImagePart,
    NoteRecord,
    PathRecord,
    RatingRecord,
    TextPart,
)


def round_(number: Any, **changes: Any) -> dict[str, Any]:
    """One round of the first shape, with node ids."""
    return {
        "round": number,
        "prompt": f"Question {number}",
        "prompt_images": [""],
        "prompt_uuid": f"p{number}",
        "response": f"Answer {number}",
        "response_images": [""],
        "response_uuid": f"r{number}",
    } | changes


def path_item(**changes: Any) -> dict[str, Any]:
    return {"id": 7, "conversations": [round_(1), round_(2)]} | changes


def score_item(**changes: Any) -> dict[str, Any]:
    def inner(number: int, **labels: Any) -> dict[str, Any]:
        words = {"prompt": f"Question {number}", "response": f"Answer {number}", "prompt_images": ["a.png"]}
        return {"round": number, "round_conversations": words, "annotations": labels}

    whole = {"round": 0, "annotations": {"style_coherence": -1, "helpfulness": 3}}
    rounds = [whole, inner(1, text_quality=2, perceptual_quality=0), inner(2, contextual_coherence=1)]
    return {"conversations": rounds} | changes


def pair_item(front: int = 1, **changes: Any) -> dict[str, Any]:
    last = {
        "round": front + 1,
        "prompt": "Which?",
        "prompt_images": [],
        "response_1": "Left <Image, one>",
        "response_1_images": ["1.png"],
        "response_2": "Right",
        "response_2_images": ["", "2.png"],
    }
    return {"front_convs": [round_(n + 1) for n in range(front)], "paired_convs": last} | changes


def parse(item: object) -> ConversationRecord:
    return parse_item(item, "item 3")  # type: ignore[arg-type]


def test_a_path_becomes_turns_tied_by_their_node_ids_and_one_whole_path() -> None:
    record = parse(path_item(category="Stepwise"))

    assert [(turn.external_id, turn.candidates[0].external_id) for turn in record.turns] == [
        ("p1", "r1"),
        ("p2", "r2"),
    ]
    assert record.turns[0].parent is None
    assert record.turns[1].parent == record.turns[0].candidates[0].key
    assert record.turns[1].content == (TextPart("Question 2"),)
    assert record.turns[1].candidates[0].content == (TextPart("Answer 2"),)
    last = record.turns[1].candidates[0].key
    assert record.paths == (PathRecord(response=last, whole=True, external_id="7"),)
    assert (record.place, record.external_id, record.meta) == ("item 3", "7", {"category": "Stepwise"})
    assert (record.ratings, record.comparisons, record.notes) == ((), (), ())


def test_a_path_without_node_ids_has_none() -> None:
    record = parse({"conversations": [{"prompt": "a", "response": "b"}]})

    assert record.turns[0].external_id == record.turns[0].candidates[0].external_id == ""


@pytest.mark.parametrize("field", ["annotation", "annotations"])
def test_labels_of_a_path_speak_of_the_whole(field: str) -> None:
    labels = {
        "crucial_step_recognition": 2,
        "reason_crucial_step_recognition": " Because. ",
        "helpfulness": None,
    }
    record = parse(path_item(**{field: labels}))

    last = record.turns[-1].candidates[0].key
    assert record.ratings == (
        RatingRecord(response=last, scope="global", dimension="crucial_step_recognition", value=2),
    )
    assert record.notes == (
        NoteRecord(
            kind="reason",
            response=last,
            scope="global",
            dimension="crucial_step_recognition",
            text="Because.",
        ),
    )


def test_scores_are_read_per_round_and_for_the_whole_under_official_keys() -> None:
    record = parse(score_item())

    first, last = (turn.candidates[0].key for turn in record.turns)
    assert {(one.response, one.scope, one.dimension, one.value) for one in record.ratings} == {
        (last, "global", "style_coherence", -1),
        (last, "global", "helpfulness", 3),
        (first, "local", "text_quality", 2),
        (first, "local", "visual_perceptual_quality", 0),
        (last, "local", "context_coherence", 1),
    }
    assert record.turns[0].content == (TextPart("Question 1"), ImagePart("a.png"))
    assert record.paths == (PathRecord(response=last, whole=True),)


@pytest.mark.parametrize(
    ("field", "scope", "dimension", "whole"),
    [
        ("local_overall_preference", "local", "text_quality", False),
        ("overall_preference", "global", "helpfulness", True),
    ],
)
def test_pairs_share_their_history_and_right_better_is_positive(
    field: str, scope: str, dimension: str, *, whole: bool
) -> None:
    for label, preference in ((0, 0), (1, -1), (2, 1)):
        record = parse(pair_item(2, **{field: {dimension: label, "total_preference": label}}))

        assert [len(turn.candidates) for turn in record.turns] == [1, 1, 2]
        left, right = (one.key for one in record.turns[-1].candidates)
        assert record.turns[-1].candidates[0].content == (TextPart("Left "), ImagePart("1.png", "one"))
        assert record.turns[-1].candidates[1].content == (TextPart("Right"), ImagePart("2.png"))
        assert [(path.response, path.whole) for path in record.paths] == [(left, whole), (right, whole)]
        assert record.comparisons == tuple(
            ComparisonRecord(scope=scope, left=left, right=right, dimension=one, preference=preference)  # type: ignore[arg-type]
            for one in (dimension, None)
        )


def test_a_pair_may_have_no_history_and_no_labels() -> None:
    record = parse(pair_item(0))

    assert len(record.turns) == 1
    assert record.turns[0].parent is None
    assert record.comparisons == ()
    assert not any(path.whole for path in record.paths)


def test_the_shapes_are_told_apart() -> None:
    assert shape(path_item()) == "path"
    assert shape(score_item()) == "score"
    assert shape(pair_item()) == "pair"


@pytest.mark.parametrize(
    "value", [None, [], {}, {"conversations": []}, {"conversations": [{"from": "human", "value": "x"}]}]
)
def test_other_items_have_none_of_the_shapes(value: Any) -> None:
    assert shape(value) is None


WRONG: dict[str, tuple[Any, str, str]] = {
    "another shape": ({"prompt": "a"}, "item_unknown", "item 3"),
    "not an object": ([], "item_unknown", "item 3"),
    "no prompt": (
        path_item(conversations=[round_(1), round_(2, prompt=None)]),
        "field_missing",
        "conversations[1]",
    ),
    "a prompt that is no text": (
        path_item(conversations=[round_(1), round_(2, prompt=5)]),
        "type_wrong",
        "conversations[1].prompt",
    ),
    "an empty answer": (
        path_item(conversations=[round_(1, response=" ")]),
        "message_empty",
        "conversations[0].response",
    ),
    "images that are no list": (
        path_item(conversations=[round_(1, prompt_images="a.png")]),
        "type_wrong",
        "conversations[0].prompt_images",
    ),
    "an image that is no text": (
        path_item(conversations=[round_(1, prompt_images=["", {}])]),
        "type_wrong",
        "conversations[0].prompt_images[1]",
    ),
    "a gap in the rounds": (
        path_item(conversations=[round_(1), round_(3)]),
        "round_wrong",
        "conversations[1].round",
    ),
    "a round that is no number": (
        path_item(conversations=[round_("1")]),
        "type_wrong",
        "conversations[0].round",
    ),
    "an id that is a list": (path_item(id=[]), "type_wrong", "id"),
    "an id over two lines": (path_item(id="a\nb"), "text_refused", "id"),
    "a language that is none": (path_item(language="???"), "language_refused", "language"),
    "an unknown object": (path_item(extra={"a": 1}), "field_unknown", "extra"),
    "an unknown list in a round": (
        path_item(conversations=[round_(1, tools=[])]),
        "field_unknown",
        "conversations[0].tools",
    ),
    "a very long unknown text": (path_item(extra="x" * 1001), "meta_too_long", "extra"),
    "very many unknown fields": (path_item(**{f"x{n}": n for n in range(33)}), "meta_too_many", ""),
    "a value off the scale": (
        path_item(annotation={"helpfulness": 4}),
        "value_off_scale",
        "annotation.helpfulness",
    ),
    "a -1 where there is none": (
        path_item(annotation={"helpfulness": -1}),
        "value_off_scale",
        "annotation.helpfulness",
    ),
    "a value as text": (path_item(annotation={"helpfulness": "2"}), "type_wrong", "annotation.helpfulness"),
    "a value with a point": (
        path_item(annotation={"helpfulness": 2.0}),
        "type_wrong",
        "annotation.helpfulness",
    ),
    "true as a value": (path_item(annotation={"helpfulness": True}), "type_wrong", "annotation.helpfulness"),
    "an unknown dimension": (path_item(annotation={"beauty": 2}), "dimension_unknown", "annotation.beauty"),
    "a local dimension of the whole": (
        path_item(annotation={"text_quality": 2}),
        "dimension_unknown",
        "annotation.text_quality",
    ),
    "a dimension under two names": (
        path_item(annotation={"crucial_step": 2, "crucial_step_recognition": 2}),
        "labels_twice",
        "annotation.crucial_step_recognition",
    ),
    "labels in both fields": (path_item(annotation={}, annotations={}), "labels_twice", "annotations"),
    "a round 0 with words": (
        path_item(conversations=[round_(0), round_(1)]),
        "round_wrong",
        "conversations[0].prompt",
    ),
    "only a round 0": (
        {"conversations": [{"round": 0, "round_conversations": None, "annotations": {}}]},
        "field_unknown",
        "conversations[0].round_conversations",
    ),
    "a preference off the scale": (
        pair_item(local_overall_preference={"text_quality": 3}),
        "value_off_scale",
        "local_overall_preference.text_quality",
    ),
    "a global dimension in local preferences": (
        pair_item(local_overall_preference={"helpfulness": 1}),
        "dimension_unknown",
        "local_overall_preference.helpfulness",
    ),
    "an overall preference under two names": (
        pair_item(overall_preference={"overall_preference": 1, "total_preference": 1}),
        "labels_twice",
        "overall_preference.total_preference",
    ),
    "a pair without its second answer": (
        {"paired_convs": {"prompt": "a", "response_1": "b"}},
        "field_missing",
        "paired_convs",
    ),
}


@pytest.mark.parametrize(("item", "code", "path"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_item_is_refused_with_its_place(item: object, code: str, path: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse(item)

    assert caught.value.code == code
    assert caught.value.place == ", ".join(filter(None, ["item 3", path.removeprefix("item 3")]))
