from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from annotate.models import Flag, Membership, Review, Submission, Task, User
from annotate.pipeline import reviewing
from annotate.pipeline.flagging import flag_project
from annotate.pipeline.reviewing import Decision, decide, next_review, record_blind, reveal
from annotate.pipeline.verdicts import Verdict
from annotate.refusal import Conflict, Refusal
from annotate.reports.reviewers.contested import ComparisonQuestion, RatingQuestion, contested
from tests import make
from tests.judging import candidates, disputed, prefer, rate, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def task() -> Task:
    return make.task(make.conversation(make.project(), candidates=2))


@pytest.fixture
def reviewer(task: Task) -> User:
    return make.member(task.batch.project, Membership.Role.REVIEWER)


def flagged(task: Task, *values: int) -> Task:
    disputed(task, *(values or (0, 3)))
    flag_project(task.batch.project_id)
    return task


def seated(task: Task, reviewer: User) -> Review:
    review = next_review(task.batch.project_id, reviewer.pk)
    assert review is not None
    return review


def verdicts(review: Review, value: Verdict = 1) -> dict[str, Verdict]:
    return {question.name: value for question in contested(review).questions}


def revealed(task: Task, reviewer: User) -> Review:
    review = seated(task, reviewer)
    record_blind(review.pk, verdicts(review))
    return reveal(review.pk)


def test_without_flags_there_is_nothing_to_review(task: Task, reviewer: User) -> None:
    assert next_review(task.batch.project_id, reviewer.pk) is None


def test_the_conversation_with_most_flags_comes_first_and_ones_own_sitting_again(
    task: Task, reviewer: User
) -> None:
    flagged(task)
    worse = make.task(make.conversation(task.batch.project))
    disputed(worse, 0, 3)
    disputed(worse, 0, 3, dimension="context_coherence")
    flag_project(task.batch.project_id)

    review = seated(task, reviewer)
    assert review.conversation == worse.conversation
    assert set(review.flags.values_list("dimension__key", flat=True)) == {"text_quality", "context_coherence"}
    assert seated(task, reviewer) == review
    other = make.member(task.batch.project, Membership.Role.REVIEWER)
    assert seated(task, other).conversation == task.conversation


def test_nobody_reviews_what_they_annotated(task: Task) -> None:
    people = disputed(task, 0, 3)
    holder = make.member(task.batch.project)
    Task.objects.filter(pk=task.pk).update(open_slots=1)
    task.refresh_from_db()
    make.assignment(task, holder)
    flag_project(task.batch.project_id)

    assert next_review(task.batch.project_id, people[0].pk) is None
    assert next_review(task.batch.project_id, holder.pk) is None


def test_a_stranger_gets_no_sitting(task: Task) -> None:
    flagged(task)
    with pytest.raises(Membership.DoesNotExist):
        next_review(task.batch.project_id, make.user().pk)


def test_a_sitting_asks_each_contested_item_once(task: Task, reviewer: User) -> None:
    left, right = candidates(task)
    for values, preference in (((3, 1), 2), ((0, 1), -2)):
        answers = submit(task, make.member(task.batch.project))
        rate(answers, left, text_quality=values[0])
        rate(answers, right, text_quality=values[1])
        prefer(answers, left, right, preference)
    flag_project(task.batch.project_id)

    review = seated(task, reviewer)
    assert sorted(review.flags.values_list("kind", flat=True)) == ["F0", "F1", "F1"]
    asked = contested(review).questions
    assert [type(one) for one in asked] == [RatingQuestion, RatingQuestion, ComparisonQuestion]
    first, second, pair = asked
    assert (first.response, second.response) == (left.pk, right.pk)  # type: ignore[union-attr]
    assert first.levels == (0, 1, 2, 3)
    assert pair.levels == (-3, -2, -1, 0, 1, 2, 3)


def test_not_applicable_is_offered_where_no_image_could_be_spoken_of(task: Task, reviewer: User) -> None:
    disputed(task, 0, 3, dimension="visual_perceptual_quality")
    flag_project(task.batch.project_id)
    review = seated(task, reviewer)

    (question,) = contested(review).questions
    assert question.states == ("unable", "not_applicable")
    record_blind(review.pk, {question.name: "not_applicable"})
    stored = Submission.objects.get(origin="review").ratings.get()
    assert (stored.value, stored.state) == (None, "not_applicable")


def test_nothing_is_revealed_before_a_blind_verdict(task: Task, reviewer: User) -> None:
    review = seated(flagged(task), reviewer)

    with pytest.raises(Conflict, match="your own verdict first"):
        reveal(review.pk)


def test_the_first_blind_verdict_stays(task: Task, reviewer: User) -> None:
    review = seated(flagged(task), reviewer)
    record_blind(review.pk, verdicts(review, 1))
    record_blind(review.pk, verdicts(review, 3))

    assert reveal(review.pk).revealed_at == reveal(review.pk).revealed_at
    assert [one.value for one in Submission.objects.get(origin="review").ratings.all()] == [1]


@pytest.mark.parametrize(
    ("given", "code"),
    [({}, "missing_verdict"), ({"*": 4}, "off_scale"), ({"*": "fine"}, "off_scale"), ({"x": 1}, "not_asked")],
)
def test_a_verdict_that_is_missing_or_wrong_is_refused_with_its_place(
    task: Task, reviewer: User, given: dict[str, Verdict], code: str
) -> None:
    review = seated(flagged(task), reviewer)
    (name,) = verdicts(review)
    body = {key.replace("*", name): value for key, value in given.items()}
    with pytest.raises(Refusal) as refused:
        record_blind(review.pk, body)

    assert code in [problem.code for problem in refused.value.problems]
    assert not Submission.objects.filter(origin="review").exists()


def test_a_decision_resolves_the_flags_and_keeps_both_verdicts(task: Task, reviewer: User) -> None:
    disputed(task, 0, 3)
    disputed(task, 0, 3, dimension="context_coherence")
    flag_project(task.batch.project_id)
    review = revealed(task, reviewer)
    odd = review.flags.get(dimension__key="text_quality")
    decision = Decision("change", verdicts(review, 3), " Clear. ", {odd.uid: "ambiguous"})

    done = decide(review.pk, decision)
    again = decide(review.pk, decision)

    assert (done.outcome, done.comment) == ("change", "Clear.")
    assert done.finished_at == again.finished_at
    assert done.blind is not None
    assert done.final is not None
    assert [(one.revision, {r.value for r in one.ratings.all()}) for one in (done.blind, done.final)] == [
        (1, {1}),
        (2, {3}),
    ]
    assert dict(Flag.objects.values_list("dimension__key", "outcome")) == {
        "text_quality": "ambiguous",
        "context_coherence": "change",
    }
    assert set(Flag.objects.values_list("status", flat=True)) == {"resolved"}
    assert flag_project(task.batch.project_id, whole=True).open == 0
    assert next_review(task.batch.project_id, reviewer.pk) is None


def test_a_decision_needs_the_reveal(task: Task, reviewer: User) -> None:
    review = seated(flagged(task), reviewer)
    record_blind(review.pk, verdicts(review))

    with pytest.raises(Conflict, match="labels first"):
        decide(review.pk, Decision("uphold", verdicts(review)))


def test_a_decision_with_wrong_outcomes_changes_nothing_and_names_them_all(
    task: Task, reviewer: User
) -> None:
    review = revealed(flagged(task), reviewer)
    foreign = make.user().uid
    with pytest.raises(Refusal) as refused:
        decide(review.pk, Decision("model_wrong", {}, flags={foreign: "uphold"}))

    assert {problem.code for problem in refused.value.problems} == {
        "unknown_outcome",
        "foreign_flag",
        "missing_verdict",
    }
    assert Flag.objects.get().status == "open"


def test_a_flag_raised_during_a_sitting_waits_for_the_next(task: Task, reviewer: User) -> None:
    review = revealed(flagged(task), reviewer)
    disputed(task, 0, 3, dimension="context_coherence")
    flag_project(task.batch.project_id)
    decide(review.pk, Decision("uphold", verdicts(review)))

    later = seated(task, reviewer)
    assert later != review
    assert [flag.dimension.key for flag in later.flags.all() if flag.dimension] == ["context_coherence"]


def test_a_flag_closed_during_a_sitting_stays_closed(task: Task, reviewer: User) -> None:
    people = disputed(task, 0, 3)
    flag_project(task.batch.project_id)
    review = revealed(task, reviewer)
    rate(submit(task, people[0]), candidates(task)[0], text_quality=3)
    flag_project(task.batch.project_id)

    decide(review.pk, Decision("uphold", verdicts(review)))
    assert (Flag.objects.get().status, Flag.objects.get().outcome) == ("closed", "")


def test_a_sitting_can_be_left_until_its_verdict(task: Task, reviewer: User) -> None:
    review = seated(flagged(task), reviewer)
    reviewing.leave(review.pk)
    assert Review.objects.count() == 0

    review = seated(task, reviewer)
    record_blind(review.pk, verdicts(review))
    with pytest.raises(Conflict, match="finish this review"):
        reviewing.leave(review.pk)


def test_a_forgotten_sitting_goes_to_somebody_else(task: Task, reviewer: User) -> None:
    old = seated(flagged(task), reviewer)
    other = make.member(task.batch.project, Membership.Role.REVIEWER)
    assert next_review(task.batch.project_id, other.pk) is None

    Review.objects.update(started_at=timezone.now() - reviewing.IDLE - timedelta(minutes=1))
    assert seated(task, other) != old
    assert Review.objects.count() == 1


@pytest.mark.parametrize("conversations", [1, 6])
def test_sitting_down_takes_the_same_number_of_statements_whatever_waits(
    conversations: int, django_assert_num_queries: Any
) -> None:
    project = make.project()
    reviewer = make.member(project, Membership.Role.REVIEWER)
    for _ in range(conversations):
        disputed(make.task(make.conversation(project)), 0, 3)
    flag_project(project.pk)

    with django_assert_num_queries(25):  # four of them are savepoints and releases
        next_review(project.pk, reviewer.pk)


@pytest.mark.parametrize(
    "dimensions", [["text_quality"], ["text_quality", "context_coherence", "helpfulness"]]
)
def test_a_verdict_takes_the_same_number_of_statements_whatever_is_contested(
    task: Task, reviewer: User, dimensions: list[str], django_assert_num_queries: Any
) -> None:
    for dimension in dimensions:
        disputed(task, 0, 3, dimension=dimension)
    flag_project(task.batch.project_id)
    review = seated(task, reviewer)
    body = verdicts(review)

    with django_assert_num_queries(11):  # four of them are savepoints and releases
        record_blind(review.pk, body)


@pytest.mark.django_db(transaction=True)
def test_reviewers_at_once_never_sit_over_the_same_conversation() -> None:
    project = make.project()
    for _ in range(3):
        disputed(make.task(make.conversation(project)), 0, 3)
    flag_project(project.pk)
    reviewers = [make.member(project, Membership.Role.REVIEWER) for _ in range(5)]
    got = at_once([reviewer.pk for reviewer in reviewers], project.pk)

    conversations = [review.conversation_id for review in got if review]
    assert len(conversations) == len(set(conversations)) == 3
    assert Flag.objects.filter(review=None).count() == 0


@pytest.mark.django_db(transaction=True)
def test_one_reviewer_in_many_tabs_has_one_sitting() -> None:
    project = make.project()
    for _ in range(3):
        disputed(make.task(make.conversation(project)), 0, 3)
    flag_project(project.pk)
    reviewer = make.member(project, Membership.Role.REVIEWER)
    got = at_once([reviewer.pk] * 5, project.pk)

    assert len({review.pk for review in got if review}) == 1
    assert Review.objects.count() == 1


def at_once(people: list[int], project: int) -> list[Review | None]:
    start = threading.Barrier(len(people))
    got: list[Review | None] = []

    def run(person: int) -> None:
        start.wait()
        got.append(next_review(project, person))
        connection.close()

    threads = [threading.Thread(target=run, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connections.close_all()
    assert len(got) == len(people)
    return got
