"""How commands write files, and how they tell of one that is at fault."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from inference.commands.scorers import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def whole(target: Path, *, source: Path) -> Iterator[IO[str]]:
    """Open a file beside the target that takes its place once complete; a failure leaves the target alone.

    A link stays and what it points to is replaced; the source itself, and a folder or a device, which a
    rename would displace, are refused.
    """
    target = target.resolve()
    if target.exists() and not target.is_file():
        raise OSError(None, "is not an ordinary file; name one to write to", str(target))
    if target.exists() and target.samefile(source):
        raise OSError(None, "is both the file to read and the file to write", str(target))
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    with part.open("w", encoding="utf-8", newline="\n") as out:
        try:
            yield out
            out.flush()
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)


def told(error: OSError | ValueError) -> int:
    """Say in one line which file or setting is at fault; return the exit status for that, 2."""
    detail = str(error)
    if isinstance(error, OSError):
        detail = f"{f'{error.filename}: ' if error.filename else ''}{error.strerror or error}"
    say(f"python -m inference: {detail}")
    return 2
