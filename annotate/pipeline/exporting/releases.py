"""The life of a release: asked for, written beside its place, published by one rename.

A reader sees a whole release or none. A run that dies leaves a hidden folder, which the next run of the
same release throws away; two runs at once are kept apart by a lock that dies with its process.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import time
from pathlib import Path
from typing import Any

import msgspec
from adbc_driver_manager import Error as DatabaseError
from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils import timezone
from pyarrow import ArrowException

from annotate.formats.schema import SCHEMA_VERSION, TABLES
from annotate.models import Batch, Export, Project, User
from annotate.pipeline.exporting.filters import Filters, check_format, check_name, read_filters
from annotate.pipeline.exporting.native import MANIFEST, Report, write
from annotate.pipeline.exporting.snapshot import Snapshot, connect
from annotate.refusal import Conflict, Refusal

logger = logging.getLogger(__name__)

_FOLDER_LENGTH = 255
_PROGRESS_SECONDS = 3600
_REPORT_SECONDS = 0.5
_UNFINISHED = (Export.Status.WAITING, Export.Status.RUNNING)


class Wanted(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a release is asked for. Without a name it is the day's date, numbered when that is taken."""

    name: str = ""
    format: str = "native"
    filters: dict[str, Any] = {}


def create(
    project: Project, wanted: Wanted, *, created_by: User | None = None, folder: Path | None = None
) -> Export:
    """Store what is wanted and return it, waiting; Refusal says what is wrong with it.

    The name of a failed release is free again. Without ``folder`` it will lie in the data folder and is the
    workers' to write. With one it is the caller's: an unfinished one of the same wish is taken up again.
    """
    chosen = read_filters(wanted.filters)
    export = Export(
        project=project,
        created_by=created_by,
        name=check_name(wanted.name) if wanted.name else _free_name(project),
        format=check_format(wanted.format),
        filters=msgspec.to_builtins(chosen),
    )
    export.folder = str(folder.absolute()) if folder else f"exports/{export.uid}"
    if len(export.folder) > _FOLDER_LENGTH:
        raise Refusal.because(
            "folder", f"The folder's path is longer than {_FOLDER_LENGTH} characters.", "out"
        )
    if interrupted := _same_unfinished(export):
        return interrupted
    _check_batches(project, chosen)
    _refuse_occupied(folder_of(export))
    try:
        with transaction.atomic():
            Export.objects.filter(project=project, name=export.name, status=Export.Status.FAILED).delete()
            export.save()
    except IntegrityError:
        detail = f"The project already has a release “{export.name}”. Choose another name."
        raise Conflict.because("name_taken", detail, "name") from None
    logger.info("export created export=%s project=%s", export.pk, project.pk)
    return export


def _same_unfinished(export: Export) -> Export | None:
    """Return the release that a killed command left unfinished, if this is that command again."""
    same = {name: getattr(export, name) for name in ("project", "name", "format", "filters", "folder")}
    return Export.objects.filter(**same, status__in=_UNFINISHED).first()


def _free_name(project: Project) -> str:
    day = f"{timezone.now():%Y-%m-%d}"
    taken = set(Export.objects.filter(project=project, name__startswith=day).values_list("name", flat=True))
    number = 1
    while (name := day if number == 1 else f"{day}-{number}") in taken:
        number += 1
    return name


def _check_batches(project: Project, filters: Filters) -> None:
    purposes = dict(project.batches.values_list("name", "purpose")) if filters.batch else {}
    for name in filters.batch:
        if name not in purposes:
            known = ", ".join(sorted(purposes)) or "none"
            detail = f"The project has no batch “{name}”. Its batches: {known}."
            raise Refusal.because("unknown_batch", detail, "filters.batch")
        if purposes[name] == Batch.Purpose.HOLDOUT and not filters.include_holdout:
            detail = f"“{name}” is held out for evaluation. Ask for it with include_holdout, for no training."
            raise Refusal.because("held_out", detail, "filters.include_holdout")


def _refuse_occupied(target: Path) -> None:
    if target.is_symlink() or (target.exists() and (not target.is_dir() or any(target.iterdir()))):
        detail = f"{target} exists and is not an empty folder. A release wants a folder of its own."
        raise Refusal.because("folder_occupied", detail, "out")


def folder_of(export: Export) -> Path:
    """Return the folder in which the release lies once it is done."""
    return Path(settings.DATA_DIR) / export.folder


def files(export: Export) -> list[dict[str, Any]]:
    """Return the published files as the manifest lists them, the manifest itself last."""
    if export.status != Export.Status.DONE or export.manifest is None:
        return []
    path = folder_of(export) / MANIFEST
    size = path.stat().st_size if path.is_file() else 0
    return [*export.manifest["files"], {"name": MANIFEST, "sha256": export.manifest_sha256, "bytes": size}]


def file_path(export: Export, name: str) -> tuple[Path, str] | None:
    """Return the path of a published file and its hex SHA-256; None when the release has no such file."""
    hashes = {file["name"]: file["sha256"] for file in files(export)}
    path = folder_of(export) / name
    return (path, hashes[name]) if name in hashes and path.is_file() else None


def unfinished() -> list[int]:
    """Return the releases that workers still owe, oldest first: what a sweep hands to ``run``.

    A folder outside the data folder is a command's: no worker writes there, perhaps on another machine.
    """
    owed = Export.objects.filter(status__in=_UNFINISHED).exclude(folder__startswith="/")
    return list(owed.order_by("id").values_list("id", flat=True))


def progress_of(export: Export) -> dict[str, Any] | None:
    """Return how far a running release is: ``{"table", "tables_done", "tables", "rows"}``; None if unknown."""
    found: dict[str, Any] | None = cache.get(f"export-progress-{export.uid}")
    return found


def run(export_id: int, *, report: Report | None = None) -> None:
    """Write a waiting or interrupted release and publish it; anything else is left as it is.

    Running twice is the same as once, also at the same time. What a person can mend (a missing image, a
    full disk) makes the release ``failed`` with a sentence; a defect makes it ``failed`` and is raised.
    ``report`` hears the table and its rows so far; by default they go where ``progress_of`` reads them.
    """
    with connect() as snapshot:
        if not snapshot.try_lock(export_id):
            logger.info("export is being written elsewhere export=%s", export_id)
            return
        export = Export.objects.select_related("project").filter(pk=export_id, status__in=_UNFINISHED).first()
        if export is None:
            return
        Export.objects.filter(pk=export_id).update(status=Export.Status.RUNNING)
        logger.info("export running export=%s", export_id)
        with _Telling(export):
            _publish(export, snapshot, report or _reporter(export))


class _Telling:
    """Makes a release that cannot be written ``failed``, with the reason.

    What a person can mend ends here; a defect is raised on. A process that is told to exit leaves the release
    ``running``, to be taken up again.
    """

    MENDABLE = (Refusal, OSError, DatabaseError, ArrowException)

    def __init__(self, export: Export) -> None:
        self._export = export

    def __enter__(self) -> None:
        """Start watching."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        """Store the reason; True when there is nothing more to say about it."""
        if isinstance(error, self.MENDABLE):
            _fail(self._export, str(error))
            return True
        if isinstance(error, KeyboardInterrupt):
            _fail(self._export, "Interrupted.")
        elif isinstance(error, Exception):
            _fail(self._export, f"A defect stopped it: {type(error).__name__}. The log says more.")
        return False


def _publish(export: Export, snapshot: Snapshot, report: Report) -> None:
    target = folder_of(export)
    found = _published(export, target)
    if found is None:
        _refuse_occupied(target)
        partial = target.parent / f".{target.name}.{export.uid}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            write(export, partial, snapshot, report)
            _settle(partial)
            partial.rename(target)
            _settle(target.parent)
        finally:
            shutil.rmtree(partial, ignore_errors=True)  # nothing is there after the rename
        found = (target / MANIFEST).read_bytes()
    Export.objects.filter(pk=export.pk).update(
        status=Export.Status.DONE,
        error="",
        schema_version=SCHEMA_VERSION,
        manifest=json.loads(found),
        manifest_sha256=hashlib.sha256(found).hexdigest(),
        finished_at=timezone.now(),
    )
    logger.info("export done export=%s", export.pk)


def _published(export: Export, target: Path) -> bytes | None:
    """Return the manifest of this very release where a run died between the rename and saying so."""
    try:
        found = (target / MANIFEST).read_bytes()
        return found if json.loads(found)["id"] == str(export.uid) else None
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None


def _settle(folder: Path) -> None:
    """Put a folder's entries on disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _fail(export: Export, reason: str) -> None:
    Export.objects.filter(pk=export.pk).update(
        status=Export.Status.FAILED, error=reason, finished_at=timezone.now()
    )
    logger.warning("export failed export=%s", export.pk)


def _reporter(export: Export) -> Report:
    """Return a report that keeps the progress in the cache, at most twice a second."""
    started = time.monotonic()
    last: dict[str, float | str] = {"table": "", "at": started - _REPORT_SECONDS}
    seen: list[str] = []

    def report(table: str, rows: int) -> None:
        if table not in seen:
            seen.append(table)
        now = time.monotonic()
        if table == last["table"] and now - float(last["at"]) < _REPORT_SECONDS:
            return
        last.update(table=table, at=now)
        state = {"table": table, "tables_done": len(seen) - 1, "tables": len(TABLES), "rows": rows}
        cache.set(f"export-progress-{export.uid}", state, _PROGRESS_SECONDS)

    return report
