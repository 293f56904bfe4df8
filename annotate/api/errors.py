"""One form for every error: `{"errors": [{"code", "detail", "path"}]}`."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext
from django.views import defaults
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from annotate.formats.records import FormatError
from annotate.refusal import Refusal

API = "/api/v1/"


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what a stage or DRF raised into an answer; anything else stays a 500 with a traceback."""
    if isinstance(error, Refusal):
        errors = [_row(one.code, one.detail, one.path) for one in error.problems]
        return Response({"errors": errors, **error.data}, status=error.status)
    if isinstance(error, FormatError):
        return Response({"errors": [_row(error.code, error.detail, error.place)]}, status=400)
    if isinstance(error, Http404):
        return Response({"errors": [_not_found()]}, status=404)
    response = exception_handler(error, context)
    if response is not None and isinstance(error, APIException):
        codes = error.get_codes()
        code = codes if isinstance(codes, str) else "invalid"
        response.data = {"errors": [_row(code, str(error.detail))]}
    return response


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that is none: in the form of every error below the API, as a page elsewhere."""
    if request.path.startswith(API):
        return JsonResponse({"errors": [_not_found()]}, status=404)
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django itself refuses, for its size say, likewise."""
    if not request.path.startswith(API):
        return defaults.bad_request(request, exception)
    too_large = isinstance(exception, RequestDataTooBig)
    row = (
        _row("too_large", gettext("The body is too large."))
        if too_large
        else _row("invalid", gettext("Malformed request."))
    )
    return JsonResponse({"errors": [row]}, status=400)


def _row(code: str, detail: str, path: str = "") -> dict[str, str]:
    return {"code": code, "detail": detail, "path": path}


def _not_found() -> dict[str, str]:
    return _row("not_found", gettext("There is nothing here for you."))
