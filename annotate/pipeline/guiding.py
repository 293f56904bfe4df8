"""Guidelines: published in versions that never change, used by batches, confirmed by who works with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Greatest

from annotate.models import Batch, Dimension, Guideline, Membership, Project, WorkedExample
from annotate.refusal import Problem, Refusal

LANGUAGES = ("en", "zh-hans")
TEXT_LIMIT = 60_000
EXAMPLE_LIMIT = 4_000
MOST_EXAMPLES = 100
Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Example:
    """A case, the value it deserves on a dimension (by key), and why: ``{language: {"case", "why"}}``."""

    dimension: str
    value: int
    texts: Mapping[str, Texts]


@dataclass(frozen=True, slots=True)
class NewGuideline:
    """What a version is made of: Markdown by language, what is new in it, worked examples in order."""

    texts: Texts
    changes: Texts = field(default_factory=dict)
    examples: Sequence[Example] = ()


@transaction.atomic
def publish(project_id: int, new: NewGuideline, *, by: int | None, batches: Sequence[int] = ()) -> Guideline:
    """Store the project's next version, and let these of its batches use it from now on; return it.

    Refuses guidelines without a text in any language, an example whose value is off its dimension's scale,
    and one that lacks its case or its reason: a Problem each, with its place (``examples[2].value``).
    """
    # Two managers who publish at once get two versions.
    project = Project.objects.select_for_update(no_key=True).get(pk=project_id)
    dimensions = {one.key: one for one in Dimension.objects.filter(rubric=project.rubric_id)}
    texts, changes = _kept(new.texts), _kept(new.changes)
    problems = list(_problems(new, texts, changes, dimensions))
    if problems:
        raise Refusal(problems)
    newest = Guideline.objects.filter(project=project).aggregate(newest=Max("version"))["newest"] or 0
    made = Guideline.objects.create(
        project=project, version=newest + 1, texts=texts, changes=changes, created_by_id=by
    )
    WorkedExample.objects.bulk_create(
        WorkedExample(
            guideline=made,
            dimension=dimensions[one.dimension],
            position=position,
            value=one.value,
            texts=_complete(one.texts),
        )
        for position, one in enumerate(new.examples)
    )
    Batch.objects.filter(project=project, pk__in=batches).update(guideline_version=made.version)
    return made


def _kept(texts: Texts) -> dict[str, str]:
    """Return the languages in which something is said."""
    return {language: texts[language].strip() for language in LANGUAGES if texts.get(language, "").strip()}


def _complete(texts: Mapping[str, Texts]) -> dict[str, dict[str, str]]:
    """Return an example's languages that have both its case and its reason."""
    said = {language: {key: text.strip() for key, text in one.items()} for language, one in texts.items()}
    return {
        language: said[language]
        for language in LANGUAGES
        if said.get(language, {}).get("case") and said[language].get("why")
    }


def _problems(
    new: NewGuideline, texts: Texts, changes: Texts, dimensions: Mapping[str, Dimension]
) -> list[Problem]:
    found = []
    if not texts:
        found.append(Problem("no_text", "Write the guidelines in one language at least.", "texts"))
    for name, written in (("texts", texts), ("changes", changes)):
        if any(len(text) > TEXT_LIMIT for text in written.values()):
            found.append(Problem("text_too_long", f"At most {TEXT_LIMIT:,} characters.", name))
    if len(new.examples) > MOST_EXAMPLES:
        found.append(Problem("too_many_examples", f"At most {MOST_EXAMPLES} worked examples.", "examples"))
    for index, one in enumerate(new.examples):
        found += _example_problems(one, f"examples[{index}]", dimensions.get(one.dimension))
    return found


def _example_problems(one: Example, place: str, dimension: Dimension | None) -> list[Problem]:
    found = []
    if dimension is None:
        detail = "The project's rubric has no such dimension."
        found.append(Problem("unknown_dimension", detail, f"{place}.dimension"))
    elif not dimension.minimum <= one.value <= dimension.maximum:
        detail = f"On this dimension a value goes from {dimension.minimum} to {dimension.maximum}."
        found.append(Problem("off_scale", detail, f"{place}.value"))
    if not _complete(one.texts):
        detail = "Write the case and the reason, both in the same language."
        found.append(Problem("incomplete_example", detail, f"{place}.case"))
    if any(len(text) > EXAMPLE_LIMIT for texts in one.texts.values() for text in texts.values()):
        found.append(Problem("text_too_long", f"At most {EXAMPLE_LIMIT:,} characters.", f"{place}.case"))
    return found


def use(batch: Batch, version: int) -> None:
    """Let a batch go by this version from now on; refuses one that does not exist."""
    if not Guideline.objects.filter(project=batch.project_id, version=version).exists():
        raise Refusal.because("unknown_version", "There is no such version of the guidelines.", "version")
    Batch.objects.filter(pk=batch.pk).update(guideline_version=version)


def confirm(member: Membership, version: int) -> None:
    """Record that the person has read this version; an older one changes nothing."""
    if member.guideline_seen < version:
        Membership.objects.filter(pk=member.pk).update(guideline_seen=Greatest("guideline_seen", version))
