"""The manager's pages for importing: upload a file, watch it come in, read what was refused."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from annotate import access, tasks
from annotate.formats import importers
from annotate.models import ImportRun, Membership, Project, User
from annotate.pipeline import importing, planning
from annotate.refusal import Refusal

_EARLIER = 20  # imports listed
_REFUSALS = 200  # shown; the API has all

# The smallest file of the native format that shows a picture and two turns; docs/data-format.md has the rest.
EXAMPLE = """\
[{"format": "annotate-conversation", "version": 1,
  "id": "cake-7", "language": "en",
  "turns": [
    {"id": "q1", "parent": null,
     "content": [
       {"type": "text", "text": "How do I ice this cake?"},
       {"type": "image", "image": "images/cake.png", "caption": "a cake"}],
     "candidates": [
       {"id": "a1", "content": "Start with a crumb coat."},
       {"id": "a2", "content": "Just pour it over."}]},
    {"id": "q2", "parent": "a1", "content": "And then?",
     "candidates": [{"id": "a3", "content": "Let it rest."}]}]}]"""


class UploadForm(forms.Form):
    """A conversations file with its pictures."""

    file = forms.FileField(
        label=_("Conversations"),
        help_text=_("A JSON or JSONL file."),
        widget=forms.ClearableFileInput(attrs={"accept": ".json,.jsonl,.ndjson"}),
    )
    images = forms.FileField(
        label=_("Images"),
        required=False,
        help_text=_("A zip archive with the PNG, JPEG or WebP files that the conversations name."),
        widget=forms.ClearableFileInput(attrs={"accept": ".zip"}),
    )
    format = forms.ChoiceField(
        label=_("Format"),
        choices=[
            (importers.AUTO, _("Find out from the first item")),
            *((name, name) for name in importers.IMPORTERS),
        ],
    )
    allow_missing_images = forms.BooleanField(
        label=_("Import conversations with missing images; captions are kept"), required=False
    )
    dry_run = forms.BooleanField(
        label=_("Only try: show what would happen, and keep nothing"), required=False, initial=True
    )


@login_required
@never_cache
def upload(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the form and earlier imports; start an import of what was uploaded."""
    member = _manager(request, slug)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            run = _receive(member, form.cleaned_data)
        except Refusal as refusal:
            for problem in refusal.problems:
                form.add_error(problem.path or None, problem.detail)
        else:
            return _started(run)
    context = {
        "project": member.project,
        "form": form,
        "runs": _earlier(member.project),
        "example": EXAMPLE,
    }
    return render(request, "managing/import.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
def progress(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Show one import; while it goes on, the page asks for its changing part every second."""
    run = _run(request, slug, uid)
    context = {
        "project": run.project,
        "run": run,
        "is_over": run.finished_at is not None,
        "refused": run.report.get("refused", [])[:_REFUSALS],
        "for_real": importing.can_be_done_for_real(run),
        **_unplanned(run),
    }
    part = request.headers.get("HX-Request") == "true"
    return render(request, "managing/_import_progress.html" if part else "managing/import_run.html", context)


def _unplanned(run: ImportRun) -> dict[str, Any]:
    """Return how many conversations have got what planning is to ask about, where the import built upon others."""
    if run.status != ImportRun.Status.DONE or run.dry_run or not run.report.get("merged"):
        return {}
    batch = run.project.batches.get(is_default=True)
    return {"unplanned": planning.unplanned(batch), "batch": batch}


@login_required
@require_POST
def for_real(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Import what a dry run has tried."""
    run = _run(request, slug, uid)
    try:
        return _started(importing.do_for_real(run, _person(request)))
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("import", slug)


def _manager(request: HttpRequest, slug: str) -> Membership:
    return access.membership(_person(request), slug, access.Role.MANAGER)


def _run(request: HttpRequest, slug: str, uid: uuid.UUID) -> ImportRun:
    run = access.import_run(_person(request), uid)
    if run.project.slug != slug:
        raise Http404
    return run


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - login_required has seen to it
    return request.user


def _receive(member: Membership, fields: dict[str, Any]) -> ImportRun:
    return importing.receive(
        member.project,
        member.user,
        fields["file"],
        fields["images"],
        importing.Options(
            format_name=fields["format"],
            allow_missing_images=fields["allow_missing_images"],
            dry_run=fields["dry_run"],
        ),
    )


def _started(run: ImportRun) -> HttpResponse:
    tasks.wake(tasks.run_import, run.pk)
    return redirect("import-run", run.project.slug, run.uid)


def _earlier(project: Project) -> list[ImportRun]:
    return list(project.imports.select_related("created_by").order_by("-id")[:_EARLIER])


urls: list[URLPattern] = [
    path("", upload, name="import"),
    path("<uuid:uid>/", progress, name="import-run"),
    path("<uuid:uid>/for-real/", for_real, name="import-for-real"),
]
