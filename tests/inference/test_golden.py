"""Parity with the original scoring code, through the shell and without Django."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from inference.configuration import Outcome, Process
from inference.lines import format_result, parse_line
from inference.scorers import load
from inference.types import Item, Result
from tests.inference import golden

ROOT = Path(__file__).resolve().parents[2]
PROCESS = ["visualprm_v1_1", "visualprm_v1"]
OUTCOME = "skywork_vl_reward"
SMALL = 100  # tokens at once: every conversation on its own, and most of them in several pieces

WITHOUT_DJANGO = """
import runpy, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"django", "annotate", "celery"}:
            raise ImportError(f"{name} must not be imported")

sys.meta_path.insert(0, Blocker())
runpy.run_module("inference", run_name="__main__", alter_sys=True)
"""

pytestmark = [golden.needs_golden, pytest.mark.golden]


def shell(*words: object) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", WITHOUT_DJANGO, *map(str, words)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def score(lines: list[dict[str, Any]], folder: Path, **configuration: Any) -> list[dict[str, Any]]:
    (folder / "in.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "scorers.yaml").write_text(json.dumps({"it": configuration}))
    shell(
        "score",
        "--scorer",
        "it",
        "--config",
        folder / "scorers.yaml",
        folder / "in.jsonl",
        folder / "out.jsonl",
    )
    return [json.loads(row) for row in (folder / "out.jsonl").read_text().splitlines()]


def compare(name: str, predictions: dict[str, Any], variant: str, folder: Path) -> None:
    (folder / "predictions.json").write_text(json.dumps(predictions))
    command = [sys.executable, str(golden.GOLDEN / "compare.py"), str(golden.GOLDEN / name)]
    command += [str(folder / "predictions.json"), "--variant", variant, "--tolerance", "1e-4"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASS" in done.stdout


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the VisualPRM miniatures, converted."""
    folder = tmp_path_factory.mktemp("native")
    for name in PROCESS:
        shell("convert", golden.GOLDEN / name / "checkpoint", folder / name)
    return {name: folder / name for name in PROCESS}


@pytest.mark.parametrize("name", PROCESS)
def test_visualprm_scores_are_those_of_the_original_code(
    name: str, native: dict[str, Path], tmp_path: Path
) -> None:
    folder = golden.GOLDEN / name
    lines = [line for case in golden.cases(folder) for line in golden.process_lines(case, folder)]
    rows = score(lines, tmp_path, kind="process", model=str(native[name]), dtype="float32")

    compare(name, golden.process_predictions(rows), "alpha_white", tmp_path)


# The processor's own limits, for cases that name none.
LIMITS: dict[str, Any] = {"min_pixels": 3136, "max_pixels": 12_845_056}


def test_skywork_scores_are_those_of_the_original_code(tmp_path: Path) -> None:
    folder = golden.GOLDEN / OUTCOME
    lines = [line for case in golden.cases(folder) for line in golden.outcome_lines(case, folder)]
    rows = score(lines, tmp_path, kind="outcome", model=str(folder / "checkpoint"), dtype="float32", **LIMITS)

    compare(OUTCOME, golden.outcome_predictions(rows), "single_resize", tmp_path)


@pytest.mark.parametrize("budget", [SMALL, 4096])
@pytest.mark.parametrize("name", [PROCESS[0], OUTCOME])
def test_one_at_a_time_in_pieces_or_packed_the_scores_are_the_same(
    name: str, budget: int, native: dict[str, Path], tmp_path: Path
) -> None:
    folder = golden.GOLDEN / name
    process = name != OUTCOME
    scorer = load(
        "it",
        Process(model=str(native[name]), dtype="float32", device="cpu", token_budget=budget)
        if process
        else Outcome(
            model=str(folder / "checkpoint"), dtype="float32", device="cpu", token_budget=budget, **LIMITS
        ),
    )
    lines = golden.process_lines if process else golden.outcome_lines
    items = [item(line) for case in golden.cases(folder) for line in lines(case, folder)]
    single = budget == SMALL
    results = [scorer([one])[0] for one in items] if single else scorer(items)  # type: ignore[list-item, arg-type]
    rows = [json.loads(format_result(one)) for one in results]
    predictions = golden.process_predictions if process else golden.outcome_predictions

    compare(name, predictions(rows), "alpha_white" if process else "single_resize", tmp_path)


def item(line: dict[str, Any]) -> Item | Result:
    return parse_line(json.dumps(line).encode(), folder=Path("/"))


# The marker as a word of the question is text in our lines, where pictures have places of their own:
# nothing is left to report.
NOT_OURS = {"image_word_in_question_no_picture", "marker_count_mismatch"}


@pytest.mark.parametrize("name", PROCESS)
def test_what_the_originals_get_wrong_on_process_inputs(name: str, native: dict[str, Path]) -> None:
    folder = golden.GOLDEN / name
    scorer = load("it", Process(model=str(native[name]), dtype="float32", device="cpu"))
    for defect in golden.defects(folder):
        if defect["id"] in NOT_OURS:
            continue
        defect["responses"] = [
            one["repeat"] * one["times"] if isinstance(one, dict) else one for one in defect["responses"]
        ]
        if "placement" in defect:
            defect["placement"] = "front"
        items = [item(line) for line in golden.process_lines(defect, folder)]
        results = scorer([one for one in items if isinstance(one, Item)])
        wanted = defect["expect"].get("n_steps", [None] * len(results))
        assert [one.steps and len(one.steps) for one in results] == wanted, defect["id"]
        assert all((one.error is None) == (one.value is not None) for one in results)


def test_what_the_original_gets_wrong_on_outcome_inputs() -> None:
    folder = golden.GOLDEN / OUTCOME
    scorer = load("it", Outcome(model=str(folder / "checkpoint"), dtype="float32", device="cpu"))
    for defect in golden.defects(folder):
        if "note" in defect:  # no file comes with it: tests/inference/engine/test_pictures.py has its own
            continue
        batch = defect["messages"] if "batch" in defect else [defect["messages"]]
        for messages in batch:
            for message in messages:
                for part in message["content"] if isinstance(message["content"], list) else []:
                    if part["type"] == "repeat":
                        part.update(type="text", text=part["text"] * part["times"])
        read = [item(golden.outcome_lines({"id": "it", "messages": one}, folder)[0]) for one in batch]
        results = [one if isinstance(one, Result) else scorer([one])[0] for one in read]
        if "error" in defect["expect"]:
            assert all(one.error for one in results), defect["id"]
        elif "score" in defect["expect"]:
            assert all(one.value is not None for one in results), defect["id"]
            together = scorer([one for one in read if isinstance(one, Item)])
            assert [one.value for one in together] == pytest.approx([one.value for one in results], abs=1e-4)
