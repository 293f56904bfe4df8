"""The manager's pages of guidelines: the versions, one of them, a new one, which batch goes by which."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotate import access
from annotate.models import Batch, Membership, Project
from annotate.models.people import LANGUAGES
from annotate.pipeline import guiding
from annotate.questions import dimensions_of
from annotate.refusal import Refusal
from annotate.reports import wording
from annotate.reports.annotators.guidelines import (
    GuidelineShown,
    batches,
    confirmed,
    guideline_shown,
    newest,
    preview,
    versions,
)
from annotate.templatetags.numbers import true_minus
from annotate.web.managers.guideline_forms import Sheet, one_more


@login_required
@never_cache
@require_GET
def versions_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the versions, who has read them, and which batch goes by which."""
    member = _manager(request, slug)
    found = list(versions(member.project_id))
    seen = confirmed(member.project_id)
    used = batches(member.project_id)
    context = {
        "project": member.project,
        "versions": [
            {
                "row": one,
                "readers": sum(version >= one.version for version in seen),
                "batches": [batch.name for batch in used if batch.version == one.version],
            }
            for one in found
        ],
        "annotators": len(seen),
        "batches": used,
    }
    return render(request, "talking/guidelines.html", context)


@login_required
@never_cache
@require_GET
def version_page(request: HttpRequest, slug: str, version: int) -> HttpResponse:
    """Show one version in both languages."""
    member = _manager(request, slug)
    _member, found = access.guideline(request.user, slug, version)
    context = {
        "project": member.project,
        "row": found,
        "shown": _shown(guideline_shown(found.pk), member.project),
    }
    return render(request, "talking/guideline.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Write a version, which starts as a copy of the newest; look at it first, then publish it.

    Buttons of the form say what is wanted: one more example, a preview, or publishing. Whatever is wrong,
    everything typed stays.
    """
    member = _manager(request, slug)
    if request.method != "POST":
        return _new_page(request, Sheet.copy_of(member.project, newest(member.project_id)))
    if "add" in request.POST:
        return _new_page(request, Sheet.sent(member.project, one_more(request.POST)), adding=True)
    sheet = Sheet.sent(member.project, request.POST)
    if not sheet.is_valid():
        return _new_page(request, sheet)
    draft = sheet.draft()
    if "publish" not in request.POST:
        return _new_page(request, sheet, preview(draft.texts, draft.changes, draft.examples))
    try:
        made = guiding.publish(member.project_id, draft, by=member.user_id, batches=sheet.batches())
    except Refusal as refusal:
        sheet.refuse(refusal)
        return _new_page(request, sheet)
    words = _("Version %(version)s of the guidelines is published.")
    messages.success(request, words % {"version": made.version})
    return redirect("guidelines-version", slug, made.version)


@login_required
@require_POST
def use(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Let a batch go by another version from now on."""
    member = _manager(request, slug)
    batch = Batch.objects.filter(project=member.project_id, uid=uid).first()
    if batch is None:
        raise Http404
    version = request.POST.get("version", "")
    try:
        guiding.use(batch, int(version) if re.fullmatch(r"[0-9]{1,4}", version) else 0)
    except Refusal:
        messages.error(request, _("There is no such version of the guidelines."))
    else:
        words = _("From now on “%(batch)s” goes by version %(version)s of the guidelines.")
        messages.success(request, words % {"batch": batch.name, "version": version})
    return redirect("guidelines", slug)


def _manager(request: HttpRequest, slug: str) -> Membership:
    return access.membership(request.user, slug, access.Role.MANAGER)


def _new_page(
    request: HttpRequest, sheet: Sheet, looked_at: GuidelineShown | None = None, *, adding: bool = False
) -> HttpResponse:
    """Show the form; one that is only being added to shows no errors yet."""
    context = {
        "project": sheet.project,
        "sheet": sheet,
        "shown": _shown(looked_at, sheet.project) if looked_at else None,
        "adding": adding,
    }
    refused = not adding and sheet.has_errors()
    return render(request, "talking/guideline_new.html", context, status=422 if refused else 200)


def _shown(found: GuidelineShown, project: Project) -> dict[str, Any]:
    """Return a version for the page: language by language, dimensions by name."""
    names = {one.key: f"{one.code} {wording.name_of(one)}" for one in dimensions_of(project.rubric_id)}
    languages = dict(LANGUAGES)
    return {
        "languages": [
            (code, languages[code], text, found.changes.get(code, "")) for code, text in found.texts.items()
        ],
        "examples": [
            {
                "dimension": names.get(one.dimension, one.dimension),
                "value": true_minus(one.value),
                "texts": [(code, languages[code], texts) for code, texts in one.texts.items()],
            }
            for one in found.examples
        ],
    }
