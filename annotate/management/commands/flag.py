"""manage flag SLUG."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from annotate.management import answers
from annotate.pipeline import flagging


class Command(BaseCommand):
    """One pass of flagging over everything in a project."""

    help = "Raise flags where people contradict themselves or one another; close those whose cause is gone."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what docs and --help list."""
        parser.add_argument("slug", help="the project's short name")
        answers.add_json(parser)

    def handle(self, *, slug: str, **options: Any) -> None:  # noqa: ANN401
        """Look at the whole project and print what changed."""
        report = flagging.flag_project(answers.project(slug).pk, whole=True)
        lines = f"{report.created} flags raised, {report.closed} closed; {report.open} are open."
        answers.say(self, asdict(report), lines, as_json=options["json"])
