"""manage load_rubric FILE.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from annotate.formats.rubric import read_rubric
from annotate.management import answers
from annotate.pipeline import planning


class Command(BaseCommand):
    """Store a rubric version."""

    help = "Store a version of a rubric from its YAML file; the same file again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what docs and --help list."""
        parser.add_argument("file", type=Path)
        answers.add_json(parser)

    def handle(self, *, file: Path, **options: Any) -> None:  # noqa: ANN401
        """Store it and say so."""
        with answers.refusals_said():
            rubric = planning.load_rubric(read_rubric(file))
        dimensions = rubric.dimensions.count()
        answer = {
            "rubric": rubric.key,
            "version": rubric.version,
            "dimensions": dimensions,
            "sha256": rubric.sha256,
        }
        lines = f"The rubric {rubric} with {dimensions} dimensions is stored."
        answers.say(self, answer, lines, as_json=options["json"])
