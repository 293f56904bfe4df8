from __future__ import annotations

from pathlib import Path

import pytest

from inference.evaluation.intermt_pairs import Label, PairCase, ScopeFigures, figures, read, report
from inference.evaluation.metrics import PairCounts, wilson
from inference.types import Image, ItemError, Message, Part, Result, Text
from tests.inference.evaluation import make

IMAGES = Path("pictures")


def case(tmp_path: Path, row: object) -> PairCase:
    cases, left_out = read(make.lines(tmp_path / "pairs.jsonl", row), IMAGES)
    assert left_out == []
    return cases[0]


def scored(value: float, **dimensions: float) -> Result:
    return Result(id="any", value=value, dimensions=dimensions or None)


def labelled(*labels: Label) -> PairCase:
    return PairCase("item 1", (), labels)


def test_both_items_share_the_history_and_end_with_their_own_response(tmp_path: Path) -> None:
    found = case(tmp_path, make.pair_row({"helpfulness": 1}, response_2_images=["", "b.png"]))

    shared = (
        Message("user", (Text("Hello"),)),
        Message("assistant", (Text("Good day."),)),
        Message("user", (Text("Why?"),)),
    )
    assert [item.id for item in found.items] == ["line 1, response_1", "line 1, response_2"]
    assert [item.messages[:3] for item in found.items] == [shared, shared]
    assert [item.messages[3].content for item in found.items] == [
        (Text("Because."),),
        (Text("No."), Image(source=IMAGES / "b.png")),
    ]


A, B = Image(source=IMAGES / "a"), Image(source=IMAGES / "b")


@pytest.mark.parametrize(
    ("text", "images", "expected"),
    [
        ("See <Image, a cat> there", ["a"], (Text("See "), A, Text("a cat"), Text(" there"))),
        ("<Image, a cat>", ["a", "b"], (A, Text("a cat"), B)),
        ("See <Image, a cat>.", [""], (Text("See "), Text("a cat"), Text("."))),
        ("See <image>.", ["a"], (Text("See <image>."), A)),
        ("", ["", "a", " "], (A,)),
    ],
)
def test_images_stand_at_their_placeholders_and_captions_stay(
    text: str, images: list[str], expected: tuple[Part, ...], tmp_path: Path
) -> None:
    found = case(tmp_path, make.pair_row({"text_quality": 2}, response_1=text, response_1_images=images))

    assert found.items[0].messages[-1].content == expected


def test_labels_are_read_by_name_whatever_their_spelling(tmp_path: Path) -> None:
    local: make.JsonObject = {"perceptual_quality": 1, "contextual_coherence": 0, "text_quality": None}
    found = case(tmp_path, make.pair_row(local, {"total_preference": 2}))

    assert found.labels == (
        Label("local", "visual_perceptual_quality", 1),
        Label("local", "context_coherence", 0),
        Label("global", "overall", 2),
    )


def test_a_bad_line_is_named_by_place_and_reason_and_harms_no_other(tmp_path: Path) -> None:
    twice: make.JsonObject = {"perceptual_quality": 1, "visual_perceptual_quality": 2}
    rows = [
        make.pair_row({"text_quality": 1}),
        make.pair_row({"text_quality": 3}),
        make.pair_row(None),
        make.pair_row({"text_quality": None}),
        make.pair_row(twice),
        {"front_convs": [], "local_overall_preference": {"text_quality": 1}},
        make.pair_row({"text_quality": 2}),
    ]
    cases, left_out = read(make.lines(tmp_path / "pairs.jsonl", *rows), IMAGES)

    assert [one.place for one in cases] == ["line 1", "line 7"]
    assert [one.place for one in left_out] == [f"line {n}" for n in range(2, 7)]
    assert left_out[0].detail == "Invalid enum value 3 - at `$.local_overall_preference[...]`"
    assert left_out[1].detail == "no preference in local_overall_preference or overall_preference"
    assert left_out[3].detail == "visual_perceptual_quality has two local preferences; keep one"
    assert "paired_convs" in left_out[4].detail


def test_figures_by_dimension_and_pooled_over_the_dimensions() -> None:
    def quality(preference: int) -> Label:
        return Label("local", "text_quality", preference)

    def coherence(preference: int) -> Label:
        return Label("local", "context_coherence", preference)

    pairs = [
        (labelled(quality(1), coherence(2)), [scored(2.0), scored(1.0)]),
        (labelled(quality(2), coherence(0)), [scored(1.0), scored(1.0)]),
        (labelled(quality(1), Label("local", "overall", 1)), [scored(3.0), scored(1.0)]),
        (labelled(coherence(0)), [scored(3.0), scored(1.0)]),
    ]
    found = figures(pairs)["local"]

    assert found.dimensions["text_quality"].counts == PairCounts(agree=2, score_ties=1)
    assert found.dimensions["text_quality"].accuracy == pytest.approx(2.5 / 3)
    assert found.dimensions["text_quality"].interval == wilson(2.5 / 3, 3)
    assert found.dimensions["context_coherence"].counts == PairCounts(disagree=1, human_ties=2)
    assert found.dimensions["overall"].counts == PairCounts(agree=1)
    assert found.pooled.counts == PairCounts(agree=2, disagree=1, score_ties=1, human_ties=2)
    assert found.pooled.accuracy == pytest.approx(2.5 / 4)
    assert found.pooled.decided_accuracy == pytest.approx(2 / 3)
    assert found.pooled.pairs == 3  # the last pair has nothing but people's equal
    assert found.pooled.interval == wilson(2.5 / 4, 3)


def test_a_scorers_own_dimension_answers_for_that_dimension_alone() -> None:
    first, second = scored(2.0, helpfulness=0.0), scored(1.0, helpfulness=3.0)
    labels = (Label("global", "helpfulness", 2), Label("global", "style_coherence", 1))

    found = figures([(labelled(*labels), [first, second])])["global"]
    assert found.pooled.counts == PairCounts(agree=2)


def test_people_who_call_all_equal_leave_no_accuracy() -> None:
    found = figures([(labelled(Label("global", "overall", 0)), [scored(1.0), scored(2.0)])])["global"]

    assert found.dimensions["overall"].counts == PairCounts(human_ties=1)
    assert (found.dimensions["overall"].accuracy, found.dimensions["overall"].interval) == (None, None)
    assert found.pooled.accuracy is None


def test_a_pair_with_a_response_that_failed_is_left_out_by_name(tmp_path: Path) -> None:
    rows = [make.pair_row({"text_quality": 1}, {"helpfulness": 1}) for _ in range(3)]
    cases, _ = read(make.lines(tmp_path / "pairs.jsonl", *rows), IMAGES)
    results = {
        "line 1, response_1": scored(1.0),
        "line 1, response_2": Result(id="any", error=ItemError("too_long", "is too long")),
        "line 2, response_1": scored(1.0),
        "line 3, response_1": scored(2.0),
        "line 3, response_2": scored(1.0),
    }
    found = report(cases, [], results)

    assert found.scored == 1
    assert [(one.place, one.code) for one in found.left_out] == [
        ("line 1", "too_long"),
        ("line 2", "not_scored"),
    ]
    scopes = found.figures["scopes"]
    assert isinstance(scopes, dict)
    assert list(scopes) == ["local", "global"]
    assert all(isinstance(one, ScopeFigures) and one.pooled.accuracy == 1 for one in scopes.values())
    assert found.tables[0].splitlines()[2].split() == [
        *("text_quality", "1", "1", "0", "0", "0", "100.0", "20.7", "to", "100.0", "100.0")
    ]
