"""What the calls share: who asks, a body that is read as bytes, an answer in JSON that nobody keeps."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from rest_framework.request import Request
from rest_framework.views import APIView

from annotate.models import User


@method_decorator(never_cache, name="dispatch")
class JsonView(APIView):
    """A call with a JSON body, or none, and a JSON answer."""

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:  # noqa: ANN401 - DRF's
        """Keep the body: DRF's check of the CSRF token reads the stream, and we want its bytes after that."""
        _ = request.body
        return super().initialize_request(request, *args, **kwargs)


def person(request: Request) -> User:
    """Return the authenticated person."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def json_answer(value: object, status: int = 200) -> HttpResponse:
    """Return a value as JSON."""
    return HttpResponse(msgspec.json.encode(value), content_type="application/json", status=status)
