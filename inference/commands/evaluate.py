"""``python -m inference evaluate --benchmark NAME --scorer KEY [--model DIR] [--config YAML] FILE``."""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

import msgspec

from inference.commands import scorers
from inference.commands.files import told
from inference.commands.scorers import introduce, progress, say
from inference.configuration import ConfigurationError, Outcome, fingerprint
from inference.evaluation import intermt_pairs, scores, visualprocessbench
from inference.evaluation.cases import EvaluationError
from inference.evaluation.scores import Run
from inference.groups import score_groups
from inference.lines import format_result
from inference.scorers import load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from inference.evaluation.cases import Case, LeftOut, Report
    from inference.types import Result, Scorer

STEPS, PAIRS = "visualprocessbench", "intermt-pairs"
THRESHOLD = 0.8
"""The default of VisualPRM's published ``check_correctness``."""
NAMED = 20
"""Items left out that are named on the screen; --json names all."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what --help lists."""
    parser.description = "Measure a scorer against people's judgements in a published benchmark file."
    parser.add_argument("--benchmark", required=True, choices=[STEPS, PAIRS])
    scorers.add_arguments(parser, required=False)
    parser.add_argument("file", metavar="FILE", type=Path, help="the benchmark's file, JSONL or a JSON list")
    parser.add_argument("--images", metavar="DIR", type=Path, help="where its images lie; default: beside it")
    thresholds = parser.add_mutually_exclusive_group()
    thresholds.add_argument("--threshold", dest="thresholds", metavar="T", type=_threshold)
    thresholds.add_argument(
        "--thresholds",
        metavar="T,T",
        type=_thresholds,
        help=f"a step is called correct when its score is above T; default {THRESHOLD}",
    )
    kept = parser.add_mutually_exclusive_group()
    kept.add_argument(
        "--scores", metavar="OUT.jsonl", type=Path, help="keep the raw scores, or go on where they end"
    )
    kept.add_argument(
        "--from-scores", metavar="OUT.jsonl", type=Path, help="compute from kept scores, without a model"
    )
    parser.add_argument("--json", action="store_true", help="write the report as JSON")


def run(args: argparse.Namespace) -> int:
    """Evaluate; the exit status is 1 when no item could be scored, 2 when a file or setting is at fault."""
    try:
        return _evaluate(args)
    except (OSError, ConfigurationError, EvaluationError) as error:
        return told(error)


def _evaluate(args: argparse.Namespace) -> int:
    if args.benchmark == PAIRS and args.thresholds:
        raise EvaluationError(f"--threshold is for {STEPS}; {PAIRS} compares scores and has none")
    if bool(args.scorer) == bool(args.from_scores):
        raise EvaluationError("name either a --scorer or a file of scores with --from-scores")
    images = args.images or args.file.parent
    if args.benchmark == STEPS:
        steps, unread = visualprocessbench.read(args.file, images)
        made, results = _results(args, steps)
        report = visualprocessbench.report(steps, unread, results, args.thresholds or [THRESHOLD])
    else:
        pairs, unread = intermt_pairs.read(args.file, images)
        made, results = _results(args, pairs)
        report = intermt_pairs.report(pairs, unread, results)
    _write(report, made, as_json=args.json)
    return 0 if report.scored else 1


def _results(args: argparse.Namespace, cases: Sequence[Case]) -> tuple[Run, Mapping[str, Result]]:
    """Return the results by item id: those that are kept, or those and what a model adds to them."""
    path = args.from_scores or args.scores
    kept = scores.read(path) if path and (args.from_scores or path.exists()) else None
    if args.from_scores:
        if kept is None:
            raise EvaluationError(f"{path}: holds no scores; make them with --scores")
        wanted = msgspec.structs.replace(
            kept[0], benchmark=args.benchmark, file_sha256=scores.sha256(args.file)
        )
        scores.check(path, kept[0], wanted)
        introduce(kept[0].scorer)
        return kept
    scorer, made = _scorer(args)
    if kept:
        scores.check(path, kept[0], made)
    results = kept[1] if kept else {}
    out: AbstractContextManager[IO[str] | None] = scores.adding(path, made) if path else nullcontext()
    with out as file:
        _score(scorer, cases, results, file)
    return made, results


def _scorer(args: argparse.Namespace) -> tuple[Scorer, Run]:
    configuration = scorers.configured(args)
    if args.benchmark == STEPS and isinstance(configuration, Outcome):
        raise EvaluationError(f"the scorer {args.scorer!r} gives no scores to steps; choose a process scorer")
    scorer = load(args.scorer, configuration)
    info = scorer.describe()
    introduce(info)
    return scorer, Run(args.benchmark, scores.sha256(args.file), fingerprint(configuration), info)


def _score(scorer: Scorer, cases: Sequence[Case], results: dict[str, Result], out: IO[str] | None) -> None:
    """Score what has no score yet, failures included; add to the results, and to the file, batch by batch."""
    missing = [case for case in cases if not all(_scored(results.get(str(one.id))) for one in case.items)]
    done = 0
    for batch in score_groups(scorer, missing):
        for case, found in batch:
            for item, result in zip(case.items, found, strict=True):
                results[str(item.id)] = result
                if out:
                    out.write(format_result(replace(result, id=item.id)))
        if out:
            out.flush()
        done += len(batch)
        progress(f"{done} of {len(missing)} items")


def _scored(result: Result | None) -> bool:
    return result is not None and result.error is None


def _write(report: Report, made: Run, *, as_json: bool) -> None:
    if as_json:
        whole = {
            "run": made,
            "scored": report.scored,
            "left_out": report.left_out,
            **report.figures,
        }
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(whole)).decode() + "\n")
    else:
        sys.stdout.write("\n\n".join(report.tables) + "\n")
    _name(report.left_out)
    say(f"{report.scored} scored, {len(report.left_out)} left out")


def _name(left_out: Sequence[LeftOut]) -> None:
    for one in left_out[:NAMED]:
        say(f"left out: {one.place}: {one.code}: {one.detail}")
    if len(left_out) > NAMED:
        say(f"left out: {len(left_out) - NAMED} more; --json names all")


def _threshold(text: str) -> list[float]:
    try:
        found = float(text)
    except ValueError:
        found = -1
    if not 0 <= found <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 1")
    return [found]


def _thresholds(text: str) -> list[float]:
    return [_threshold(one)[0] for one in text.split(",")]
