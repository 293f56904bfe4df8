"""manage create_project SLUG --name NAME."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from annotate.management import answers
from annotate.pipeline import planning


class Command(BaseCommand):
    """Create a project."""

    help = "Create a project with its default batch."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what docs and --help list."""
        parser.add_argument("slug", help="short name, as in addresses: letters, digits, - and _")
        parser.add_argument("--name", required=True, help="what people see")
        parser.add_argument("--rubric", default="intermt", help="key of a built-in or loaded rubric")
        parser.add_argument("--overlap", type=int, default=3, help="how many people answer each task")
        parser.add_argument("--language", default="en", help="of conversations that do not name theirs")
        answers.add_json(parser)

    def handle(self, *, slug: str, name: str, **options: Any) -> None:  # noqa: ANN401
        """Create it and say so."""
        with answers.refusals_said():
            project = planning.create_project(
                slug,
                name,
                rubric_key=options["rubric"],
                overlap=options["overlap"],
                language=options["language"],
            )
        answer = {"project": project.slug, "rubric": str(project.rubric), "overlap": project.overlap}
        lines = f"Created the project {project.slug} with the rubric {project.rubric}."
        answers.say(self, answer, lines, as_json=options["json"])
