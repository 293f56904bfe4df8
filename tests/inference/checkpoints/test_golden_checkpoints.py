"""The checkpoints in the folder named by GOLDEN_DATA convert, and give the recorded token ids."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from inference.checkpoints.convert import convert
from inference.checkpoints.manifest import read_manifest
from tests.inference.checkpoints.editing import silent

FOLDERS = ["visualprm_v1_1", "visualprm_v1"]
DATA = os.environ.get("GOLDEN_DATA", "")
pytestmark = pytest.mark.skipif(not DATA, reason="GOLDEN_DATA names no folder of recorded scores")


@pytest.fixture(scope="module", params=FOLDERS)
def folder(request: pytest.FixtureRequest) -> Path:
    return Path(DATA) / str(request.param)


@pytest.fixture(scope="module")
def native(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("golden") / "native"
    convert(folder / "checkpoint", target, silent)
    return target


def prompt(case: dict[str, Any], expected: dict[str, Any], steps: list[str], meta: dict[str, Any]) -> str:
    question = case["question"]
    if case["images"] and "<image>" not in question:
        question = "<image>\n" * len(case["images"]) + question
    for tiles in expected["num_patches_list"]:
        marks = "<img>" + "<IMG_CONTEXT>" * (meta["tokens_per_tile"] * tiles) + "</img>"
        question = question.replace("<image>", marks, 1)
    turns = [f"### Question:\n{question}\n\n### Solution Process:\n{steps[0]}", *steps[1:]]
    return f"<|im_start|>system\n{meta['system_message']}<|im_end|>\n" + "".join(
        f"<|im_start|>user\n{turn}<|im_end|>\n<|im_start|>assistant\n+<|im_end|>\n" for turn in turns
    )


def test_the_ids_are_the_recorded_ones(folder: Path, native: Path) -> None:
    meta = json.loads((folder / "expected.json").read_text())["meta"]
    made = read_manifest(native)

    assert made.tokens["+"] == meta["plus_id"]
    assert made.tokens["-"] == meta["minus_id"]
    assert made.tokens["<IMG_CONTEXT>"] == meta["image_token_id"]
    assert json.loads((native / "config.json").read_text())["image_seq_length"] == meta["tokens_per_tile"]


def test_every_prompt_has_the_recorded_tokens(folder: Path, native: Path) -> None:
    recorded = json.loads((folder / "expected.json").read_text())
    cases = json.loads((folder / "cases.json").read_text())
    tokenizer = AutoTokenizer.from_pretrained(native, trust_remote_code=False)
    compared = 0

    for case in cases if isinstance(cases, list) else cases["cases"]:
        expected = recorded["cases"][case["id"]]
        for response in expected["responses"]:
            ids = tokenizer.encode(prompt(case, expected, response["steps"], recorded["meta"]))
            assert len(ids) == response["num_tokens"], case["id"]
            assert ids == response.get("input_ids", ids), case["id"]
            compared += "input_ids" in response

    assert compared > 0
