"""The settings of a batch as a form, with what is locked once people have begun to answer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotate.models import Batch, Project, Rubric
from annotate.pipeline import directing, planning
from annotate.web.managers.form_fields import LanguagesField, ListField, PercentField
from annotate.web.names import PURPOSES, STATES

TEXTS = {
    Batch.RequiredText.CRITIQUE: gettext_lazy("a critique of every answer"),
    Batch.RequiredText.REFINEMENT: gettext_lazy("a better version of every answer"),
    Batch.RequiredText.REASON: gettext_lazy("a reason for every comparison"),
    Batch.RequiredText.REMARK: gettext_lazy("a remark on the whole conversation"),
}
SCALES = {
    1: gettext_lazy("3 points: left, equal, right"),
    2: gettext_lazy("5 points: better and slightly better"),
    3: gettext_lazy("7 points: much better, better, slightly better"),
}
# What a new batch takes over from the default one.
COPIED = (
    "overlap", "overlap_limit", "extra_share", "languages", "teams", "preference_scale", "tie_allowed",
    "required_texts", "step_labels", "turn_by_turn", "reopen_allowed",
)  # fmt: skip


class BatchForm(forms.Form):
    """Everything that a manager sets about a batch."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=128)
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"), choices=list(PURPOSES.items()))
    rubric = forms.ModelChoiceField(
        Rubric.objects.none(), label=gettext_lazy("Rubric version"), empty_label=None
    )
    state = forms.ChoiceField(label=gettext_lazy("State"), choices=list(STATES.items()))
    priority = forms.IntegerField(
        label=gettext_lazy("Priority"),
        min_value=-1000,
        max_value=1000,
        initial=0,
        help_text=gettext_lazy("Batches of a higher number are handed out first."),
    )
    overlap = forms.IntegerField(
        label=gettext_lazy("People for each task"), min_value=1, max_value=planning.MAX_OVERLAP
    )
    overlap_limit = forms.IntegerField(
        label=gettext_lazy("At most, with extra people"), min_value=1, max_value=planning.MAX_OVERLAP
    )
    extra_share = PercentField(
        label=gettext_lazy("Extra questions where people disagree, in percent"),
        limit=100,
        help_text=gettext_lazy(
            "Of what was answered so far. Before a reviewer, one more person is asked about what is contested alone. "
            "0: reviewers at once."
        ),
    )
    tasks_too = forms.BooleanField(
        label=gettext_lazy("Change the tasks that are there, too; nobody loses work that has begun"),
        required=False,
        initial=True,
    )
    languages = LanguagesField(
        label=gettext_lazy("Only for people with one of these languages"),
        help_text=gettext_lazy("Codes between commas; empty: everybody."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    teams = ListField(
        label=gettext_lazy("Only for these teams"),
        help_text=gettext_lazy("Names between commas; empty: everybody."),
    )
    preference_scale = forms.TypedChoiceField(
        label=gettext_lazy("Scale of comparisons"), coerce=int, choices=list(SCALES.items())
    )
    tie_allowed = forms.BooleanField(label=gettext_lazy("“Equally good” can be chosen"), required=False)
    step_labels = forms.BooleanField(
        label=gettext_lazy("Ask whether each step of an answer is right"), required=False
    )
    turn_by_turn = forms.BooleanField(
        label=gettext_lazy("Show one turn after the other, without hindsight"), required=False
    )
    reopen_allowed = forms.BooleanField(
        label=gettext_lazy("People may change what they have submitted"), required=False
    )
    required_texts = forms.MultipleChoiceField(
        label=gettext_lazy("Texts that may not be left out"),
        required=False,
        choices=list(TEXTS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    pass_mark = forms.FloatField(
        label=gettext_lazy("Pass mark"),
        required=False,
        min_value=0,
        max_value=1,
        help_text=gettext_lazy("Weighted kappa with the reference answers, 0 to 1; for qualification."),
        widget=forms.NumberInput(attrs={"step": "any"}),
    )

    def __init__(
        self, project: Project, data: QueryDict | None = None, *, batch: Batch | None = None
    ) -> None:
        super().__init__(data, initial=self._stored(project, batch), label_suffix="")
        rubrics = Rubric.objects.filter(key=(batch.rubric if batch else project.rubric).key).order_by(
            "-version"
        )
        rubric = self.fields["rubric"]
        if isinstance(rubric, forms.ModelChoiceField):
            rubric.queryset = rubrics
        self.locked = batch is not None and directing.is_begun(batch)
        if self.locked:
            for name in directing.LOCKED:
                self.fields[name].disabled = True
        if batch is None:
            del self.fields["tasks_too"]

    @staticmethod
    def _stored(project: Project, batch: Batch | None) -> dict[str, Any]:
        if batch is not None:
            return {name: getattr(batch, name) for name in (*COPIED, *_OWN)}
        model = project.batches.filter(is_default=True).first() or Batch()
        copied = {name: getattr(model, name) for name in COPIED}
        return {
            **copied,
            "rubric": project.rubric,
            "overlap": project.overlap,
            "purpose": Batch.Purpose.PRODUCTION,
        }

    def clean(self) -> dict[str, Any]:
        """Compare the two overlaps."""
        given = super().clean() or {}
        if given.get("overlap") and given.get("overlap_limit") and given["overlap"] > given["overlap_limit"]:
            self.add_error("overlap_limit", _("Not fewer than the people for each task."))
        return given

    def values(self) -> dict[str, Any]:
        """Return the batch's columns from a valid form."""
        return {name: value for name, value in self.cleaned_data.items() if name != "tasks_too"}


_OWN = ("name", "purpose", "rubric", "state", "priority", "pass_mark")
