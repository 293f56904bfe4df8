"""Plain builders for benchmark files."""

from __future__ import annotations

import json
from pathlib import Path

from inference.types import Result, StepScore

JsonObject = dict[str, object]


def step_row(labels: list[int], **fields: object) -> JsonObject:
    """Return an item of VisualProcessBench with one step a label."""
    steps = [f"Step {n}" for n in range(len(labels))]
    return {
        "image": [],
        "question": "How many?",
        "answer": "3",
        "response": {"steps": steps, "process_correctness": labels},
        "policy_model": "a model",
        "data_source": "MMMU",
        **fields,
    }


def pair_row(local: JsonObject | None, whole: JsonObject | None = None, **pair: object) -> JsonObject:
    """Return an item of InterMT-Bench's pair comparison."""
    found: JsonObject = {
        "front_convs": [{"round": 1, "prompt": "Hello", "response": "Good day."}],
        "paired_convs": {"round": 2, "prompt": "Why?", "response_1": "Because.", "response_2": "No.", **pair},
    }
    if local is not None:
        found["local_overall_preference"] = local
    if whole is not None:
        found["overall_preference"] = whole
    return found


def lines(path: Path, *rows: object) -> Path:
    """Write JSONL; a string is a line as it is."""
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    return path


def steps(*scores: float) -> Result:
    """Return the result of a process scorer."""
    return Result(
        id="any",
        value=sum(scores) / len(scores),
        steps=tuple(StepScore(text="", score=one, first=n, last=n) for n, one in enumerate(scores)),
    )
