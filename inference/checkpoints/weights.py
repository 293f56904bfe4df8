"""The safetensors files of a folder, read by their headers alone until a tensor is asked for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from safetensors import SafetensorError, safe_open

from inference.checkpoints.errors import ConversionError, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import torch

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
FLOATS = {"BF16": "bfloat16", "F16": "float16", "F32": "float32"}


@dataclass(frozen=True, slots=True)
class Tensor:
    """What a header says of a tensor."""

    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class Weights:
    """The tensors of a folder by shard; ``indexed`` when an index file names the shards."""

    folder: Path
    shards: dict[str, dict[str, Tensor]]
    indexed: bool

    def tensors(self) -> dict[str, Tensor]:
        """Return every tensor by name."""
        return {name: tensor for shard in self.shards.values() for name, tensor in shard.items()}


def save_shard(tensors: dict[str, torch.Tensor], path: Path) -> None:
    """Write a safetensors file that whoever may read the folder may read; OSError when it cannot be written."""
    from safetensors.torch import save_file  # noqa: PLC0415 - torch takes a second

    path.touch()
    mode = path.stat().st_mode
    try:
        save_file(tensors, path, metadata={"format": "pt"})
    except SafetensorError as error:
        raise OSError(None, str(error), str(path)) from error
    path.chmod(mode)  # safetensors lets nobody else read it


class _Index(msgspec.Struct):
    weight_map: dict[str, str]


def read_weights(folder: Path) -> Weights:
    """Read the headers of the shards that the index names, or of the only file.

    ConversionError: no weights, a shard that is missing or cut off, an index that does not say what the
    shards hold, a dtype that is not a float.
    """
    if not (folder / INDEX).is_file():
        if not (folder / SINGLE).is_file():
            raise ConversionError(f"{folder}: holds neither {INDEX} nor {SINGLE}; download the weights again")
        found = Weights(folder, {SINGLE: _header(folder / SINGLE)}, indexed=False)
    else:
        named = _named(folder / INDEX)
        refuse(
            f"{folder / shard}: named by {INDEX} but not there; download it again"
            for shard in named
            if not (folder / shard).is_file()
        )
        found = Weights(folder, {shard: _header(folder / shard) for shard in named}, indexed=True)
        refuse(_index_differences(named, found.shards))
    refuse(
        f"{name}: has the dtype {tensor.dtype}; only {', '.join(FLOATS)} can be converted"
        for name, tensor in found.tensors().items()
        if tensor.dtype not in FLOATS
    )
    return found


def _named(path: Path) -> dict[str, set[str]]:
    try:
        index = msgspec.json.decode(path.read_bytes(), type=_Index)
    except msgspec.DecodeError as error:
        raise ConversionError(f"{path}: {error}; download it again") from error
    named: dict[str, set[str]] = defaultdict(set)
    for name, shard in index.weight_map.items():
        named[shard].add(name)
    refuse(
        f"{path}: names the shard {shard!r}, which is not a plain file name"
        for shard in named
        if "/" in shard or "\\" in shard or not shard.endswith(".safetensors")
    )
    return dict(sorted(named.items()))


def _header(path: Path) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt") as shard:
            slices = {name: shard.get_slice(name) for name in shard.keys()}  # noqa: SIM118 - not a mapping
            return {name: Tensor(tuple(one.get_shape()), one.get_dtype()) for name, one in slices.items()}
    except SafetensorError as error:
        raise ConversionError(
            f"{path}: is cut off or no safetensors file ({error}); download it again"
        ) from error


def _index_differences(named: dict[str, set[str]], shards: dict[str, dict[str, Tensor]]) -> Iterator[str]:
    for shard, names in named.items():
        there = shards[shard].keys()
        yield from (f"{name}: {INDEX} says {shard}, which does not hold it" for name in sorted(names - there))
        yield from (f"{name}: in {shard}, but {INDEX} does not say so" for name in sorted(there - names))
