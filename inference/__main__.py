"""Scoring from the shell: ``python -m inference COMMAND``; ``--help`` lists the commands."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "score": "score every line of a file",
    "convert": "make a published VisualPRM native",
    "tiny": "write an untrained miniature",
    "best-of-n": "rank the responses to each question of a file",
    "evaluate": "measure a scorer against people's judgements",
    "serve": "answer scoring requests of other machines by HTTP",
}
"""A command is the module of its name in `inference.commands`; only the one that was asked for is imported."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 2 when the call or a file is at fault."""
    parser = argparse.ArgumentParser(
        prog="python -m inference", description="Score responses without a database."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    words = list(sys.argv[1:] if argv is None else argv)
    for name, said in COMMANDS.items():
        command = commands.add_parser(name, help=said)
        if name in words[:1]:
            module = import_module(f"inference.commands.{name.replace('-', '_')}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    args = parser.parse_args(words)
    status: int = args.run(args)
    return status


if __name__ == "__main__":
    sys.exit(main())
