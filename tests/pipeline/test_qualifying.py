"""Attempts at a qualification: when they are over, who passes, and that once is once."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections

from annotate.models import Assignment, GoldKey, Membership, Project, Qualification, Rating, Submission, User
from annotate.pipeline.assigning import Held, claim
from annotate.pipeline.keying import retire
from annotate.pipeline.qualifying import allow_again, evaluate, set_qualified
from annotate.reports.annotators.qualification import own_qualification
from tests import make
from tests.pipeline import keys

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make.project(qualification_required=True)


def exam(project: Project, items: int = 2) -> list[GoldKey]:
    return [keys.key(project, "qualification") for _ in range(items)]


def sit(project: Project, items: list[GoldKey], **answers: int) -> User:
    """Return a new person who has submitted these items, not evaluated yet."""
    person = make.member(project)
    for one in items:
        keys.answer(one.task, person, **answers)
    return person


def qualified(person: User) -> bool:
    return Membership.objects.get(user=person).qualified_at is not None


def test_a_good_one_passes_and_real_work_opens_at_once(project: Project) -> None:
    make.task(make.conversation(project))
    person = sit(project, exam(project))

    assert evaluate(project.pk, person.pk)

    found = Qualification.objects.get()
    assert (found.passed, found.kappa, found.items, found.attempt) == (True, 1, 16, 1)
    assert qualified(person)
    got = claim(keys.claimant(person, project))
    assert isinstance(got, Held)
    assert got.purpose == "production"


def test_always_three_is_worth_nothing_and_fails(project: Project) -> None:
    person = sit(project, exam(project), constant=3)
    evaluate(project.pk, person.pk)

    found = Qualification.objects.get()
    assert (found.passed, found.kappa) == (False, 0)
    assert not qualified(person)


def test_nothing_is_evaluated_before_the_last_item(project: Project) -> None:
    items = exam(project)
    person = sit(project, items[:1])

    assert not evaluate(project.pk, person.pk)
    keys.answer(items[1].task, person)
    assert evaluate(project.pk, person.pk)


def test_evaluating_again_stores_nothing_more(project: Project) -> None:
    person = sit(project, exam(project), constant=3)

    assert evaluate(project.pk, person.pk)
    assert not evaluate(project.pk, person.pk)
    assert Qualification.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_evaluating_in_many_places_at_once_stores_one_result() -> None:
    project = make.project(qualification_required=True)
    person = sit(project, exam(project))
    start = threading.Barrier(6)

    def run() -> None:
        connection.ensure_connection()
        start.wait()
        evaluate(project.pk, person.pk)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connections.close_all()

    assert Qualification.objects.count() == 1
    assert qualified(person)


def test_the_mark_is_the_batchs(project: Project) -> None:
    items = exam(project)
    items[0].task.batch.__class__.objects.filter(purpose="qualification").update(pass_mark=0.0)
    person = sit(project, items, constant=3)
    evaluate(project.pk, person.pk)

    assert Qualification.objects.get().passed


def test_who_cannot_judge_where_it_is_hard_does_not_pass(project: Project) -> None:
    items = exam(project, 3)
    person = sit(project, items[:2])
    given = make.submission(items[2].task, person)
    keys.rate_all(given)
    unable = Submission.objects.create(
        task=given.task, annotator=person, assignment=given.assignment, rubric=given.rubric, origin="live",
        revision=2, idempotency_key="again",
    )  # fmt: skip
    Rating.objects.bulk_create(
        Rating(submission=unable, response=one.response, dimension=one.dimension, value=None, state="unable")
        for one in given.ratings.all()
    )
    evaluate(project.pk, person.pk)

    found = Qualification.objects.get()
    assert (found.passed, found.kappa, found.items) == (False, 1, 16)


def test_an_item_given_back_ends_the_attempt_without_passing(project: Project) -> None:
    items = exam(project)
    person = sit(project, items)
    Assignment.objects.filter(annotator=person, task=items[0].task).update(status="skipped")
    evaluate(project.pk, person.pk)

    assert not Qualification.objects.get().passed


def test_a_retired_key_is_not_waited_for(project: Project) -> None:
    items = exam(project)
    person = sit(project, items[:1])
    retire(items[1])

    assert evaluate(project.pk, person.pk)
    assert qualified(person)


@pytest.mark.django_db(transaction=True)
def test_a_manager_may_let_somebody_try_again_and_the_earlier_result_stays() -> None:
    project = make.project(qualification_required=True)
    items = exam(project)
    person = sit(project, items, constant=3)
    evaluate(project.pk, person.pk)
    member = Membership.objects.select_related("project").get(user=person)

    assert allow_again(member) == 2
    assert not evaluate(project.pk, person.pk)
    held = claim(keys.claimant(person, project))
    assert isinstance(held, Held)
    assert held.lease_number == 2
    for one in items:
        keys.answer(one.task, person)
    evaluate(project.pk, person.pk)

    assert list(Qualification.objects.order_by("attempt").values_list("attempt", "passed")) == [
        (1, False),
        (2, True),
    ]
    latest = own_qualification(Membership.objects.select_related("project").get(user=person)).latest
    assert latest is not None
    assert (latest.attempt, latest.kappa, latest.pass_mark) == (2, 1, 0.5)


def test_by_hand_a_manager_opens_and_closes_real_work(project: Project) -> None:
    person = make.member(project)
    member = Membership.objects.get(user=person)

    set_qualified(member, qualified=True)
    assert qualified(person)
    set_qualified(member, qualified=False)
    assert not qualified(person)


def test_the_dimensions_that_were_most_off_come_first(project: Project) -> None:
    person = sit(project, exam(project), shift=1)
    evaluate(project.pk, person.pk)

    found = own_qualification(Membership.objects.select_related("project").get(user=person))
    assert found.latest is not None
    distances = [one.distance for one in found.latest.dimensions]
    assert len(distances) == 4
    assert distances == sorted(distances, reverse=True)


def test_what_is_not_due_costs_one_statement(project: Project, django_assert_num_queries: object) -> None:
    person = sit(project, exam(project)[:1])

    with django_assert_num_queries(1):  # type: ignore[operator]
        evaluate(project.pk, person.pk)
