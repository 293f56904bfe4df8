from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from inference.__main__ import main
from inference.commands.evaluate import NAMED
from inference.evaluation.intermt_pairs import read
from inference.scorers.demo import DemoScorer
from inference.types import Image, Item, Result, Text
from tests.inference.evaluation import make

STEPS = ["evaluate", "--benchmark", "visualprocessbench"]
PAIRS = ["evaluate", "--benchmark", "intermt-pairs"]
DEMO = ["--scorer", "demo"]


def steps_file(folder: Path, *more: object) -> Path:
    """Two items; by the demo's rules the words of a step that repeats an earlier one earn it less."""
    response = {"steps": ["Three red apples", "Three red apples"], "process_correctness": [1, -1]}
    rows = [make.step_row([1, -1], response=response, data_source=source) for source in ("MMMU", "WeMath")]
    return make.lines(folder / "test.jsonl", *rows, *more)


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main([*arguments, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


class Counted(DemoScorer):
    asked: list[str] = []

    def __call__(self, items: Sequence[Item], /) -> list[Result]:
        self.asked += [str(item.id) for item in items]
        return super().__call__(items)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the ids that the demo scorer is asked about from now on."""
    monkeypatch.setattr("inference.scorers.demo.DemoScorer", Counted)
    monkeypatch.setattr(Counted, "asked", [])
    return Counted.asked


def test_steps_are_measured_at_each_threshold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(steps_file(tmp_path, "oops"))
    found = report(capsys, *STEPS, *DEMO, "--thresholds", "0.4,0.6", path)

    assert found["run"]["benchmark"] == "visualprocessbench"
    assert (found["run"]["scorer"]["key"], found["run"]["scorer"]["trained"]) == ("demo", False)
    assert found["scored"] == 2
    assert [one["place"] for one in found["left_out"]] == ["line 3"]
    low, high = found["thresholds"]
    assert (low["threshold"], low["overall"]["macro_f1"]) == (0.4, 1.0)
    assert list(low["sources"]) == ["MMMU", "WeMath"]
    assert (high["overall"]["f1_correct"], high["overall"]["f1_incorrect"]) == (0.0, pytest.approx(2 / 3))
    assert high["overall"]["counts"] == {
        "true_correct": 0,
        "false_correct": 0,
        "true_incorrect": 2,
        "false_incorrect": 2,
        "neutral": 0,
    }


def test_the_table_and_what_is_left_out_are_for_people(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = steps_file(tmp_path, *["oops"] * (NAMED + 2))

    assert main([*STEPS, *DEMO, str(path)]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("threshold 0.8: ")
    assert "overall, pooled" in told.out
    lines = told.err.splitlines()
    assert lines[0].startswith("demo (untrained): ")
    assert lines[1] == "left out: line 3: bad_item: JSON is malformed: invalid character (byte 0)"
    assert lines[-2:] == ["left out: 2 more; --json names all", f"2 scored, {NAMED + 2} left out"]


def test_images_lie_beside_the_file_or_where_one_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(b"bytes")
    path = str(make.lines(tmp_path / "test.jsonl", make.step_row([1], image=["a.png"])))

    assert report(capsys, *STEPS, *DEMO, "--images", str(tmp_path / "pictures"), path)["scored"] == 1
    assert main([*STEPS, *DEMO, path]) == 1
    assert "left out: line 1: missing_image: " in capsys.readouterr().err


def test_kept_scores_give_the_same_figures_without_a_scorer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], asked: list[str]
) -> None:
    path, kept = str(steps_file(tmp_path)), str(tmp_path / "scores.jsonl")
    made = report(capsys, *STEPS, *DEMO, "--scores", kept, path)
    asked.clear()

    assert report(capsys, *STEPS, "--from-scores", kept, path) == made
    other = report(capsys, *STEPS, "--from-scores", kept, "--threshold", "0.4", path)
    assert [one["threshold"] for one in other["thresholds"]] == [0.4]
    assert asked == []


def test_a_run_goes_on_where_its_scores_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], asked: list[str]
) -> None:
    broken = make.step_row([1], image=["late.png"])
    path, kept = steps_file(tmp_path, broken), tmp_path / "scores.jsonl"
    whole = report(capsys, *STEPS, *DEMO, "--scores", str(kept), str(path))
    assert (whole["scored"], len(whole["left_out"])) == (2, 1)
    kept.write_bytes(b"".join(kept.read_bytes().splitlines(keepends=True)[:2]))
    (tmp_path / "late.png").write_bytes(b"bytes")
    asked.clear()

    assert report(capsys, *STEPS, *DEMO, "--scores", str(kept), str(path))["scored"] == 3
    assert asked == ["line 2", "line 3"]


def test_what_failed_is_tried_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], asked: list[str]
) -> None:
    path = str(steps_file(tmp_path, make.step_row([1], image=["late.png"])))
    kept = str(tmp_path / "scores.jsonl")
    report(capsys, *STEPS, *DEMO, "--scores", kept, path)
    (tmp_path / "late.png").write_bytes(b"bytes")
    asked.clear()

    assert report(capsys, *STEPS, *DEMO, "--scores", kept, path)["scored"] == 3
    assert asked == ["line 3"]


def test_scores_of_another_file_or_of_no_run_are_refused_and_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, kept = steps_file(tmp_path), tmp_path / "scores.jsonl"
    report(capsys, *STEPS, *DEMO, "--scores", str(kept), str(path))
    before = kept.read_bytes()
    path.write_text(path.read_text().replace("apples", "pears"))

    for option in ("--scores", "--from-scores"):
        scorer = DEMO if option == "--scores" else []
        assert main([*STEPS, *scorer, option, str(kept), str(path)]) == 2
        assert "holds scores of another run (file_sha256 differ)" in capsys.readouterr().err
    assert kept.read_bytes() == before

    benchmark = path.read_text()
    assert main([*STEPS, *DEMO, "--scores", str(path), str(path)]) == 2
    assert "is no file of raw scores" in capsys.readouterr().err
    assert path.read_text() == benchmark


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([*STEPS], "name either a --scorer or a file of scores with --from-scores"),
        ([*STEPS, *DEMO, "--from-scores", "x"], "name either a --scorer or a file"),
        ([*PAIRS, *DEMO, "--threshold", "0.5"], "--threshold is for visualprocessbench"),
        (
            [*STEPS, "--scorer", "skywork", "--model", "x"],
            "gives no scores to steps; choose a process scorer",
        ),
        ([*STEPS, "--scorer", "nope"], "there is no scorer 'nope'"),
        ([*STEPS, "--from-scores", "nowhere.jsonl"], "nowhere.jsonl: No such file or directory"),
    ],
)
def test_what_does_not_go_together_is_told_in_one_line(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, str(steps_file(tmp_path))]) == 2
    told = capsys.readouterr()
    assert message in told.err
    assert (told.err.count("\n"), told.out) == (1, "")


@pytest.mark.parametrize("bad", ["1.5", "nan", "x", "0.5,", ""])
def test_a_threshold_is_a_number_from_0_to_1(
    bad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*STEPS, *DEMO, "--thresholds", bad, str(steps_file(tmp_path))])
    assert "is no number from 0 to 1" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*STEPS, *DEMO, str(tmp_path / "nowhere.jsonl")]) == 2
    assert capsys.readouterr().err.endswith("nowhere.jsonl: No such file or directory\n")


def test_pairs_are_measured_by_scope_and_dimension(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    better: dict[str, Any] = {
        "response_1": "No.",
        "response_2": "Because the air scatters light.\n\nSo it is.",
    }
    rows = [
        make.pair_row({"text_quality": 2, "context_coherence": 1}, **better),
        make.pair_row({"text_quality": 0}, {"helpfulness": 2}, **better),
        make.pair_row({"text_quality": 1}, response_1="Same.", response_2="Same."),
        3,
    ]
    path = tmp_path / "pairs.json"
    path.write_text(json.dumps(rows))
    found = report(capsys, *PAIRS, *DEMO, str(path))

    assert (found["scored"], [one["place"] for one in found["left_out"]]) == (3, ["item 4"])
    local = found["scopes"]["local"]
    assert local["dimensions"]["text_quality"]["counts"] == {
        "agree": 1,
        "disagree": 0,
        "score_ties": 1,
        "human_ties": 1,
    }
    assert (local["pooled"]["accuracy"], local["pooled"]["pairs"]) == (0.5, 2)
    assert found["scopes"]["global"]["pooled"]["accuracy"] == 1
    assert main([*PAIRS, *DEMO, str(path)]) == 0
    assert "local: an equal score counts half a point" in capsys.readouterr().out


def siblings(data: Path) -> list[dict[str, Any]]:
    """Return InterMT's own conversations as pairs: two answers to one question.

    The preference is only a stand-in (the published pair labels are not in the folder): the whole that was
    rated higher, equal where both were rated alike.
    """
    answers: dict[str, dict[str, tuple[int, dict[str, Any]]]] = defaultdict(dict)
    for item in json.loads((data / "crucial_step.json").read_text()):
        for number, one in enumerate(item["conversations"]):
            answers[one["prompt_uuid"]].setdefault(one["response_uuid"], (number, item))
    pairs = []
    for found in answers.values():
        if len(found) < 2:
            continue
        (number, first), (_, second) = list(found.values())[:2]
        one, other = (item["conversations"][number] for item in (first, second))
        rated = [item["annotation"]["crucial_step_recognition"] for item in (first, second)]
        pair = {
            **one,
            "response_1": one["response"],
            "response_1_images": one["response_images"],
            "response_2": other["response"],
            "response_2_images": other["response_images"],
        }
        preference = (rated[0] > rated[1]) + 2 * (rated[1] > rated[0])
        pairs.append(
            {
                "front_convs": first["conversations"][:number],
                "paired_convs": pair,
                "overall_preference": {"crucial_step_recognition": preference},
            }
        )
    return pairs


@pytest.mark.intermt
@pytest.mark.skipif(not os.environ.get("INTERMT_DATA"), reason="INTERMT_DATA names no folder")
def test_published_conversations_are_read_and_scored_once_their_images_are_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pairs.json"
    path.write_text(json.dumps(siblings(Path(os.environ["INTERMT_DATA"]))))
    cases, unread = read(path, tmp_path)
    assert (len(cases), unread) == (65, [])
    parts = [part for case in cases for item in case.items for one in item.messages for part in one.content]
    assert not any("<Image," in part.text for part in parts if isinstance(part, Text))

    assert main([*PAIRS, *DEMO, "--json", str(path)]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [one["code"] for one in found["left_out"]] == ["missing_image"] * 65

    for part in parts:
        if isinstance(part, Image):
            assert isinstance(part.source, Path)
            part.source.parent.mkdir(exist_ok=True)
            part.source.write_bytes(b"not published; the demo scorer counts files")
    found = report(capsys, *PAIRS, *DEMO, str(path))
    counts = found["scopes"]["global"]["dimensions"]["crucial_step_recognition"]["counts"]
    assert (found["scored"], found["left_out"], sum(counts.values())) == (65, [], 65)
