"""A share of reviews is repeated by somebody else; audits and seconds look like every other sitting."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from typing import Any

import pytest
from django.core.cache import cache

from annotate.models import AuditItem, Conversation, Flag, Membership, Project, Review, Submission, Task, User
from annotate.pipeline.auditing import audit_project
from annotate.pipeline.flagging import flag_project
from annotate.pipeline.reviewing import (
    Decision,
    decide,
    flags_shown,
    leave,
    next_review,
    record_blind,
    reveal,
)
from annotate.refusal import Refusal
from annotate.reports.contested import contested
from annotate.reports.drawing_up import shape_of
from annotate.reports.review_queue import conversations_waiting
from tests import make
from tests.judging import candidates, disputed, prefer, rate, submit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgotten() -> None:
    cache.clear()


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


def test_a_flagged_sitting_asks_what_is_contested_and_a_little_that_is_not() -> None:
    project = make.project(audit_share=0)
    task = flagged(project)
    review = seat(project, reviewer_of(project))

    contested_one = f"rating:{candidates(task)[0].uid}:text_quality"
    assert contested_one in review.asks
    assert 2 <= len(review.asks) <= 3
    assert len(set(review.asks)) == len(review.asks)


def test_where_labels_are_audited_every_sitting_asks_as_much_as_the_audit_draws() -> None:
    project = make.project(audit_share=0)
    flagged(project)
    Project.objects.update(audit_share=1.0)
    over_flags = seat(project, reviewer_of(project))
    shape = shape_of(finish(over_flags).asks)
    audited = everything(project)
    audit_project(project.pk)
    AuditItem.objects.exclude(conversation=audited.conversation).delete()
    review = seat(project, reviewer_of(project))

    assert review.conversation == audited.conversation
    assert (review.is_audit, review.flags.count(), review.audit_items.count()) == (True, 0, 4)
    for one in (shape, shape_of(review.asks)):
        assert Counter(rating=3, comparison=1) <= one
        assert one.total() <= 6
    assert over_flags.flags.exists()
    assert not over_flags.audit_items.exists()


def several_contested(project: Project, count: int) -> None:
    """Contest so many ratings of one conversation."""
    task = everything(project)
    keys = sorted(project.rubric.dimensions.filter(scope="local").values_list("key", flat=True))
    places = [(response, key) for response in candidates(task)[:2] for key in keys][:count]
    answers = submit(task, make.member(project))
    for response, key in places:
        values: dict[str, Any] = {key: 0}
        rate(answers, response, **values)


def test_the_form_of_a_sitting_does_not_tell_what_it_is_held_for() -> None:
    project = make.project(audit_share=0, second_review_share=0)
    lot = random.Random(5)
    reviewer = reviewer_of(project)
    for _ in range(70):
        several_contested(project, lot.choice((1, 1, 1, 2, 3, 5)))
    flag_project(project.pk)
    Project.objects.update(audit_share=1.0)
    for _ in range(70):
        task = everything(project)
        if lot.random() < 0.2:  # two people's labels are drawn there
            answers = submit(task, make.member(project))
            keys = project.rubric.dimensions.filter(scope="local").values_list("key", flat=True)
            values: dict[str, Any] = dict.fromkeys(keys, 2)
            rate(answers, candidates(task)[0], **values)
    audit_project(project.pk)
    AuditItem.objects.filter(conversation__flags__isnull=False).delete()
    for number, conversation in enumerate(Conversation.objects.order_by("pk")):
        Conversation.objects.filter(pk=conversation.pk).update(uid=uuid.UUID(int=number))
    forms: dict[bool, list[tuple[int, int, int]]] = {True: [], False: []}
    while (review := next_review(project.pk, reviewer.pk)) is not None:
        shape = shape_of(review.asks)
        steps = sum(name.startswith("step:") for name in review.asks)
        forms[review.is_audit].append((shape["rating"], shape["comparison"], steps))
        verdicts = dict.fromkeys(review.asks, 1)
        record_blind(review.pk, verdicts)
        reveal(review.pk)
        decide(review.pk, Decision("uphold", verdicts))
    assert [len(forms[is_audit]) for is_audit in (True, False)] == [70, 70]

    # Told apart by form alone, as well as can be: no better than where the sorts are dealt out by lot.
    every = forms[True] + forms[False]
    dealt = [distance(*halves(lot.sample(every, len(every)), 70)) for _ in range(2000)]
    assert distance(forms[True], forms[False]) <= sorted(dealt)[1900]
    usual = {form for form, count in Counter(every).items() if count > 7}
    assert usual <= set(forms[True]) & set(forms[False])


def halves(forms: list[tuple[int, int, int]], size: int) -> tuple[list[tuple[int, int, int]], ...]:
    return forms[:size], forms[size:]


def distance(some: list[tuple[int, int, int]], others: list[tuple[int, int, int]]) -> float:
    """Return by how much whoever sees the form guesses the sort better than by tossing a coin: 0 to 1."""
    one, other = Counter(some), Counter(others)
    return sum(abs(one[form] / len(some) - other[form] / len(others)) for form in one | other) / 2


def with_steps(task: Task) -> Task:
    """Return the task with the steps of two responses labelled by the first person who answered."""
    answers = Submission.objects.filter(task=task).earliest("pk")
    for response in candidates(task)[:2]:
        response.parts.update(text="This.\n\nThat.")
        for index in (0, 1):
            answers.steps.create(response=response, index=index, value=1, splitter_version=1)
    return task


def test_where_steps_were_labelled_flagged_sittings_and_audits_alike_ask_about_one_response() -> None:
    project = make.project(audit_share=0)
    flags = with_steps(flagged(project))
    Project.objects.update(audit_share=1.0)
    over_flags = seat(project, reviewer_of(project))
    shape = shape_of(finish(over_flags).asks)
    audited = with_steps(everything(project))
    audit_project(project.pk)
    AuditItem.objects.exclude(conversation=audited.conversation).delete()
    steps = AuditItem.objects.get(response__isnull=False, dimension=None)
    AuditItem.objects.exclude(pk=steps.pk).delete()
    audit = seat(project, reviewer_of(project))

    assert (over_flags.conversation, audit.conversation) == (flags.conversation, audited.conversation)
    assert not over_flags.flags.filter(kind="F4").exists()
    assert shape["step"] == shape_of(audit.asks)["step"] == 1
    assert [name for name in audit.asks if name.startswith("step:")] == [
        f"step:{steps.response.uid}:{index}"  # type: ignore[union-attr]
        for index in (0, 1)
    ]


def test_two_audited_responses_and_a_flagged_one_are_all_asked() -> None:
    project = make.project(audit_share=1.0)
    task = with_steps(everything(project))
    audit_project(project.pk)
    item = AuditItem.objects.get(response__isnull=False, dimension=None)
    other = next(one for one in candidates(task)[:2] if one != item.response)
    Flag.objects.create(
        project=project,
        conversation=task.conversation,
        kind="F4",
        fingerprint="a",
        scope="local",
        response=other,
        annotator=item.annotator,
        evidence={"steps": [{"index": 0}]},
    )
    review = seat(project, reviewer_of(project))

    assert shape_of(review.asks)["step"] == 2


def test_giving_back_and_taking_again_asks_the_same() -> None:
    project = make.project(audit_share=0)
    flagged(project)
    reviewer = reviewer_of(project)
    first = seat(project, reviewer)
    leave(first.pk)

    again = seat(project, reviewer)
    assert again.pk != first.pk
    assert again.asks == first.asks


def test_a_sitting_takes_flags_and_audit_items_of_its_conversation_and_gives_both_back() -> None:
    project = make.project(audit_share=1.0)
    flagged(project)
    audit_project(project.pk)
    review = seat(project, reviewer_of(project))

    assert review.flags.exists()
    assert review.audit_items.count() == AuditItem.objects.count() > 0
    assert not review.is_audit
    leave(review.pk)
    assert not AuditItem.objects.filter(review__isnull=False).exists()
    assert not Flag.objects.filter(review__isnull=False).exists()


def test_audits_are_mixed_in_by_chance() -> None:
    project = make.project(audit_share=0)
    for _ in range(6):
        flagged(project)
    Project.objects.update(audit_share=1.0)
    for _ in range(6):
        everything(project)
    audit_project(project.pk)
    AuditItem.objects.filter(conversation__flags__isnull=False).delete()
    reviewer = reviewer_of(project)
    order = [finish(seat(project, reviewer)).is_audit for _ in range(12)]

    assert order.count(True) == 6
    assert order != sorted(order)
    assert order != sorted(order, reverse=True)
    assert next_review(project.pk, reviewer.pk) is None


def test_a_queue_does_not_hunt_one_person() -> None:
    project = make.project(audit_share=0, second_review_share=0)
    hunted = make.member(project)
    for _ in range(4):
        make.member(project)
    conversations = [make.task(make.conversation(project)) for _ in range(6)]
    for number, task in enumerate(conversations):
        person = hunted if number < 5 else make.member(project)
        answers = submit(task, person)
        rate(answers, candidates(task)[0], text_quality=0)
        for value in (3, 3):
            rate(submit(task, make.member(project)), candidates(task)[0], text_quality=value)
    flag_project(project.pk)
    Flag.objects.filter(annotator=hunted).update(priority=1.0)
    reviewer = reviewer_of(project)
    Membership.objects.filter(project=project, role="annotator").exclude(user=hunted).update(role="reviewer")
    order = [finish(seat(project, reviewer)).flags.get().annotator_id == hunted.pk for _ in range(6)]
    assert order == [True] * 5 + [False]  # alone, that person is an equal share: nobody is rested

    Review.objects.filter(wants_second=True).update(wants_second=False)
    Membership.objects.filter(project=project, role="reviewer").exclude(user=reviewer).update(
        role="annotator"
    )
    for task in (make.task(make.conversation(project)) for _ in range(2)):
        person = hunted if task.pk % 2 else make.member(project)
        rate(submit(task, person), candidates(task)[0], text_quality=0)
        for value in (3, 3):
            rate(submit(task, make.member(project)), candidates(task)[0], text_quality=value)
    flag_project(project.pk)
    Flag.objects.filter(annotator=hunted).update(priority=1.0)
    first, second = (finish(seat(project, reviewer)).flags.get().annotator_id for _ in range(2))
    assert (first == hunted.pk, second == hunted.pk) == (False, True)


def test_a_second_reviewer_is_asked_the_same_questions_blind_and_resolves_nothing() -> None:
    project = make.project(audit_share=0, second_review_share=1.0)
    flagged(project)
    ada, bob, eve = (reviewer_of(project) for _ in range(3))
    first = finish(seat(project, ada), outcome="change")
    assert first.wants_second
    assert next_review(project.pk, ada.pk) is None
    assert conversations_waiting([project.pk], ada.pk) == {}
    assert conversations_waiting([project.pk], bob.pk) == {project.pk: 1}

    second = seat(project, bob)
    assert (second.second_of, second.asks, second.is_audit) == (first, first.asks, False)
    assert next_review(project.pk, eve.pk) is None
    finish(second, 3, "ambiguous")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.wants_second, second.wants_second) == (False, False)
    assert Flag.objects.get().outcome == "change"
    assert Flag.objects.get().review == first
    assert next_review(project.pk, eve.pk) is None


def test_a_new_flag_where_a_second_person_is_wanted_is_seen_and_resolved_by_a_sitting_of_its_own() -> None:
    project = make.project(audit_share=0, second_review_share=1.0)
    task = flagged(project)
    ada, bob, eve = (reviewer_of(project) for _ in range(3))
    first = finish(seat(project, ada), outcome="change")
    new = model_flag(task)

    sitting = seat(project, bob)
    assert sitting.second_of is None
    assert [flag.pk for flag in flags_shown(sitting)] == [new.pk]
    assert f"comparison:local:{new.left.uid}:{new.right.uid}:" in sitting.asks  # type: ignore[union-attr]
    finish(sitting, outcome="ambiguous")
    second = seat(project, eve)
    assert second.second_of == first
    assert not second.flags.exists()
    newest = model_flag(task, fingerprint="raised while she sits")
    finish(second)
    newest.refresh_from_db()
    assert (newest.status, newest.review) == ("open", None)


def test_a_second_review_that_is_given_back_waits_for_somebody_else() -> None:
    project = make.project(audit_share=0, second_review_share=1.0)
    flagged(project)
    finish(seat(project, reviewer_of(project)))
    leave(seat(project, reviewer_of(project)).pk)

    assert seat(project, reviewer_of(project)).second_of is not None


def test_raw_labels_are_never_overwritten() -> None:
    project = make.project(audit_share=0)
    task = flagged(project)
    before = list(
        Submission.objects.filter(origin="live")
        .order_by("pk")
        .values_list("pk", "ratings__pk", "ratings__value")
    )
    finish(seat(project, reviewer_of(project)), 3, "change")

    after = Submission.objects.filter(origin="live").order_by("pk")
    assert list(after.values_list("pk", "ratings__pk", "ratings__value")) == before
    assert Submission.objects.filter(task=task, origin="review").count() == 2


def test_active_time_is_what_the_page_told_but_never_more_than_passed() -> None:
    project = make.project(audit_share=0)
    flagged(project)
    review = seat(project, reviewer_of(project))
    verdicts = {one.name: 1 for one in contested(review).questions}
    record_blind(review.pk, verdicts, active_ms=3_600_000)
    review.refresh_from_db()
    passed = review.active_ms
    assert passed < 600_000
    reveal(review.pk)
    decide(review.pk, Decision("uphold", verdicts, active_ms=0))
    review.refresh_from_db()
    assert review.active_ms == passed


def model_flag(task: Task, **fields: object) -> Flag:
    left, right = candidates(task)[:2]
    annotator = task.submissions.earliest("pk").annotator
    return Flag.objects.create(
        project=task.batch.project,
        conversation=task.conversation,
        kind="F2",
        scope="local",
        left=left,
        right=right,
        annotator=annotator,
        evidence={"annotator": 1, "scorer": "rm", "preference": 1, "delta": -4.2, "probability": 0.04},
        p_value=0.04,
        **{"fingerprint": str(task.pk), **fields},
    )


def test_a_model_that_is_wrong_needs_a_why_and_people_are_upheld() -> None:
    project = make.project(audit_share=0)
    task = flagged(project)
    model_flag(task)
    review = seat(project, reviewer_of(project))
    with pytest.raises(Refusal) as refused:
        finish(review, outcome="model_wrong")
    assert [one.path for one in refused.value.problems] == ["fault"]

    finish(review, outcome="model_wrong", fault="length")
    assert dict(Flag.objects.values_list("kind", "outcome")) == {"F1": "uphold", "F2": "model_wrong"}
    assert dict(Flag.objects.values_list("kind", "model_fault")) == {"F1": "", "F2": "length"}


def test_a_waiting_flag_is_nobodys_to_review() -> None:
    project = make.project(audit_share=0)
    flagged(project)
    Flag.objects.update(status=Flag.Status.WAITING)

    assert next_review(project.pk, reviewer_of(project).pk) is None


def test_every_step_of_a_flagged_response_is_asked() -> None:
    project = make.project(audit_share=0)
    task = everything(project)
    response = candidates(task)[0]
    response.parts.update(text="First this.\n\nThen that.\n\nSo there.")
    Flag.objects.create(
        project=project,
        conversation=task.conversation,
        kind="F4",
        fingerprint="steps",
        scope="local",
        response=response,
        annotator=task.submissions.earliest("pk").annotator,
        evidence={"steps": [{"index": 1}]},
    )
    review = seat(project, reviewer_of(project))
    assert [one for one in review.asks if one.startswith("step:")] == [
        f"step:{response.uid}:{index}" for index in range(3)
    ]
    finish(review, 1)
    assert [one.value for one in Submission.objects.filter(origin="review").earliest("pk").steps.all()] == [
        1
    ] * 3


def test_disputed_tells_one_reason_once() -> None:
    project = make.project(audit_share=0)
    task = make.task(make.conversation(project))
    disputed(task, 0, 3)
    flag_project(project.pk)
    assert seat(project, reviewer_of(project)).asks == [f"rating:{candidates(task)[0].uid}:text_quality"]
