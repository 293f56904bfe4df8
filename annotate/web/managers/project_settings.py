"""A project's beginning and its settings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from annotate import access
from annotate.models import Rubric, User
from annotate.pipeline import directing, planning
from annotate.refusal import Refusal
from annotate.reports.source_models import source_models
from annotate.web.managers.form_fields import LANGUAGE, LinesField, PercentField, described

NAME_LENGTH = 64
MAX_NAMES = 500


def check_language(code: str) -> str:
    """Return a language code in lower case, or refuse what is none."""
    code = code.strip().lower()
    if not LANGUAGE.fullmatch(code):
        raise forms.ValidationError(_("Write a language code, such as en or zh-hans."))
    return code


class ProjectForm(forms.Form):
    """A new project."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    slug = forms.CharField(
        label=gettext_lazy("Short name"),
        required=False,
        max_length=planning.MAX_SLUG,
        help_text=gettext_lazy(
            "Letters, digits and hyphens; it stands in addresses and stays. Empty: from the name."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    language = forms.CharField(
        label=gettext_lazy("Language"),
        max_length=16,
        initial="en",
        help_text=gettext_lazy("Of conversations that do not name theirs."),
    )
    rubric = forms.ChoiceField(
        label=gettext_lazy("Rubric"),
        help_text=gettext_lazy("The newest version of it; batches can be asked by another later."),
    )
    overlap = forms.IntegerField(
        label=gettext_lazy("People for each task"), min_value=1, max_value=planning.MAX_OVERLAP, initial=3
    )

    def __init__(self, data: Any = None) -> None:  # noqa: ANN401 - Django's
        super().__init__(data, label_suffix="")
        rubric = self.fields["rubric"]
        if isinstance(rubric, forms.ChoiceField):
            keys = {"intermt", *Rubric.objects.values_list("key", flat=True)}
            rubric.choices = [(key, key) for key in sorted(keys, key=lambda one: (one != "intermt", one))]

    def clean_language(self) -> str:
        """Check the code."""
        return check_language(self.cleaned_data["language"])

    def clean(self) -> dict[str, Any]:
        """Propose a short name where none is given and the name allows it."""
        given = super().clean() or {}
        if not given.get("slug") and "slug" not in self.errors and given.get("name"):
            given["slug"] = slugify(given["name"])[: planning.MAX_SLUG].strip("-")
            if not given["slug"]:
                self.add_error("slug", _("The name has no Latin letters to make it from: choose one."))
        return given


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Make a project whose manager one is. Staff may, and whoever manages a project already."""
    if not isinstance(request.user, User) or not access.may_create_projects(request.user):
        raise Http404
    form = ProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = planning.create_project(
                given["slug"],
                given["name"],
                rubric_key=given["rubric"],
                overlap=given["overlap"],
                language=given["language"],
                manager=request.user,
            )
        except Refusal as refusal:
            described([(one.path, one.detail) for one in refusal.problems], form)
        else:
            messages.success(request, _("The project is there. Import conversations, then invite people."))
            return redirect("manage-project", made.slug)
    return render(request, "managing/new_project.html", {"form": form}, status=422 if form.errors else 200)


class SettingsForm(forms.Form):
    """What holds for a whole project."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    language = forms.CharField(
        label=gettext_lazy("Language"),
        max_length=16,
        help_text=gettext_lazy("Of conversations that do not name theirs."),
    )
    overlap = forms.IntegerField(
        label=gettext_lazy("People for each task"),
        min_value=1,
        max_value=planning.MAX_OVERLAP,
        help_text=gettext_lazy("Of batches that are made from now on; each batch has its own."),
    )
    problem_limit = forms.IntegerField(
        label=gettext_lazy("Problem reports that close a task"),
        min_value=1,
        max_value=50,
        help_text=gettext_lazy("So many people must report a task before it is taken out as a bad item."),
    )
    audit_share = PercentField(
        label=gettext_lazy("Random audit, in percent"),
        limit=100,
        help_text=gettext_lazy(
            "Of submitted work so much goes to review whatever was flagged: some of its labels, mixed in unmarked."
        ),
    )
    second_review_share = PercentField(
        label=gettext_lazy("Second reviews, in percent"),
        limit=100,
        help_text=gettext_lazy("Of finished reviews so many are asked again, blind, of another reviewer."),
    )
    daily_model_flags = forms.IntegerField(
        label=gettext_lazy("Flags that models may raise a day"),
        min_value=0,
        max_value=100_000,
        help_text=gettext_lazy("The most surprising answers first; flags between people are not limited."),
    )
    masked_names = LinesField(
        label=gettext_lazy("Words that annotators see as a neutral mark"),
        entry_length=NAME_LENGTH,
        help_text=gettext_lazy(
            "One on each line: names of models, mostly, that would give away who answered."
        ),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )

    def clean_language(self) -> str:
        """Check the code."""
        return check_language(self.cleaned_data["language"])

    def clean_masked_names(self) -> list[str]:
        """Keep the list to a size that can be searched for in every message."""
        names: list[str] = self.cleaned_data["masked_names"]
        if len(names) > MAX_NAMES:
            raise forms.ValidationError(_("At most %(count)d words.") % {"count": MAX_NAMES})
        return names


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, slug: str) -> HttpResponse:
    """Show and store a project's settings; the names of its source models can be proposed for masking."""
    project = access.membership(request.user, slug, access.Role.MANAGER).project
    stored = {name: getattr(project, name) for name in SettingsForm.base_fields}
    form = SettingsForm(request.POST or None, initial=stored, label_suffix="")
    if "propose" in request.POST:
        data = request.POST.copy()
        there = [one.strip() for one in data.get("masked_names", "").splitlines() if one.strip()]
        proposed = [one for one in source_models(project.pk) if len(one) <= NAME_LENGTH and one not in there]
        data["masked_names"] = "\n".join([*there, *proposed])
        form = SettingsForm(data, initial=stored, label_suffix="")
        words = _("Names that were added: %(count)d. Look through them, then save.")
        messages.info(request, words % {"count": len(proposed)})
    elif request.method == "POST" and form.is_valid():
        directing.save_project(project, form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("manage-settings", slug)
    status = 422 if request.method == "POST" and form.errors else 200
    return render(request, "managing/settings.html", {"project": project, "form": form}, status=status)
