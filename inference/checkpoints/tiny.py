"""Untrained miniatures in the published layouts: for tests, demonstrations and trying an installation.

Every parameter is random, norms and layer scales included, so that no mistake in reading them can hide.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
import torch

from inference.checkpoints import tiny_layouts as layouts
from inference.checkpoints import tiny_tokenizers as tokenizers
from inference.checkpoints.folders import whole_folder
from inference.checkpoints.manifest import UNTRAINED
from inference.checkpoints.sentencepiece_model import parse_model
from inference.checkpoints.weights import INDEX, save_shard

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tokenizers import Tokenizer

NOTICE = """# Untrained

The weights in this folder are random numbers (seed {seed}) in the layout of {kind}. They show that a program
reads such files and computes with them. What they score says nothing about any answer.
"""
VOCABULARY = 700
SKYWORK_VOCABULARY = 640
SHARP = 2.5
"""How much larger queries and keys are than usual: attention then picks words, and scores differ by text."""
SPREAD = 3.0
HEAD_SCALE = 3.0


def make(kind: str, target: Path, seed: int) -> None:
    """Write a miniature into ``target``, which must not be there yet; the same bytes for the same seed.

    ConversionError: the target is there. KeyError: no such kind (see `KINDS`).
    """
    write = KINDS[kind]
    with whole_folder(target) as folder:
        write(folder, torch.Generator().manual_seed(seed))
        (folder / UNTRAINED).write_text(NOTICE.format(seed=seed, kind=kind), encoding="utf-8")


def _visualprm(folder: Path, random: torch.Generator) -> None:
    added = len(tokenizers.QWEN_SPECIAL + tokenizers.QWEN_PLAIN + tokenizers.INTERNVL)
    tokenizer = tokenizers.qwen2(VOCABULARY - added, tokenizers.INTERNVL)
    size = tokenizer.get_vocab_size()
    _write_qwen2(folder, tokenizer, tokenizers.qwen2_settings(tokenizer))
    _json(folder / "config.json", layouts.internvl_config(layouts.qwen2_llm(size)))
    _json(folder / "preprocessor_config.json", _CLIP)
    weights = _random(layouts.visualprm_shapes(size), random)
    ids = tokenizer.get_vocab()
    _spread(weights["language_model.lm_head.weight"], ids["+"], ids["-"])
    _write_shards(folder, weights)


def _visualprm_v1(folder: Path, random: torch.Generator) -> None:
    model = tokenizers.internlm2(VOCABULARY - len(tokenizers.INTERNVL))
    tokens = tokenizers.internlm2_tokens(model)
    (folder / "tokenizer.model").write_bytes(model)
    _json(folder / "added_tokens.json", {word: tokens[word] for word in tokenizers.INTERNVL})
    _json(folder / "tokenizer_config.json", tokenizers.internlm2_settings(tokens))
    _json(folder / "config.json", layouts.internvl_config(layouts.internlm2_llm(VOCABULARY)))
    _json(folder / "preprocessor_config.json", _CLIP)
    weights = _random(layouts.visualprm_v1_shapes(VOCABULARY), random)
    pieces = [piece.text for piece in parse_model(model).pieces]
    _spread(weights["language_model.output.weight"], pieces.index("+"), pieces.index("-"))
    _write_shards(folder, weights)


def _skywork(folder: Path, random: torch.Generator) -> None:
    added = len(tokenizers.QWEN_SPECIAL + tokenizers.QWEN_PLAIN)
    tokenizer = tokenizers.qwen2(SKYWORK_VOCABULARY - added, [])
    settings = tokenizers.qwen2_settings(tokenizer)
    _write_qwen2(folder, tokenizer, settings | {"chat_template": CHAT_TEMPLATE})
    _json(folder / "chat_template.json", {"chat_template": CHAT_TEMPLATE})
    _json(folder / "config.json", layouts.skywork_config(tokenizer.get_vocab()))
    _json(folder / "preprocessor_config.json", _QWEN_IMAGES)
    _write_shards(folder, _random(layouts.skywork_shapes(SKYWORK_VOCABULARY), random))
    head = {
        name: HEAD_SCALE * tensor.float()
        for name, tensor in _random(layouts.value_head_shapes(), random).items()
    }
    save_shard(head, folder / "value_head.safetensors")


KINDS: dict[str, Callable[[Path, torch.Generator], None]] = {
    "visualprm": _visualprm,
    "visualprm-v1": _visualprm_v1,
    "skywork": _skywork,
}


def _random(shapes: layouts.Shapes, random: torch.Generator) -> dict[str, torch.Tensor]:
    """Draw every tensor: norms and layer scales about a positive value, matrices that keep the scale."""
    return {name: _draw(name, shape, random).bfloat16() for name, shape in shapes.items()}


def _draw(name: str, shape: tuple[int, ...], random: torch.Generator) -> torch.Tensor:
    drawn = torch.randn(shape, generator=random)
    if name.endswith(("ls1", "ls2")):
        return 0.5 + 0.1 * drawn
    if name.endswith(".bias"):
        return 0.1 * drawn
    if len(shape) == 1:  # the weight of a norm
        return 1 + 0.2 * drawn
    if "embed" in name and "patch" not in name:
        return drawn
    sharp = SHARP if any(part in name for part in ("qkv", "q_proj", "k_proj")) else 1.0
    return sharp * drawn / math.sqrt(math.prod(shape[1:]))


def _spread(rows: torch.Tensor, plus: int, minus: int) -> None:
    """Set the output row of `-` apart from that of `+`, so that P(+) takes all values from 0 to 1."""
    rows[minus] = rows[plus] + SPREAD * rows[minus]


def _write_shards(folder: Path, weights: dict[str, torch.Tensor]) -> None:
    """Write two shards of about the same size, and their index."""
    total = sum(tensor.nbytes for tensor in weights.values())
    shards: list[dict[str, torch.Tensor]] = [{}, {}]
    written = 0
    for name, tensor in sorted(weights.items()):
        shards[2 * written >= total][name] = tensor
        written += tensor.nbytes
    places: dict[str, str] = {}
    for number, tensors in enumerate(shards, start=1):
        shard = f"model-{number:05}-of-{len(shards):05}.safetensors"
        save_shard(tensors, folder / shard)
        places |= dict.fromkeys(tensors, shard)
    _json(folder / INDEX, {"metadata": {"total_size": total}, "weight_map": places})


def _write_qwen2(folder: Path, tokenizer: Tokenizer, settings: dict[str, object]) -> None:
    tokenizer.save(str(folder / "tokenizer.json"))
    _json(folder / "tokenizer_config.json", settings)


def _json(path: Path, content: object) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")


_CLIP = {
    "crop_size": layouts.IMAGE,
    "do_center_crop": True,
    "do_normalize": True,
    "do_resize": True,
    "feature_extractor_type": "CLIPFeatureExtractor",
    "image_mean": [0.485, 0.456, 0.406],
    "image_std": [0.229, 0.224, 0.225],
    "resample": 3,
    "size": layouts.IMAGE,
}
_QWEN_IMAGES = {
    "min_pixels": 3136,
    "max_pixels": 12845056,
    "patch_size": layouts.PATCH,
    "temporal_patch_size": 2,
    "merge_size": 2,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
    "image_processor_type": "Qwen2VLImageProcessor",
    "processor_class": "Qwen2_5_VLProcessor",
}
CHAT_TEMPLATE = (
    "{% if messages[0].role != 'system' %}<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% if message.content is string %}{{ message.content }}{% else %}{% for part in message.content %}"
    "{% if part.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ part.text }}{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
