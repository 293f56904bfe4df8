"""A published VisualPRM folder made one that transformers loads natively: whole and checked, or not at all."""

from __future__ import annotations

import hashlib
import shutil
from math import prod
from typing import TYPE_CHECKING

import msgspec
import torch
from safetensors import safe_open
from transformers import InternVLForConditionalGeneration

from inference.checkpoints import manifest
from inference.checkpoints.checking import check_folder
from inference.checkpoints.errors import ConversionError
from inference.checkpoints.folders import whole_folder
from inference.checkpoints.manifest import Manifest, Source
from inference.checkpoints.naming import Origin, compare, cut, layout
from inference.checkpoints.published import (
    Language,
    Published,
    image_processor,
    native_config,
    read_published,
)
from inference.checkpoints.tokens import IMAGE, Tokens, write_tokenizer
from inference.checkpoints.weights import FLOATS, INDEX, Weights, read_weights, save_shard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from transformers import InternVLConfig

SPARE = 64 * 1024 * 1024
"""Bytes that the small files of a converted folder may need beside its weights."""


def convert(source: Path, target: Path, report: Callable[[str], None]) -> Manifest:
    """Write ``target`` from a published folder; ``report`` gets a line per shard.

    One shard is held at a time. ConversionError says every difference found, and nothing is then left of
    ``target``; OSError is the disk's.
    """
    config = read_published(source / "config.json")
    weights = read_weights(source)
    with whole_folder(target) as folder:
        _leave_room(weights, folder)
        tokens = write_tokenizer(source, config, folder)
        native = native_config(config, image_token_id=tokens.ids[IMAGE], dtype=_dtype(weights))
        origins = layout(_shapes(native), config.architecture)
        compare(origins, weights.tensors())
        native.save_pretrained(folder)
        _write_json(folder / "preprocessor_config.json", image_processor(config))
        hashes = _write_weights(weights, origins, config.llm_config, folder, report)
        for name in ("config.json", *tokens.files, *([INDEX] if weights.indexed else [])):
            hashes[name] = _sha256(source / name)
        made = _manifest(config, weights, tokens, hashes, folder)
        manifest.write_manifest(folder, made)
        report("checking what was written")
        check_folder(folder, weights, origins, config.llm_config, made)
    return made


def _leave_room(weights: Weights, folder: Path) -> None:
    needed = sum((weights.folder / shard).stat().st_size for shard in weights.shards) + SPARE
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ConversionError(f"{folder.parent}: has {free} bytes free, {needed} are needed; make room")


def _dtype(weights: Weights) -> str:
    found = sorted({tensor.dtype for tensor in weights.tensors().values()})
    if len(found) != 1:
        raise ConversionError(f"{weights.folder}: mixes the dtypes {', '.join(found)}; one is expected")
    return FLOATS[found[0]]


def _shapes(config: InternVLConfig) -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):
        model = InternVLForConditionalGeneration(config)
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def _write_weights(
    weights: Weights,
    origins: Mapping[str, Origin],
    language: Language,
    folder: Path,
    report: Callable[[str], None],
) -> dict[str, str]:
    """Write every shard and the index; return the SHA-256 of the shards that were read."""
    hashes: dict[str, str] = {}
    places: dict[str, str] = {}
    total = 0
    for number, shard in enumerate(weights.shards, start=1):
        hashes[shard] = _sha256(weights.folder / shard)
        tensors = _native_shard(weights.folder / shard, origins, language)
        save_shard(tensors, folder / shard)
        places |= dict.fromkeys(tensors, shard)
        size = sum(tensor.nbytes for tensor in tensors.values())
        total += size
        report(f"{number} of {len(weights.shards)}: {shard}, {len(tensors)} tensors, {size / 1e9:.2f} GB")
        del tensors  # before the next shard is read
    if weights.indexed:
        _write_json(folder / INDEX, {"metadata": {"total_size": total}, "weight_map": places})
    return hashes


def _native_shard(path: Path, origins: Mapping[str, Origin], language: Language) -> dict[str, torch.Tensor]:
    made: dict[str, torch.Tensor] = {}
    with safe_open(path, framework="pt") as shard:
        for name in shard.keys():  # noqa: SIM118 - not a mapping
            tensor = shard.get_tensor(name)
            low, high = torch.aminmax(tensor)  # unlike isfinite without a copy; both carry NaN
            if not (torch.isfinite(low) and torch.isfinite(high)):
                raise ConversionError(f"{path}: {name} holds NaN or infinity; download it again")
            made |= cut(tensor, origins[name], language)
    return made


def _manifest(
    config: Published, weights: Weights, tokens: Tokens, hashes: dict[str, str], folder: Path
) -> Manifest:
    return Manifest(
        format=manifest.FORMAT,
        converter=manifest.CONVERTER,
        source=Source(config.architecture, hashes),
        trained=not (weights.folder / manifest.UNTRAINED).exists(),
        template=config.template,
        dtype=_dtype(weights),
        parameters=sum(prod(tensor.shape) for tensor in weights.tensors().values()),
        tokens=tokens.ids,
        prefix=tokens.prefix,
        files={shard: (folder / shard).stat().st_size for shard in weights.shards},
    )


def _write_json(path: Path, content: object) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
