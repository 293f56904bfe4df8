"""``python -m inference convert SRC DST``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from inference.commands.files import told
from inference.commands.scorers import say
from inference.configuration import ConfigurationError

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what --help lists."""
    parser.description = (
        "Make a folder that transformers loads natively from a published VisualPRM (8B or 8B-v1.1), and check it. "
        "Nothing is written when anything differs; no code of the published folder is run."
    )
    parser.add_argument("source", metavar="SRC", type=Path, help="the published folder")
    parser.add_argument("target", metavar="DST", type=Path, help="a folder that is not there yet")


def run(args: argparse.Namespace) -> int:
    """Convert; the exit status is 2 when the folder is refused or a file cannot be read or written."""
    from inference.checkpoints.convert import convert  # noqa: PLC0415 - torch takes seconds

    try:
        made = convert(args.source, args.target, say)
    except (OSError, ConfigurationError) as error:
        return told(error)
    say(f"{made.parameters / 1e9:.3f} billion parameters in {made.dtype}: {args.target}")
    return 0
