"""Which weights a folder holds, and how they present themselves; nothing here imports torch."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from inference.checkpoints import manifest
from inference.configuration import ConfigurationError, model_info

if TYPE_CHECKING:
    from inference.configuration import Outcome, Process
    from inference.types import ScorerInfo

MIB = 1024 * 1024
WHOLE = 64 * MIB
"""Smaller files are hashed whole, larger ones by their first and last MiB."""


def present(key: str, configuration: Process | Outcome) -> ScorerInfo:
    """Return how the model in the configured folder presents itself.

    A miniature is untrained, whatever is configured. ConfigurationError as `revision` where none is set.
    """
    folder = Path(configuration.model)
    name = configuration.revision or revision(folder)
    info = model_info(key, configuration, model=folder.name, revision=name)
    return replace(info, trained=info.trained and not _untrained(folder))


def _untrained(folder: Path) -> bool:
    if (folder / manifest.NAME).is_file():
        return not manifest.read_manifest(folder).trained
    return (folder / manifest.UNTRAINED).exists()


def revision(folder: Path) -> str:
    """Return a SHA-256 in hex that changes with the model.

    A converted folder is known by its manifest, which names the hashes of what it was made from. Of any
    other, the names, sizes and contents of its files count; folders in it and hidden files do not.
    ConfigurationError: no such folder, or none of a model.
    """
    if not folder.is_dir():
        raise ConfigurationError(
            f"{folder}: there is no such folder; download the model into it or name another"
        )
    if not (folder / "config.json").is_file():
        raise ConfigurationError(
            f"{folder}: holds no config.json; name the folder that a published model was downloaded or converted to"
        )
    if (folder / manifest.NAME).is_file():
        manifest.read_manifest(folder)
        return hashlib.sha256((folder / manifest.NAME).read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.is_file() and not path.name.startswith("."):
            digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
            digest.update(_sample(path))
    return digest.hexdigest()


def _sample(path: Path) -> bytes:
    size = path.stat().st_size
    with path.open("rb") as file:
        if size < WHOLE:
            return hashlib.file_digest(file, "sha256").digest()
        digest = hashlib.sha256(file.read(MIB))
        file.seek(size - MIB)
        digest.update(file.read(MIB))
        return digest.digest()
