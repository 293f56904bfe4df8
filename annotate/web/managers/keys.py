"""The manager's page of quality: keys, gold, training, qualification, and the switches for them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from annotate import access
from annotate.models import Project, Submission
from annotate.pipeline import keying, qualifying
from annotate.refusal import Refusal
from annotate.reports.annotators.qualification import PASS_MARK
from annotate.reports.managers import keys as reports
from annotate.reports.managers.gold import GoldResult, gold_results
from annotate.web.managers.form_fields import PercentField


class SwitchesForm(forms.Form):
    """What the project asks of people, and how much gold is in the stream."""

    qualification_required = forms.BooleanField(
        label=gettext_lazy("Real work only after a passed qualification"), required=False
    )
    pass_mark = forms.FloatField(
        label=gettext_lazy("Pass mark"),
        min_value=0,
        max_value=1,
        help_text=gettext_lazy("Weighted kappa from which on a qualification is passed, from 0 to 1."),
        widget=forms.NumberInput(attrs={"step": "0.05", "inputmode": "decimal"}),
    )
    gold_percent = forms.FloatField(
        label=gettext_lazy("Gold, in percent of claims"),
        min_value=0,
        max_value=50,
        help_text=gettext_lazy("0 to 50. Gold items look like all others."),
        widget=forms.NumberInput(attrs={"step": "1", "inputmode": "decimal"}),
    )
    repeat_share = PercentField(
        label=gettext_lazy("Hidden repeats, in percent of claims"),
        limit=50,
        help_text=gettext_lazy(
            "0 to 50. People get one of their own tasks again, unmarked, at least a day and 20 tasks later, each once. "
            "What may be asked again they can no longer look up in their own work."
        ),
    )
    gold_feedback = forms.BooleanField(
        label=gettext_lazy("After a gold item, show the key: people then know that it was one"),
        required=False,
    )

    @classmethod
    def of(cls, project: Project) -> SwitchesForm:
        """Return the form with what holds now."""
        mark = project.batches.filter(purpose="qualification").values_list("pass_mark", flat=True).last()
        return cls(
            label_suffix="",
            initial={
                "qualification_required": project.qualification_required,
                "pass_mark": PASS_MARK if mark is None else mark,
                "gold_percent": f"{project.gold_share * 100:g}",
                "repeat_share": project.repeat_share,
                "gold_feedback": project.gold_feedback,
            },
        )


@login_required
@never_cache
@require_GET
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show keys and how people did on them, what could become a key, and who is qualified."""
    member = access.membership(request.user, slug, access.Role.MANAGER)
    return _show(request, member.project, SwitchesForm.of(member.project))


def _show(request: HttpRequest, project: Project, form: SwitchesForm) -> HttpResponse:
    wanted = next((one for one in reports.SOURCES if one == request.GET.get("source")), None)
    candidates, more = reports.candidates(project.pk, wanted or reports.SOURCES[0], _number(request, "page"))
    source = wanted or reports.SOURCES[0]
    if wanted is None and not candidates:
        # Adjudicated answers are the best keys; where there are none, begin with what there is.
        for source in reports.SOURCES[1:]:
            candidates, more = reports.candidates(project.pk, source)
            if candidates:
                break
    keys, more_keys = reports.keys_in_use(project.pk, _number(request, "keys"))
    people, more_people = reports.standings(project.pk, _number(request, "people"))
    gold = gold_results(project.pk)
    context = {
        "project": project,
        "form": form,
        "source": source,
        "sources": _sources(),
        "uses": _uses(),
        "candidates": candidates,
        "keys": keys,
        "people": [(one, gold.get(one.user_id), _why(gold.get(one.user_id))) for one in people],
        "pages": {
            "page": (_number(request, "page"), more),
            "keys": (_number(request, "keys"), more_keys),
            "people": (_number(request, "people"), more_people),
        },
    }
    return render(request, "managing/quality.html", context, status=422 if form.errors else 200)


def _number(request: HttpRequest, name: str) -> int:
    given = request.GET.get(name, "")
    return min(max(int(given), 1), 100_000) if given.isascii() and given.isdigit() else 1


def _sources() -> dict[str, str]:
    return {
        "review": _("Reviewers' final verdicts"),
        "imported": _("Imported labels"),
        "live": _("Annotators' answers"),
    }


def _uses() -> dict[str, str]:
    return {"training": _("Training"), "qualification": _("Qualification"), "gold": _("Gold")}


def _why(result: GoldResult | None) -> str:
    """Return why a gold result, or its interval, is not defined; "" where it is."""
    return {
        "": "",
        "no_ratings": _("not defined, because no rating could be compared"),
        "no_variation": _("not defined, because the key and the person gave one and the same level"),
        "few_items": _("no interval, because there are fewer than ten gold items"),
    }[result.undefined if result else ""]


@login_required
@require_POST
def switches(request: HttpRequest, slug: str) -> HttpResponse:
    """Store the switches and the pass mark."""
    member = access.membership(request.user, slug, access.Role.MANAGER)
    form = SwitchesForm(request.POST, label_suffix="")
    if not form.is_valid():
        return _show(request, member.project, form)
    keying.set_switches(
        member.project_id,
        qualification_required=form.cleaned_data["qualification_required"],
        gold_share=form.cleaned_data["gold_percent"] / 100,
        repeat_share=form.cleaned_data["repeat_share"],
        gold_feedback=form.cleaned_data["gold_feedback"],
        pass_mark=form.cleaned_data["pass_mark"],
    )
    messages.success(request, _("Saved."))
    return redirect("manage-quality", slug)


@login_required
@require_POST
def new_key(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a key of chosen answers."""
    member = access.membership(request.user, slug, access.Role.MANAGER)
    use = next((one for one in keying.USES if one == request.POST.get("use")), None)
    try:
        submission = keying.submission_for_key(
            member.project_id, uuid.UUID(request.POST.get("submission", ""))
        )
    except (ValueError, Submission.DoesNotExist):
        raise Http404 from None
    if use is None:
        raise Http404
    try:
        keying.make_key(submission, use, explanations=_explanations(request.POST), by=member.user_id)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The key is in use."))
    return redirect("manage-quality", slug)


def _explanations(post: Mapping[str, Any]) -> dict[str, str]:
    return {
        language: str(post.get(f"explanation-{language}", "")).replace("\0", "")
        for language in keying.LANGUAGES
    }


@login_required
@require_POST
def change_key(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Retire a key, or replace its explanations."""
    key = access.gold_key(request.user, slug, uid)
    try:
        if "retire" in request.POST:
            keying.retire(key)
            messages.success(request, _("The key is retired: it measures nobody any more."))
        else:
            keying.explain(key, _explanations(request.POST))
            messages.success(request, _("Saved."))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("manage-quality", slug)


@login_required
@require_POST
def person(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Qualify an annotator by hand, take it back, or allow another attempt."""
    member = access.annotator(request.user, slug, uid)
    action = request.POST.get("action")
    if action in {"qualify", "take_back"}:
        qualifying.set_qualified(member, qualified=action == "qualify")
        messages.success(request, _("Saved."))
    elif action == "again" and qualifying.allow_again(member):
        messages.success(
            request, _("%(name)s can take the qualification again.") % {"name": member.user.username}
        )
    elif action == "again":
        messages.info(request, _("There is no finished attempt to repeat."))
    else:
        raise Http404
    return redirect("manage-quality", slug)
