"""One form for every error: `{"errors": [{"code", "detail", "path"}]}`."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from annotate.formats.records import FormatError
from annotate.refusal import Refusal


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what a stage or DRF raised into an answer; anything else stays a 500 with a traceback."""
    if isinstance(error, Refusal):
        errors = [{"code": one.code, "detail": one.detail, "path": one.path} for one in error.problems]
        return Response({"errors": errors, **error.data}, status=error.status)
    if isinstance(error, FormatError):
        return Response({"errors": [_row(error.code, error.detail, error.place)]}, status=400)
    if isinstance(error, Http404):
        return Response({"errors": [_row("not_found", "There is nothing here for you.")]}, status=404)
    response = exception_handler(error, context)
    if response is not None and isinstance(error, APIException):
        codes = error.get_codes()
        code = codes if isinstance(codes, str) else "invalid"
        response.data = {"errors": [_row(code, str(error.detail))]}
    return response


def _row(code: str, detail: str, path: str = "") -> dict[str, str]:
    return {"code": code, "detail": detail, "path": path}
