from __future__ import annotations

import json
from pathlib import Path

import pytest

from inference.evaluation.cases import EvaluationError, LeftOut
from inference.evaluation.metrics import StepCounts
from inference.evaluation.visualprocessbench import AtThreshold, StepCase, read, report
from inference.types import Image, ItemError, Message, Part, Result, Text
from tests.inference.evaluation import make

IMAGES = Path("pictures")


def case(tmp_path: Path, row: object) -> StepCase:
    cases, left_out = read(make.lines(tmp_path / "test.jsonl", row), IMAGES)
    assert left_out == []
    return cases[0]


def at(found: object) -> AtThreshold:
    assert isinstance(found, AtThreshold)
    return found


def test_an_item_is_scored_step_by_step_and_none_is_joined(tmp_path: Path) -> None:
    found = case(tmp_path, make.step_row([1, 0, -1], image=["images/a.png"]))

    (item,) = found.items
    assert (item.id, item.steps, item.max_steps) == ("line 1", ("Step 0", "Step 1", "Step 2"), None)
    assert item.messages == (
        Message("user", (Image(source=IMAGES / "images/a.png"), Text("How many?"))),
        Message("assistant", (Text("Step 0\n\nStep 1\n\nStep 2"),)),
    )
    assert (found.labels, found.source) == ((1, 0, -1), "MMMU")


A, B = Image(source=IMAGES / "a"), Image(source=IMAGES / "b")


@pytest.mark.parametrize(
    ("question", "images", "expected"),
    [
        ("Q", ["a", "b"], (A, B, Text("Q"))),
        ("Q", [], (Text("Q"),)),
        ("<image>\nQ", "a", (A, Text("Q"))),
        ("<image>\n<image>\nQ", ["a", "b"], (A, B, Text("Q"))),
        ("See <image> and <image>.", ["a", "b"], (Text("See "), A, Text(" and "), B, Text("."))),
        ("See <image>.", ["a", "b"], (A, B, Text("See <image>."))),
        ("See <image>.", [], (Text("See <image>."),)),
    ],
)
def test_images_stand_where_the_question_marks_each_of_them_else_before_it(
    question: str, images: object, expected: tuple[Part, ...], tmp_path: Path
) -> None:
    found = case(tmp_path, make.step_row([1], question=question, image=images))

    assert found.items[0].messages[0].content == expected


def test_a_list_is_read_as_well_as_lines(tmp_path: Path) -> None:
    path = tmp_path / "test.json"
    path.write_text("\ufeff" + json.dumps([make.step_row([1]), 3, make.step_row([-1])]))

    cases, left_out = read(path, IMAGES)
    assert [one.place for one in cases] == ["item 1", "item 3"]
    assert left_out == [LeftOut("item 2", "bad_item", "Expected `object`, got `int`")]


def test_a_list_that_breaks_off_is_refused_whole(tmp_path: Path) -> None:
    (tmp_path / "test.json").write_text("[{}, ")

    with pytest.raises(EvaluationError, match=r"test\.json: is not a list in JSON"):
        read(tmp_path / "test.json", IMAGES)


def test_a_bad_line_is_named_by_place_and_reason_and_harms_no_other(tmp_path: Path) -> None:
    steps = {"steps": ["a", "b"], "process_correctness": [1]}
    rows = [
        make.step_row([1]),
        "{oops",
        make.step_row([2]),
        make.step_row([1], response=steps),
        make.step_row([]),
        make.step_row([1], image=["a\0"]),
        {"question": "Q"},
        "",
        make.step_row([-1]),
    ]
    cases, left_out = read(make.lines(tmp_path / "test.jsonl", *rows), IMAGES)

    assert [one.place for one in cases] == ["line 1", "line 9"]
    assert [(one.place, one.code) for one in left_out] == [(f"line {n}", "bad_item") for n in range(2, 8)]
    reasons = [one.detail for one in left_out]
    assert reasons[0].startswith("JSON is malformed")
    assert "`$.response.process_correctness[0]`" in reasons[1]
    assert reasons[2] == "response: 1 labels for 2 steps"
    assert reasons[3] == "response.steps: there is none"
    assert "U+0000" in reasons[4]
    assert "`response`" in reasons[5]


def test_the_report_pools_the_sources_at_every_threshold(tmp_path: Path) -> None:
    rows = [
        make.step_row([1, 1, -1, 0], data_source="MathVision"),
        make.step_row([1, -1], data_source="MMMU"),
        make.step_row([-1], data_source="MMMU"),
    ]
    cases, _ = read(make.lines(tmp_path / "test.jsonl", *rows), IMAGES)
    results = {
        "line 1": make.steps(0.9, 0.7, 0.1, 0.9),
        "line 2": make.steps(0.9, 0.75),
        "line 3": make.steps(0.2),
    }
    found = report(cases, [], results, [0.7, 0.8])

    assert (found.scored, found.left_out) == (3, [])
    thresholds = found.figures["thresholds"]
    assert isinstance(thresholds, list)
    low, high = map(at, thresholds)
    assert list(high.sources) == ["MMMU", "MathVision"]
    assert high.sources["MMMU"].counts == StepCounts(true_correct=1, true_incorrect=2)
    assert (high.sources["MMMU"].items, high.sources["MMMU"].macro_f1) == (2, 1.0)
    assert high.sources["MathVision"].counts == StepCounts(1, 0, 1, 1, 1)
    assert high.overall.counts == StepCounts(2, 0, 3, 1, 1)
    assert high.overall.macro_f1 == pytest.approx((4 / 5 + 6 / 7) / 2)
    assert high.weighted_macro_f1 == pytest.approx((3 * 1 + 3 * 2 / 3) / 6)
    assert low.overall.counts == StepCounts(2, 1, 2, 1, 1)
    assert found.tables[1].splitlines() == [
        "threshold 0.8: a step is called correct when its score is above it",
        "source                    items  correct  incorrect  neutral  F1 correct  F1 incorrect  macro F1",
        "MMMU                          2        1          2        0       100.0         100.0     100.0",
        "MathVision                    1        2          1        1        66.7          66.7      66.7",
        "overall, pooled               3        3          3        1        80.0          85.7      82.9",
        "mean of sources by steps                                                                    83.3",
    ]


def test_what_has_no_usable_score_is_left_out_by_name(tmp_path: Path) -> None:
    rows = [make.step_row([1, -1]) for _ in range(5)]
    cases, _ = read(make.lines(tmp_path / "test.jsonl", *rows), IMAGES)
    results = {
        "line 1": make.steps(0.9, 0.1),
        "line 2": make.steps(0.9),
        "line 3": Result(id="any", value=1.0),
        "line 4": Result(id="any", error=ItemError("too_long", "is too long")),
    }
    found = report(cases, [LeftOut("line 6", "bad_item", "oops")], results, [0.8])

    assert found.scored == 1
    assert [(one.place, one.code) for one in found.left_out] == [
        ("line 6", "bad_item"),
        ("line 4", "too_long"),
        ("line 5", "not_scored"),
        ("line 2", "steps_differ"),
        ("line 3", "no_steps"),
    ]


def test_neutral_steps_alone_give_no_figure_but_a_dash(tmp_path: Path) -> None:
    cases, _ = read(make.lines(tmp_path / "test.jsonl", make.step_row([0, 0])), IMAGES)
    found = report(cases, [], {"line 1": make.steps(0.9, 0.1)}, [0.8])

    assert found.scored == 1
    assert found.tables[0].splitlines()[2].split() == ["MMMU", "1", "0", "0", "2", "-", "-", "-"]
