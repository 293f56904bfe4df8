"""Items on which reviewers found a model wrong and people right: a test set for reward models."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch

from annotate.models import Flag, MessagePart, Outcome, Response, Score, Submission, Turn

LATEST = 1_000


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a message: a text, or a picture by its SHA-256 (of its pixels) and caption."""

    type: str
    text: str
    image: str | None


@dataclass(frozen=True, slots=True)
class Message:
    """What the user or the assistant said."""

    role: str
    content: list[Part]


@dataclass(frozen=True, slots=True)
class Judged:
    """A response under dispute: what the model gave it, overall and by step (0-based first and last index)."""

    id: uuid.UUID
    source_model: str
    content: list[Part]
    score: float | None
    steps: list[tuple[int, int, float]]


@dataclass(frozen=True, slots=True)
class ModelFault:
    """One item: the history before the responses, the responses, and what the reviewer decided.

    Of two responses ``preference`` above 0 says that the second is better; ``rating`` is the level decided for one;
    ``marks`` are its steps' (index, 1, 0 or −1). ``fault`` is why the model is wrong, ``comment`` the reviewer's words.
    """

    flag: uuid.UUID
    kind: str
    conversation: uuid.UUID
    language: str
    dimension: str | None
    scope: str
    scorer: str
    model: str
    revision: str
    fault: str
    comment: str
    decided_at: datetime | None
    history: list[Message]
    responses: list[Judged]
    preference: int | None
    rating: int | None
    marks: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class ModelFaults:
    """The latest thousand items, newest first; ``total`` counts all."""

    total: int
    items: list[ModelFault]


def model_faults(project_id: int, limit: int = LATEST) -> ModelFaults:
    """Return the items on which a model was found wrong, in twelve statements at most."""
    flags = Flag.objects.filter(
        project=project_id, outcome=Outcome.MODEL_WRONG, conversation__isnull=False
    ).order_by("-review__finished_at", "-pk")
    chosen = list(
        flags.select_related("conversation", "dimension", "run", "review__final").prefetch_related(
            "review__final__ratings", "review__final__comparisons", "review__final__steps"
        )[:limit]
    )
    turns = _turns({flag.conversation_id for flag in chosen if flag.conversation_id is not None})
    responses = {one.pk: one for turn in turns.values() for one in turn.responses.all()}
    runs = {flag.run_id for flag in chosen if flag.run_id is not None}
    ends = {pk for flag in chosen for pk in (flag.response_id, flag.left_id, flag.right_id) if pk is not None}
    scores = {
        (one.run_id, one.response_id): one
        for one in Score.objects.filter(run__in=runs, response__in=ends, dimension=None, value__isnull=False)
    }
    return ModelFaults(flags.count(), [_fault(flag, turns, responses, scores) for flag in chosen])


def _turns(conversations: Iterable[int]) -> dict[int, Turn]:
    parts = Prefetch("parts", MessagePart.objects.select_related("image").order_by("position"))
    rows = Turn.objects.filter(conversation__in=conversations).prefetch_related(
        parts, Prefetch("responses", Response.objects.order_by("pk").prefetch_related(parts))
    )
    return {one.pk: one for one in rows}


def _fault(
    flag: Flag,
    turns: dict[int, Turn],
    responses: dict[int, Response],
    scores: dict[tuple[int, int], Score],
) -> ModelFault:
    ends = [pk for pk in (flag.response_id, flag.left_id, flag.right_id) if pk is not None]
    run, review = flag.run, flag.review
    assert review is not None  # noqa: S101 - flag_outcome_exactly_when_resolved
    assert review.final is not None  # noqa: S101 - review_finished_with_outcome
    assert flag.conversation is not None  # noqa: S101 - asked for above
    preference, rating, marks = _decided(flag, review.final)
    return ModelFault(
        flag=flag.uid,
        kind=flag.kind,
        conversation=flag.conversation.uid,
        language=flag.conversation.language,
        dimension=flag.dimension.key if flag.dimension else None,
        scope=flag.scope,
        scorer=run.scorer if run else "",
        model=run.model if run else "",
        revision=run.revision if run else "",
        fault=flag.model_fault,
        comment=review.comment,
        decided_at=review.finished_at,
        history=_history(responses[ends[0]], turns, responses) if ends else [],
        responses=[_judged(responses[pk], scores.get((flag.run_id or 0, pk))) for pk in ends],
        preference=preference,
        rating=rating,
        marks=marks,
    )


def _decided(flag: Flag, final: Submission) -> tuple[int | None, int | None, list[tuple[int, int]]]:
    """Return the final verdict on the flag's item: preference, level, marks of steps."""
    pair = (flag.scope, flag.left_id, flag.right_id, flag.dimension_id)
    preferences = [
        one.preference
        for one in final.comparisons.all()
        if (one.scope, one.left_id, one.right_id, one.dimension_id) == pair
    ]
    levels = [
        one.value
        for one in final.ratings.all()
        if (one.response_id, one.dimension_id) == (flag.response_id, flag.dimension_id)
    ]
    marks = [(one.index, one.value) for one in final.steps.all() if one.response_id == flag.response_id]
    return next(iter(preferences), None), next(iter(levels), None), sorted(marks)


def _history(response: Response, turns: dict[int, Turn], responses: dict[int, Response]) -> list[Message]:
    """Return what was said before a response, from the first turn on."""
    turn = turns[response.turn_id]
    found = [Message("user", _parts(turn))]
    while turn.parent_id is not None:
        above = responses[turn.parent_id]
        turn = turns[above.turn_id]
        found += [Message("assistant", _parts(above)), Message("user", _parts(turn))]
    return found[::-1]


def _parts(owner: Turn | Response) -> list[Part]:
    return [
        Part(one.kind, one.text or one.caption, one.image.sha256 if one.image else None)
        for one in owner.parts.all()
    ]


def _judged(response: Response, score: Score | None) -> Judged:
    steps = (
        zip(score.step_first or [], score.step_last or [], score.step_values or [], strict=True)
        if score
        else []
    )
    return Judged(
        response.uid, response.source_model, _parts(response), score.value if score else None, list(steps)
    )
