"""What people learn from items with a key: their answers beside it, and the result of a qualification."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from rest_framework.request import Request

from annotate import access
from annotate.api.base import JsonView, json_answer, person
from annotate.api.schema import described
from annotate.reports.annotators.feedback import Feedback, feedback
from annotate.reports.annotators.qualification import OwnQualification, own_qualification


class ReadFeedback(JsonView):
    """GET assignments/{id}/feedback."""

    @described(answer=Feedback)
    def get(self, request: Request, uid: uuid.UUID) -> HttpResponse:
        """Answer one's own submitted training or qualification item beside its key; anything else is 404."""
        return json_answer(feedback(access.answered_with_key(person(request), uid)))


class ReadQualification(JsonView):
    """GET projects/{slug}/qualification."""

    @described(answer=OwnQualification)
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Answer whether one is qualified for real work, with the latest attempt."""
        member = access.membership(person(request), slug, access.Role.ANNOTATOR)
        return json_answer(own_qualification(member))
