"""What every command that scores has in common: which scorer, and how it speaks to the person."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from inference.configuration import ConfigurationError, Demo, Http, known
from inference.scorers import load

if TYPE_CHECKING:
    import argparse

    from inference.configuration import Configuration
    from inference.types import Scorer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options that choose a scorer."""
    parser.add_argument("--scorer", required=True, metavar="KEY", help="a built-in name, or one of --config")
    parser.add_argument("--model", metavar="DIR", type=Path, help="the folder of its weights")
    parser.add_argument("--config", metavar="YAML", type=Path, help="a file of named scorers")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], help="instead of the configured one")


def chosen(args: argparse.Namespace) -> Scorer:
    """Load the scorer that the options choose; ConfigurationError says what is wrong with them."""
    return load(args.scorer, configured(args))


def configured(args: argparse.Namespace) -> Configuration:
    """Return the configuration that the options choose."""
    table = known(args.config)
    if args.scorer not in table:
        raise ConfigurationError(f"there is no scorer {args.scorer!r}; known: {', '.join(sorted(table))}")
    configuration = table[args.scorer]
    if isinstance(configuration, Demo | Http):
        return configuration
    if args.model is not None:
        configuration = msgspec.structs.replace(configuration, model=str(args.model))
    if args.dtype is not None:
        configuration = msgspec.structs.replace(configuration, dtype=args.dtype)
    if not configuration.model:
        raise ConfigurationError(
            f"the scorer {args.scorer!r} has no folder of weights; name one with --model"
        )
    return configuration


def told(error: OSError | ConfigurationError) -> int:
    """Say in one line what was wrong and return the exit status for it."""
    place = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
    words = (isinstance(error, OSError) and error.strerror) or error
    say(f"python -m inference: {place}{words}")
    return 2


def say(line: str) -> None:
    """Write a line to standard error, over a progress line where there is one."""
    sys.stderr.write(f"{chr(13) if sys.stderr.isatty() else ''}{line}\n")
