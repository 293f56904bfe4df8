"""Sittings for tests: what brings a conversation to review, a reviewer, a sitting taken and finished."""

from __future__ import annotations

from annotate.models import Membership, Project, Review, Task, User
from annotate.pipeline.flagging import flag_project
from annotate.pipeline.reviewing import (
    Decision,
    decide,
    next_review,
    record_blind,
    reveal,
)
from annotate.reports.reviewers.contested import contested
from tests import make
from tests.judging import candidates, prefer, rate, submit


def everything(project: Project) -> Task:
    """Return a task of two candidates on which one person answered everything local."""
    task = make.task(make.conversation(project, turns=2, candidates=2))
    answers = submit(task, make.member(project))
    keys = project.rubric.dimensions.filter(scope="local").values_list("key", flat=True)
    for response in candidates(task):
        rate(answers, response, state="rated", **dict.fromkeys(keys, 2))
    left, right = candidates(task)[:2]
    prefer(answers, left, right, 1)
    return task


def flagged(project: Project) -> Task:
    task = everything(project)
    rate(submit(task, make.member(project)), candidates(task)[0], text_quality=0)
    flag_project(project.pk)
    return task


def reviewer_of(project: Project) -> User:
    return make.member(project, Membership.Role.REVIEWER)


def seat(project: Project, reviewer: User) -> Review:
    review = next_review(project.pk, reviewer.pk)
    assert review is not None
    return review


def finish(review: Review, value: int = 1, outcome: str = "uphold", **fields: object) -> Review:
    verdicts = {one.name: value for one in contested(review).questions}
    record_blind(review.pk, verdicts, remark="Look at the last picture.", active_ms=0)
    reveal(review.pk)
    return decide(review.pk, Decision(outcome, verdicts, **fields))  # type: ignore[arg-type]
