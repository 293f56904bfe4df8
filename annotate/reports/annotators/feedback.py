"""What a person sees after an item with a key: the own answers beside the key's, and why."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.utils.translation import get_language

from annotate.formats.markdown import render
from annotate.formats.masking import Masker
from annotate.models import Assignment, Comparison, GoldKey, Note, Qualification, Rating, Submission


@dataclass(frozen=True, slots=True)
class Level:
    """A rating's state and, where it has one, its value."""

    value: int | None
    state: str


@dataclass(frozen=True, slots=True)
class RatingBeside:
    """A rating of the key with the own one; ``distance`` is own − key where both are levels."""

    response: uuid.UUID
    dimension: str
    own: Level | None
    key: Level
    distance: int | None


@dataclass(frozen=True, slots=True)
class ComparisonBeside:
    """A preference of the key with the own one, both positive for the right side; distance as above."""

    scope: str
    left: uuid.UUID
    right: uuid.UUID
    dimension: str | None
    own: int | None
    key: int
    distance: int | None


@dataclass(frozen=True, slots=True)
class KeyNote:
    """What the key's author wrote, as safe HTML; on one response, or on a pair."""

    kind: str
    scope: str
    response: uuid.UUID | None
    pair: tuple[uuid.UUID, uuid.UUID] | None
    dimension: str | None
    html: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """One answered item beside its key; ``explanation`` is safe HTML or "".

    ``finishes``: with this item an attempt at a qualification came to its end.
    """

    ratings: list[RatingBeside]
    comparisons: list[ComparisonBeside]
    notes: list[KeyNote]
    explanation: str
    finishes: bool


def feedback(assignment: Assignment) -> Feedback:
    """Return a submitted assignment beside its task's key, in six statements; names that are masked stay so."""
    mask = Masker.of(tuple(assignment.project.masked_names))
    key = GoldKey.objects.get(task=assignment.task_id)
    own = Submission.objects.filter(assignment=assignment).latest("revision")
    return Feedback(
        list(_ratings(own.pk, key.submission_id)),
        list(_comparisons(own.pk, key.submission_id)),
        list(_notes(key.submission_id, mask)),
        _masked(in_own_language(key.explanations), mask),
        Qualification.objects.filter(
            batch=assignment.task.batch_id, annotator=assignment.annotator_id, finished_at__gte=own.created_at
        ).exists(),
    )


def in_own_language(texts: dict[str, str]) -> str:
    """Return the text in the reader's language, else in English, else in any."""
    wanted = (get_language() or "en").lower()
    return texts.get(wanted) or texts.get("en") or next(iter(texts.values()), "")


def _ratings(own: int, key: int) -> list[RatingBeside]:
    mine = {
        (response, dimension): Level(value, state)
        for response, dimension, value, state in Rating.objects.filter(submission=own).values_list(
            "response", "dimension", "value", "state"
        )
    }
    found = []
    for one in (
        Rating.objects.filter(submission=key)
        .select_related("response", "dimension")
        .order_by("response", "dimension__position")
    ):
        given = mine.get((one.response_id, one.dimension_id))
        both = given is not None and given.state == one.state == Rating.State.RATED
        distance = (
            given.value - one.value
            if both and given and given.value is not None and one.value is not None
            else None
        )
        found.append(
            RatingBeside(one.response.uid, one.dimension.key, given, Level(one.value, one.state), distance)
        )
    return found


def _comparisons(own: int, key: int) -> list[ComparisonBeside]:
    def name(one: Comparison) -> tuple[str, int, int, int | None]:
        return one.scope, one.left_id, one.right_id, one.dimension_id

    mine = {name(one): one.preference for one in Comparison.objects.filter(submission=own)}
    rows = (
        Comparison.objects.filter(submission=key)
        .select_related("left", "right", "dimension")
        .order_by("scope", "left", "right", "dimension__position")
    )
    return [
        ComparisonBeside(
            scope=one.scope,
            left=one.left.uid,
            right=one.right.uid,
            dimension=one.dimension.key if one.dimension else None,
            own=mine.get(name(one)),
            key=one.preference,
            distance=mine[name(one)] - one.preference if name(one) in mine else None,
        )
        for one in rows
    ]


def _masked(text: str, mask: Masker | None) -> str:
    html = render(text)
    return mask.html(html) if mask else html


def _notes(key: int, mask: Masker | None) -> list[KeyNote]:
    rows = (
        Note.objects.filter(submission=key)
        .exclude(kind=Note.Kind.REFINEMENT)
        .select_related("response", "left", "right", "dimension")
        .order_by("pk")
    )
    return [
        KeyNote(
            kind=one.kind,
            scope=one.scope,
            response=one.response.uid if one.response else None,
            pair=(one.left.uid, one.right.uid) if one.left and one.right else None,
            dimension=one.dimension.key if one.dimension else None,
            html=_masked(one.text, mask),
        )
        for one in rows
    ]
