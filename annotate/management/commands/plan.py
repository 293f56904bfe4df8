"""manage plan SLUG --batch NAME."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from annotate.management import answers
from annotate.pipeline import planning


class Command(BaseCommand):
    """Create the missing tasks of a batch."""

    help = "Create a batch's missing tasks and count what all its tasks ask."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what docs and --help list."""
        parser.add_argument("slug", help="the project's short name")
        parser.add_argument("--batch", default=planning.DEFAULT_BATCH)
        parser.add_argument("--dry-run", action="store_true", help="count, and keep nothing")
        answers.add_json(parser)

    def handle(self, *, slug: str, **options: Any) -> None:  # noqa: ANN401
        """Plan and print the counts."""
        batch = answers.batch(answers.project(slug), options["batch"])
        report = planning.plan(batch, dry_run=options["dry_run"])
        made = "would be created" if options["dry_run"] else "created"
        lines = (
            f"{report.created['tasks']} tasks {made}; now {report.tasks} tasks for {report.conversations} "
            f"conversations, {report.open_slots} places open.\nOne person doing them all gives "
            f"{report.asks.local_ratings} local and {report.asks.global_ratings} global ratings, "
            f"{report.asks.local_comparisons} local and {report.asks.global_comparisons} global comparisons."
        )
        answer = {"batch": batch.name, "dry_run": options["dry_run"], **asdict(report)}
        answers.say(self, answer, lines, as_json=options["json"])
