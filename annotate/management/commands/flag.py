"""manage flag SLUG."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from annotate.management import answers
from annotate.pipeline import flagging, following_up


class Command(BaseCommand):
    """One pass of flagging over everything in a project."""

    help = (
        "Raise flags where people contradict themselves or one another; close those whose cause is gone; ask one more "
        "person, within the budget, where people disagree."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what docs and --help list."""
        parser.add_argument("slug", help="the project's short name")
        answers.add_json(parser)

    def handle(self, *, slug: str, **options: Any) -> None:  # noqa: ANN401
        """Look at the whole project and print what changed."""
        project = answers.project(slug).pk
        flags = flagging.flag_project(project, whole=True)
        further = following_up.follow_up(project, whole=True)
        lines = (
            f"{flags.created} flags raised, {flags.closed} closed; {further.open} are open.\n"
            f"{further.waiting} wait for one more person: {further.asked} follow-ups made, "
            f"{further.withdrawn} taken back."
        )
        answers.say(self, {**asdict(flags), **asdict(further)}, lines, as_json=options["json"])
