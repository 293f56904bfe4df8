from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from inference.checks import find_fault
from inference.types import Image, Item, ItemError, Message, Text
from tests.inference import make

if TYPE_CHECKING:
    from pathlib import Path


def code(item: Item) -> str | None:
    fault = find_fault(item)
    return fault.code if fault else None


def showing(path: Path) -> Item:
    return Item(
        id="r",
        messages=(Message("user", (Text("What?"), Image(source=path))), make.message("assistant", "That.")),
    )


def test_a_sound_item_has_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"bytes")

    assert find_fault(showing(path)) is None
    assert find_fault(make.item("fine", b"bytes")) is None


def test_the_last_message_must_be_the_assistants() -> None:
    item = make.item("fine")

    assert code(replace(item, messages=item.messages[:1])) == "no_response"
    assert code(replace(item, messages=())) == "no_response"
    assert code(replace(item, messages=item.messages[1:])) == "no_question"


@pytest.mark.parametrize("bad", ["a\0b", "a\ud800b"])
def test_text_that_no_tokenizer_takes_is_named_by_its_place(bad: str) -> None:
    fault = find_fault(make.item("fine", bad))

    assert fault == ItemError(
        "bad_text", f"messages[1].content[1]: character 1 is U+{ord(bad[1]):04X}; remove it"
    )
    assert code(replace(make.item("fine"), steps=("fine", bad))) == "bad_text"


def test_a_blank_step_is_refused() -> None:
    assert find_fault(replace(make.item("fine"), steps=("fine", " \n"))) == ItemError(
        "blank_step", "steps[1]: is blank; leave it out"
    )


def test_an_image_must_be_a_file_with_something_in_it(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    os.mkfifo(tmp_path / "pipe.png")

    assert code(showing(tmp_path / "nowhere.png")) == "missing_image"
    assert code(showing(tmp_path)) == "missing_image"
    assert code(showing(tmp_path / "pipe.png")) == "missing_image"
    assert code(showing(tmp_path / "a\0.png")) == "missing_image"
    assert code(showing(tmp_path / "empty.png")) == "empty_image"
    assert code(showing(tmp_path / ("a" * 300))) == "unreadable_image"
    assert code(make.item(b"")) == "empty_image"
