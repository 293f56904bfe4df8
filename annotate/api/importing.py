"""Upload a file of conversations, and read what became of it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import msgspec
from django.core.files import File
from django.http import HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.views import APIView

from annotate import access, tasks
from annotate.api.base import json_answer, person
from annotate.api.schema import described
from annotate.formats import importers
from annotate.models import ImportRun
from annotate.pipeline import importing
from annotate.refusal import Refusal

_TRUTH = {"true": True, "1": True, "false": False, "0": False, "": False}


class ImportDocument(msgspec.Struct):
    """An import: ``status`` is waiting, running, done or failed; ``items`` were looked at, ``report`` so far."""

    id: uuid.UUID
    status: str
    file_name: str
    format: str
    dry_run: bool
    allow_missing_images: bool
    items: int
    created_at: datetime
    finished_at: datetime | None
    report: dict[str, Any]


@method_decorator(never_cache, name="dispatch")
class StartImport(APIView):
    """POST projects/{slug}/imports."""

    parser_classes = [MultiPartParser]

    @extend_schema(
        request={
            "multipart/form-data": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary", "description": "JSON or JSONL"},
                    "images": {"type": "string", "format": "binary", "description": "a zip archive"},
                    "format": {"type": "string", "default": "auto"},
                    "allow_missing_images": {"type": "boolean", "default": False},
                    "dry_run": {"type": "boolean", "default": False},
                },
            }
        }
    )
    @described(
        answer=ImportDocument,
        success=202,
        refusals={422: "The upload is missing, empty, too large or of an unknown format."},
    )
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Keep the upload and start importing it; Location tells where to ask for the report."""
        member = access.membership(person(request), slug, access.Role.MANAGER)
        run = importing.receive(
            member.project,
            person(request),
            _file(request, "file"),
            _file(request, "images") if "images" in request.FILES else None,
            importing.Options(
                format_name=request.POST.get("format", importers.AUTO),
                allow_missing_images=_truth(request, "allow_missing_images"),
                dry_run=_truth(request, "dry_run"),
            ),
        )
        tasks.wake(tasks.run_import, run.pk)
        answer = json_answer(_document(run), status=202)
        answer["Location"] = reverse("api-import", args=[run.uid])
        return answer


@method_decorator(never_cache, name="dispatch")
class ReadImport(APIView):
    """GET imports/{id}."""

    @described(answer=ImportDocument)
    def get(self, request: Request, uid: uuid.UUID) -> HttpResponse:
        """Answer progress and report."""
        return json_answer(_document(access.import_run(request.user, uid)))


def _file(request: Request, name: str) -> File[bytes]:
    file: File[bytes] | None = request.FILES.get(name)
    if file is None:
        raise Refusal.because("file_missing", f"Send a file as the form's field “{name}”.", name)
    return file


def _truth(request: Request, name: str) -> bool:
    value = request.POST.get(name, "").lower()
    if value not in _TRUTH:
        raise Refusal.because("invalid", "Wanted true or false.", name)
    return _TRUTH[value]


def _document(run: ImportRun) -> ImportDocument:
    return ImportDocument(
        id=run.uid,
        status=run.status,
        file_name=run.file_name,
        format=run.format,
        dry_run=run.dry_run,
        allow_missing_images=run.allow_missing_images,
        items=run.items_done,
        created_at=run.created_at,
        finished_at=run.finished_at,
        report={name: value for name, value in run.report.items() if name != "attempts"},
    )
