"""One import from its file to its report, taken up again where it was interrupted.

An upload's run goes on after the last group that was stored, because its progress is written in the
group's own transaction and its files do not change. A command goes through its file from the start:
what is there already is found again. Either way nothing is stored twice.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from shutil import copyfileobj

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from annotate.formats import importers, json_items
from annotate.formats.image_sources import open_source
from annotate.formats.records import ConversationRecord, FormatError, ResponseRecord, TextPart, TurnRecord
from annotate.models import ImportRun, Project
from annotate.pipeline.importing.labels import Scales
from annotate.pipeline.importing.pictures import Pictures
from annotate.pipeline.importing.prepared import PreparedRecord, prepare
from annotate.pipeline.importing.report import Report
from annotate.pipeline.importing.storing import Destination, store
from annotate.pipeline.importing.uploads import Options, forget_files

log = logging.getLogger(__name__)

_GROUP = 200  # items in one transaction
_GROUP_CHARACTERS = 4_000_000  # of text held in memory at once
_ATTEMPTS = 5  # without progress
Status = ImportRun.Status


def import_file(project: Project, file: Path, *, images: Path | None, options: Options) -> Report:
    """Import a file with the images of a folder or archive; the report says what became of every item."""
    run = ImportRun.objects.create(
        project=project,
        file_name=file.name[:255],
        file_sha256=_sha256(file),
        format=options.format_name,
        allow_missing_images=options.allow_missing_images,
        dry_run=options.dry_run,
    )
    with _hold(run.pk):
        _close_abandoned(project)
        return _Pass(run).go(file, images)


def _close_abandoned(project: Project) -> None:
    """Close the runs of commands that were killed: no one will take them up, the next command does their work."""
    for run in ImportRun.objects.filter(project=project, status=Status.RUNNING, file=""):
        with _hold(run.pk) as abandoned:
            if abandoned:
                report = Report.from_stored(run.report)
                detail = f"The command was interrupted after {run.items_done} items; run it again."
                report.refuse(FormatError(code="interrupted", detail=detail))
                run.status, run.finished_at, run.report = Status.FAILED, timezone.now(), report.as_dict()
                run.save(update_fields=["status", "finished_at", "report"])


def run(import_run_id: int) -> None:
    """Do an uploaded import, or the rest of it; nothing when it is over or somebody is at it."""
    with _hold(import_run_id) as mine:
        if not mine:
            return
        one = ImportRun.objects.select_related("project", "project__rubric").get(pk=import_run_id)
        if one.status in (Status.WAITING, Status.RUNNING):
            with ExitStack() as files:
                file = files.enter_context(_local(one.file))
                images = files.enter_context(_local(one.images)) if one.images else None
                _Pass(one).go(file, images)
            if not one.dry_run:
                forget_files(one)


def unfinished() -> list[int]:
    """Return the uploaded imports that wait or were interrupted; ``run`` passes by those in progress."""
    rows = ImportRun.objects.filter(status__in=[Status.WAITING, Status.RUNNING]).exclude(file="")
    return list(rows.order_by("id").values_list("id", flat=True))


@contextmanager
def _hold(import_run_id: int) -> Iterator[bool]:
    """Keep a run to oneself; the database lets go of it when this process dies. False: somebody has it."""
    name = f"import run {import_run_id}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        (mine,) = cursor.fetchone()
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


@contextmanager
def _local(name: str) -> Iterator[Path]:
    """Give a stored file as one on this machine: itself, or a copy when the store is elsewhere."""
    try:
        path = default_storage.path(name)
    except NotImplementedError:
        with default_storage.open(name) as stored, tempfile.TemporaryDirectory() as folder:
            copy = Path(folder, Path(name).name)
            with copy.open("wb") as target:
                copyfileobj(stored, target)
            yield copy
    else:
        yield Path(path)


def _sha256(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""  # reading will say what is wrong


@dataclass(slots=True)
class _Pass:
    """One pass over the file of a run."""

    run: ImportRun
    report: Report = field(default_factory=Report)

    def go(self, file: Path, images: Path | None) -> Report:
        """Import what is left, and close the run."""
        self.report = Report.from_stored(self.run.report)
        if not self._begin(file):
            return self.report
        try:
            with ExitStack() as stack:
                if self.run.dry_run:
                    stack.enter_context(_undone())
                self._store(file, images)
        except FormatError as error:
            self.report.refuse(error)
        self._end()
        return self.report

    def _begin(self, file: Path) -> bool:
        """Count the attempt; one that was interrupted five times at the same place is given up."""
        attempts: int = self.run.report.get("attempts", 0) + 1
        if self.run.dry_run:
            self.run.items_done, self.report = 0, Report()
        self.run.status = Status.RUNNING
        self.run.file_sha256 = self.run.file_sha256 or _sha256(file)
        self.run.report = {**self.report.as_dict(), "attempts": attempts}
        self.run.save(update_fields=["status", "file_sha256", "report", "items_done"])
        log.info("import %s: attempt %s from item %s", self.run.pk, attempts, self.run.items_done)
        if attempts > _ATTEMPTS:
            detail = f"The import was interrupted {_ATTEMPTS} times after {self.run.items_done} items."
            self.report.refuse(FormatError(code="interrupted", detail=detail))
            self._end()
        return attempts <= _ATTEMPTS

    def _store(self, file: Path, images: Path | None) -> None:
        self.run.format = format_of(file, self.run.format)
        project = self.run.project
        batch = project.batches.select_related("rubric").get(is_default=True)
        to = Destination(self.run, project, batch, self.run.format)
        scales = Scales.of(batch)
        with ExitStack() as stack:
            source = stack.enter_context(open_source(images)) if images else None
            pictures = Pictures(
                source,
                project.uid,
                allow_missing=self.run.allow_missing_images,
                dry_run=self.run.dry_run,
            )
            for items in _groups(importers.parse(file, self.run.format), self.run.items_done):
                ready = list(self._prepared(items, pictures, scales))
                with transaction.atomic():
                    store(to, ready, self.report)
                    self.run.items_done += len(items)
                    self.run.report = self.report.as_dict()
                    self.run.save(update_fields=["items_done", "report", "format"])

    def _prepared(
        self, items: list[ConversationRecord | FormatError], pictures: Pictures, scales: Scales
    ) -> Iterator[PreparedRecord]:
        for item in items:
            try:
                if isinstance(item, FormatError):
                    raise item
                yield prepare(item, pictures, scales)
            except FormatError as error:
                self.report.refuse(error)

    def _end(self) -> None:
        self.run.status = Status.FAILED if self.report.is_failure else Status.DONE
        self.run.report = self.report.as_dict()
        self.run.finished_at = timezone.now()
        self.run.save(update_fields=["status", "report", "finished_at", "items_done", "format"])
        log.info("import %s: %s after %s items", self.run.pk, self.run.status, self.run.items_done)


@contextmanager
def _undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def format_of(file: Path, wanted: str) -> str:
    """Return the name of the file's format: the wanted one, or that of the first item that can be read."""
    if wanted != importers.AUTO:
        return wanted
    for item in json_items.items(file):
        if not isinstance(item.value, FormatError):
            return importers.detect(item.value, item.place)
    return wanted


def _groups(
    stream: Iterator[ConversationRecord | FormatError], done: int
) -> Iterator[list[ConversationRecord | FormatError]]:
    """Cut the stream, less the items that are done, into groups that fit into memory."""
    group: list[ConversationRecord | FormatError] = []
    characters = 0
    for item in islice(_to_the_end(stream), done, None):
        group.append(item)
        characters += _characters(item)
        if len(group) >= _GROUP or characters >= _GROUP_CHARACTERS:
            yield group
            group, characters = [], 0
    if group:
        yield group


def _to_the_end(
    stream: Iterator[ConversationRecord | FormatError],
) -> Iterator[ConversationRecord | FormatError]:
    """Yield also what the stream ends with when the rest of the file cannot be read."""
    try:
        yield from stream
    except FormatError as error:
        yield error


def _characters(item: ConversationRecord | FormatError) -> int:
    if isinstance(item, FormatError):
        return 0
    nodes: Iterator[TurnRecord | ResponseRecord] = chain.from_iterable(
        (turn, *turn.candidates) for turn in item.turns
    )
    return sum(len(part.text) for node in nodes for part in node.content if isinstance(part, TextPart))
