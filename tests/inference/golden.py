"""The golden folders in our own words: cases as lines of IN.jsonl, lines of OUT.jsonl as predictions.

Each folder holds a miniature in a published layout and what the original code says to it. GOLDEN_DATA
names their parent; they are read, never copied.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

GOLDEN = Path(os.environ.get("GOLDEN_DATA", "/nowhere"))
needs_golden = pytest.mark.skipif(not GOLDEN.is_dir(), reason="GOLDEN_DATA names no golden folder")


def cases(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "cases.json").read_text())["cases"]
    return found


def defects(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "defects.json").read_text())["defects"]
    return found


def process_lines(case: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """Return a line per response, its id ``case#number``."""
    question = {"role": "user", "content": _question(case, folder)}
    lines = []
    for number, response in enumerate(case["responses"]):
        text = response if isinstance(response, str) else "\n\n".join(response)
        line = {
            "id": f"{case['id']}#{number}",
            "messages": [question, {"role": "assistant", "content": text}],
            "max_steps": case["max_steps"],
        }
        lines.append(line if isinstance(response, str) else {**line, "steps": response})
    return lines


def _question(case: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """Place the pictures where the markers stand, or in front when there is none."""
    pictures = [
        {"type": "image", "image": str(folder / one["file"]), "max_tiles": one["max_num"]}
        for one in case["images"]
    ]
    texts = case["question"].split("<image>")
    if len(texts) == 1 or case.get("placement") == "front":
        return [*pictures, {"type": "text", "text": case["question"]}]
    assert len(texts) == len(pictures) + 1
    placed = [{"type": "text", "text": texts[0]}]
    for picture, text in zip(pictures, texts[1:], strict=True):
        placed += [picture, {"type": "text", "text": text}]
    return [one for one in placed if one.get("text") != ""]


def outcome_lines(case: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """Return the one line of a case; limits of the processor become those of every picture."""
    limits = case.get("processor_limits") or {}
    messages = [
        {
            "role": message["role"],
            "content": message["content"]
            if isinstance(message["content"], str)
            else [
                {**limits, **part, "image": str(folder / part["image"])} if "image" in part else part
                for part in message["content"]
            ],
        }
        for message in case["messages"]
    ]
    return [{"id": case["id"], "messages": messages}]


def process_predictions(rows: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in rows:
        assert row["error"] is None, row
        name = row["id"].partition("#")[0]
        case = found.setdefault(name, {"step_scores": [], "response_scores": [], "num_tokens": []})
        case["step_scores"].append([step["score"] for step in row["steps"]])
        case["response_scores"].append(row["value"])
        case["num_tokens"].append(row["tokens"])
        case["num_patches_list"] = row["image_budget"]
    for case in found.values():
        values = case["response_scores"]
        case["ranking"] = sorted(range(len(values)), key=lambda number, of=values: -of[number])  # type: ignore[misc]
    return found


def outcome_predictions(rows: list[dict[str, Any]]) -> dict[str, Any]:
    assert all(row["error"] is None for row in rows), rows
    return {
        row["id"]: {"score": row["value"], "grid_thw": row["image_budget"], "num_tokens": row["tokens"]}
        for row in rows
    }
