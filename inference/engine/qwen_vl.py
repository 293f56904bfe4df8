"""Skywork-VL-Reward and its like as transformers' bare Qwen2.5-VL: the published folder as it is."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import Qwen2_5_VLModel
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import (
    Qwen2_5_VLVisionAttention,
    apply_rotary_pos_emb_vision,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil, smart_resize

from inference.configuration import ConfigurationError
from inference.engine.loading import loaded, loading
from inference.engine.passes import use_forest_attention
from inference.engine.pictures import PictureError, pixels
from inference.engine.sequences import Picture

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt
    from torch import Tensor

    from inference.engine.pictures import Source
    from inference.engine.sequences import Span

STEEPEST = 200
"""The model's resizing refuses pictures whose sides differ by more than this factor."""


class QwenVL:
    """The model without its output layer, which a reward never needs."""

    def __init__(
        self,
        model: Any,  # noqa: ANN401 - a Qwen2_5_VLModel; its parts' types are not declared
        processor: Qwen2VLImageProcessorPil,
        *,
        device: torch.device,
    ) -> None:
        for block in model.visual.blocks:
            block.attn.__class__ = GroupedWindowAttention
        self.model = model.to(device)
        self.language = self.model.language_model
        use_forest_attention(self.language)
        self.image_id: int = model.config.image_token_id
        self.max_positions: int = model.config.text_config.max_position_embeddings
        self._processor = processor
        self._merge: int = processor.merge_size

    @classmethod
    def read(
        cls, folder: Path, *, dtype: torch.dtype, device: torch.device, head: frozenset[str] = frozenset()
    ) -> QwenVL:
        """Return the folder's model; ConfigurationError says what is wrong with the folder.

        ``head`` names weights of a value head, which may lie among the model's own.
        """
        model = loaded(Qwen2_5_VLModel, folder, dtype=dtype, ignored=head | {"lm_head.weight"})
        if model.config.text_config.use_sliding_window:
            raise ConfigurationError(f"{folder}: attends in sliding windows, which is not supported")
        with loading(folder, "the image processor"):
            # The Pil class by name: with torchvision installed the automatic choice resizes differently.
            processor = Qwen2VLImageProcessorPil.from_pretrained(folder)
        return cls(model, processor, device=device)

    def cut(self, source: Source, min_pixels: int, max_pixels: int) -> Picture:
        """Return the picture resized once into the limits; its grid is (1, rows, columns) of patches."""
        if max(source.width, source.height) > STEEPEST * min(source.width, source.height):
            detail = f"the picture is {source.width} x {source.height}; its sides may differ {STEEPEST} fold"
            raise PictureError("aspect_ratio", detail)
        patch = self._processor.patch_size
        height, width = smart_resize(
            source.height, source.width, patch * self._merge, min_pixels=min_pixels, max_pixels=max_pixels
        )
        rows, columns = height // patch, width // patch
        return Picture(source, (min_pixels, max_pixels), (1, rows, columns), rows * columns // self._merge**2)

    def prepare(self, picture: Picture) -> Tensor:
        """Return [patches, channels * frames * patch * patch] float32."""
        least, most = cast("tuple[int, int]", picture.budget)
        made = self._processor(
            pixels(picture.source), size={"shortest_edge": least, "longest_edge": most}, return_tensors="pt"
        )
        values: Tensor = made["pixel_values"]
        return values

    def encode(
        self, prepared: Mapping[Hashable, tuple[Picture, Tensor]], budget: int
    ) -> dict[Hashable, Tensor]:
        """Return features [tokens, H], pictures together while they stay within ``budget`` tokens."""
        features: dict[Hashable, Tensor] = {}
        batch: list[Hashable] = []
        size = 0
        for key, (picture, _) in prepared.items():
            if batch and size + picture.tokens > budget:
                features |= self._features({one: prepared[one] for one in batch})
                batch, size = [], 0
            batch.append(key)
            size += picture.tokens
        return features | self._features({one: prepared[one] for one in batch})

    @torch.inference_mode()
    def _features(self, prepared: Mapping[Hashable, tuple[Picture, Tensor]]) -> dict[Hashable, Tensor]:
        device = self.model.device
        grids = torch.tensor([picture.grid for picture, _ in prepared.values()], device=device)
        values = torch.cat([values for _, values in prepared.values()]).to(device, non_blocking=True)
        made = self.model.get_image_features(values, grids).pooler_output
        return {key: part.clone() for key, part in zip(prepared, made, strict=True)}

    def positions(self, length: int, spans: Sequence[Span]) -> npt.NDArray[np.int64]:
        """Return M-RoPE's time, height and width [3, length].

        Text counts on; a picture stands at one time, its rows and columns count from there, and what
        follows goes on after the longer of its two sides (Qwen2-VL, arXiv 2409.12191, section 2.1).
        """
        made = np.empty((3, length), np.int64)
        at = place = 0
        for span in spans:
            made[:, at : span.start] = place + np.arange(span.start - at)
            place += span.start - at
            rows, columns = (side // self._merge for side in span.picture.grid[1:])
            at = span.start + rows * columns
            made[0, span.start : at] = place
            made[1, span.start : at] = place + np.repeat(np.arange(rows), columns)
            made[2, span.start : at] = place + np.tile(np.arange(columns), rows)
            place += max(rows, columns)
        made[:, at:] = place + np.arange(length - at)
        return made


class GroupedWindowAttention(Qwen2_5_VLVisionAttention):
    """The vision tower's attention with all windows of one length in one call.

    transformers calls the kernel once per window: some 70 times a layer for a 1024 x 768 picture.
    """

    def forward(  # type: ignore[override, no-untyped-def] # the tower always gives positions
        self,
        hidden_states: Tensor,
        cu_seqlens: Tensor,
        position_embeddings: tuple[Tensor, Tensor],
        max_seqlen: int | None = None,  # noqa: ARG002 - what the parent's callers pass
        **kwargs,  # noqa: ANN003, ARG002
    ) -> Tensor:
        """Return [tokens, H]; ``cu_seqlens`` [windows + 1] are the windows' ends."""
        length = hidden_states.shape[0]
        query, key, value = self.qkv(hidden_states).reshape(length, 3, self.num_heads, -1).unbind(1)
        query, key = apply_rotary_pos_emb_vision(query, key, *position_embeddings)
        ends = cu_seqlens.tolist()
        windows: dict[int, list[int]] = defaultdict(list)
        for start, end in pairwise(ends):
            if end > start:
                windows[end - start].append(start)
        out = torch.empty_like(value)
        for size, starts in windows.items():
            rows = (torch.tensor(starts)[:, None] + torch.arange(size)).to(value.device)
            q, k, v = (one[rows].transpose(1, 2) for one in (query, key, value))
            out[rows] = scaled_dot_product_attention(q, k, v, scale=self.scaling).transpose(1, 2)
        projected: Tensor = self.proj(out.reshape(length, -1))
        return projected
