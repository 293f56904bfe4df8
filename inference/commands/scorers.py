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
    from inference.types import Scorer, ScorerInfo


def add_arguments(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Declare the options that choose a scorer."""
    parser.add_argument(
        "--scorer", required=required, metavar="KEY", help="a built-in name, or one of --config"
    )
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


def say(line: str) -> None:
    """Write a line to standard error, over a progress line where there is one."""
    sys.stderr.write(f"{chr(13) if sys.stderr.isatty() else ''}{line}\n")


def progress(line: str) -> None:
    """Show how far a command is, in a terminal alone; the next line takes its place."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{line}")


def introduce(info: ScorerInfo) -> None:
    """Say which scorer speaks and what its numbers mean."""
    say(f"{info.key} ({'trained' if info.trained else 'untrained'}): {info.comparability}")
