"""What annotators tell and ask the leads while they work: problems with a task, questions with their answers."""

from __future__ import annotations

import uuid

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request

from annotate import access
from annotate.api.annotating import AssignmentView
from annotate.api.base import JsonView, json_answer, person
from annotate.api.parsing import read_body
from annotate.api.schema import described
from annotate.models import Inquiry
from annotate.pipeline import closing, inquiring
from annotate.reports.annotators.inquiries import Inquiries, inquiries_of, unseen


class ProblemBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is wrong with the task: broken, language, duplicate, harmful, personal or other; and in words."""

    kind: str
    text: str = ""


class Reported(msgspec.Struct):
    """The report is stored; nothing tells whether others reported the task too."""

    status: str = "reported"


class InquiryBody(msgspec.Struct, forbid_unknown_fields=True):
    """A question, about one's own assignment and a dimension, one of them, or neither."""

    text: str
    assignment: uuid.UUID | None = None
    dimension: str | None = None


class MessageBody(msgspec.Struct, forbid_unknown_fields=True):
    """One more message in a thread."""

    text: str


class SeenBody(msgspec.Struct, forbid_unknown_fields=True):
    """The last message of the thread that was shown."""

    message: uuid.UUID


class Written(msgspec.Struct):
    """The thread that was begun or continued."""

    id: uuid.UUID


class Unseen(msgspec.Struct):
    """How many of one's own questions have an answer that one has not seen."""

    unseen: int


class ReportProblem(AssignmentView):
    """POST assignments/{id}/problem."""

    @described(body=ProblemBody, answer=Reported, refusals={422: "An unknown kind, or too long a text."})
    def post(self, request: Request, uid: uuid.UUID) -> HttpResponse:
        """Report the task as unusable; a second report by the same person changes nothing."""
        body = read_body(request.body, ProblemBody)
        closing.report_problem(uid, person(request).pk, kind=body.kind, text=body.text)
        return json_answer(Reported())


class ListInquiries(JsonView):
    """GET and POST projects/{slug}/inquiries."""

    @described(answer=Inquiries)
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Answer one's own questions with their answers, the latest 50, and what is published for everybody."""
        member = access.membership(person(request), slug)
        return json_answer(inquiries_of(member.project_id, member.user_id))

    @described(
        body=InquiryBody,
        answer=Written,
        success=201,
        refusals={422: "An empty or too long text, an unknown dimension, or somebody else's assignment."},
    )
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Ask the leads of the project."""
        member = access.membership(person(request), slug, access.Role.ANNOTATOR)
        body = read_body(request.body, InquiryBody)
        made = inquiring.ask(
            member.project,
            member.user_id,
            text=body.text,
            assignment=body.assignment,
            dimension=body.dimension,
        )
        return json_answer(Written(made.uid), status=201)


class CountUnseen(JsonView):
    """GET projects/{slug}/inquiries/unseen."""

    @described(answer=Unseen)
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Answer how many of one's own questions have a new answer; cheap, to be asked once a minute."""
        member = access.membership(person(request), slug)
        return json_answer(Unseen(unseen(member.project_id, member.user_id)))


class OwnInquiryView(JsonView):
    """What the calls on one's own question share: somebody else's is 404, a published one too."""

    def inquiry(self, request: Request, uid: uuid.UUID) -> Inquiry:
        """Return one's own question."""
        return access.own_inquiry(person(request), uid)


class WriteMessage(OwnInquiryView):
    """POST inquiries/{id}/messages."""

    @described(body=MessageBody, answer=Written, success=201, refusals={422: "An empty or too long text."})
    def post(self, request: Request, uid: uuid.UUID) -> HttpResponse:
        """Write on in a thread of one's own; a resolved question is open again."""
        found = self.inquiry(request, uid)
        body = read_body(request.body, MessageBody)
        inquiring.write(found, person(request).pk, body.text)
        return json_answer(Written(found.uid), status=201)


class MarkSeen(OwnInquiryView):
    """POST inquiries/{id}/seen."""

    @described(body=SeenBody, answer=Unseen, refusals={422: "The message is not in the thread."})
    def post(self, request: Request, uid: uuid.UUID) -> HttpResponse:
        """Record that the thread was seen up to a message; answer how many others have news."""
        found = self.inquiry(request, uid)
        body = read_body(request.body, SeenBody)
        inquiring.mark_seen(found, body.message)
        return json_answer(Unseen(unseen(found.project_id, person(request).pk)))
