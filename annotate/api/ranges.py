"""A file, whole or from a byte on: what resumes a broken download (RFC 9110, section 14)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``first`` to ``last`` of a file, both included; an empty span cannot be answered."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """Return the number of bytes."""
        return self.last - self.first + 1


class _LargeBlocks(FileResponse):
    block_size = 256 * 1024


class _Part:
    """A piece of an open file, as FileResponse reads it."""

    def __init__(self, file: IO[bytes], span: Span) -> None:
        file.seek(span.first)
        self._file = file
        self._left = span.length

    def read(self, size: int) -> bytes:
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data

    def close(self) -> None:
        self._file.close()


def span_of(header: str, size: int) -> Span | None:
    """Return what a Range header asks of a file of ``size`` bytes; its length is 0 when there is no such byte.

    None means the whole file: no header, several ranges, another unit or nonsense, which a server may ignore.
    """
    found = _RANGE.fullmatch(header.strip())
    if found is None or found[1] == found[2] == "":
        return None
    if found[1] == "":
        return Span(max(size - int(found[2]), 0), size - 1) if int(found[2]) else Span(size, size - 1)
    first = int(found[1])
    last = min(int(found[2]), size - 1) if found[2] else size - 1
    if found[2] and int(found[2]) < first:
        return None
    return Span(first, last) if first < size else Span(size, size - 1)


def file_answer(request: HttpRequest, path: Path, *, sha256: str, media_type: str) -> HttpResponseBase:
    """Answer a frozen file for download: 200, 206, 304, 412 or 416; its hash is the ETag.

    Raises FileNotFoundError. An If-Range that names another ETag gets the whole file.
    """
    etag = f'"{sha256}"'
    answer = get_conditional_response(request, etag=etag) or _content(request, path, etag)
    answer["ETag"] = etag
    answer["Accept-Ranges"] = "bytes"
    answer["Cache-Control"] = "private, no-cache"
    answer["X-Content-Type-Options"] = "nosniff"
    if answer.status_code in (200, 206):
        answer["Content-Type"] = media_type
    return answer


def _content(request: HttpRequest, path: Path, etag: str) -> HttpResponseBase:
    size = path.stat().st_size
    wanted = request.headers.get("Range", "") if request.method == "GET" else ""
    span = span_of(wanted, size) if request.headers.get("If-Range", etag) == etag else None
    if span is None:
        return _LargeBlocks(path.open("rb"), as_attachment=True, filename=path.name)
    if not span.length:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    part = _LargeBlocks(_Part(path.open("rb"), span), status=206, as_attachment=True, filename=path.name)
    part["Content-Range"] = f"bytes {span.first}-{span.last}/{size}"
    part["Content-Length"] = str(span.length)
    return part
