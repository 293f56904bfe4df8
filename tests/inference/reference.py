"""The scores by the long way: whole prompts, transformers' whole models, every logit, nothing shared.

Nothing of inference/ is used. Tile by tile and token by token this is what the model cards describe, on
transformers' own classes; it knows no trap but those that its callers keep away from it.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image as Pillow
from safetensors.torch import load_file
from torch import Tensor
from transformers import (
    AutoTokenizer,
    InternVLForConditionalGeneration,
    Qwen2_5_VLForConditionalGeneration,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

GREETING = "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。"
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SIDE, PER_TILE = 56, 4
Parts = tuple[str | bytes, ...]


def picture(seed: int, width: int = 60, height: int = 40, kind: str = "PNG", **options: Any) -> bytes:
    """Return a picture of noise over a slope, so that neither a tile nor a shift looks like another."""
    slope = np.linspace(0, 120, width * height * 3).reshape(height, width, 3)
    noise = np.random.default_rng(seed).integers(0, 130, (height, width, 3))
    return encoded(Pillow.fromarray((slope + noise).astype(np.uint8)), kind, **options)


def encoded(made: Pillow.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = BytesIO()
    made.save(file, kind, **options)
    return file.getvalue()


def tiles(data: bytes, most: int) -> Tensor:
    """Return VisualPRM's [tiles, 3, SIDE, SIDE]: the grid nearest in ratio, row by row, then the whole."""
    whole = Pillow.open(BytesIO(data)).convert("RGB")
    columns, rows = grid(whole.width, whole.height, most)
    large = whole.resize((SIDE * columns, SIDE * rows), Pillow.Resampling.BICUBIC)
    parts = [
        large.crop((SIDE * x, SIDE * y, SIDE * (x + 1), SIDE * (y + 1)))
        for y in range(rows)
        for x in range(columns)
    ]
    if len(parts) > 1:
        parts.append(whole.resize((SIDE, SIDE), Pillow.Resampling.BICUBIC))
    values = np.stack([np.asarray(part, dtype=np.float32) / 255 for part in parts])
    normal = (values - np.array(MEAN, np.float32)) / np.array(DEVIATION, np.float32)
    return torch.from_numpy(normal).permute(0, 3, 1, 2).float()


def grid(width: int, height: int, most: int) -> tuple[int, int]:
    """Return columns and rows; of equally near ones the larger, where the picture fills half of it."""
    found, nearest = (1, 1), float("inf")
    every = [(x, y) for x in range(1, most + 1) for y in range(1, most + 1) if x * y <= most]
    for columns, rows in sorted(every, key=lambda one: one[0] * one[1]):
        off = abs(width / height - columns / rows)
        if off < nearest or (off == nearest and width * height > SIDE**2 * columns * rows / 2):
            found, nearest = (columns, rows), off
    return found


class Judge:
    """VisualPRM as `InternVLForConditionalGeneration`, read at every `+` by all its logits."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        self.model: Any = InternVLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)

    def __call__(
        self, question: str, steps: list[str], pictures: tuple[bytes, ...] = (), most: int = 12, *,
        system: str | None = GREETING,
    ) -> list[float]:  # fmt: skip
        """Return P(+) after each step; ``<image>`` in the question stands for the pictures in turn."""
        values = [tiles(one, most) for one in pictures]
        inputs = dict(self.tokenizer(self.prompt(question, steps, values, system), return_tensors="pt"))
        inputs.pop("token_type_ids", None)
        if values:
            inputs["pixel_values"] = torch.cat(values)
        with torch.inference_mode():
            logits = self.model(**inputs).logits[0]
        plus, minus = self.tokenizer.convert_tokens_to_ids(["+", "-"])
        two = logits[self.places(inputs["input_ids"][0].tolist())][:, [plus, minus]]
        scores: list[float] = two.softmax(-1)[:, 0].tolist()
        return scores

    def prompt(self, question: str, steps: list[str], values: list[Tensor], system: str | None) -> str:
        turns = [] if system is None else [("system", system)]
        head = f"### Question:\n{question}\n\n### Solution Process:\n"
        for number, step in enumerate(steps):
            turns += [("user", step if number else head + step), ("assistant", "+")]
        text = "".join(f"<|im_start|>{role}\n{said}<|im_end|>\n" for role, said in turns)
        for one in values:
            text = text.replace("<image>", f"<img>{'<IMG_CONTEXT>' * (PER_TILE * len(one))}</img>", 1)
        return text

    def places(self, ids: list[int]) -> list[int]:
        """Return where the ids before every answer stand, found by the answer's own ids."""
        answer = self.tokenizer("<|im_start|>assistant\n+<|im_end|>", add_special_tokens=False)["input_ids"]
        size = len(answer)
        return [at + size - 3 for at in range(len(ids)) if ids[at : at + size] == answer]

    def ids(self, question: str, steps: list[str], system: str | None = GREETING) -> list[int]:
        found: list[int] = self.tokenizer(self.prompt(question, steps, [], system))["input_ids"]
        return found


class Reader:
    """Skywork-VL-Reward as `Qwen2_5_VLForConditionalGeneration`, its head on the last token's hidden state."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        self.images: Any = Qwen2VLImageProcessorPil.from_pretrained(folder)
        self.model: Any = Qwen2_5_VLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
        head = load_file(folder / "value_head.safetensors")
        self.weight = head["v_head.summary.weight"][0].float()
        self.bias = head["v_head.summary.bias"].float()
        self.image_id: int = self.model.config.image_token_id

    def __call__(self, *turns: tuple[str, Parts], least: int = 3136, most: int = 1_003_520) -> float:
        """Return the reward of a conversation of (role, texts and pictures)."""
        with torch.inference_mode():
            out = self.model(**self.inputs(*turns, least=least, most=most), output_hidden_states=True)
        return float(out.hidden_states[-1][0, -1] @ self.weight + self.bias)

    def inputs(self, *turns: tuple[str, Parts], least: int, most: int) -> dict[str, Tensor]:
        messages = [{"role": role, "content": [_part(one) for one in parts]} for role, parts in turns]
        text = self.tokenizer.apply_chat_template(messages, tokenize=False)
        pictures = [one for _, parts in turns for one in parts if isinstance(one, bytes)]
        opened = [Pillow.open(BytesIO(one)).convert("RGB") for one in pictures]
        values = (
            self.images(
                opened, size={"shortest_edge": least, "longest_edge": most}, return_tensors="pt"
            )
            if opened
            else {}
        )  # fmt: skip
        pieces = text.split("<|image_pad|>")
        counts = [int(one.prod()) // 4 for one in values.get("image_grid_thw", [])]
        text = pieces[0] + "".join(
            "<|image_pad|>" * count + piece for count, piece in zip(counts, pieces[1:], strict=True)
        )
        inputs = dict(self.tokenizer(text, return_tensors="pt"))
        kinds = (inputs["input_ids"] == self.image_id).int()
        return {**inputs, **dict(values), "mm_token_type_ids": kinds}


def _part(one: str | bytes) -> dict[str, str]:
    return {"type": "text", "text": one} if isinstance(one, str) else {"type": "image"}
