"""The form in which managers write guidelines: a text per language, and worked examples, as many as wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotate.models import Batch, Guideline, Project
from annotate.pipeline.guiding import EXAMPLE_LIMIT, MOST_EXAMPLES, TEXT_LIMIT, Example, NewGuideline
from annotate.questions import dimensions_of
from annotate.refusal import Refusal
from annotate.reports import wording

PREFIX = "examples"
LANGUAGES = {"en": "en", "zh": "zh-hans"}  # the ending of a field's name, and its language


def _area(label: Any, rows: int, limit: int, language: str) -> forms.CharField:  # noqa: ANN401 - a lazy text
    widget = forms.Textarea(attrs={"rows": rows, "lang": language})
    return forms.CharField(label=label, required=False, max_length=limit, widget=widget)


class GuidelineForm(forms.Form):
    """The guidelines themselves, what is new in them, and which batches go by them at once."""

    text_en = _area(gettext_lazy("Guidelines in English"), 22, TEXT_LIMIT, "en")
    text_zh = _area(gettext_lazy("Guidelines in Chinese"), 22, TEXT_LIMIT, "zh-Hans")
    changes_en = _area(gettext_lazy("What is new, in English"), 4, TEXT_LIMIT, "en")
    changes_zh = _area(gettext_lazy("What is new, in Chinese"), 4, TEXT_LIMIT, "zh-Hans")
    batches = forms.MultipleChoiceField(
        label=gettext_lazy("Batches that go by it from now on"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **kwargs)
        rows = Batch.objects.filter(project=project).exclude(state=Batch.State.CLOSED).order_by("name")
        field = self.fields["batches"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - declared above
        self.by_uid = {str(one.uid): one.pk for one in rows}
        field.choices = [(str(one.uid), one.name) for one in rows]
        field.initial = list(self.by_uid)

    def clean(self) -> dict[str, Any]:
        """Ask for a text in one language at least."""
        values = super().clean() or self.cleaned_data
        if not any(values.get(f"text_{ending}") for ending in LANGUAGES):
            self.add_error("text_en", _("Write the guidelines in one language at least."))
        return values


class ExampleForm(forms.Form):
    """One worked example; both languages, or one of them whole."""

    dimension = forms.ChoiceField(label=gettext_lazy("Dimension"))
    value = forms.IntegerField(label=gettext_lazy("Value"))
    case_en = _area(gettext_lazy("Case, in English"), 3, EXAMPLE_LIMIT, "en")
    why_en = _area(gettext_lazy("Why, in English"), 3, EXAMPLE_LIMIT, "en")
    case_zh = _area(gettext_lazy("Case, in Chinese"), 3, EXAMPLE_LIMIT, "zh-Hans")
    why_zh = _area(gettext_lazy("Why, in Chinese"), 3, EXAMPLE_LIMIT, "zh-Hans")

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **kwargs)
        self.dimensions = {one.key: one for one in dimensions_of(project.rubric_id)}
        field = self.fields["dimension"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        names = [(one.key, f"{one.code} {wording.name_of(one)}") for one in self.dimensions.values()]
        field.choices = [("", "–"), *names]

    def clean(self) -> dict[str, Any]:
        """Hold the value to its scale, and ask for case and reason in the same language."""
        values = super().clean() or self.cleaned_data
        dimension = self.dimensions.get(values.get("dimension", ""))
        value = values.get("value")
        if dimension and value is not None and not dimension.minimum <= value <= dimension.maximum:
            words = _("On this dimension a value goes from %(minimum)s to %(maximum)s.")
            self.add_error("value", words % {"minimum": dimension.minimum, "maximum": dimension.maximum})
        if not any(values.get(f"case_{one}") and values.get(f"why_{one}") for one in LANGUAGES):
            self.add_error("case_en", _("Write the case and the reason, both in the same language."))
        return values


ExampleForms = forms.formset_factory(
    ExampleForm, extra=1, can_delete=True, max_num=MOST_EXAMPLES, absolute_max=2 * MOST_EXAMPLES
)


@dataclass
class Sheet:
    """The whole page that is filled in: the guidelines and their examples."""

    project: Project
    form: GuidelineForm
    examples: Any

    @classmethod
    def copy_of(cls, project: Project, found: Guideline | None) -> Self:
        """Return a sheet that starts with what the newest version says."""
        texts, examples = (found.texts, found.examples.all()) if found else ({}, [])
        start = {f"text_{ending}": texts.get(language, "") for ending, language in LANGUAGES.items()}
        rows = [
            {
                "dimension": one.dimension.key,
                "value": one.value,
                **{
                    f"{part}_{ending}": one.texts.get(language, {}).get(part, "")
                    for part in ("case", "why")
                    for ending, language in LANGUAGES.items()
                },
            }
            for one in examples
        ]
        forms_of = ExampleForms(prefix=PREFIX, initial=rows, form_kwargs={"project": project})
        return cls(project, GuidelineForm(project=project, initial=start), forms_of)

    @classmethod
    def sent(cls, project: Project, data: QueryDict) -> Self:
        """Return the sheet as it was sent."""
        forms_of = ExampleForms(data, prefix=PREFIX, form_kwargs={"project": project})
        return cls(project, GuidelineForm(data, project=project), forms_of)

    def is_valid(self) -> bool:
        """Check all of it, so that every problem is shown at once."""
        return all((self.form.is_valid(), self.examples.is_valid()))

    def has_errors(self) -> bool:
        """Return whether something that was sent is wrong."""
        return self.form.is_bound and bool(
            self.form.errors or self.examples.total_error_count() or self.examples.non_form_errors()
        )

    def draft(self) -> NewGuideline:
        """Return what was written, without the examples that are to go."""
        values = self.form.cleaned_data
        kept = [
            one.cleaned_data
            for one in self.examples.forms
            if one.has_changed() and not one.cleaned_data.get("DELETE")
        ]
        return NewGuideline(
            texts={language: values[f"text_{ending}"] for ending, language in LANGUAGES.items()},
            changes={language: values[f"changes_{ending}"] for ending, language in LANGUAGES.items()},
            examples=[
                Example(
                    one["dimension"],
                    one["value"],
                    {
                        language: {part: one[f"{part}_{ending}"] for part in ("case", "why")}
                        for ending, language in LANGUAGES.items()
                    },
                )
                for one in kept
            ],
        )

    def batches(self) -> list[int]:
        """Return the inside ids of the chosen batches."""
        return [self.form.by_uid[one] for one in self.form.cleaned_data["batches"]]

    def refuse(self, refusal: Refusal) -> None:
        """Show on the page what publishing refused."""
        for problem in refusal.problems:
            self.form.add_error(None, problem.detail)


def one_more(data: QueryDict) -> QueryDict:
    """Return what was sent with room for one more example."""
    wider = data.copy()
    name = f"{PREFIX}-TOTAL_FORMS"
    count = wider.get(name, "")
    wider[name] = str(int(count) + 1) if count.isdecimal() and len(count) <= len(str(MOST_EXAMPLES)) else "1"
    return wider
