"""Fill a batch with a sample: by what there is to learn, or of old items under the batch's own rubric version."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from annotate import access
from annotate.models import Batch
from annotate.pipeline import planning
from annotate.pipeline.planning import Bridge, BridgeReport, Selection, SelectionReport
from annotate.refusal import Refusal
from annotate.reports.quality.selection import By
from annotate.web.managers.batch_form import BatchForm
from annotate.web.managers.form_fields import described

# So many are drawn while the page is waited for; more by the command.
MOST = 5000
SELECTIONS = {
    By.DISAGREEMENT: gettext_lazy("Where two models disagree"),
    By.LOW_MARGIN: gettext_lazy("Where a model is undecided"),
    By.LOW_AGREEMENT: gettext_lazy("Where people disagree"),
    By.RANDOM: gettext_lazy("At random, all alike"),
}


class SampleForm(forms.Form):
    """Which conversations are drawn into an empty batch, and how many."""

    select = forms.ChoiceField(
        label=gettext_lazy("Rather ask"), choices=[(one.value, name) for one, name in SELECTIONS.items()]
    )
    budget = forms.IntegerField(
        label=gettext_lazy("How many conversations"), min_value=1, max_value=MOST, initial=100
    )
    random = forms.IntegerField(
        label=gettext_lazy("Of these at random, in per cent"),
        min_value=5,
        max_value=100,
        initial=20,
        help_text=gettext_lazy(
            "Spread evenly over all, so that every conversation may be chosen and weights can make up for the choice."
        ),
    )
    seed = forms.IntegerField(
        label=gettext_lazy("Seed"),
        min_value=0,
        max_value=2**31 - 1,
        required=False,
        help_text=gettext_lazy("The same one draws the same sample. Empty: a new one."),
    )

    def draw(self, batch: Batch, *, dry_run: bool) -> SelectionReport:
        """Draw what a valid form asks for."""
        given = self.cleaned_data
        wanted = Selection(By(given["select"]), given["budget"], given["random"] / 100, **_seed(given))
        return planning.select(batch, wanted, dry_run=dry_run)


class BridgeForm(forms.Form):
    """Which batch's items are asked again, and which share of them."""

    bridge = forms.ModelChoiceField(
        Batch.objects.none(),
        label=gettext_lazy("Ask items again of the batch"),
        empty_label=None,
        help_text=gettext_lazy("Batches that ask by another version of this batch's rubric."),
    )
    share = forms.IntegerField(
        label=gettext_lazy("Share of its answered conversations, in per cent"),
        min_value=1,
        max_value=100,
        initial=10,
    )
    seed = SampleForm.base_fields["seed"]

    def __init__(self, batch: Batch, data: QueryDict | None = None) -> None:
        super().__init__(data, label_suffix="")
        others = Batch.objects.filter(project=batch.project_id, rubric__key=batch.rubric.key)
        field = self.fields["bridge"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = others.exclude(rubric=batch.rubric_id).order_by("-is_default", "name")

    def draw(self, batch: Batch, *, dry_run: bool) -> BridgeReport:
        """Draw what a valid form asks for."""
        given = self.cleaned_data
        source = Batch.objects.select_related("rubric").get(pk=given["bridge"].pk)
        return planning.bridge(batch, Bridge(source, given["share"] / 100, **_seed(given)), dry_run=dry_run)


def _seed(given: dict[str, Any]) -> dict[str, int]:
    return {} if given.get("seed") is None else {"seed": given["seed"]}


def sample_form(batch: Batch, data: QueryDict | None = None) -> SampleForm | BridgeForm | None:
    """Return the form that fills this batch; None where it has tasks, or where keys decide what is asked."""
    if batch.purpose in Batch.PRACTICE or batch.tasks.filter(is_gold=False).exists():
        return None
    return (
        BridgeForm(batch, data)
        if batch.purpose == Batch.Purpose.BRIDGE
        else SampleForm(data, label_suffix="")
    )


@login_required
@never_cache
@require_POST
def sample(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Fill the batch with a sample, or say what that would be; a preview keeps its seed for the real draw."""
    found = access.batch(request.user, slug, uid)
    form = sample_form(found, request.POST)
    if form is None:
        messages.error(request, _("The batch has tasks already: a sample is drawn into a batch of its own."))
        return redirect("manage-batch", slug, uid)
    context: dict[str, Any] = {"project": found.project, "batch": found, "sample": form, "tasks": 0}
    is_preview = "preview" in request.POST
    if form.is_valid():
        try:
            report = form.draw(found, dry_run=is_preview)
        except Refusal as refusal:
            described([(one.path, one.detail) for one in refusal.problems], form)
        else:
            if not is_preview:
                count = report.plan.created["tasks"]
                words = ngettext("%(count)d task created.", "%(count)d tasks created.", count)
                messages.success(request, words % {"count": count})
                return redirect("manage-batch", slug, uid)
            again = request.POST.copy()
            again["seed"] = str(report.drawn.seed)
            context |= {"plan": report.plan, "drawn": report.drawn, "sample": sample_form(found, again)}
    context |= {"form": BatchForm(found.project, batch=found), "unplanned": planning.unplanned(found)}
    return render(request, "managing/batch.html", context, status=422 if form.errors else 200)
