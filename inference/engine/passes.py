"""The forward pass of a language model over a forest, and the count of what it computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from transformers import DynamicCache

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from inference.engine.forest import Forest
    from inference.engine.sequences import Picture


@dataclass(slots=True)
class Counted:
    """What was computed: tokens through the language model, pairs of tokens its attention looked at,
    pictures through the vision tower, sequences read, and their tokens had each been computed alone."""  # noqa: D205, D209

    tokens: int = 0
    attention_pairs: int = 0
    pictures: int = 0
    sequences: int = 0
    tokens_alone: int = 0

    def add(self, forest: Forest, budget: int) -> None:
        """Count one pass in chunks of ``budget`` tokens."""
        size = len(forest)
        self.tokens += size
        if forest.is_chain and size <= budget:
            self.attention_pairs += size * (size + 1) // 2
        else:
            self.attention_pairs += sum(
                (min(first + budget, size) - first) * min(first + budget, size)
                for first in range(0, size, budget)
            )
        self.sequences += len(forest.sequences)
        self.tokens_alone += sum(len(one) for one in forest.sequences)


@torch.inference_mode()
def hidden_states(
    model: Any,  # noqa: ANN401 - the layers' types are not declared
    forest: Forest,
    features: Callable[[Picture], Tensor],
    *,
    budget: int,
) -> list[Tensor]:
    """Return, for each sequence, the last hidden states [reads, H] at the tokens that it is read at.

    ``model`` is a causal decoder of transformers; ``features`` gives a picture's [tokens, H]. At most
    ``budget`` tokens are computed at once: the memory grows with it, the result stays.
    """
    device = model.embed_tokens.weight.device
    embedded = _embed(model, forest, features, device)
    positions = torch.from_numpy(forest.positions).to(device)
    whole = len(forest) <= budget
    cache = None if whole else DynamicCache(config=model.config)
    wanted = torch.zeros(len(forest), dtype=torch.bool, device=device)
    for nodes in forest.reads:
        wanted[torch.from_numpy(nodes).to(device)] = True
    kept = []
    for first in range(0, len(forest), budget):
        end = min(first + budget, len(forest))
        out = model(
            inputs_embeds=embedded[None, first:end],
            position_ids=_as_the_model_takes(positions[:, first:end]),
            attention_mask=None if whole and forest.is_chain else forest.mask(first, end, device)[None, None],
            past_key_values=cache,
            use_cache=not whole,
        )
        kept.append(out.last_hidden_state[0, wanted[first:end]])
    place = wanted.cumsum(0) - 1
    states = torch.cat(kept)
    return [states[place[torch.from_numpy(nodes).to(device)]] for nodes in forest.reads]


def _embed(
    model: Any,  # noqa: ANN401 - as above
    forest: Forest,
    features: Callable[[Picture], Tensor],
    device: torch.device,
) -> Tensor:
    embedded: Tensor = model.embed_tokens(torch.from_numpy(forest.ids).to(device)).clone()
    for first, picture in forest.pictures:
        embedded[first : first + picture.tokens] = features(picture).to(embedded)
    return embedded


def _as_the_model_takes(positions: Tensor) -> Tensor:
    """[1, T] as it is; the three axes of M-RoPE as [3, 1, T]."""
    return positions if len(positions) == 1 else positions[:, None]
