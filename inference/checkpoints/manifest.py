"""`manifest.json`, which every converted folder holds: where it comes from and what it counts on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from inference.configuration import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

NAME = "manifest.json"
FORMAT = 1
CONVERTER = 1
"""Raise it when a conversion of the same files gives other files."""
UNTRAINED = "UNTRAINED.md"
"""The file that marks a folder of random weights."""


class Source(msgspec.Struct, frozen=True):
    """The published folder: the language model's class and the SHA-256 of every file that was read."""

    architecture: str
    files: dict[str, str]


class Manifest(msgspec.Struct, frozen=True):
    """What a loader can rely on without asking the tokenizer.

    ``tokens`` are the ids of `+`, `-` and the marks of prompts; ``prefix`` the ids that the tokenizer puts
    before a text; ``template`` the prompt template's name; ``files`` the bytes of every file of weights.
    """

    format: int
    converter: int
    source: Source
    trained: bool
    template: str
    dtype: str
    parameters: int
    tokens: dict[str, int]
    prefix: list[int]
    files: dict[str, int]


def read_manifest(folder: Path) -> Manifest:
    """Read it and look that the weights have its sizes; ConfigurationError says what to do."""
    path = folder / NAME
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except OSError as error:
        raise ConfigurationError(
            f"{path}: {error.strerror}; make the folder with `python -m inference convert`"
        ) from error
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"{path}: {error}; convert the published folder again") from error
    if found.format != FORMAT:
        raise ConfigurationError(
            f"{path}: has format {found.format}, this program reads {FORMAT}; convert the published folder again"
        )
    for name, size in found.files.items():
        file = folder / name
        if not file.is_file() or file.stat().st_size != size:
            raise ConfigurationError(f"{file}: is not the {size} bytes that were written; copy it again")
    return found


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it, the same bytes for the same content."""
    text = msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=2)
    (folder / NAME).write_bytes(text + b"\n")
