"""The demo project's content: conversations written for it, and the pictures they show.

Nothing here is copied from a data set. The conversations are ``native`` JSON files; their pictures
are drawn by code, so that the repository holds no binary files and every machine has the same ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from annotate.demo.pictures import PICTURES

CONVERSATIONS = Path(__file__).parent / "conversations"
JUDGEMENTS = Path(__file__).parent / "judgements"
GUIDELINES = Path(__file__).parent / "guidelines"


def conversation_files() -> list[Path]:
    """List the demo conversations, one ``native`` JSON file each, in order of their names."""
    return sorted(CONVERSATIONS.glob("*.json"))


def judgement_files() -> list[Path]:
    """List what the demo's people say about some of the conversations, one file each, in order.

    A file holds ``{"conversation", "judgements": {person: answers}}``. Answers are a submission's body
    by the ids in the conversation's file, with the ratings as ``{response: {dimension: value or state}}``
    and an image note's image by its file name.
    """
    return sorted(JUDGEMENTS.glob("*.json"))


def guideline_texts() -> dict[str, str]:
    """Return the demo's guidelines as Markdown by language."""
    return {file.stem: file.read_text("utf-8") for file in sorted(GUIDELINES.glob("*.md"))}


def worked_examples() -> list[dict[str, Any]]:
    """List the worked examples, ``{"dimension", "value", "texts": {language: {"case", "why"}}}``, in order."""
    found: list[dict[str, Any]] = yaml.safe_load((GUIDELINES / "examples.yaml").read_text("utf-8"))
    return found


def draw_pictures(folder: Path) -> list[str]:
    """Draw every picture that the conversations name into ``folder`` (made when missing).

    Gives the file names, sorted. A file of the same name is replaced. Raises ``OSError`` when the
    folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        picture = draw()
        if name.endswith(".jpg"):
            picture.save(folder / name, quality=88, exif=picture.getexif())
        else:
            picture.save(folder / name)
    return sorted(PICTURES)
