"""Rubrics and projects: what has to be there before anything can be asked."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction

from annotate.formats.rubric import BUILT_IN, RubricRecord, read_rubric
from annotate.models import Batch, Dimension, Membership, Project, Rubric, User
from annotate.refusal import Refusal

DEFAULT_BATCH = "default"
MAX_OVERLAP = 50
DEFAULT_OVERLAP_LIMIT = 5
MAX_SLUG = 64


@transaction.atomic
def load_rubric(record: RubricRecord) -> Rubric:
    """Store a rubric version with its dimensions and return it; the same one again changes nothing.

    Refuses (``rubric_version_taken``) other content under a key and version that exist: people may
    have answered by it already.
    """
    found = Rubric.objects.filter(key=record.key, version=record.version).first()
    if found is None:
        found = Rubric.objects.create(
            key=record.key, version=record.version, names=record.names, sha256=record.sha256
        )
        Dimension.objects.bulk_create(_dimensions(found, record))
    elif found.sha256 != record.sha256:
        raise Refusal.because(
            "rubric_version_taken",
            f"{record.key} version {record.version} is stored with other content. A rubric is never "
            f"changed: give this one the version {_next_version(record.key)}.",
            "version",
        )
    return found


def _dimensions(rubric: Rubric, record: RubricRecord) -> Iterator[Dimension]:
    for position, one in enumerate(record.dimensions):
        yield Dimension(
            rubric=rubric,
            position=position,
            key=one.key,
            code=one.code,
            scope=one.scope,
            minimum=one.scale[0],
            maximum=one.scale[1],
            image_rule=one.image_rule,
            aliases=list(one.aliases),
            texts={
                language: {
                    "name": texts.name,
                    "question": texts.question,
                    "anchors": {str(level): anchor for level, anchor in texts.anchors.items()},
                    "rules": texts.rules,
                }
                for language, texts in one.texts.items()
            },
        )


def _next_version(key: str) -> int:
    return max(Rubric.objects.filter(key=key).values_list("version", flat=True)) + 1


@transaction.atomic
def create_project(  # noqa: PLR0913 - all but two by name
    slug: str,
    name: str,
    *,
    rubric_key: str = "intermt",
    overlap: int = 3,
    language: str = "en",
    manager: User | None = None,
) -> Project:
    """Create a project with its open default batch, by the newest version of the rubric.

    ``manager``, where given, is its first member. A built-in rubric is loaded on first use.
    Refuses a slug that is taken or malformed, an unknown rubric, and an overlap outside 1 to 50.
    """
    _check_slug(slug)
    if not 1 <= overlap <= MAX_OVERLAP:
        detail = f"The overlap is a number from 1 to {MAX_OVERLAP}."
        raise Refusal.because("overlap_refused", detail, "overlap")
    project = Project.objects.create(
        slug=slug, name=name, rubric=_newest_rubric(rubric_key), overlap=overlap, language=language
    )
    Batch.objects.create(
        project=project,
        name=DEFAULT_BATCH,
        rubric=project.rubric,
        overlap=overlap,
        overlap_limit=max(DEFAULT_OVERLAP_LIMIT, overlap),
        is_default=True,
    )
    if manager is not None:
        Membership.objects.create(project=project, user=manager, role=Membership.Role.MANAGER)
    return project


def _check_slug(slug: str) -> None:
    try:
        validate_slug(slug)
    except ValidationError as error:
        detail = "A project's short name consists of letters, digits, hyphens and underscores."
        raise Refusal.because("slug_refused", detail, "slug") from error
    if len(slug) > MAX_SLUG:
        detail = f"A project's short name has at most {MAX_SLUG} characters."
        raise Refusal.because("slug_refused", detail, "slug")
    if Project.objects.filter(slug=slug).exists():
        detail = f"There is a project “{slug}” already; choose another name."
        raise Refusal.because("project_exists", detail, "slug")


def _newest_rubric(key: str) -> Rubric:
    found = Rubric.objects.filter(key=key).order_by("-version").first()
    if found is not None:
        return found
    built_in = {file.stem: file for file in BUILT_IN.glob("*.yaml")}
    if key not in built_in:
        known = sorted({*built_in, *Rubric.objects.values_list("key", flat=True)})
        detail = f"There is no rubric “{key}”; known are: {', '.join(known)}. load_rubric brings in others."
        raise Refusal.because("rubric_unknown", detail)
    return load_rubric(read_rubric(built_in[key]))
