"""A task as annotators get it, for managers who look before they open a batch. Nothing is stored."""

from __future__ import annotations

import uuid
from dataclasses import replace

from django.http import Http404, HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from annotate import access
from annotate.api.assignment_document import AssignmentDocument, encode
from annotate.api.base import JsonView, person
from annotate.api.schema import described
from annotate.pipeline import previewing


class Preview(JsonView):
    """GET projects/{slug}/preview."""

    @extend_schema(
        parameters=[
            OpenApiParameter("batch", str, required=True, description="The batch's id."),
            OpenApiParameter("task", str, description="A task of it."),
            OpenApiParameter("conversation", str, description="The first task about this conversation."),
            OpenApiParameter("after", str, description="The task that comes after this one."),
        ]
    )
    @described(answer=AssignmentDocument, others={204: "The batch has no such task, or none after that one."})
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Answer a task of a batch as claiming it would, held by nobody; its id is the task's."""
        batch = access.batch(person(request), slug, _uid(request, "batch") or uuid.UUID(int=0))
        held = previewing.preview(
            batch,
            task=_uid(request, "task"),
            conversation=_uid(request, "conversation"),
            after=_uid(request, "after"),
        )
        if held is None:
            return HttpResponse(status=204, headers={"Queue-State": "done", "Retry-After": "3600"})
        return HttpResponse(encode(replace(held, withdrawn=False)), content_type="application/json")


def _uid(request: Request, name: str) -> uuid.UUID | None:
    """Return an id from the address, None where it is not given; 404 for what is no id."""
    text = request.GET.get(name, "")
    try:
        return uuid.UUID(text) if text else None
    except ValueError as error:
        raise Http404 from error
