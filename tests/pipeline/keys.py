"""Conversations with a key, and people who answer them, in a line each."""

from __future__ import annotations

from typing import Any

from annotate.models import Dimension, GoldKey, Membership, Project, Rating, Submission, Task, User
from annotate.pipeline.assigning import Claimant
from annotate.pipeline.keying import Use, make_key
from tests import make
from tests.judging import candidates

LEVELS = (3, 2, 1, 0)


def answered(project: Project, *, turns: int = 1, shift: int = 0, images: bool = False) -> Submission:
    """Return an expert's live answers to a new conversation: varied levels on every local dimension."""
    task = make.task(make.conversation(project, turns=turns, candidates=2, images=images))
    given = make.submission(task, make.member(project))
    rate_all(given, shift)
    return given


def rate_all(given: Submission, shift: int = 0, *, constant: int | None = None) -> None:
    """Rate every response locally: the expert's levels for shift 0, or one constant level."""
    dimensions = Dimension.objects.filter(rubric=given.rubric, scope="local").order_by("position")
    Rating.objects.bulk_create(
        Rating(
            submission=given,
            response=response,
            dimension=dimension,
            value=LEVELS[(place + row + shift) % 4] if constant is None else constant,
        )
        for place, response in enumerate(candidates(given.task))
        for row, dimension in enumerate(dimensions)
    )


def key(project: Project, use: Use, **options: Any) -> GoldKey:
    """Return the key of a new conversation for this use."""
    return make_key(answered(project, **options), use)


def answer(task: Task, person: User, *, shift: int = 0, constant: int | None = None) -> Submission:
    """Let the person submit the task with the expert's levels, shifted ones, or one level throughout."""
    task.refresh_from_db()
    given = make.submission(task, person)
    rate_all(given, shift, constant=constant)
    return given


def claimant(person: User, project: Project, gold_share: float = 0.0) -> Claimant:
    """Return the person as the claim's door would: gated where the project says so."""
    project.refresh_from_db()
    member = Membership.objects.get(user=person, project=project)
    gated = project.qualification_required and member.qualified_at is None
    return Claimant(person.pk, project.pk, [], "", gated, gold_share)
