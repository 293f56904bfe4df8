"""The forward pass of a language model over a forest, and the count of what it computed.

Everything but attention treats tokens one by one, so all nodes go through it together. Attention is
ours: each branch looks at its ancestors and, causally, at itself, so that nothing is computed for
tokens that do not see one another and no mask over all nodes exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.attention.bias import causal_lower_right
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface, DynamicCache
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from inference.engine.forest import Forest, Stretch
    from inference.engine.sequences import Picture

ATTENTION = "forest"


@dataclass(slots=True)
class Counted:
    """What was computed.

    Tokens through the language model, pairs of tokens that its attention looked at, pictures through the
    vision tower and their tokens, sequences read, and their tokens had each been computed alone.
    """

    tokens: int = 0
    attention_pairs: int = 0
    pictures: int = 0
    picture_tokens: int = 0
    sequences: int = 0
    tokens_alone: int = 0

    def add(self, forest: Forest, budget: int) -> None:
        """Count one pass in chunks of ``budget`` tokens."""
        self.tokens += len(forest)
        self.sequences += len(forest.sequences)
        self.tokens_alone += sum(len(one) for one in forest.sequences)
        for first in range(0, len(forest), budget):
            for one in forest.stretches(first, min(first + budget, len(forest))):
                new, above = one.end - one.first, len(one.above)
                # An upper bound: below ancestors, kernels of some devices multiply what comes later too.
                self.attention_pairs += new * (new + above) if above else new * (new + 1) // 2


def use_forest_attention(model: Any) -> None:  # noqa: ANN401 - a decoder of transformers
    """Have the decoder attend as `hidden_states` needs; other callers get what they had."""
    model.set_attn_implementation(ATTENTION)


@torch.inference_mode()
def hidden_states(
    model: Any,  # noqa: ANN401 - the layers' types are not declared
    forest: Forest,
    features: Callable[[Picture], Tensor],
    *,
    budget: int,
) -> list[Tensor]:
    """Return, for each sequence, the last hidden states [reads, H] at the tokens that it is read at.

    ``model`` is a causal decoder of transformers after `use_forest_attention`; ``features`` gives a
    picture's [tokens, H]. At most ``budget`` tokens are computed at once: the memory grows with it, the
    result stays.
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
            # One that exists already keeps transformers from making another; nobody reads it.
            attention_mask=torch.empty(1, 1, 1, 1, device=device),
            past_key_values=cache,
            use_cache=not whole,
            stretches=[_on(device, one, first) for one in forest.stretches(first, end)],
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


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of the queries, and the keys [K] that they see, a slice where they stand together.

    The rows are the last of what they see; ``shape`` (rows, K) says how far back, None where they see
    nothing but themselves.
    """

    rows: slice
    keys: Tensor | slice
    shape: tuple[int, int] | None


def _on(device: torch.device, one: Stretch, first: int) -> _Rows:
    new, above = one.end - one.first, len(one.above)
    rows = slice(one.first - first, one.end - first)
    if not above:
        return _Rows(rows, slice(one.first, one.end), None)
    together = one.above[0] + above == one.first  # ascending, so nothing lies between
    keys = (
        slice(int(one.above[0]), one.end)
        if together
        else torch.cat([torch.from_numpy(one.above), torch.arange(one.first, one.end)]).to(device)
    )
    return _Rows(rows, keys, (new, new + above))


def _attend(  # noqa: PLR0913, PLR0917 - as transformers calls it
    module: Any,  # noqa: ANN401
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    stretches: Sequence[_Rows] | None = None,
    **others: Any,  # noqa: ANN401
) -> tuple[Tensor, None]:
    """Return [1, n, heads, D] from query [1, heads, n, D], and key and value [1, kv heads, nodes, D]."""
    if stretches is None:
        answer: tuple[Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, **others
        )
        return answer
    out = torch.empty_like(query)
    for one in stretches:
        # Made where it is used: it takes address space for the whole of its shape.
        bias = None if one.shape is None else causal_lower_right(*one.shape)
        out[:, :, one.rows] = scaled_dot_product_attention(
            query[:, :, one.rows],
            key[:, :, one.keys],
            value[:, :, one.keys],
            attn_mask=bias,
            is_causal=bias is None,
            scale=scaling,
            enable_gqa=True,
        )
    return out.transpose(1, 2).contiguous(), None


AttentionInterface.register(ATTENTION, _attend)
AttentionMaskInterface.register(ATTENTION, sdpa_mask)
