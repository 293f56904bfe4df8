"""manage export SLUG --format NAME --out DIR."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotate.management import answers
from annotate.models import Export
from annotate.pipeline import exporting


class Command(BaseCommand):
    """Write a release into a folder, here and now."""

    help = "Write a release of a project into a folder: Parquet tables, a dataset card and a manifest."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what docs and --help list."""
        parser.add_argument("slug", help="the project's short name")
        parser.add_argument("--format", default="native", help=f"one of: {', '.join(exporting.FORMATS)}")
        parser.add_argument(
            "--out", required=True, metavar="DIR", type=Path, help="the folder that the release becomes"
        )
        parser.add_argument(
            "--name", default="", metavar="SNAPSHOT", help="unique in the project; default: the day's date"
        )
        parser.add_argument("--batch", action="append", default=[], help="only this batch (repeatable)")
        parser.add_argument(
            "--origin", action="append", default=[], help="only live, imported or review (repeatable)"
        )
        parser.add_argument("--people", default="pseudonym", help="pseudonym (default) or exact")
        parser.add_argument("--include-untrained-scores", action="store_true")
        parser.add_argument("--allow-missing-images", action="store_true")
        parser.add_argument(
            "--include-holdout",
            action="store_true",
            help="what is held out for evaluation, too: not for training",
        )
        parser.add_argument("--license", default="unknown", help="for the dataset card, such as cc-by-4.0")
        answers.add_json(parser)

    def handle(self, *, slug: str, out: Path, **options: Any) -> None:  # noqa: ANN401
        """Create the release, write it, and say what it holds."""
        filters = {name: options[name] for name in exporting.Filters.__struct_fields__}
        wanted = exporting.Wanted(options["name"], options["format"], filters)
        started = time.monotonic()
        with answers.refusals_said():
            export = exporting.create(answers.project(slug), wanted, folder=out)
        exporting.run(export.pk, report=_to_terminal)
        export.refresh_from_db()
        if export.status == Export.Status.FAILED:
            raise CommandError(export.error)
        if export.manifest is None:
            raise CommandError(
                "A worker of the server has taken this release up; its page says how far it is."
            )
        folder = exporting.folder_of(export)
        document = {
            "id": str(export.uid),
            "name": export.name,
            "folder": str(folder),
            "manifest_sha256": export.manifest_sha256,
            **{key: export.manifest[key] for key in ("schema_version", "rows", "left_out", "files")},
        }
        rows, seconds = sum(export.manifest["rows"].values()), time.monotonic() - started
        line = f"{export.name}: {rows:,} rows in {seconds:.1f} s, in {folder}"
        answers.say(self, document, line, as_json=options["json"])


def _to_terminal(table: str, rows: int) -> None:
    """Show what is being written, only where somebody looks."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\x1b[2K\r{table} {rows:,}\r")
        sys.stderr.flush()
