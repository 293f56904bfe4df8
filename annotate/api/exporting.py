"""Releases over HTTP, for managers: ask for one, see how far it is, fetch its files."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import msgspec
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from annotate import access, tasks
from annotate.api.base import JsonView, json_answer, person
from annotate.api.parsing import read_body
from annotate.api.ranges import file_answer
from annotate.api.schema import described
from annotate.models import Export
from annotate.pipeline import exporting

MEDIA_TYPES = {
    ".parquet": "application/vnd.apache.parquet",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
}


class Progress(msgspec.Struct):
    """How far a running release is: rows of the table that is being written."""

    table: str
    tables_done: int
    tables: int
    rows: int


class FileDocument(msgspec.Struct):
    """One file of a finished release; ``table`` and ``rows`` for Parquet files."""

    name: str
    bytes: int
    sha256: str
    url: str
    table: str | None = None
    rows: int | None = None


class ExportDocument(msgspec.Struct):
    """A release: waiting, running, done or failed. ``rows`` by table and ``files`` once it is done."""

    id: uuid.UUID
    name: str
    format: str
    filters: dict[str, Any]
    status: str
    error: str
    progress: Progress | None
    schema_version: str
    created_at: datetime
    finished_at: datetime | None
    rows: dict[str, int]
    files: list[FileDocument]


class Listed(msgspec.Struct):
    """The project's releases, newest first."""

    exports: list[ExportDocument]


def document(export: Export) -> ExportDocument:
    """Return a release as programs see it."""
    progress = exporting.progress_of(export) if export.status == Export.Status.RUNNING else None
    files = [
        FileDocument(**file, url=reverse("api-export-download", args=[export.uid, file["name"]]))
        for file in exporting.files(export)
    ]
    return ExportDocument(
        id=export.uid,
        name=export.name,
        format=export.format,
        filters=export.filters,
        status=export.status,
        error=export.error,
        progress=Progress(**progress) if progress else None,
        schema_version=export.schema_version,
        created_at=export.created_at,
        finished_at=export.finished_at,
        rows=(export.manifest or {}).get("rows", {}),
        files=files,
    )


class Exports(JsonView):
    """GET and POST projects/{slug}/exports."""

    @described(answer=Listed)
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Answer the project's releases, newest first."""
        project = access.membership(person(request), slug, access.Role.MANAGER).project
        return json_answer(Listed([document(one) for one in project.exports.order_by("-id")]))

    @described(
        body=exporting.Wanted,
        others={201: "Stored; a worker writes it. The body is the release, its address in Location."},
        refusals={409: "The name is taken.", 422: "An unknown format or filter, or a name that is none."},
    )
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Ask for a release; a worker writes it."""
        project = access.membership(person(request), slug, access.Role.MANAGER).project
        wanted = read_body(request.body, exporting.Wanted)
        export = exporting.create(project, wanted, created_by=person(request))
        tasks.wake(tasks.run_export, export.pk)
        answer = json_answer(document(export), status=201)
        answer["Location"] = reverse("api-export", args=[export.uid])
        return answer


class ReadExport(JsonView):
    """GET exports/{id}."""

    @described(answer=ExportDocument)
    def get(self, request: Request, uid: uuid.UUID) -> HttpResponse:
        """Answer a release with its progress or its files."""
        return json_answer(document(access.export(request.user, uid)))


class _AnythingGoes(BaseContentNegotiation):
    """The file is what it is, whatever the Accept header says; errors stay JSON."""

    def select_renderer(
        self,
        request: Request,  # noqa: ARG002 - DRF's signature
        renderers: Any,  # noqa: ANN401, ARG002
        format_suffix: str | None = None,  # noqa: ARG002
    ) -> tuple[BaseRenderer, str]:
        return JSONRenderer(), "application/json"


class Download(APIView):
    """GET exports/{id}/download/{file}."""

    content_negotiation_class = _AnythingGoes

    @described(
        others={
            200: "The file. ETag is its SHA-256.",
            206: "The one range of bytes that Range asks for; with If-Range only if the file is that one.",
            304: "If-None-Match names this very file.",
            416: "The file has no such bytes; Content-Range says how many it has.",
        }
    )
    def get(self, request: Request, uid: uuid.UUID, file: str) -> HttpResponseBase:
        """Answer a file of a finished release; Range resumes a broken download."""
        found = exporting.file_path(access.export(request.user, uid), file)
        if found is None:
            raise Http404
        path, sha256 = found
        try:
            return file_answer(request._request, path, sha256=sha256, media_type=MEDIA_TYPES[path.suffix])  # noqa: SLF001
        except FileNotFoundError:
            raise Http404 from None
