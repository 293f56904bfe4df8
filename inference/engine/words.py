"""Text to token ids, with every special token out of reach of what people type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transformers import AutoTokenizer

from inference.configuration import ConfigurationError
from inference.engine.loading import loading

if TYPE_CHECKING:
    from pathlib import Path


class Words:
    """A model's tokenizer: `text` for what people wrote, `special` for the template's own tokens."""

    def __init__(self, folder: Path) -> None:
        with loading(folder, "the tokenizer"):
            # Without the explicit False a folder that brings code would ask on the terminal whether to run it.
            self._tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        self.start: list[int] = self._tokenizer("")["input_ids"]

    def text(self, text: str) -> list[int]:
        """Return the ids of a run of text; special tokens in it are spelled out like any other word."""
        encoded = self._tokenizer(text, add_special_tokens=False, split_special_tokens=True)
        ids: list[int] = encoded["input_ids"]
        return ids

    def special(self, token: str) -> int:
        """Return the id of a special token; ConfigurationError when the tokenizer has none of that name."""
        found = self._tokenizer.convert_tokens_to_ids(token)
        if not isinstance(found, int) or found == self._tokenizer.unk_token_id:
            raise ConfigurationError(f"the tokenizer has no token {token!r}")
        return found
