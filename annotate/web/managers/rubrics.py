"""The rubric of a project: read in full, and succeeded by a new version."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotate import access
from annotate.formats.records import FormatError
from annotate.formats.rubric import MAX_LENGTH, RubricRecord, parse_rubric, write_rubric
from annotate.models import Dimension, Project, Rubric
from annotate.pipeline import directing, planning
from annotate.refusal import Refusal
from annotate.reports.managers.rubric_changes import as_record, changes
from annotate.templatetags.numbers import true_minus


class VersionForm(forms.Form):
    """A rubric as YAML: a file, or the text itself, which can be mended on the page."""

    file = forms.FileField(label=gettext_lazy("File (YAML)"), required=False)
    text = forms.CharField(
        label=gettext_lazy("Or its text"),
        required=False,
        max_length=MAX_LENGTH,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "class": "mono"}),
    )

    def clean(self) -> dict[str, Any]:
        """Read the rubric, from the file where there is one, and keep its text."""
        given = super().clean() or {}
        file = given.get("file")
        if file is not None and file.size > MAX_LENGTH:
            raise forms.ValidationError(_("The file is too large."))
        content = file.read() if file is not None else given.get("text", "").encode()
        if not content.strip():
            raise forms.ValidationError(_("Choose a file, or paste the text."))
        try:
            given["record"] = parse_rubric(content, file.name if file is not None else "YAML")
        except FormatError as error:
            raise forms.ValidationError(str(error)) from error
        given["text"] = content.decode("utf-8", "replace")
        return given


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rubric(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the rubric; read a new version, show what it changes, and store it when that is confirmed."""
    project = access.membership(request.user, slug, access.Role.MANAGER).project
    form = VersionForm(label_suffix="", initial={"text": _next_version(project.rubric)})
    context: dict[str, Any] = {}
    if request.method == "POST":
        form = VersionForm(request.POST, request.FILES, label_suffix="")
        if form.is_valid():
            record: RubricRecord = form.cleaned_data["record"]
            if "store" in request.POST and _store(request, project, record):
                return redirect("manage-rubric", slug)
            context = {"record": record, "changes": changes(project.rubric, record)}
            form = VersionForm({"text": form.cleaned_data["text"]}, label_suffix="")
    status = 422 if form.is_bound and not form.is_valid() else 200
    return render(request, "managing/rubric.html", {**context, **_page(project), "form": form}, status=status)


def _next_version(rubric: Rubric) -> str:
    """Return the rubric's YAML under the next free number, to be changed on the page."""
    newest = Rubric.objects.filter(key=rubric.key).aggregate(Max("version"))["version__max"]
    return write_rubric(as_record(rubric, newest + 1))


@login_required
@never_cache
@require_safe
def as_file(request: HttpRequest, slug: str) -> HttpResponse:
    """Hand out the rubric as the YAML file that it could be loaded from."""
    rubric = access.membership(request.user, slug, access.Role.MANAGER).project.rubric
    answer = HttpResponse(write_rubric(as_record(rubric)), content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{rubric.key}-v{rubric.version}.yaml"'
    return answer


def _store(request: HttpRequest, project: Project, record: RubricRecord) -> bool:
    """Store the version and use it for the project's next batches; say why not, and return False."""
    try:
        directing.use_rubric(project, planning.load_rubric(record))
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return False
    messages.success(request, _("Stored. Batches that are made from now on ask by it."))
    return True


def _page(project: Project) -> dict[str, Any]:
    dimensions = project.rubric.dimensions.all()
    versions = Rubric.objects.filter(key=project.rubric.key).order_by("-version")
    return {
        "project": project,
        "rubric": project.rubric,
        "names": project.rubric.names.items(),
        "dimensions": [_shown(one) for one in dimensions],
        "versions": versions,
    }


def _shown(one: Dimension) -> dict[str, Any]:
    levels = [
        {
            "level": true_minus(level),
            "anchors": [(code, texts["anchors"].get(str(level), "")) for code, texts in one.texts.items()],
        }
        for level in range(one.maximum, one.minimum - 1, -1)
    ]
    rules = sorted({key for texts in one.texts.values() for key in texts.get("rules", {})})
    return {
        "dimension": one,
        "texts": one.texts.items(),
        "levels": levels,
        "rules": [
            (key, [(code, texts["rules"].get(key, "")) for code, texts in one.texts.items()]) for key in rules
        ],
    }


@login_required
@require_POST
def use(request: HttpRequest, slug: str) -> HttpResponse:
    """Go on with another stored version of the same rubric."""
    project = access.membership(request.user, slug, access.Role.MANAGER).project
    version = request.POST.get("version", "")
    found = Rubric.objects.filter(
        key=project.rubric.key, version=version if version.isdecimal() else 0
    ).first()
    if found is None:
        messages.error(request, _("There is no such version."))
    else:
        directing.use_rubric(project, found)
        messages.success(request, _("Stored. Batches that are made from now on ask by it."))
    return redirect("manage-rubric", slug)
