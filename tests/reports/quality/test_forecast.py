"""What reviewing costs beside annotating: sittings there were and wait, at their measured minutes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from annotate.models import Flag, Membership, Project, Review, Task
from annotate.reports.quality.forecast import (
    Basis,
    ForecastBasis,
    ReviewBasis,
    Wanted,
    forecast_basis,
    forecast_of,
)
from annotate.stats.forecast import Components
from tests import make
from tests.judging import candidates, submit

pytestmark = pytest.mark.django_db

KNOWN = Components(0.4, 0.1, 0.5, 0.05, 0.05, 0.0, 100, 6, 2.0, 1.0, "")


@pytest.fixture
def project() -> Project:
    return make.project()


def flag(task: Task, **fields: Any) -> Flag:
    return Flag.objects.create(
        project=task.batch.project, conversation=task.conversation, kind="F1", scope="local",
        fingerprint=f"{task.pk}", evidence={}, response=candidates(task)[0], **fields,
    )  # fmt: skip


def sitting(task: Task, **fields: Any) -> Review:
    reviewer = make.member(task.batch.project, Membership.Role.REVIEWER)
    final = submit(task, reviewer, origin="review")
    done = {"outcome": "uphold", "finished_at": timezone.now(), "blind": final, "final": final}
    return Review.objects.create(
        project=task.batch.project, conversation=task.conversation, reviewer=reviewer, **{**done, **fields}
    )


def test_sittings_that_were_and_wait_are_counted_by_conversation(project: Project) -> None:
    tasks = [make.task(make.conversation(project)) for _ in range(6)]
    for task in tasks:
        submit(task, make.member(project))
    practice = make.batch(project, purpose="training")
    submit(make.task(make.conversation(project), batch=practice), make.member(project))
    assert forecast_basis(project.pk).reviews == ReviewBasis(6, 0, 0, None, 0)

    first = sitting(tasks[0], active_ms=120_000, wants_second=True)
    flag(tasks[0], status="resolved", outcome="uphold", review=first)
    sitting(tasks[1], active_ms=360_000)
    sitting(tasks[2])  # from before sittings were timed
    flag(tasks[3])
    flag(tasks[4], status="waiting")
    flag(tasks[5], review=sitting(tasks[5], outcome="", finished_at=None, final=None))

    # Waiting: a flag, one that somebody sits over, and a second review; what people settle first does not.
    assert forecast_basis(project.pk).reviews == ReviewBasis(6, 3, 3, 240_000, 2)


def test_reviewers_cost_what_their_sittings_took_at_their_own_rate(project: Project) -> None:
    reviews = ReviewBasis(conversations=50, sittings=10, waiting=15, sitting_ms=180_000, timed=10)
    basis = ForecastBasis([Basis("text_quality", KNOWN)], 6, 360_000, 100, reviews)
    wanted = Wanted("text_quality", half_width=0.1, rate=10)
    cost = forecast_of(project.pk, basis, wanted).forecast.costs[1]

    assert cost.review_hours == pytest.approx(cost.need.conversations * 0.5 * 0.05)
    assert cost.review_hours_high == pytest.approx(cost.need.high * 0.5 * 0.05)
    assert cost.review_money == pytest.approx(10 * (cost.review_hours or 0))
    dearer = forecast_of(project.pk, basis, replace(wanted, review_rate=25)).forecast.costs[1]
    assert dearer.review_money == pytest.approx(25 * (cost.review_hours or 0))
    assert dearer.money == cost.money
    untimed = replace(basis, reviews=replace(reviews, sitting_ms=None, timed=0))
    without = forecast_of(project.pk, untimed, wanted).forecast.costs[1]
    assert (without.review_hours, without.review_money, without.hours) == (None, None, cost.hours)
