"""``python -m inference best-of-n --scorer KEY [--model DIR] [--config YAML] IN.jsonl OUT.jsonl``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from inference.commands import scorers
from inference.commands.files import told, whole
from inference.commands.scorers import introduce, progress, say
from inference.configuration import ConfigurationError
from inference.groups import score_groups
from inference.ranking import format_ranking, parse_candidates, rank

if TYPE_CHECKING:
    from inference.types import Scorer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what --help lists."""
    parser.description = rank_file.__doc__
    scorers.add_arguments(parser)
    parser.add_argument("source", metavar="IN.jsonl", type=Path)
    parser.add_argument("target", metavar="OUT.jsonl", type=Path)


def run(args: argparse.Namespace) -> int:
    """Rank; the exit status is 2 when a file or the configuration is at fault."""
    try:
        ranked, without = rank_file(scorers.chosen(args), args.source, args.target)
    except (OSError, ConfigurationError) as error:
        return told(error)
    say(f"{ranked} ranked, {without} without a best response: {args.target}")
    return 0


def rank_file(scorer: Scorer, source: Path, target: Path) -> tuple[int, int]:
    """Rank the responses of every line that is not blank; OUT.jsonl gets one line each, in the same order.

    It appears whole. Returns how many lines have a best response and how many have none. OSError: a file
    cannot be read or written.
    """
    ranked = without = 0
    with source.open("rb") as lines, whole(target, source=source) as out:
        introduce(scorer.describe())
        read = (
            parse_candidates(line, folder=source.parent, number=number)
            for number, line in enumerate(lines, start=1)
            if line.strip()
        )
        for batch in score_groups(scorer, read):
            for candidates, results in batch:
                ranking = rank(candidates, results)
                out.write(format_ranking(ranking))
                ranked += bool(ranking.ranking)
                without += not ranking.ranking
            progress(f"{ranked + without} lines, {without} without a best response")
    return ranked, without
