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
from inference.engine.engine import Engine, ItemFault, Look
from inference.engine.loading import device_of, finite, health_of
from inference.engine.pictures import PIXEL_LIMIT
from inference.engine.qwen_vl import QwenVL
from inference.engine.sequences import Builder
from inference.engine.warming import warm
from inference.engine.words import Words
from inference.types import Image, ItemError, Result, Text

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from torch import Tensor

    from inference.configuration import Head, Outcome
    from inference.engine.sequences import Picture, TokenSequence
    from inference.types import Health, Item, Part, ScorerInfo

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


class OutcomeScorer:
    """A bare Qwen2.5-VL with a value row: weights [H] and bias, in float32."""

    def __init__(
        self,
        info: ScorerInfo,
        configuration: Outcome,
        reader: Conversations,
        head: tuple[Tensor, float],
    ) -> None:
        self._info = info
        self.weight, self.bias = head[0].to(reader.model.model.device), head[1]
        self.engine = Engine(reader, token_budget=configuration.token_budget)

    def describe(self) -> ScorerInfo:
        """Say which model, of which revision, speaks."""
        return self._info

    def health(self) -> Health:
        """Say where the model lies and how much memory is free there."""
        return health_of(self.engine.reader.language.embed_tokens.weight.device)

    def __call__(self, items: Sequence[Item], /) -> list[Result]:
        """Score every item; one that cannot be scored gets its own error."""
        outcomes = self.engine.run(items)
        return [
            Result(id=item.id, error=outcome)
            if isinstance(outcome, ItemError)
            else self._result(item, outcome.sequence, outcome.states)
            for item, outcome in zip(items, outcomes, strict=True)
        ]

    def _result(self, item: Item, sequence: TokenSequence, states: Tensor) -> Result:
        value = float(states[0].float() @ self.weight + self.bias)
        if not math.isfinite(value):
            return Result(id=item.id, error=ItemError("not_a_number", f"the model answered {value}"))
        grids = tuple(span.picture.grid for span in sequence.spans)
        return Result(id=item.id, value=value, tokens=len(sequence), image_budget=grids)


class Conversations:
    """Conversations as the model was trained to read them."""

    def __init__(self, configuration: Outcome, words: Words, model: QwenVL) -> None:
        self.configuration = configuration
        self.words = words
        self.model = model
        self.language = self.model.language
        self.max_tokens = min(configuration.max_tokens, self.model.max_positions)
        self._opens, self._closes = self.words.special("<|im_start|>"), self.words.special("<|im_end|>")
        self._image_opens, self._image_closes = (
            self.words.special("<|vision_start|>"),
            self.words.special("<|vision_end|>"),
        )
        if self.words.special("<|image_pad|>") != self.model.image_id:
            raise ConfigurationError("tokenizer and model disagree about the id of <|image_pad|>")

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
            self._turn(built, "system", (Text(SYSTEM),), budget, look)
        for message in item.messages:
            self._turn(built, message.role, message.content, budget, look)
        built.read_last()
        return built.finish(self.model.positions(len(built.ids), built.spans))

    def _turn(self, built: Builder, role: str, content: tuple[Part, ...], budget: int, look: Look) -> None:
        built.text([self._opens])
        run = f"{role}\n"
        for part in content:
            if isinstance(part, Text):
                run += part.text
                continue
            built.text([*self.words.text(run), self._image_opens])
            run = ""
            built.picture(self._cut(part, budget, look))
            built.text([self._image_closes])
        built.text([*self.words.text(run), self._closes, *self.words.text("\n")])

    def _cut(self, image: Image, budget: int, look: Look) -> Picture:
        """Return the picture within its own limits where it has them; the scorer's give way to those."""
        most = image.max_pixels or max(budget, image.min_pixels or 0)
        least = image.min_pixels or min(self.configuration.min_pixels, most)
        if least > most:
            raise ItemFault("bad_limits", f"min_pixels, {least:,}, is above max_pixels, {most:,}")
        if least > PIXEL_LIMIT:
            detail = f"min_pixels is {least:,}; at most {PIXEL_LIMIT:,} are looked at"
            raise ItemFault("image_too_large", detail)
        return self.model.cut(look(image), least, most)

    def prepare(self, picture: Picture) -> Tensor:
        """Return the picture's patches."""
        return self.model.prepare(picture)

    def encode(
        self, prepared: Mapping[Hashable, tuple[Picture, Tensor]], budget: int
    ) -> dict[Hashable, Tensor]:
        """Return the pictures' features."""
        return self.model.encode(prepared, budget)


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
