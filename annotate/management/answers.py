"""What the commands share: find things by name, print one answer, turn refusals into one clear line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotate.formats.records import FormatError
from annotate.models import Batch, Project
from annotate.refusal import Refusal


def add_json(parser: CommandParser) -> None:
    """Give a command the option --json."""
    parser.add_argument("--json", action="store_true", help="print the answer as one JSON document")


def say(command: BaseCommand, answer: object, lines: str, *, as_json: bool) -> None:
    """Print the answer: the JSON document for programs, or the lines for people."""
    command.stdout.write(json.dumps(answer, ensure_ascii=False) if as_json else lines)


def project(slug: str) -> Project:
    """Return the project with this short name, or stop with the names that there are."""
    found = Project.objects.select_related("rubric").filter(slug=slug).first()
    if found is None:
        known = _known(Project.objects.values_list("slug", flat=True))
        raise CommandError(
            f"There is no project “{slug}”. {known} To make it: create_project {slug} --name NAME."
        )
    return found


def batch(within: Project, name: str) -> Batch:
    """Return the project's batch with this name, or stop with the names that there are."""
    found = within.batches.select_related("rubric").filter(name=name).first()
    if found is None:
        known = _known(within.batches.values_list("name", flat=True))
        raise CommandError(f"There is no batch “{name}” in {within.slug}. {known}")
    return found


def _known(names: Iterable[str]) -> str:
    return f"Known are: {', '.join(sorted(names)) or 'none yet'}."


@contextmanager
def refusals_said() -> Iterator[None]:
    """Turn what a stage or a format refuses into the command's one error line."""
    try:
        yield
    except Refusal as refusal:
        raise CommandError(" ".join(problem.detail for problem in refusal.problems)) from refusal
    except FormatError as error:
        raise CommandError(str(error)) from error
