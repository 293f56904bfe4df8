"""manage create_users SLUG --role ROLE --count N --prefix P."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from annotate.management import answers
from annotate.models import Membership
from annotate.pipeline import enrolling


class Command(BaseCommand):
    """Create accounts."""

    help = "Create accounts with random passwords and API tokens; both are printed once and never again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what docs and --help list."""
        parser.add_argument("slug", help="the project's short name")
        parser.add_argument("--role", required=True, choices=Membership.Role.values)
        parser.add_argument("--count", type=int, default=1)
        parser.add_argument("--prefix", required=True, help="names are the prefix and a number")
        answers.add_json(parser)

    def handle(self, *, slug: str, **options: Any) -> None:  # noqa: ANN401
        """Create them and print their secrets."""
        with answers.refusals_said():
            people = enrolling.create_people(
                answers.project(slug),
                Membership.Role(options["role"]),
                count=options["count"],
                prefix=options["prefix"],
            )
        lines = "\n".join(f"{one.username}  password {one.password}  token {one.token}" for one in people)
        answers.say(self, [asdict(one) for one in people], lines, as_json=options["json"])
