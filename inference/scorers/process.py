r"""Process scorers: a probability that each step of a response is right, as VisualPRM gives it.

The response's steps are put to the model as a dialogue in which it has answered ``+`` to every step; the
score of a step is P(+) among {+, -} at the token before that answer, so that one pass gives them all.

    <|im_start|>system\n{system message}<|im_end|>\n
    <|im_start|>user\n### Question:\n{question}\n\n### Solution Process:\n{step 1}<|im_end|>\n
    <|im_start|>assistant\n+<|im_end|>\n
    <|im_start|>user\n{step 2}<|im_end|>\n
    <|im_start|>assistant\n+<|im_end|>\n …

(line breaks of this picture are not in the text). The question is the last user message, or the
conversation with labels; pictures of the scored response itself are left out. Source: VisualPRM,
arXiv 2503.10291, and its published scoring code.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from inference.checkpoints.identity import present
from inference.configuration import ConfigurationError
from inference.engine.chatml import ChatReader
from inference.engine.engine import ItemFault, Look
from inference.engine.internvl import InternVL
from inference.engine.loading import device_of, expect_kind, finite
from inference.engine.model_scorer import ModelScorer
from inference.engine.sequences import Builder
from inference.engine.warming import warm
from inference.engine.words import Words
from inference.prompts import question, response_text
from inference.steps import Step, join_steps, split_steps
from inference.types import Image, ItemError, Result, StepScore, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from inference.configuration import Process
    from inference.engine.sequences import Picture, TokenSequence
    from inference.types import Item, ScorerInfo

TEMPLATE_SYSTEM = (
    "你是书生·万象，英文名是InternVL，"
    "是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。"
)
"""The greeting of the template ``internvl2_5``, which the published scoring code always sends."""


def load(key: str, configuration: Process) -> ProcessScorer:
    """Return the scorer with its model in memory."""
    folder = Path(configuration.model)
    info = present(key, configuration)
    expect_kind(folder, "internvl")  # before a tokenizer that only a converted folder has
    words = Words(folder)
    model = InternVL.read(
        folder,
        tokens=[answer_token(words, sign) for sign in "+-"],
        dtype=getattr(torch, configuration.dtype),
        device=device_of(configuration.device),
    )
    finite(model.rows, f"{folder}: the output rows of + and -")
    return warm(ProcessScorer(info, configuration, Dialogues(configuration, words, model)))


def answer_token(words: Words, sign: str) -> int:
    """Return the token of an answer; it must be one, and stand unmerged after the turn's head."""
    found = words.special(sign)
    if words.text(f"assistant\n{sign}")[-1] != found:
        raise ConfigurationError(f"the tokenizer does not end “assistant\\n{sign}” in the token {sign!r}")
    return found


class ProcessScorer(ModelScorer):
    """A native InternVL with the output rows of ``+`` and ``-``."""

    def __init__(self, info: ScorerInfo, configuration: Process, reader: Dialogues) -> None:
        super().__init__(info, reader, token_budget=configuration.token_budget)
        self.configuration = configuration
        self.rows = reader.model.rows

    def result(self, item: Item, sequence: TokenSequence, states: Tensor) -> Result:
        """Return the steps' scores and their mean or minimum."""
        scores = (states.float() @ self.rows.T).softmax(-1)[:, 0].tolist()
        if not all(map(math.isfinite, scores)):
            return Result(id=item.id, error=ItemError("not_a_number", "the model answered no number"))
        value = min(scores) if self.configuration.aggregation == "min" else sum(scores) / len(scores)
        steps = tuple(
            StepScore(text=step.text, score=score, first=step.first, last=step.last)
            for step, score in zip(_steps(item, self.configuration.max_steps), scores, strict=True)
        )
        tiles = tuple(span.picture.grid[2] for span in sequence.spans)
        return Result(id=item.id, value=value, steps=steps, tokens=len(sequence), image_budget=tiles)


class Dialogues(ChatReader):
    """Questions and steps in the dialogue that the model was trained on."""

    def __init__(self, configuration: Process, words: Words, model: InternVL) -> None:
        self.configuration = configuration
        super().__init__(configuration, words, model, around=("<img>", "</img>"), pad="<IMG_CONTEXT>")

    def budgets(self, items: Sequence[Item]) -> Iterator[int]:
        """Yield the tiles per picture: what the configuration gives the conversation, then fewer."""
        images = max(item.conversation_images or len(_images(item)) for item in items)
        most = max(1, min(self.configuration.max_tiles, self.configuration.total_tiles // max(images, 1)))
        yield from range(most, 0, -1)

    def sequence(self, item: Item, budget: int, look: Look) -> TokenSequence:
        """Return the dialogue, read at the token before every ``+``."""
        steps = _steps(item, self.configuration.max_steps)
        built = Builder(self.model.image_id)
        built.text(self.words.start)
        if self.configuration.system_message != "none":
            system = self.configuration.system_message
            text = TEMPLATE_SYSTEM if system == "template" else system
            self.turn(built, "system", (Text(text),), budget, look)
        parts = (Text("### Question:\n"), *question(item.messages), Text("\n\n### Solution Process:\n"))
        for number, step in enumerate(steps):
            self.turn(built, "user", (*(() if number else parts), Text(step.text)), budget, look)
            built.text([self.opens])
            answer = self.words.text("assistant\n+")
            built.text(answer[:-1])
            built.read_last()
            built.text([answer[-1], self.closes, *self.words.text("\n")])
        return built.finish(torch.arange(len(built.ids))[None].numpy())

    def cut(self, image: Image, budget: int, look: Look) -> Picture:
        """Return the picture in the conversation's number of tiles, or in its own."""
        # Every way of cutting is tried, and there are more of them the more tiles are allowed.
        most = max(1, self.max_tokens // self.model.tokens_per_tile)
        if image.max_tiles and image.max_tiles > most:
            raise ItemFault("too_many_tiles", f"max_tiles is {image.max_tiles:,}; the model takes {most:,}")
        found: Picture = self.model.cut(look(image), image.max_tiles or budget)
        return found


def _images(item: Item) -> list[Image]:
    return [part for part in question(item.messages) if isinstance(part, Image)]


def _steps(item: Item, configured: int | None) -> list[Step]:
    """Return the response's steps, joined as asked; ItemFault when there is none."""
    text, _ = response_text(item.messages[-1])
    parts = split_steps(text) if item.steps is None else item.steps
    if not parts:
        raise ItemFault("empty_response", "the response has no text to score")
    return join_steps(parts, configured if item.max_steps == "default" else item.max_steps)
