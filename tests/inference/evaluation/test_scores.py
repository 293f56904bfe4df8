from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from inference.evaluation import scores
from inference.evaluation.cases import EvaluationError
from inference.evaluation.scores import Run
from inference.lines import format_result
from inference.scorers.demo import DemoScorer
from inference.types import ItemError, Result, StepScore

RUN = Run("visualprocessbench", "ab" * 32, "cd" * 32, DemoScorer().describe())
STEPS = (StepScore(text="a", score=0.5, first=0, last=0), StepScore(text="b", score=1, first=1, last=1))
RESULTS = [
    Result(id="line 1", value=0.75, steps=STEPS, dimensions={"helpfulness": 2.0}),
    Result(id="line 2", error=ItemError("too_long", "is too long")),
]


def written(path: Path, *results: Result) -> Path:
    with scores.adding(path, RUN) as out:
        out.writelines(map(format_result, results))
    return path


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = written(tmp_path / "scores.jsonl", *RESULTS)

    assert scores.read(path) == (RUN, {"line 1": RESULTS[0], "line 2": RESULTS[1]})


def test_lines_are_added_and_the_last_of_an_id_holds(tmp_path: Path) -> None:
    path = written(tmp_path / "scores.jsonl", *RESULTS)
    again = Result(id="line 2", value=1.0)
    written(path, again)

    found = scores.read(path)
    assert found
    assert found[1]["line 2"] == again
    assert len(path.read_text().splitlines()) == 4


def test_a_line_that_breaks_off_is_none_and_is_cut_before_others_are_added(tmp_path: Path) -> None:
    path = written(tmp_path / "scores.jsonl", *RESULTS)
    path.write_bytes(path.read_bytes()[:-5])

    assert scores.read(path) == (RUN, {"line 1": RESULTS[0]})
    assert scores.read(written(path, RESULTS[1])) == (RUN, {"line 1": RESULTS[0], "line 2": RESULTS[1]})


def test_a_first_line_that_breaks_off_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "scores.jsonl"
    path.write_text('{"run":{"bench')

    assert scores.read(path) is None
    assert scores.read(written(path, *RESULTS)) == (RUN, {"line 1": RESULTS[0], "line 2": RESULTS[1]})


@pytest.mark.parametrize(
    "text", ["[1, 2]", '{"id": "line 1", "value": 1.0}\n', '{"run":{"benchmark":"x"}}\n']
)
def test_what_is_no_file_of_scores_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "scores.jsonl"
    path.write_text(text)

    with pytest.raises(EvaluationError, match=r"scores\.jsonl: "):
        scores.read(path)
    assert path.read_text() == text


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "scores.jsonl", *RESULTS)
    with path.open("a") as out:
        out.write('{"id": "line 3"}\n')

    with pytest.raises(EvaluationError, match="line 4: has neither a value nor an error"):
        scores.read(path)


def test_scores_of_another_run_are_refused_by_what_differs(tmp_path: Path) -> None:
    other = msgspec.structs.replace(RUN, configuration="ef" * 32)

    scores.check(tmp_path / "a", RUN, RUN)
    with pytest.raises(EvaluationError, match=r"another run \(configuration differ\); name another file"):
        scores.check(tmp_path / "a", RUN, other)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="is not an ordinary file"), scores.adding(tmp_path, RUN):
        pass
