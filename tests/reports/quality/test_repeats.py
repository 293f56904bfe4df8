from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from annotate.models import Project, Task, User
from annotate.reports.quality.repeats import self_agreement
from tests import make
from tests.judging import candidates, prefer, rate, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make.project()


def twice(person: User, project: Project, first: int, again: int, *, sides: tuple[int, int] = (2, 1)) -> Task:
    """Let the person answer one task, and the same again as a repeat; return the repeat."""
    original = make.task(make.conversation(project, candidates=2))
    left, right = candidates(original)
    given = submit(original, person)
    rate(given, left, text_quality=first)
    prefer(given, left, right, sides[0])
    repeat = make.task(original.conversation, overlap=1, open_slots=1, follows=original, reserved_for=person)
    given = submit(repeat, person)
    rate(given, left, text_quality=again)
    prefer(given, left, right, sides[1])
    return repeat


def test_a_person_is_held_against_themselves(project: Project, django_assert_num_queries: Any) -> None:
    ada, ben = make.member(project), make.member(project)
    for first, again in ((0, 0), (3, 3), (1, 2), (2, 2)):
        twice(ada, project, first, again)
    twice(ben, project, 2, 2, sides=(2, -1))
    twice(make.member(make.project()), make.project(), 2, 2)

    with django_assert_num_queries(3):
        found = self_agreement(project.pk)

    assert set(found) == {ada.pk, ben.pk}
    one = found[ada.pk]
    assert (one.tasks, one.ratings, one.exact) == (4, 4, 0.75)
    # Observed squared steps: 1. Expected: every pair of (0, 3, 1, 2) and (0, 3, 2, 2), over four: 40/4.
    assert one.kappa == pytest.approx(1 - 1 / (40 / 4))
    assert (one.interval, one.undefined) == (None, "few_tasks")
    assert (one.comparisons, one.same_side) == (4, 1.0)
    assert (found[ben.pk].kappa, found[ben.pk].undefined, found[ben.pk].same_side) == (
        None,
        "no_variation",
        0.0,
    )


def test_from_ten_tasks_on_there_is_an_interval(project: Project) -> None:
    ada = make.member(project)
    for number in range(12):
        twice(ada, project, number % 4, number % 4 if number else 1)

    found = self_agreement(project.pk)[ada.pk]

    assert found.interval is not None
    assert found.kappa is not None
    assert found.interval.low < found.kappa <= found.interval.high
    assert found.undefined == ""


def test_what_is_changed_afterwards_counts_for_neither(project: Project) -> None:
    ada = make.member(project)
    repeat = twice(ada, project, 0, 3)
    assert repeat.follows is not None
    for task, value in ((repeat, 0), (repeat.follows, 3)):
        given = submit(task, ada)
        rate(given, candidates(task)[0], text_quality=value)
    found = self_agreement(project.pk)[ada.pk]

    assert (found.tasks, found.ratings, found.exact) == (1, 1, 0.0)


def test_the_answers_that_stood_when_it_was_handed_out_are_the_ones_compared(project: Project) -> None:
    ada = make.member(project)
    repeat = twice(ada, project, 0, 3)
    assert repeat.follows is not None
    rate(submit(repeat.follows, ada), candidates(repeat)[0], text_quality=3)
    Task.objects.filter(pk=repeat.pk).update(created_at=timezone.now())

    assert self_agreement(project.pk)[ada.pk].exact == 1.0


def test_only_levels_that_both_gave_are_compared(project: Project) -> None:
    ada = make.member(project)
    original = make.task(make.conversation(project))
    rate(submit(original, ada), candidates(original)[0], text_quality=None, state="unable")
    repeat = make.task(original.conversation, overlap=1, open_slots=1, follows=original, reserved_for=ada)
    rate(submit(repeat, ada), candidates(original)[0], text_quality=3)

    found = self_agreement(project.pk)[ada.pk]

    assert (found.tasks, found.ratings, found.exact, found.undefined) == (1, 0, None, "no_ratings")
    assert (found.comparisons, found.same_side) == (0, None)
