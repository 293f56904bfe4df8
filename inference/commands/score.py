"""``python -m inference score --scorer KEY --model DIR [--config YAML] IN.jsonl OUT.jsonl``."""

from __future__ import annotations

import argparse
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

from inference.commands import scorers
from inference.commands.files import told, whole
from inference.commands.scorers import introduce, progress, say
from inference.configuration import ConfigurationError
from inference.lines import format_result, parse_line
from inference.types import Item, ItemError, Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.types import Scorer

BATCH = 64
"""Lines handed to a scorer at once; bounds the memory, never the scores."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what --help lists."""
    parser.description = score_file.__doc__
    scorers.add_arguments(parser)
    parser.add_argument("source", metavar="IN.jsonl", type=Path)
    parser.add_argument("target", metavar="OUT.jsonl", type=Path)


def run(args: argparse.Namespace) -> int:
    """Score; the exit status is 2 when a file or the configuration is at fault."""
    try:
        scored, failed = score_file(scorers.chosen(args), args.source, args.target)
    except (OSError, ConfigurationError) as error:
        return told(error)
    say(f"{scored} scored, {failed} with an error: {args.target}")
    return 0


def score_file(scorer: Scorer, source: Path, target: Path) -> tuple[int, int]:
    """Score every line that is not blank; OUT.jsonl gets one line each, in the same order, and appears whole.

    Returns how many were scored and how many got an error. OSError: a file cannot be read or written.
    """
    scored = failed = 0
    with source.open("rb") as lines, whole(target, source=source) as out:
        introduce(scorer.describe())
        for result in _results(lines, scorer, source.parent):
            out.write(format_result(result))
            failed += result.error is not None
            scored += result.error is None
            if (scored + failed) % BATCH == 0:
                progress(f"{scored + failed} lines, {failed} with an error")
    return scored, failed


def _results(lines: IO[bytes], scorer: Scorer, folder: Path) -> Iterator[Result]:
    filled = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    while batch := list(islice(filled, BATCH)):
        rows = [parse_line(line, folder=folder) for _, line in batch]
        results = iter(scorer([row for row in rows if isinstance(row, Item)]))
        for (number, _), row in zip(batch, rows, strict=True):
            yield _placed(next(results) if isinstance(row, Item) else row, number)


def _placed(result: Result, number: int) -> Result:
    if result.error is None:
        return result
    return replace(result, error=ItemError(result.error.code, f"line {number}: {result.error.detail}"))
