"""Copies of a published folder with one thing changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

FIRST, SECOND = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
INDEX = "model.safetensors.index.json"


def silent(line: str) -> None:
    """Take a progress line."""


def copied(source: Path, folder: Path) -> Path:
    """Return a copy of a published folder under the same name."""
    return Path(shutil.copytree(source, folder / "source"))


def edit_json(path: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    """Change a JSON file in place."""
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


def edit_shard(folder: Path, shard: str, edit: Callable[[dict[str, torch.Tensor]], object]) -> None:
    """Change a shard in place; the index follows what it then holds."""
    tensors = {name: tensor.clone() for name, tensor in load_file(folder / shard).items()}
    edit(tensors)
    save_file(tensors, folder / shard, metadata={"format": "pt"})

    def follow(index: dict[str, Any]) -> None:
        others = {name: at for name, at in index["weight_map"].items() if at != shard}
        index["weight_map"] = others | dict.fromkeys(tensors, shard)

    edit_json(folder / INDEX, follow)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    """Return every tensor of a folder's shards."""
    found: dict[str, torch.Tensor] = {}
    for shard in sorted(folder.glob("model*.safetensors")):
        found |= load_file(shard)
    return found
