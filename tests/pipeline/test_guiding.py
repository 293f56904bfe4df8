"""Guidelines: numbered without a gap, checked as a whole, and never changed."""

from __future__ import annotations

import pytest

from annotate.models import Batch, Guideline, WorkedExample
from annotate.pipeline.guiding import Example, NewGuideline, publish, use
from annotate.refusal import Refusal
from tests import make

pytestmark = pytest.mark.django_db
WORDS = {"en": {"case": "A case", "why": "A reason"}, "zh-hans": {"case": "", "why": "理由"}}


def test_versions_count_on_and_batches_change_only_when_told() -> None:
    project = make.project()
    other = make.batch(project)
    first = publish(project.pk, NewGuideline({"en": " One ", "zh-hans": " "}), by=None)
    second = publish(project.pk, NewGuideline({"zh-hans": "二"}), by=None, batches=[other.pk])

    assert (first.version, second.version) == (1, 2)
    assert first.texts == {"en": "One"}
    assert Batch.objects.get(pk=other.pk).guideline_version == 2
    assert project.batches.get(is_default=True).guideline_version == 1


def test_examples_keep_their_order_and_only_whole_languages() -> None:
    project = make.project()
    examples = [Example("text_quality", 3, WORDS), Example("style_coherence", -1, WORDS)]

    made = publish(project.pk, NewGuideline({"en": "Text"}, examples=examples), by=None)

    rows = list(made.examples.values_list("dimension__key", "value", "position"))
    assert rows == [("text_quality", 3, 0), ("style_coherence", -1, 1)]
    assert set(WorkedExample.objects.first().texts) == {"en"}  # type: ignore[union-attr]


def test_every_problem_is_told_at_once_and_nothing_is_stored() -> None:
    project = make.project()
    examples = [
        Example("text_quality", -1, WORDS),
        Example("beauty", 1, WORDS),
        Example("helpfulness", 1, {"en": {"case": "Only a case", "why": ""}}),
    ]

    with pytest.raises(Refusal) as refused:
        publish(project.pk, NewGuideline({"en": ""}, examples=examples), by=None)

    assert [(one.code, one.path) for one in refused.value.problems] == [
        ("no_text", "texts"),
        ("off_scale", "examples[0].value"),
        ("unknown_dimension", "examples[1].dimension"),
        ("incomplete_example", "examples[2].case"),
    ]
    assert not Guideline.objects.exists()


def test_a_batch_goes_by_a_version_that_exists() -> None:
    project = make.project()
    batch = make.batch(project)
    with pytest.raises(Refusal):
        use(batch, 1)
    for text in ("One", "Two"):
        publish(project.pk, NewGuideline({"en": text}), by=None)

    use(batch, 2)

    assert Batch.objects.get(pk=batch.pk).guideline_version == 2
