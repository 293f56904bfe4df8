"""`manage export SLUG`: write a release of a project into a folder."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotate.models import Export, Project
from annotate.pipeline import exporting
from annotate.refusal import Refusal


class Command(BaseCommand):
    help = "Write a release of a project into a folder: Parquet tables, a dataset card and a manifest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the project")
        parser.add_argument("--format", default="native", help=f"one of: {', '.join(exporting.FORMATS)}")
        parser.add_argument(
            "--out", required=True, metavar="DIR", type=Path, help="folder that the release becomes"
        )
        parser.add_argument(
            "--name", default="", metavar="SNAPSHOT", help="unique in the project; default: today's date"
        )
        parser.add_argument("--batch", action="append", default=[], help="only this batch (may be repeated)")
        parser.add_argument(
            "--origin",
            action="append",
            default=[],
            help="only live, imported or review submissions (may be repeated)",
        )
        parser.add_argument("--people", default="pseudonym", help="pseudonym (default) or exact")
        parser.add_argument("--include-untrained-scores", action="store_true")
        parser.add_argument("--allow-missing-images", action="store_true")
        parser.add_argument(
            "--license", default="unknown", help="identifier for the dataset card, such as cc-by-4.0"
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *_: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Create the release, write it here and now, and say what it holds."""
        project = Project.objects.filter(slug=options["slug"]).first()
        if project is None:
            raise CommandError(f"There is no project “{options['slug']}”.")
        filters = {name: options[name] for name in exporting.Filters.__struct_fields__}
        started = time.monotonic()
        try:
            wanted = exporting.Wanted(options["name"], options["format"], filters)
            export = exporting.create(project, wanted, folder=options["out"])
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        exporting.run(export.pk, report=_to_terminal)
        export.refresh_from_db()
        if export.status != Export.Status.DONE:
            raise CommandError(export.error or "Another process is writing this release.")
        self._say(export, time.monotonic() - started, as_json=options["json"])

    def _say(self, export: Export, seconds: float, *, as_json: bool) -> None:
        manifest = export.manifest or {}
        folder = exporting.folder_of(export)
        if as_json:
            result = {
                "id": str(export.uid),
                "name": export.name,
                "folder": str(folder),
                "manifest_sha256": export.manifest_sha256,
                **{key: manifest[key] for key in ("schema_version", "rows", "left_out", "files")},
            }
            self.stdout.write(json.dumps(result, ensure_ascii=False))
            return
        rows = sum(manifest["rows"].values())
        self.stdout.write(f"{export.name}: {rows:,} rows in {seconds:.1f} s, in {folder}")


def _to_terminal(table: str, rows: int) -> None:
    """Show what is being written, only where somebody looks."""
    if sys.stderr.isatty():
        print(f"\x1b[2K\r{table} {rows:,}", end="", file=sys.stderr, flush=True)
