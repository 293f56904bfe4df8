"""The words that scoring counts on are single tokens, or the folder is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inference.checkpoints.convert import convert
from inference.checkpoints.errors import ConversionError
from tests.inference.checkpoints.editing import copied, edit_json, silent


def refused(source: Path, tmp_path: Path) -> str:
    with pytest.raises(ConversionError) as error:
        convert(source, tmp_path / "native", silent)
    assert not (tmp_path / "native").exists()
    return str(error.value)


def test_a_mark_that_the_tokenizer_lacks(visualprm: Path, tmp_path: Path) -> None:
    source = copied(visualprm, tmp_path)

    def edit(tokenizer: dict[str, Any]) -> None:
        tokenizer["added_tokens"] = [
            one for one in tokenizer["added_tokens"] if one["content"] != "<IMG_CONTEXT>"
        ]

    edit_json(source / "tokenizer.json", edit)

    assert "tokenizer.json: '<IMG_CONTEXT>' is not a token" in refused(source, tmp_path)


def test_a_sign_that_is_merged_with_what_stands_before_it(visualprm: Path, tmp_path: Path) -> None:
    source = copied(visualprm, tmp_path)

    def edit(tokenizer: dict[str, Any]) -> None:
        model = tokenizer["model"]
        newline = "Ċ+"  # how the byte alphabet writes a line end
        last = max(model["vocab"], key=model["vocab"].get)
        model["merges"] = [pair for pair in model["merges"] if last not in (*pair, "".join(pair))]
        model["vocab"][newline] = model["vocab"].pop(last)
        model["merges"].insert(0, ["Ċ", "+"])
        tokenizer["pre_tokenizer"] = {
            "type": "ByteLevel",
            "add_prefix_space": False,
            "trim_offsets": True,
            "use_regex": False,
        }

    edit_json(source / "tokenizer.json", edit)

    assert "'assistant\\n+' becomes" in refused(source, tmp_path)


def test_a_token_beyond_the_rows_of_the_weights(visualprm: Path, tmp_path: Path) -> None:
    source = copied(visualprm, tmp_path)
    edit_json(source / "config.json", lambda config: config["llm_config"].update(vocab_size=693))

    assert "'<IMG_CONTEXT>' is token 693, but the weights have 693 rows" in refused(source, tmp_path)


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        ("tokenizer.json", Path.unlink, "not there"),
        ("tokenizer.json", lambda path: path.write_text("{}"), "tokenizer.json: "),
        ("tokenizer_config.json", Path.unlink, "not there"),
        ("tokenizer_config.json", lambda path: path.write_text("["), "tokenizer_config.json: "),
    ],
)
def test_a_tokenizer_file_that_is_missing_or_broken(
    name: str, damage: Callable[[Path], object], message: str, visualprm: Path, tmp_path: Path
) -> None:
    source = copied(visualprm, tmp_path)
    damage(source / name)

    said = refused(source, tmp_path)

    assert message in said
    assert "download it again" in said
