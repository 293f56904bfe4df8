"""manage report SLUG."""

from __future__ import annotations

from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandParser

from annotate.management import answers
from annotate.reports.agreement import AgreementReport, agreement_report
from annotate.reports.flags import flag_summary
from annotate.reports.progress import progress
from annotate.reports.scorers import scorer_runs


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
        work, agreement = progress(project), agreement_report(project)
        runs, flags = scorer_runs(project), flag_summary(project)
        answer = {"progress": work, "agreement": agreement, "scorers": runs, "flags": flags}
        places = (
            f"{work.submitted} of {work.places} places submitted, {work.active} in work, {work.open} open"
        )
        content = f"{work.tasks} tasks, {work.conversations} conversations, {work.responses} responses"
        lines = [
            f"{places} ({content}).",
            f"{flags.open} open flags in {flags.conversations} conversations, {flags.finished} reviews finished.",
            *(f"{one.scorer}: {one.scored} of {one.total} scored, {one.errors} in error." for one in runs),
            *_agreement(agreement),
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
        f"within one {_number(found.within_one)}, alpha {_number(found.alpha)}"
        for name, found in rows
    ]


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.3f}"
