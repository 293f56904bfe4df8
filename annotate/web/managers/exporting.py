"""The pages of releases, for managers: what there is, how far it is, and asking for a new one."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from annotate import access, tasks
from annotate.formats.schema import TABLES
from annotate.models import Export, Project, Submission, User
from annotate.pipeline import exporting
from annotate.refusal import Refusal

PAGE = 20


class ReleaseForm(forms.Form):
    """What a manager can ask a release for; left alone, it holds everything under pseudonyms."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        required=False,
        max_length=64,
        help_text=gettext_lazy("Letters, digits, dots, dashes. Empty: today's date."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    license = forms.CharField(
        label=gettext_lazy("Licence"),
        initial="unknown",
        max_length=64,
        help_text=gettext_lazy("Identifier for the dataset card, such as cc-by-4.0."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    people = forms.ChoiceField(
        label=gettext_lazy("People"),
        choices=[
            ("pseudonym", gettext_lazy("Keyed pseudonyms")),
            ("exact", gettext_lazy("Ids and names as they are")),
        ],
        help_text=gettext_lazy("Pseudonyms are others in every release; their key stays here."),
    )
    batch = forms.MultipleChoiceField(
        label=gettext_lazy("Only these batches"), required=False, widget=forms.CheckboxSelectMultiple
    )
    origin = forms.MultipleChoiceField(
        label=gettext_lazy("Only these submissions"),
        required=False,
        choices=[
            (Submission.Origin.LIVE, gettext_lazy("annotated here")),
            (Submission.Origin.IMPORTED, gettext_lazy("came with an imported file")),
            (Submission.Origin.REVIEW, gettext_lazy("reviewers' verdicts")),
        ],
        widget=forms.CheckboxSelectMultiple,
    )
    include_untrained_scores = forms.BooleanField(
        label=gettext_lazy("Scores of untrained models, too"), required=False
    )
    include_holdout = forms.BooleanField(
        label=gettext_lazy("What is held out for evaluation, too: never for training"), required=False
    )
    allow_missing_images = forms.BooleanField(
        label=gettext_lazy("Go on where the file of an image is gone"), required=False
    )

    def __init__(self, project: Project, data: QueryDict | None = None) -> None:
        super().__init__(data, label_suffix="")
        names = project.batches.order_by("name").values_list("name", flat=True)
        batch = self.fields["batch"]
        if isinstance(batch, forms.MultipleChoiceField):
            batch.choices = [(name, name) for name in names]

    def wanted(self) -> exporting.Wanted:
        """Return the wish of a valid form."""
        filters = {name: value for name, value in self.cleaned_data.items() if name != "name"}
        return exporting.Wanted(name=self.cleaned_data["name"], filters=filters)

    def take(self, refusal: Refusal) -> None:
        """Show each problem at its field."""
        for problem in refusal.problems:
            field = problem.path.removeprefix("filters.")
            self.add_error(field if field in self.fields else None, problem.detail)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the project's releases, newest first; store a new one."""
    project = access.membership(request.user, slug, access.Role.MANAGER).project
    form = ReleaseForm(project, request.POST or None)
    if request.method == "POST" and form.is_valid() and isinstance(request.user, User):
        try:
            export = exporting.create(project, form.wanted(), created_by=request.user)
        except Refusal as refusal:
            form.take(refusal)
        else:
            tasks.wake(tasks.run_export, export.pk)
            messages.success(request, _("Release %(name)s is on its way.") % {"name": export.name})
            return redirect("exports", slug)
    found = project.exports.select_related("created_by").order_by("-id")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "project": project,
        "form": form,
        "page": page,
        "releases": [_shown(one) for one in page],
    }
    return render(request, "managing/exports.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_safe
def export(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Show one release as the list has it: what the page asks for while the release is being written."""
    project = access.membership(request.user, slug, access.Role.MANAGER).project
    found = get_object_or_404(project.exports.select_related("created_by"), uid=uid)
    return render(request, "managing/_export.html", {"project": project, "release": _shown(found)})


def _shown(export: Export) -> dict[str, Any]:
    """Return what the template shows of one release."""
    files = exporting.files(export)
    manifest = export.manifest or {}
    rows: dict[str, int] = manifest.get("rows", {})
    progress = exporting.progress_of(export) if export.status == Export.Status.RUNNING else None
    left_out = sum(manifest.get("left_out", {}).values())
    return {
        "export": export,
        "unfinished": export.status in (Export.Status.WAITING, Export.Status.RUNNING),
        "progress": progress and {**progress, "rows": f"{progress['rows']:,}"},
        "files": files,
        "bytes": sum(file["bytes"] for file in files),
        "rows": [(table, f"{rows[table]:,}") for table in TABLES if rows.get(table)],
        "all_rows": f"{sum(rows.values()):,}",
        "left_out": f"{left_out:,}" if left_out else "",
        "narrowed": [*export.filters.get("batch", []), *export.filters.get("origin", [])],
    }
