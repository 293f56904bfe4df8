"""manage report SLUG."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandParser

from annotate.management import answers
from annotate.management.quality_answers import quality_answers
from annotate.pipeline import reporting
from annotate.reports.managers.flags import flag_summary
from annotate.reports.managers.progress import progress
from annotate.reports.managers.scorers import scorer_runs
from annotate.reports.quality.aggregates import AggregatesReport
from annotate.reports.quality.agreement import AgreementReport


class Command(BaseCommand):
    """Print a project's numbers."""

    help = "Progress, agreement, scorer runs and flags of a project."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what docs and --help list."""
        parser.add_argument("slug", help="the project's short name")
        answers.add_json(parser)

    def handle(self, *, slug: str, **options: Any) -> None:  # noqa: ANN401
        """Read and print."""
        project = answers.project(slug).pk
        reporting.refresh(project)
        work, runs, flags = progress(project), scorer_runs(project), flag_summary(project)
        quality = quality_answers(project)
        answer = {
            "progress": work,
            "scorers": runs,
            "flags": flags,
            **{one.name: getattr(quality, one.name) for one in fields(quality)},
        }
        places = (
            f"{work.submitted} of {work.places} places submitted, {work.active} in work, {work.open} open"
        )
        content = f"{work.tasks} tasks, {work.conversations} conversations, {work.responses} responses"
        flagged = f"{flags.open} open flags in {flags.conversations} conversations"
        lines = [
            f"{places} ({content}).",
            f"{flagged}, {flags.waiting} wait for one more person, {flags.finished} reviews finished.",
            *(f"{one.scorer}: {one.scored} of {one.total} scored, {one.errors} in error." for one in runs),
            *_agreement(quality.agreement),
            *_strengths(quality.aggregates),
            *(f"{one.rubric} v{one.old} and v{one.new}: {one.verdict}." for one in quality.bridge.bridges),
        ]
        answers.say(
            self, msgspec.to_builtins(answer, str_keys=True), "\n".join(lines), as_json=options["json"]
        )


def _agreement(report: AgreementReport) -> list[str]:
    rows = [(one.dimension, one.agreement) for one in report.dimensions]
    rows += [
        (f"{one.scope} {one.dimension or 'overall'} comparison", one.agreement) for one in report.comparisons
    ]
    return [
        f"{name}: {found.items} items with two people or more, exact {_number(found.exact)}, "
        f"within one {_number(found.within_one)}, alpha {_number(found.alpha)}, "
        f"kappa {_number(found.kappa)}, AC2 {_number(found.ac2)}"
        for name, found in rows
    ]


def _strengths(report: AggregatesReport) -> list[str]:
    return [
        f"{one.scope} strength of {model.source} by {one.rubric} v{one.version}: {_number(model.strength)} "
        f"({model.wins} won, {model.ties} tied, {model.losses} lost)"
        for one in report.strengths
        for model in one.strengths
    ]


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.3f}"
