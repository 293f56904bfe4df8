"""Claim, read, draft, submit, skip, re-open: the calls of the annotation screen.

The draft's body is free JSON, but by convention the submission's own lists (``ratings``,
``comparisons``, ``notes``, ``steps``): that is what re-opened work comes back as. Turn by turn the
screen adds ``seen``, how many turns it has shown.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

import msgspec
from django.http import Http404, HttpResponse
from django.utils.translation import gettext
from rest_framework.request import Request
from rest_framework.response import Response

from annotate import access, tasks
from annotate.api.assignment_document import AssignmentDocument, Lease, encode
from annotate.api.base import JsonView, json_answer, person
from annotate.api.parsing import read_body
from annotate.api.schema import described
from annotate.models import Assignment, Batch, User
from annotate.pipeline import annotating, assigning, giving_back, qualifying, reopening
from annotate.pipeline.answers import Answers
from annotate.refusal import Conflict, Refusal

KEY_LIMIT = 128


class ClaimBody(msgspec.Struct, forbid_unknown_fields=True):
    """``after``: the assignment in work, when another is to be prefetched."""

    after: uuid.UUID | None = None


class DraftBody(msgspec.Struct, forbid_unknown_fields=True):
    """A draft built on sequence ``base``."""

    lease: int
    base: int
    body: dict[str, Any]


class SkipBody(msgspec.Struct, forbid_unknown_fields=True):
    """Why the task is given back."""

    lease: int
    reason: str = ""


class DraftSaved(msgspec.Struct):
    """The sequence to build the next save on, and the renewed lease."""

    sequence: int
    lease: Lease


class Submitted(msgspec.Struct):
    """The receipt of a submission."""

    id: uuid.UUID
    revision: int
    status: str = "submitted"


class Skipped(msgspec.Struct):
    """The task is given back."""

    status: str = "skipped"


class GivenBack(msgspec.Struct):
    """The task is with nobody."""

    status: str = "lapsed"


class AssignmentView(JsonView):
    """What the views of one's own assignment share: somebody else's is 404."""

    def handle_exception(self, exc: Exception) -> Response:
        """Answer 404 for an assignment that is not this person's."""
        return super().handle_exception(Http404() if isinstance(exc, Assignment.DoesNotExist) else exc)


class Claim(AssignmentView):
    """POST projects/{slug}/claim."""

    @described(
        body=ClaimBody,
        answer=AssignmentDocument,
        others={
            204: (
                "Nothing to claim: Queue-State is done, leased, closed or training; Retry-After in seconds. Of "
                "closed, Queue-Reason says whether it is paused, closed, or elsewhere: for other languages or teams."
            ),
            503: "Every open task was being claimed by others for a second: ask again.",
        },
    )
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Answer one's live assignment, or a new one, or 204 with the state of the queue."""
        body = read_body(request.body, ClaimBody)
        try:
            found = self.claim(person(request), slug, body.after)
        except assigning.Busy:
            return HttpResponse(status=503, headers={"Retry-After": "1"})
        if isinstance(found, assigning.NothingToClaim):
            headers = {"Queue-State": found.state, "Retry-After": str(found.retry_after)}
            if found.reason:
                headers["Queue-Reason"] = found.reason
            return HttpResponse(status=204, headers=headers)
        return HttpResponse(encode(found), content_type="application/json")

    @staticmethod
    def claim(user: User, slug: str, after: uuid.UUID | None) -> assigning.Held | assigning.NothingToClaim:
        """Claim; where practice is over, look whether a qualification is due that nobody has evaluated."""
        claimant = access.claimant(user, slug)
        found = assigning.claim(claimant, after=after)
        is_training = isinstance(found, assigning.NothingToClaim) and found.state == "training"
        if is_training and qualifying.evaluate(claimant.project_id, claimant.user_id):
            return assigning.claim(access.claimant(user, slug), after=after)
        return found


class ReadAssignment(AssignmentView):
    """GET assignments/{id}."""

    @described(answer=AssignmentDocument)
    def get(self, request: Request, uid: uuid.UUID) -> HttpResponse:
        """Answer the assignment as claim did, and renew its lease while it is live."""
        held, status = assigning.read(uid, person(request).pk)
        return HttpResponse(encode(held, status), content_type="application/json")


class SaveDraft(AssignmentView):
    """PUT assignments/{id}/draft."""

    @described(
        body=DraftBody, answer=DraftSaved, refusals={409: "Stale (the stored draft comes along) or taken."}
    )
    def put(self, request: Request, uid: uuid.UUID) -> HttpResponse:
        """Store a draft; 409 with the stored one when it is stale."""
        body = read_body(request.body, DraftBody)
        sequence, expires_at = annotating.save_draft(
            uid, person(request).pk, lease=body.lease, base=body.base, body=body.body
        )
        return json_answer(DraftSaved(sequence, Lease(body.lease, expires_at)))


class Submit(AssignmentView):
    """POST assignments/{id}/submit."""

    @described(
        body=Answers,
        answer=Submitted,
        refusals={
            400: "Not JSON.",
            409: (
                "Taken by someone else, already submitted, the key was used for other answers, or a draft newer "
                "than `base` is stored (draft_stale; it comes along)."
            ),
            422: "Wrong or missing answers, each with its place; the draft is kept.",
        },
        headers={"Idempotency-Key": "New for every submission, the same for every retry of it."},
    )
    def post(self, request: Request, uid: uuid.UUID) -> HttpResponse:
        """Store the answers; the same Idempotency-Key and body give the same answer."""
        key = request.headers.get("Idempotency-Key", "")
        if not (1 <= len(key) <= KEY_LIMIT and key.isprintable()):
            detail = (
                f"Send an Idempotency-Key header of 1 to {KEY_LIMIT} printable characters, new for every "
                "submission."
            )
            raise Refusal.because("idempotency_key", detail, "Idempotency-Key")
        body = read_body(request.body, Answers)
        sha256 = hashlib.sha256(request.body).hexdigest()
        user = person(request)
        receipt = annotating.submit(uid, user.pk, body=body, key=key, sha256=sha256)
        if receipt.purpose == Batch.Purpose.QUALIFICATION:
            qualifying.evaluate(receipt.project_id, user.pk)
        tasks.nudge_flagging(receipt.project_id)
        return json_answer(Submitted(receipt.uid, receipt.revision))


class Skip(AssignmentView):
    """POST assignments/{id}/skip."""

    @described(body=SkipBody, answer=Skipped, refusals={409: "No longer held."})
    def post(self, request: Request, uid: uuid.UUID) -> HttpResponse:
        """Give the task back for good."""
        body = read_body(request.body, SkipBody)
        annotating.skip(uid, person(request).pk, lease=body.lease, reason=body.reason)
        return json_answer(Skipped())


class GiveBack(AssignmentView):
    """POST assignments/{id}/give-back."""

    @described(answer=GivenBack, refusals={409: "Begun, or not withdrawn: submit or skip it."})
    def post(self, request: Request, uid: uuid.UUID) -> HttpResponse:
        """Let go of a task that was withdrawn before one began."""
        if not giving_back.give_back(uid, person(request).pk):
            detail = gettext("This task is not withdrawn, or you have begun it: submit or skip it.")
            raise Conflict.because("not_withdrawn", detail)
        return json_answer(GivenBack())


class Reopen(AssignmentView):
    """POST assignments/{id}/reopen."""

    @described(
        answer=AssignmentDocument,
        refusals={409: "Not submitted, not allowed, or both hands hold begun work."},
    )
    def post(self, request: Request, uid: uuid.UUID) -> HttpResponse:
        """Take one's own submitted work up again and answer it with its answers as the draft."""
        reopening.reopen(uid, person(request).pk)
        held, status = assigning.read(uid, person(request).pk)
        return HttpResponse(encode(held, status), content_type="application/json")
