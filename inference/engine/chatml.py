"""Conversations in ChatML, as both published models read them: turns between special tokens, pictures in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.configuration import ConfigurationError
from inference.types import Text

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from torch import Tensor

    from inference.configuration import Outcome, Process
    from inference.engine.engine import Look
    from inference.engine.sequences import Builder, Picture
    from inference.engine.words import Words
    from inference.types import Image, Part


class ChatReader:
    """What the readers of engine.Reader share; a kind of scorer adds ``budgets``, ``sequence`` and ``cut``.

    ``around`` and ``pad`` are the special tokens around a picture and in its place.
    """

    def __init__(
        self,
        configuration: Process | Outcome,
        words: Words,
        model: Any,  # noqa: ANN401 - an InternVL or a QwenVL
        *,
        around: tuple[str, str],
        pad: str,
    ) -> None:
        self.words = words
        self.model = model
        self.language = model.language
        self.max_tokens = min(configuration.max_tokens, model.max_positions)
        self.opens, self.closes = words.special("<|im_start|>"), words.special("<|im_end|>")
        self._image_opens, self._image_closes = (words.special(token) for token in around)
        if words.special(pad) != model.image_id:
            raise ConfigurationError(f"tokenizer and model disagree about the id of {pad}")

    def turn(self, built: Builder, role: str, parts: Sequence[Part], budget: int, look: Look) -> None:
        """Append a turn; text between two special tokens is encoded as one run, for tokens join over parts."""
        built.text([self.opens])
        run = f"{role}\n"
        for part in parts:
            if isinstance(part, Text):
                run += part.text
                continue
            built.text([*self.words.text(run), self._image_opens])
            run = ""
            built.picture(self.cut(part, budget, look))
            built.text([self._image_closes])
        built.text([*self.words.text(run), self.closes, *self.words.text("\n")])

    def cut(self, image: Image, budget: int, look: Look) -> Picture:
        """Return the picture within the conversation's budget, or within its own limits where it has them."""
        raise NotImplementedError

    def prepare(self, picture: Picture) -> Tensor:
        """Return the picture's pixels as the model takes them."""
        prepared: Tensor = self.model.prepare(picture)
        return prepared

    def encode(
        self, prepared: Mapping[Hashable, tuple[Picture, Tensor]], budget: int
    ) -> dict[Hashable, Tensor]:
        """Return the pictures' features."""
        features: dict[Hashable, Tensor] = self.model.encode(prepared, budget)
        return features
