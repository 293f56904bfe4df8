"""A share of reviews is repeated by somebody else; audits and seconds look like every other sitting."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from annotate.models import AuditItem, Flag, Membership, Project, Review, Submission, Task
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
from annotate.reports.reviewers.contested import contested
from annotate.reports.reviewers.review_queue import conversations_waiting
from tests import make
from tests.judging import candidates, disputed, rate, submit
from tests.pipeline.sittings import everything, finish, flagged, reviewer_of, seat

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgotten() -> None:
    cache.clear()


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


def test_disputed_tells_one_reason_once() -> None:
    project = make.project(audit_share=0)
    task = make.task(make.conversation(project))
    disputed(task, 0, 3)
    flag_project(project.pk)
    assert seat(project, reviewer_of(project)).asks == [f"rating:{candidates(task)[0].uid}:text_quality"]
