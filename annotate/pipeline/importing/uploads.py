"""Files that a browser or a program sends: kept under names of our own until their import is over."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import PurePath

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage

from annotate.formats import importers
from annotate.models import ImportRun, Project, User
from annotate.refusal import Problem, Refusal

_SUFFIXES = {".json", ".jsonl", ".ndjson"}  # what a reader goes by; any other name says nothing
_NAME = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a file is to be read. ``format_name`` is a format's name or ``auto``."""

    format_name: str = importers.AUTO
    allow_missing_images: bool = False
    dry_run: bool = False


def receive(
    project: Project, person: User, file: File[bytes], images: File[bytes] | None, options: Options
) -> ImportRun:
    """Keep an upload and return its run, to be done by ``run``; ``images`` is a zip archive.

    Refuses (``file_too_large``, ``file_empty``, ``format_unknown``) what needs no reading to be refused.
    """
    problems = [*_problems(file, "file"), *(_problems(images, "images") if images else ())]
    if options.format_name not in (importers.AUTO, *importers.IMPORTERS):
        known = ", ".join([importers.AUTO, *importers.IMPORTERS])
        detail = f"“{options.format_name}” is no format that we know; known are: {known}."
        problems.append(Problem("format_unknown", detail, "format"))
    if problems:
        raise Refusal(problems)
    suffix = PurePath(file.name or "").suffix.lower()
    return _start(
        project,
        person,
        ImportRun(
            file_name=PurePath(file.name or "").name[:_NAME],
            file=_keep(project, file, suffix if suffix in _SUFFIXES else ".json"),
            images=_keep(project, images, ".zip") if images else "",
        ),
        options,
    )


def can_be_done_for_real(run: ImportRun) -> bool:
    """Whether a dry run is over, found something to import, and its files are still there."""
    created = run.report.get("created", {})
    return (
        run.dry_run
        and run.status == ImportRun.Status.DONE
        and any(created.values())
        and not ImportRun.objects.filter(file=run.file, dry_run=False).exists()
        and default_storage.exists(run.file)
    )


def do_for_real(run: ImportRun, person: User) -> ImportRun:
    """Return a new run that does what a dry run tried, with the same files and options."""
    if not can_be_done_for_real(run):
        raise Refusal.because("upload_gone", "This file was imported already. Upload it once more.")
    options = Options(format_name=run.format, allow_missing_images=run.allow_missing_images)
    files = ImportRun(file_name=run.file_name, file=run.file, images=run.images)
    return _start(run.project, person, files, options)


def forget_files(run: ImportRun) -> None:
    """Delete the upload of a run that is over; the run keeps its name and hash."""
    for name in filter(None, (run.file, run.images)):
        default_storage.delete(name)


def _problems(file: File[bytes], path: str) -> list[Problem]:
    if not file.size:
        return [Problem("file_empty", "The file is empty.", path)]
    if file.size > settings.UPLOAD_MAX_BYTES:
        detail = (
            f"The file has {file.size:,} bytes; at most {settings.UPLOAD_MAX_BYTES:,} can be uploaded. "
            "Split it, or use the command import_conversations on the server."
        )
        return [Problem("file_too_large", detail, path)]
    return []


def _keep(project: Project, file: File[bytes], suffix: str) -> str:
    return default_storage.save(f"uploads/{project.uid}/{uuid.uuid4()}{suffix}", file)


def _start(project: Project, person: User, run: ImportRun, options: Options) -> ImportRun:
    run.project = project
    run.created_by = person
    run.format = options.format_name
    run.allow_missing_images = options.allow_missing_images
    run.dry_run = options.dry_run
    run.save()
    return run
