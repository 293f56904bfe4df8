"""VisualPRM as transformers' InternVL: a folder made by ``python -m inference convert``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from transformers import InternVLForConditionalGeneration
from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import (
    GotOcr2ImageProcessorPil,
    get_optimal_tiled_canvas,
)

from inference.engine.loading import loaded, loading
from inference.engine.passes import use_forest_attention
from inference.engine.pictures import pixels
from inference.engine.sequences import Picture

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from pathlib import Path

    from torch import Tensor

    from inference.engine.pictures import Source


class InternVL:
    """The model without its output layer, but for the rows of the tokens that are asked for.

    ``rows`` [R, H] float32: the output rows of ``tokens``, in their order.
    """

    def __init__(
        self,
        model: Any,  # noqa: ANN401 - an InternVLForConditionalGeneration; its parts' types are not declared
        processor: GotOcr2ImageProcessorPil,
        *,
        tokens: Sequence[int],
        device: torch.device,
    ) -> None:
        self.rows = model.lm_head.weight[list(tokens)].detach().float().clone().to(device)
        self.model = model.model.to(device)
        self.language = self.model.language_model
        use_forest_attention(self.language)
        self.tokens_per_tile: int = model.config.image_seq_length
        self.image_id: int = model.config.image_token_id
        self.max_positions: int = model.config.text_config.max_position_embeddings
        self._processor = processor

    @classmethod
    def read(
        cls, folder: Path, *, tokens: Sequence[int], dtype: torch.dtype, device: torch.device
    ) -> InternVL:
        """Return the folder's model; ConfigurationError says what is wrong with the folder."""
        model = loaded(InternVLForConditionalGeneration, folder, dtype=dtype)
        # The Pil class by name: with torchvision installed the automatic choice resizes differently.
        with loading(folder, "the image processor"):
            processor = GotOcr2ImageProcessorPil.from_pretrained(folder)
        return cls(model, processor, tokens=tokens, device=device)

    def cut(self, source: Source, max_tiles: int) -> Picture:
        """Return the picture in at most ``max_tiles`` tiles, and a thumbnail when there is more than one.

        Its grid is (columns, rows, tiles with the thumbnail).
        """
        edge = self._processor.size["height"], self._processor.size["width"]
        columns, rows = get_optimal_tiled_canvas((source.height, source.width), edge, 1, max_tiles)
        tiles = columns * rows + (columns * rows > 1)
        return Picture(source, max_tiles, (columns, rows, tiles), tiles * self.tokens_per_tile)

    def prepare(self, picture: Picture) -> Tensor:
        """Return [tiles, 3, edge, edge] float32."""
        made = self._processor(
            pixels(picture.source),
            return_tensors="pt",
            crop_to_patches=True,  # type: ignore[call-arg] # the class's own settings, which its call takes
            max_patches=picture.budget,
        )
        values: Tensor = made["pixel_values"]
        return values

    def encode(
        self, prepared: Mapping[Hashable, tuple[Picture, Tensor]], budget: int
    ) -> dict[Hashable, Tensor]:
        """Return features [tiles * tokens per tile, H], as many tiles at once as ``budget`` tokens allow."""
        tiles = torch.cat([values for _, values in prepared.values()])
        at_once = max(1, budget // self.tokens_per_tile)
        with torch.inference_mode():
            made = torch.cat([self._features(part) for part in torch.split(tiles, at_once)])
        parts = torch.split(made, [len(values) for _, values in prepared.values()])
        return {key: part.flatten(0, 1).clone() for key, part in zip(prepared, parts, strict=True)}

    def _features(self, tiles: Tensor) -> Tensor:
        values = tiles.to(self.model.device, non_blocking=True)
        features: Tensor = self.model.get_image_features(
            values,
            vision_feature_layer=self.model.config.vision_feature_layer,
            vision_feature_select_strategy=self.model.config.vision_feature_select_strategy,
        ).pooler_output
        return features
