"""A folder that appears whole or not at all."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from inference.checkpoints.errors import ConversionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder beside ``target`` that takes its place at the end; a failure removes it.

    ConversionError: the target is there and not an empty folder, or has no folder to lie in.
    """
    target = target.resolve()
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise ConversionError(
            f"{target}: is there already and not an empty folder; name another or remove it"
        )
    if not target.parent.is_dir():
        raise ConversionError(f"{target.parent}: there is no such folder; make it first")
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    part.mkdir()
    try:
        yield part
        part.replace(target)
    finally:
        if part.exists():  # it has its name otherwise
            shutil.rmtree(part)
