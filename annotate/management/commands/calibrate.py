"""manage calibrate SLUG."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from annotate.management import answers
from annotate.pipeline import calibrating


class Command(BaseCommand):
    """One pass of calibration over all trained runs of a project."""

    help = "Learn from people's labels what the scorers' numbers mean, and which of them may speak."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what docs and --help list."""
        parser.add_argument("slug", help="the project's short name")
        answers.add_json(parser)

    def handle(self, *, slug: str, **options: Any) -> None:  # noqa: ANN401
        """Fit, and print what changed."""
        report = calibrating.calibrate(answers.project(slug).pk)
        lines = f"{report.runs} runs, {report.fitted} links fitted; of {report.links} links {report.open} are open."
        answers.say(self, asdict(report), lines, as_json=options["json"])
