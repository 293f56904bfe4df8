"""Guidelines with their worked examples: as the API and the screen need them, and as managers list them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from django.db.models import Count, QuerySet

from annotate.formats.markdown import RENDERER_VERSION, render
from annotate.models import Batch, Guideline, Membership, WorkedExample


@dataclass(frozen=True, slots=True)
class ExampleShown:
    """A worked example: ``texts`` holds, by language, ``case`` and ``why`` as HTML."""

    dimension: str
    value: int
    texts: dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class GuidelineShown:
    """One version with its texts as HTML by language, and its examples in order."""

    version: int
    texts: dict[str, str]
    changes: dict[str, str]
    examples: list[ExampleShown]


def etag(uid: uuid.UUID) -> str:
    """Return the tag of a version: it changes when the same Markdown would come out differently."""
    return f'"{uid}-{RENDERER_VERSION}"'


def html_of(texts: Mapping[str, str]) -> dict[str, str]:
    """Return Markdown by language as HTML by language."""
    return {language: render(text) for language, text in texts.items()}


@lru_cache(maxsize=64)
def guideline_shown(guideline_id: int) -> GuidelineShown:
    """Return a version as it is shown, in two statements; kept in the process, since a version never changes."""
    row = Guideline.objects.get(pk=guideline_id)
    examples = WorkedExample.objects.filter(guideline=row).select_related("dimension").order_by("position")
    return GuidelineShown(
        version=row.version,
        texts=html_of(row.texts),
        changes=html_of(row.changes),
        examples=[
            ExampleShown(
                one.dimension.key,
                one.value,
                {language: html_of(texts) for language, texts in one.texts.items()},
            )
            for one in examples
        ],
    )


class _Example(Protocol):
    """A worked example that is not stored yet, in Markdown."""

    @property
    def dimension(self) -> str: ...
    @property
    def value(self) -> int: ...
    @property
    def texts(self) -> Mapping[str, Mapping[str, str]]: ...


def preview(
    texts: Mapping[str, str], changes: Mapping[str, str], examples: Iterable[_Example]
) -> GuidelineShown:
    """Return what a version would look like; its number is 0."""
    said = {language: text for language, text in texts.items() if text.strip()}
    new = {language: text for language, text in changes.items() if text.strip()}
    shown = [
        ExampleShown(
            one.dimension,
            one.value,
            {language: html_of(words) for language, words in one.texts.items() if any(words.values())},
        )
        for one in examples
    ]
    return GuidelineShown(0, html_of(said), html_of(new), shown)


def newest(project_id: int) -> Guideline | None:
    """Return the newest version with its examples loaded, or None."""
    rows = Guideline.objects.filter(project=project_id).prefetch_related("examples__dimension")
    return rows.order_by("-version").first()


def versions(project_id: int) -> QuerySet[Guideline]:
    """Return a project's versions, the newest first, each with ``example_count`` and who wrote it."""
    return (
        Guideline.objects.filter(project=project_id)
        .select_related("created_by")
        .annotate(example_count=Count("examples"))
        .order_by("-version")
    )


@dataclass(frozen=True, slots=True)
class BatchGuideline:
    """Which version a batch goes by."""

    uid: uuid.UUID
    name: str
    state: str
    version: int


def batches(project_id: int) -> list[BatchGuideline]:
    """Return the batches of a project with their versions, by name."""
    rows = Batch.objects.filter(project=project_id).order_by("name")
    return [BatchGuideline(one.uid, one.name, one.state, one.guideline_version) for one in rows]


def confirmed(project_id: int) -> list[int]:
    """Return, for every annotator of the project, the newest version that they confirmed to have read."""
    rows = Membership.objects.filter(project=project_id, role=Membership.Role.ANNOTATOR)
    return list(rows.values_list("guideline_seen", flat=True))
