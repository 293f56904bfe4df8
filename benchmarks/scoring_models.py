"""The two models that benchmarks/scoring.py measures: miniatures from files, or published shapes drawn at random."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import (
    InternVLConfig,
    InternVLForConditionalGeneration,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
)
from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import GotOcr2ImageProcessorPil
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import Qwen2_5_VLVisionAttention
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.utils import logging as transformers_logging

from inference.checkpoints import tiny
from inference.checkpoints.convert import convert
from inference.configuration import Outcome, Process
from inference.engine.engine import CACHE_BYTES, Engine
from inference.engine.features import FeatureCache
from inference.engine.internvl import InternVL
from inference.engine.loading import device_of
from inference.engine.passes import Counted
from inference.engine.pictures import inspect
from inference.engine.qwen_vl import GroupedWindowAttention, QwenVL
from inference.engine.words import Words
from inference.scorers.outcome import Conversations
from inference.scorers.process import Dialogues, answer_token
from inference.types import Item

QWEN_7B = {
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "num_hidden_layers": 28,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "max_position_embeddings": 32768,
}
INTERNVIT = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
}
QWEN_VISION = {
    "depth": 32,
    "hidden_size": 1280,
    "intermediate_size": 3420,
    "num_heads": 16,
    "out_hidden_size": 3584,
}
PATCHES_PER_TOKEN = 4

transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]


@dataclass(slots=True)
class Subject:
    """A model with both ways of asking it.

    ``alone`` scores items one at a time as the model cards do; ``value`` reads a score from the hidden
    states [reads, H] that the engine returns.
    """

    name: str
    engine: Engine
    alone: Callable[[Sequence[Item]], list[float]]
    value: Callable[[Tensor], float]
    device: torch.device
    dtype: torch.dtype
    flops_per_token: float
    flops_per_pair: float
    flops_per_picture_token: float

    def fresh(self) -> None:
        """Forget pictures and counts."""
        self.engine.cache = FeatureCache(CACHE_BYTES)
        self.engine.counted = Counted()


@dataclass(frozen=True, slots=True)
class Builder:
    """A subject that is built when it is its turn, for memory's sake."""

    kind: str
    build: Callable[[], Subject]

    def __call__(self) -> Subject:
        """Build it."""
        return self.build()


def subjects(folder: Path, shapes: str, token_budget: int) -> Iterator[Builder]:
    """Yield the process and the outcome model."""
    device = device_of("auto")
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    yield Builder("process", lambda: _process(folder, shapes, token_budget, device, dtype))
    yield Builder("outcome", lambda: _outcome(folder, shapes, token_budget, device, dtype))


def _subject(name: str, reader: Any, budget: int, dtype: torch.dtype, vision: Any, **ways: Any) -> Subject:  # noqa: ANN401
    language = reader.language
    config = language.config
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return Subject(
        name=name,
        engine=Engine(reader, token_budget=budget),
        device=language.embed_tokens.weight.device,
        dtype=dtype,
        flops_per_token=2 * sum(one.numel() for one in language.layers.parameters()),
        flops_per_pair=4 * config.num_hidden_layers * config.num_attention_heads * head,
        flops_per_picture_token=2 * PATCHES_PER_TOKEN * sum(one.numel() for one in vision.parameters()),
        **ways,
    )


def _drawn(kind: Any, config: Any, device: torch.device, dtype: torch.dtype) -> Any:  # noqa: ANN401
    """Return a model of these shapes with random weights, made on the device."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with device:
            return kind(config).eval()
    finally:
        torch.set_default_dtype(before)


def _set(config: Any, values: dict[str, int]) -> None:  # noqa: ANN401 - any configuration of transformers
    for name, value in values.items():
        setattr(config, name, value)
    if "num_hidden_layers" in values and hasattr(config, "layer_types"):
        config.layer_types = ["full_attention"] * values["num_hidden_layers"]


def _read(kind: Any, folder: Path, device: torch.device, dtype: torch.dtype) -> Any:  # noqa: ANN401
    return kind.from_pretrained(folder, dtype=dtype).eval().to(device)


def _process_model(folder: Path, shapes: str, device: torch.device, dtype: torch.dtype) -> tuple[Any, Any]:
    """Return the model and its image processor."""
    processor: Any = GotOcr2ImageProcessorPil.from_pretrained(folder)
    if shapes == "miniature":
        return _read(InternVLForConditionalGeneration, folder, device, dtype), processor
    config: Any = InternVLConfig.from_pretrained(folder)
    _set(config.text_config, QWEN_7B)
    _set(config.vision_config, INTERNVIT)
    config.vision_config.image_size, config.image_seq_length = [448, 448], 256
    processor.size.height = processor.size.width = 448
    return _drawn(InternVLForConditionalGeneration, config, device, dtype), processor


def _process(folder: Path, shapes: str, budget: int, device: torch.device, dtype: torch.dtype) -> Subject:
    tiny.make("visualprm", folder / "visualprm", 1)
    folder, published = folder / "native", folder / "visualprm"
    convert(published, folder, lambda _: None)
    model, processor = _process_model(folder, shapes, device, dtype)
    words = Words(folder)
    signs = [answer_token(words, sign) for sign in "+-"]
    reader = Dialogues(
        Process(max_tiles=12 if shapes == "published" else 6),
        words,
        InternVL(model, processor, tokens=signs, device=device),
    )
    rows = reader.model.rows

    def value(states: Tensor) -> float:
        return float((states.float() @ rows.T).softmax(-1)[:, 0].mean())

    @torch.inference_mode()
    def alone(items: Sequence[Item]) -> list[float]:
        values = []
        for item in items:
            one = reader.sequence(item, next(iter(reader.budgets([item]))), inspect)
            tiles = [reader.prepare(span.picture) for span in one.spans]
            ids = torch.from_numpy(one.ids)[None].to(device)
            pixels = torch.cat(tiles).to(device, dtype)
            logits = model(
                input_ids=ids, attention_mask=torch.ones_like(ids), pixel_values=pixels
            ).logits.float()
            values.append(float(logits[0, list(one.reads)][:, signs].softmax(-1)[:, 0].mean()))
        return values

    name = f"process (VisualPRM-8B-v1.1, {shapes})"
    return _subject(name, reader, budget, dtype, model.model.vision_tower, alone=alone, value=value)


def _outcome_model(folder: Path, shapes: str, device: torch.device, dtype: torch.dtype) -> Any:  # noqa: ANN401
    if shapes == "miniature":
        return _read(Qwen2_5_VLForConditionalGeneration, folder, device, dtype)
    config: Any = Qwen2_5_VLConfig.from_pretrained(folder)
    _set(config.text_config, QWEN_7B)
    _set(config.vision_config, QWEN_VISION)
    config.text_config.rope_parameters["mrope_section"] = [16, 24, 24]
    config.vision_config.window_size, config.vision_config.fullatt_block_indexes = 112, [7, 15, 23, 31]
    return _drawn(Qwen2_5_VLForConditionalGeneration, config, device, dtype)


def _outcome(folder: Path, shapes: str, budget: int, device: torch.device, dtype: torch.dtype) -> Subject:
    tiny.make("skywork", folder / "skywork", 1)
    folder /= "skywork"
    model = _outcome_model(folder, shapes, device, dtype)
    most = 1280 * 28 * 28 if shapes == "published" else 256 * 28 * 28
    reader = Conversations(
        Outcome(max_pixels=most),
        Words(folder),
        QwenVL(model.model, Qwen2VLImageProcessorPil.from_pretrained(folder), device=device),
    )
    head = torch.randn(reader.language.config.hidden_size, generator=torch.Generator().manual_seed(1)).to(
        device
    )

    def value(states: Tensor) -> float:
        return float(states[0].float() @ head)

    @torch.inference_mode()
    def alone(items: Sequence[Item]) -> list[float]:
        for block in model.model.visual.blocks:
            block.attn.__class__ = Qwen2_5_VLVisionAttention
        values = [_alone_outcome(model, reader, item, head) for item in items]
        for block in model.model.visual.blocks:
            block.attn.__class__ = GroupedWindowAttention
        return values

    name = f"outcome (Skywork-VL-Reward-7B, {shapes})"
    return _subject(name, reader, budget, dtype, model.model.visual, alone=alone, value=value)


def _alone_outcome(model: Any, reader: Conversations, item: Item, head: Tensor) -> float:  # noqa: ANN401
    """Return the score as the model card computes it, logits of the whole vocabulary included."""
    one = reader.sequence(item, next(iter(reader.budgets([item]))), inspect)
    ids = torch.from_numpy(one.ids)[None].to(head.device)
    out = model(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        mm_token_type_ids=(ids == reader.model.image_id).int(),
        pixel_values=torch.cat([reader.prepare(span.picture) for span in one.spans]).to(
            head.device, model.dtype
        ),
        image_grid_thw=torch.tensor([span.picture.grid for span in one.spans], device=head.device),
        output_hidden_states=True,
    )
    out.logits.float()
    model.model.rope_deltas = None
    return float(out.hidden_states[-1][0, -1].float() @ head)
