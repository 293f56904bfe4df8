"""Outcome scorers: one unbounded reward for a whole response, as Skywork-VL-Reward gives it.

The conversation is read in ChatML with its pictures in place, in any message; the reward is a value row
over the last hidden state of the last token, the newline after the response's ``<|im_end|>``.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError, safe_open

from inference.checkpoints.identity import present
from inference.configuration import ConfigurationError
from inference.engine.chatml import ChatReader
from inference.engine.engine import ItemFault, Look
from inference.engine.loading import device_of, finite
from inference.engine.model_scorer import ModelScorer
from inference.engine.pictures import PIXEL_LIMIT
from inference.engine.qwen_vl import QwenVL
from inference.engine.sequences import Builder
from inference.engine.warming import warm
from inference.engine.words import Words
from inference.types import Image, ItemError, Result, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from inference.configuration import Head, Outcome
    from inference.engine.sequences import Picture, TokenSequence
    from inference.types import Item, ScorerInfo

SYSTEM = "You are a helpful assistant."
"""What the chat template puts first where a conversation brings no system message."""


def load(key: str, configuration: Outcome) -> OutcomeScorer:
    """Return the scorer with its model in memory."""
    folder = Path(configuration.model)
    info = present(key, configuration)
    model = QwenVL.read(
        folder,
        dtype=getattr(torch, configuration.dtype),
        device=device_of(configuration.device),
        head=_names(configuration.head),
    )
    head = read_head(folder, configuration.head, model.language.config.hidden_size)
    return warm(OutcomeScorer(info, configuration, Conversations(configuration, Words(folder), model), head))


class OutcomeScorer(ModelScorer):
    """A bare Qwen2.5-VL with a value row: weights [H] and bias, in float32."""

    def __init__(
        self,
        info: ScorerInfo,
        configuration: Outcome,
        reader: Conversations,
        head: tuple[Tensor, float],
    ) -> None:
        super().__init__(info, reader, token_budget=configuration.token_budget)
        self.weight, self.bias = head[0].to(reader.model.model.device), head[1]

    def result(self, item: Item, sequence: TokenSequence, states: Tensor) -> Result:
        """Return the reward."""
        value = float(states[0].float() @ self.weight + self.bias)
        if not math.isfinite(value):
            return Result(id=item.id, error=ItemError("not_a_number", f"the model answered {value}"))
        grids = tuple(span.picture.grid for span in sequence.spans)
        return Result(id=item.id, value=value, tokens=len(sequence), image_budget=grids)


class Conversations(ChatReader):
    """Conversations as the model was trained to read them."""

    def __init__(self, configuration: Outcome, words: Words, model: QwenVL) -> None:
        self.configuration = configuration
        around = ("<|vision_start|>", "<|vision_end|>")
        super().__init__(configuration, words, model, around=around, pad="<|image_pad|>")

    def budgets(self, items: Sequence[Item]) -> Iterator[int]:  # noqa: ARG002 - the same for every conversation
        """Yield the largest number of pixels, then its halves."""
        most = self.configuration.max_pixels
        while most > self.configuration.min_pixels:
            yield most
            most //= 2
        yield self.configuration.min_pixels

    def sequence(self, item: Item, budget: int, look: Look) -> TokenSequence:
        """Return the conversation in ChatML, read at its last token."""
        response = item.messages[-1].content
        if not any(isinstance(part, Image) or part.text.strip() for part in response):
            raise ItemFault("empty_response", "the response has nothing to score")
        built = Builder(self.model.image_id)
        if item.messages[0].role != "system":
            self.turn(built, "system", (Text(SYSTEM),), budget, look)
        for message in item.messages:
            self.turn(built, message.role, message.content, budget, look)
        built.read_last()
        return built.finish(self.model.positions(len(built.ids), built.spans))

    def cut(self, image: Image, budget: int, look: Look) -> Picture:
        """Return the picture within its own limits where it has them; the scorer's give way to those."""
        most = image.max_pixels or max(budget, image.min_pixels or 0)
        least = image.min_pixels or min(self.configuration.min_pixels, most)
        if least > most:
            raise ItemFault("bad_limits", f"min_pixels, {least:,}, is above max_pixels, {most:,}")
        if least > PIXEL_LIMIT:
            detail = f"min_pixels is {least:,}; at most {PIXEL_LIMIT:,} are looked at"
            raise ItemFault("image_too_large", detail)
        found: Picture = self.model.cut(look(image), least, most)
        return found


def _names(head: Head) -> frozenset[str]:
    return frozenset(name for name in (head.weight, head.bias) if name)


def read_head(folder: Path, head: Head, hidden: int) -> tuple[Tensor, float]:
    """Return the value row [H] and its bias, in float32 whatever was stored, as TRL computes them.

    ConfigurationError when the file holds anything else than the configuration names.
    """
    path = folder / head.file
    wanted = _names(head)
    try:
        with safe_open(path, framework="pt") as file:
            names = set(file.keys())
            if not wanted <= names or (head.file == "value_head.safetensors" and names != wanted):
                detail = f"holds {', '.join(sorted(names))}; the configuration asks for {', '.join(sorted(wanted))}"
                raise ConfigurationError(f"{path}: {detail}")
            weight = finite(file.get_tensor(head.weight).float(), f"{path}: {head.weight}")
            bias = (
                finite(file.get_tensor(head.bias).float(), f"{path}: {head.bias}")
                if head.bias
                else torch.zeros(1)
            )
    except (OSError, SafetensorError) as error:
        raise ConfigurationError(f"{path}: cannot be read as the value head: {error}") from error
    if weight.numel() != hidden or bias.numel() != 1:
        detail = f"a row of {weight.numel()} numbers for {hidden} hidden ones, a bias of {bias.numel()} for 1"
        raise ConfigurationError(f"{path}: {detail}")
    return weight.flatten(), float(bias)
