"""Small files to import, written where a test wants them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from PIL import Image


def write(path: Path, items: list[Any]) -> Path:
    """Write items as a JSON list."""
    path.write_text(json.dumps(items, ensure_ascii=False), encoding="utf-8")
    return path


def native(name: str, turns: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """Return a native conversation."""
    return {"format": "annotate-conversation", "version": 1, "id": name, "turns": turns, **fields}


def turn(
    name: str, candidates: int = 1, *, parent: str | None = None, answer: Any = "An answer"
) -> dict[str, Any]:
    """Return a turn whose candidates are called ``<name>a1``, ``<name>a2`` and so on."""
    return {
        "id": name,
        "parent": parent,
        "content": f"Question {name}?",
        "candidates": [
            {"id": f"{name}a{which}", "source_model": f"model-{which}", "content": answer}
            for which in range(1, candidates + 1)
        ],
    }


def chain(name: str, turns: int, candidates: int = 1) -> dict[str, Any]:
    """Return a native conversation that goes on from every first candidate."""
    numbers = range(1, turns + 1)
    parents = [None, *(f"q{number}a1" for number in numbers)]
    return native(name, [turn(f"q{n}", candidates, parent=parents[n - 1]) for n in numbers])


def path(item: int | str, *rounds: tuple[str, str], **fields: Any) -> dict[str, Any]:
    """Return an InterMT path of (prompt id, response id) rounds; the texts follow from the ids."""
    return {
        "id": item,
        "conversations": [
            {
                "round": number,
                "prompt": f"Prompt {prompt}",
                "prompt_uuid": prompt,
                "prompt_images": [""],
                "response": f"Response {response}",
                "response_uuid": response,
                "response_images": [""],
            }
            for number, (prompt, response) in enumerate(rounds, start=1)
        ],
        **fields,
    }


def picture(file: Path, colour: str, **options: Any) -> Path:
    """Write a picture of one colour; the suffix of its name says in which format."""
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (32, 24), colour).save(file, **options)
    return file


def decoded(data: bytes) -> Image.Image:
    """Return stored bytes as a picture."""
    return Image.open(io.BytesIO(data)).convert("RGB")
