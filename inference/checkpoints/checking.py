"""What a converted folder must show before it gets its name."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from safetensors import safe_open
from transformers import AutoTokenizer, InternVLForConditionalGeneration
from transformers.utils import logging

from inference.checkpoints.corpus import corpus
from inference.checkpoints.errors import refuse
from inference.checkpoints.naming import join
from inference.checkpoints.tokens import ANSWERS, FILE, open_tokenizer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from inference.checkpoints.manifest import Manifest
    from inference.checkpoints.naming import Origin
    from inference.checkpoints.published import Language
    from inference.checkpoints.weights import Weights

REREAD = 3


def check_folder(
    folder: Path, weights: Weights, origins: Mapping[str, Origin], language: Language, made: Manifest
) -> None:
    """Load the folder as a scorer will, and compare a few tensors; ConversionError says every difference.

    The load maps the files into memory and copies nothing.
    """
    refuse(_load(folder, made))
    refuse(_reread(folder, weights, origins, language))
    refuse(_tokenizer(folder, made))


def _load(folder: Path, made: Manifest) -> Iterator[str]:
    with _no_progress_bar():
        loaded: Any = InternVLForConditionalGeneration.from_pretrained(
            folder, dtype="auto", output_loading_info=True, local_files_only=True, trust_remote_code=False
        )
    model, report = loaded
    for kind, names in report.items():
        yield from (f"the strict load reports {kind}: {name}" for name in names)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    if parameters != made.parameters:
        yield f"the loaded model has {parameters} parameters, the published weights have {made.parameters}"
    if str(model.dtype) != f"torch.{made.dtype}":
        yield f"the loaded model is {model.dtype}, the published weights are {made.dtype}"


@contextmanager
def _no_progress_bar() -> Iterator[None]:
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def chosen(origins: Mapping[str, Origin]) -> list[str]:
    """Return the published names to compare: the same ones each time, the most fused one among them."""
    kinds = (None, "equal", "grouped")
    by_hash = sorted(origins, key=lambda name: hashlib.sha256(name.encode()).digest())
    fused = max(by_hash, key=lambda name: kinds.index(origins[name].fused))
    return [fused, *(name for name in by_hash if name != fused)][:REREAD]


def _reread(
    folder: Path, weights: Weights, origins: Mapping[str, Origin], language: Language
) -> Iterator[str]:
    places = {name: shard for shard, names in weights.shards.items() for name in names}
    for name in chosen(origins):
        shard = places[name]
        with (
            safe_open(weights.folder / shard, framework="pt") as source,
            safe_open(folder / shard, framework="pt") as target,
        ):
            parts = [target.get_tensor(native) for native in origins[name].natives]
            if not torch.equal(join(parts, origins[name], language), source.get_tensor(name)):
                yield f"{name}: what was written is not what was read; try again, and check the disk"


def _tokenizer(folder: Path, made: Manifest) -> Iterator[str]:
    loaded = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    written = open_tokenizer(folder / FILE)
    if loaded.encode("") != made.prefix:
        yield f"transformers puts {loaded.encode('')} before a text, {FILE} puts {made.prefix}"
    for text in (*corpus(), *made.tokens, *(f"assistant\n{word}" for word in ANSWERS)):
        got = loaded.encode(text, add_special_tokens=False)
        expected = written.encode(text, add_special_tokens=False).ids
        if got != expected:
            yield f"transformers makes {got} of {text!r}, {FILE} makes {expected}"
