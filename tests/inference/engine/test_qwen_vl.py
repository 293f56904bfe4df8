"""The vision tower's windows, all of one length in one call, against transformers' one call a window."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from PIL import Image as Pillow
from torch.overrides import TorchFunctionMode
from transformers import Qwen2_5_VLModel
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from inference.engine.qwen_vl import QwenVL
from tests.inference.reference import picture

SHAPES = [(60, 40), (300, 200), (90, 250), (28, 28), (224, 224)]


class Kernels(TorchFunctionMode):
    """Counts the calls of the attention kernel."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.calls += function is torch.nn.functional.scaled_dot_product_attention
        return function(*args, **(kwargs or {}))


def features(model: Any, values: torch.Tensor, grids: torch.Tensor) -> tuple[torch.Tensor, int]:
    with torch.inference_mode(), Kernels() as kernels:
        made = torch.cat(list(model.get_image_features(values, grids).pooler_output))
    return made, kernels.calls


def test_windows_together_are_the_windows_one_by_one(skywork: Path) -> None:
    images: Any = Qwen2VLImageProcessorPil.from_pretrained(skywork)
    opened = [Pillow.open(BytesIO(picture(n, *shape))) for n, shape in enumerate(SHAPES)]
    made = images(opened, size={"shortest_edge": 784, "longest_edge": 100_000}, return_tensors="pt")
    values, grids = made["pixel_values"], made["image_grid_thw"]
    theirs = Qwen2_5_VLModel.from_pretrained(skywork, dtype=torch.float32, attn_implementation="sdpa")
    ours = QwenVL.read(skywork, dtype=torch.float32, device=torch.device("cpu")).model

    expected, one_by_one = features(theirs, values, grids)
    found, together = features(ours, values, grids)
    # The same numbers enter the kernel, several windows at a time: rounding alone may differ, if anything.
    assert torch.allclose(found, expected, rtol=0, atol=1e-6)
    assert found.std() > 0.1
    assert one_by_one > 100
    assert together < one_by_one / 6
