"""The leads' pages of questions: what is open, one thread with its task, and what is published for everybody."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotate import access
from annotate.models import Dimension, Inquiry, Membership, Project
from annotate.pipeline import inquiring
from annotate.questions import dimensions_of
from annotate.reports import wording
from annotate.reports.annotators.inquiries import inquiry_page, published, task_shown, thread_of

STATES = {
    "": gettext_lazy("All"),
    "open": gettext_lazy("Open"),
    "resolved": gettext_lazy("Resolved"),
}


class ReplyForm(forms.Form):
    """An answer in a thread."""

    text = forms.CharField(
        label=gettext_lazy("Your answer"),
        max_length=inquiring.TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class PublishForm(forms.Form):
    """A question with its answer, worded for everybody."""

    question = forms.CharField(
        label=gettext_lazy("Question"),
        max_length=inquiring.TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    answer = forms.CharField(
        label=gettext_lazy("Answer"),
        max_length=inquiring.TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    dimension = forms.ChoiceField(label=gettext_lazy("About"), required=False)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **kwargs)
        field = self.fields["dimension"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [
            ("", _("The work in general")),
            *((one.key, f"{one.code} {wording.name_of(one)}") for one in dimensions_of(project.rubric_id)),
        ]


@login_required
@never_cache
@require_GET
def questions(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the project's questions, open ones first, and what is published."""
    member = _lead(request, slug)
    state = request.GET.get("state", "")
    page = inquiry_page(member.project_id, state=state, number=request.GET.get("page", "1"))
    names = {one.key: wording.name_of(one) for one in dimensions_of(member.project.rubric_id)}
    context = {
        **_shared(member),
        "page": page,
        "rows": [(one, wording.name_of(one.dimension) if one.dimension else "") for one in page],
        "published": [
            (one, names.get(one.dimension or "", one.dimension)) for one in published(member.project_id)
        ],
        "states": STATES,
        "state": state if state in STATES else "",
    }
    return render(request, "talking/questions.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Show one thread with its task; on POST answer in it."""
    member, found = access.inquiry(request.user, slug, uid)
    if found.published:
        raise Http404
    form = ReplyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        inquiring.write(found, member.user_id, form.cleaned_data["text"])
        if "resolve" in request.POST:
            inquiring.resolve(found.pk, resolved=True)
        messages.success(request, _("Your answer is there, where the person works."))
        return redirect("question", slug, uid)
    return _thread_page(request, member, found, form, None)


@login_required
@require_POST
def settle(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Resolve a question, or open it again."""
    _member, found = access.inquiry(request.user, slug, uid)
    inquiring.resolve(found.pk, resolved="resolve" in request.POST)
    return redirect("question", slug, uid)


@login_required
@never_cache
@require_http_methods(["POST"])
def publish_answer(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Publish a question and its answer, as worded in the form, and resolve the thread that it came from."""
    member, found = access.inquiry(request.user, slug, uid)
    form = PublishForm(request.POST, project=member.project)
    if not form.is_valid():
        return _thread_page(request, member, found, ReplyForm(), form)
    _publish(member, form)
    inquiring.resolve(found.pk, resolved=True)
    messages.success(request, _("The answer is published for everybody in the project."))
    return redirect("question", slug, uid)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def write_published(request: HttpRequest, slug: str) -> HttpResponse:
    """Publish a question and its answer that nobody has asked yet."""
    member = _lead(request, slug)
    form = PublishForm(request.POST or None, project=member.project)
    if request.method == "POST" and form.is_valid():
        _publish(member, form)
        messages.success(request, _("The answer is published for everybody in the project."))
        return redirect("questions", slug)
    return _published_page(request, member, form, None)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit_published(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Word a published answer anew, or take it back."""
    member, found = access.inquiry(request.user, slug, uid)
    if not found.published:
        raise Http404
    if "withdraw" in request.POST:
        inquiring.withdraw(found.pk)
        messages.success(request, _("The answer is published no more."))
        return redirect("questions", slug)
    first, second = list(thread_of(found.pk))[:2]
    initial = {
        "question": first.text,
        "answer": second.text,
        "dimension": found.dimension.key if found.dimension else "",
    }
    form = PublishForm(request.POST or None, project=member.project, initial=initial)
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data
        about = _dimension(member, words["dimension"])
        inquiring.reword(
            found.pk,
            question=words["question"],
            answer=words["answer"],
            dimension_id=about.pk if about else None,
        )
        messages.success(request, _("The new wording is published."))
        return redirect("questions", slug)
    return _published_page(request, member, form, found)


def _lead(request: HttpRequest, slug: str) -> Membership:
    return access.membership(request.user, slug, access.Role.REVIEWER, access.Role.MANAGER)


def _shared(member: Membership) -> dict[str, Any]:
    return {"project": member.project, "is_manager": member.role == access.Role.MANAGER}


def _dimension(member: Membership, key: str) -> Dimension | None:
    return next((one for one in dimensions_of(member.project.rubric_id) if one.key == key), None)


def _publish(member: Membership, form: PublishForm) -> None:
    words = form.cleaned_data
    about = _dimension(member, words["dimension"])
    inquiring.publish(
        member.project_id,
        member.user_id,
        question=words["question"],
        answer=words["answer"],
        dimension_id=about.pk if about else None,
    )


def _thread_page(
    request: HttpRequest, member: Membership, found: Inquiry, reply: ReplyForm, publish: PublishForm | None
) -> HttpResponse:
    thread = list(thread_of(found.pk))
    answers = [one.text for one in thread if one.author_id != found.asked_by_id]
    initial = {
        "question": thread[0].text,
        "answer": answers[-1] if answers else "",
        "dimension": found.dimension.key if found.dimension else "",
    }
    context = {
        **_shared(member),
        "inquiry": found,
        "about": wording.name_of(found.dimension) if found.dimension else "",
        "thread": thread,
        "turns": task_shown(found),
        "language": found.task.conversation.language if found.task else "",
        "reply": reply,
        "publish": publish or PublishForm(project=member.project, initial=initial),
    }
    refused = reply.errors or (publish and publish.errors)
    return render(request, "talking/question.html", context, status=422 if refused else 200)


def _published_page(
    request: HttpRequest, member: Membership, form: PublishForm, found: Inquiry | None
) -> HttpResponse:
    context = {**_shared(member), "form": form, "inquiry": found}
    return render(request, "talking/published.html", context, status=422 if form.errors else 200)
