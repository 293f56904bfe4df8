"""``python -m inference tiny KIND DST [--seed N]``."""

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
    from inference.checkpoints.tiny import KINDS  # noqa: PLC0415 - torch takes a second

    parser.description = (
        "Write an untrained miniature in the layout in which the model is published. Its scores mean nothing."
    )
    parser.add_argument("kind", metavar="KIND", choices=sorted(KINDS), help=", ".join(sorted(KINDS)))
    parser.add_argument("target", metavar="DST", type=Path, help="a folder that is not there yet")
    parser.add_argument("--seed", type=int, default=0, help="other numbers for another seed (default 0)")


def run(args: argparse.Namespace) -> int:
    """Write it; the exit status is 2 when the folder is refused or cannot be written."""
    from inference.checkpoints.tiny import make  # noqa: PLC0415

    try:
        make(args.kind, args.target, args.seed)
    except (OSError, ConfigurationError) as error:
        return told(error)
    say(f"untrained {args.kind}, seed {args.seed}: {args.target}")
    return 0
