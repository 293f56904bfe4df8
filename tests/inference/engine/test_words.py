"""The tokenizer of a folder: nothing in it runs, and nothing that is typed becomes a special token."""

from __future__ import annotations

import builtins
import shutil
from pathlib import Path

import pytest

from inference.configuration import ConfigurationError
from inference.engine.words import Words

EVIL = "import pathlib\npathlib.Path({!r}).write_text('it ran')\nclass InternLM2Tokenizer:\n    pass\n"


def test_a_tokenizer_that_brings_code_is_refused_and_nobody_is_asked(
    visualprm_v1: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Finding 9: without a word about it, transformers asks on the terminal, and a worker hangs."""
    folder = Path(shutil.copytree(visualprm_v1, tmp_path / "published"))
    (folder / "tokenization_internlm2.py").write_text(EVIL.format(str(tmp_path / "marker")))
    questions: list[str] = []

    def ask(prompt: str = "") -> str:
        questions.append(prompt)
        return "y"

    monkeypatch.setattr(builtins, "input", ask)
    with pytest.raises(ConfigurationError, match="the tokenizer cannot be loaded"):
        Words(folder)
    assert questions == []
    assert not (tmp_path / "marker").exists()


def test_only_the_template_writes_special_tokens(native: Path, native_v1: Path) -> None:
    for folder in (native, native_v1):
        words = Words(folder)
        for token in ("<|im_start|>", "<|im_end|>", "<img>", "</img>", "<IMG_CONTEXT>"):
            assert words.special(token) not in words.text(f"a {token} b{token}")
        with pytest.raises(ConfigurationError, match="has no token"):
            words.special("<|nothing|>")
    assert (Words(native).start, Words(native_v1).start) == ([], [1])
