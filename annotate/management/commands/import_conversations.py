"""manage import_conversations SLUG FILE."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from annotate.formats import importers
from annotate.management import answers
from annotate.models import Project
from annotate.pipeline import importing, planning

_SHOWN = 20  # refusals, where people read


class Command(BaseCommand):
    """Import conversations from a file."""

    help = "Import conversations with their images and labels. The same file again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what docs and --help list."""
        parser.add_argument("slug", help="the project's short name")
        parser.add_argument("file", type=Path, help="JSON or JSONL")
        parser.add_argument("--images", type=Path, help="a folder or a zip archive")
        parser.add_argument(
            "--format", default=importers.AUTO, choices=[importers.AUTO, *importers.IMPORTERS]
        )
        parser.add_argument(
            "--allow-missing-images", action="store_true", help="keep the caption where an image is not there"
        )
        parser.add_argument("--dry-run", action="store_true", help="report the same, and keep nothing")
        answers.add_json(parser)

    def handle(self, *, slug: str, file: Path, **options: Any) -> None:  # noqa: ANN401
        """Import and print the report; exit 1 when nothing could be imported."""
        project = answers.project(slug)
        report = importing.import_file(
            project,
            file,
            images=options["images"],
            options=importing.Options(
                format_name=options["format"],
                allow_missing_images=options["allow_missing_images"],
                dry_run=options["dry_run"],
            ),
        )
        lines = _lines(report, dry_run=options["dry_run"])
        if report.merged and not (options["json"] or options["dry_run"]):
            lines += _unplanned(project)
        answers.say(self, report.as_dict(), lines, as_json=options["json"])
        if report.is_failure:
            sys.exit(1)


def _unplanned(project: Project) -> str:
    """Return what is to be done about answers that came under work begun; "" without any."""
    count = planning.unplanned(project.batches.get(is_default=True))
    words = (
        f"\n{count} conversations hold answers that no task asks about yet: plan {project.slug} makes theirs."
    )
    return words if count else ""


def _lines(report: importing.Report, *, dry_run: bool) -> str:
    created = report.as_dict()["created"]
    counts = ", ".join(f"{number} {name}" for name, number in created.items())
    lines = [
        f"{'Would create' if dry_run else 'Created'} {counts}.",
        f"{report.merged} turns and responses were there already; {report.unchanged} items added nothing.",
        f"{report.refusals} items refused.",
    ]
    lines += [f"  {one['place']}: {one['detail']} ({one['code']})" for one in report.refused[:_SHOWN]]
    if report.refusals > _SHOWN:
        lines.append("  … --json lists all of them.")
    return "\n".join(lines)
