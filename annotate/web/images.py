"""Pictures, served through the access check: only members of the project that holds them see them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from annotate import access


def image(request: HttpRequest, uid: uuid.UUID) -> HttpResponseBase:
    """Answer the picture; 404 for strangers. The bytes are ours: re-encoded at import, never the upload's."""
    found = access.image(request.user, uid)
    response: HttpResponseBase
    if settings.SENDFILE_PREFIX:
        response = HttpResponse(headers={"X-Accel-Redirect": f"{settings.SENDFILE_PREFIX}{found.file}"})
    elif default_storage.exists(found.file):
        response = FileResponse(default_storage.open(found.file))
    else:
        raise Http404
    response["Content-Type"] = found.media_type
    # A picture never changes under its id, but whoever loses access must lose it within the hour.
    response["Cache-Control"] = "private, max-age=3600, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
