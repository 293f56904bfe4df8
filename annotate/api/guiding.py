"""The guidelines beside the work: one version, and that it was read."""

from __future__ import annotations

from typing import cast

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from rest_framework.request import Request
from rest_framework.views import APIView

from annotate import access
from annotate.api.base import JsonView, json_answer, person
from annotate.api.schema import described
from annotate.pipeline import guiding
from annotate.reports.annotators.guidelines import GuidelineShown, etag, guideline_shown


class Confirmed(msgspec.Struct):
    """The newest version that the person has confirmed to have read."""

    guideline_seen: int


class ReadGuideline(APIView):
    """GET projects/{slug}/guidelines/{version}. A version never changes: browsers keep it, and ask each time."""

    @described(answer=GuidelineShown, others={304: "The same as the ETag that was sent."})
    def get(self, request: Request, slug: str, version: int) -> HttpResponse:
        """Answer a version as HTML by language, with what is new in it and its worked examples."""
        _member, found = access.guideline(person(request), slug, version)
        tag = etag(found.uid)
        # DRF's request stands for Django's, whose headers are all that is looked at.
        known = get_conditional_response(cast("HttpRequest", request), etag=tag)
        answer = known or json_answer(guideline_shown(found.pk))
        answer.headers["ETag"] = tag
        answer.headers["Cache-Control"] = "private, no-cache"
        return answer


class ConfirmGuideline(JsonView):
    """POST projects/{slug}/guidelines/{version}/seen."""

    @described(answer=Confirmed)
    def post(self, request: Request, slug: str, version: int) -> HttpResponse:
        """Record that one has read this version; one that is older than the last changes nothing."""
        member, found = access.guideline(person(request), slug, version)
        guiding.confirm(member, found.version)
        return json_answer(Confirmed(max(member.guideline_seen, found.version)))
