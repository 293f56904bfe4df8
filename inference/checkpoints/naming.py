"""Where every native tensor comes from in the published layout, and how fused ones are cut and joined."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from inference.checkpoints.errors import ConversionError, refuse
from inference.checkpoints.published import INTERNLM2, QWEN2, Language

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import torch

    from inference.checkpoints.weights import Tensor

Fused = Literal["equal", "grouped"]
"""``equal``: q, k, v one after another. ``grouped``: InternLM2's wqkv, per key head its queries, key, value."""

_LAYER = r"model\.vision_tower\.encoder\.layer\.(\d+)\."
_PUBLISHED_LAYER = r"vision_model.encoder.layers.\1."
_BLOCK = r"model\.language_model\.layers\.(\d+)\."
_PUBLISHED_BLOCK = r"language_model.model.layers.\1."
_LEAF = r"\.(weight|bias)"

_VISION: list[tuple[str, str, Fused | None]] = [
    (r"model\.vision_tower\.embeddings\.cls_token", "vision_model.embeddings.class_embedding", None),
    (
        r"model\.vision_tower\.embeddings\.position_embeddings",
        "vision_model.embeddings.position_embedding",
        None,
    ),
    (
        r"model\.vision_tower\.embeddings\.patch_embeddings\.projection" + _LEAF,
        r"vision_model.embeddings.patch_embedding.\1",
        None,
    ),
    (_LAYER + r"attention\.[qkv]_proj" + _LEAF, _PUBLISHED_LAYER + r"attn.qkv.\2", "equal"),
    (_LAYER + r"attention\.projection_layer" + _LEAF, _PUBLISHED_LAYER + r"attn.proj.\2", None),
    (_LAYER + r"attention\.([qk])_norm" + _LEAF, _PUBLISHED_LAYER + r"attn.\2_norm.\3", None),
    (_LAYER + r"layernorm_before" + _LEAF, _PUBLISHED_LAYER + r"norm1.\2", None),
    (_LAYER + r"layernorm_after" + _LEAF, _PUBLISHED_LAYER + r"norm2.\2", None),
    (_LAYER + r"lambda_([12])", _PUBLISHED_LAYER + r"ls\2", None),
    (_LAYER + r"mlp\.fc([12])" + _LEAF, _PUBLISHED_LAYER + r"mlp.fc\2.\3", None),
    (r"model\.multi_modal_projector\.layer_norm" + _LEAF, r"mlp1.0.\1", None),
    (r"model\.multi_modal_projector\.linear_1" + _LEAF, r"mlp1.1.\1", None),
    (r"model\.multi_modal_projector\.linear_2" + _LEAF, r"mlp1.3.\1", None),
]

_LANGUAGE: dict[str, list[tuple[str, str, Fused | None]]] = {
    QWEN2: [
        (r"model\.language_model\.(.+)", r"language_model.model.\1", None),
        (r"lm_head\.weight", "language_model.lm_head.weight", None),
    ],
    INTERNLM2: [
        (r"model\.language_model\.embed_tokens\.weight", "language_model.model.tok_embeddings.weight", None),
        (_BLOCK + r"self_attn\.[qkv]_proj" + _LEAF, _PUBLISHED_BLOCK + r"attention.wqkv.\2", "grouped"),
        (_BLOCK + r"self_attn\.o_proj" + _LEAF, _PUBLISHED_BLOCK + r"attention.wo.\2", None),
        (_BLOCK + r"mlp\.gate_proj\.weight", _PUBLISHED_BLOCK + "feed_forward.w1.weight", None),
        (_BLOCK + r"mlp\.up_proj\.weight", _PUBLISHED_BLOCK + "feed_forward.w3.weight", None),
        (_BLOCK + r"mlp\.down_proj\.weight", _PUBLISHED_BLOCK + "feed_forward.w2.weight", None),
        (_BLOCK + r"input_layernorm\.weight", _PUBLISHED_BLOCK + "attention_norm.weight", None),
        (_BLOCK + r"post_attention_layernorm\.weight", _PUBLISHED_BLOCK + "ffn_norm.weight", None),
        (r"model\.language_model\.norm\.weight", "language_model.model.norm.weight", None),
        (r"lm_head\.weight", "language_model.output.weight", None),
    ],
}


@dataclass(frozen=True, slots=True)
class Origin:
    """A published tensor: the native names it becomes, in the order q, k, v when it is fused."""

    natives: tuple[str, ...]
    shape: tuple[int, ...]
    fused: Fused | None


def layout(native: Mapping[str, tuple[int, ...]], architecture: str) -> dict[str, Origin]:
    """Return the published tensors from which a model with these native names and shapes is made."""
    parts: dict[str, list[str]] = defaultdict(list)
    ways: dict[str, Fused | None] = {}
    for name in native:
        key, ways[key] = _published(name, architecture)
        parts[key].append(name)
    origins = {}
    for key, names in parts.items():
        ordered = tuple(sorted(names, key=_place))
        first = native[ordered[0]]
        shape = (sum(native[name][0] for name in ordered), *first[1:])
        origins[key] = Origin(ordered, shape, ways[key])
    return origins


def _published(native: str, architecture: str) -> tuple[str, Fused | None]:
    for pattern, published, fused in [*_VISION, *_LANGUAGE[architecture]]:
        if match := re.fullmatch(pattern, native):
            return match.expand(published), fused
    raise ConversionError(f"{native}: no published tensor is known for it; transformers may have renamed it")


def _place(native: str) -> int:
    found = re.search(r"\.([qkv])_proj\.", native)
    return "qkv".index(found[1]) if found else 0


def compare(origins: Mapping[str, Origin], there: Mapping[str, Tensor]) -> None:
    """Refuse tensors that are missing, that are too many, or whose shapes are not the configuration's."""
    refuse(_differences(origins, there))


def _differences(origins: Mapping[str, Origin], there: Mapping[str, Tensor]) -> Iterator[str]:
    for key in sorted(origins.keys() - there.keys()):
        yield f"{key}: missing in the weights"
    for key in sorted(there.keys() - origins.keys()):
        yield f"{key}: in the weights, but the configured model has no such tensor"
    for key in sorted(origins.keys() & there.keys()):
        if origins[key].shape != there[key].shape:
            yield f"{key}: has the shape {there[key].shape}, the configuration says {origins[key].shape}"


def cut(tensor: torch.Tensor, origin: Origin, language: Language) -> dict[str, torch.Tensor]:
    """Return the native tensors that a published one becomes, each with memory of its own.

    A grouped one, [(heads + 2 * key heads) * size, …], is [key heads, queries a key head + 2, size, …].
    """
    if origin.fused is None:
        return {origin.natives[0]: tensor.contiguous()}
    if origin.fused == "equal":
        parts = tensor.chunk(3)
        return {name: part.clone() for name, part in zip(origin.natives, parts, strict=True)}
    keys, rest = language.num_key_value_heads, tensor.shape[1:]
    groups = tensor.reshape(keys, language.num_attention_heads // keys + 2, -1, *rest)
    parts = (groups[:, :-2], groups[:, -2], groups[:, -1])
    return {name: part.reshape(-1, *rest).clone() for name, part in zip(origin.natives, parts, strict=True)}


def join(parts: list[torch.Tensor], origin: Origin, language: Language) -> torch.Tensor:
    """Return the published tensor again from its native parts, in the order of ``origin.natives``."""
    import torch  # noqa: PLC0415 - takes a second

    if origin.fused != "grouped":
        return torch.cat(parts)
    rest = parts[0].shape[1:]
    groups = [part.reshape(language.num_key_value_heads, -1, *rest) for part in parts]
    return torch.cat(groups, dim=1).reshape(-1, *rest)
