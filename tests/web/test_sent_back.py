from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotate.models import Assignment, Inquiry, Membership, Review, Task, User
from annotate.pipeline.flagging import flag_project
from annotate.pipeline.inquiring import resolve
from annotate.pipeline.reviewing import Decision, decide, next_review, record_blind, reveal
from annotate.refusal import Refusal
from annotate.reports.annotators.home import home
from annotate.reports.managers.waiting import waiting
from annotate.reports.reviewers.contested import contested
from annotate.reports.reviewers.sent_back import returnable, sent_back_by, waiting_for
from tests import make
from tests.judging import candidates, disputed, rate

pytestmark = pytest.mark.django_db


@pytest.fixture
def task() -> Task:
    made = make.task(make.conversation(make.project("p", audit_share=0, second_review_share=0)))
    disputed(made, 0, 3)
    flag_project(made.batch.project_id)
    return made


@pytest.fixture
def reviewer(task: Task) -> User:
    return make.member(task.batch.project, Membership.Role.REVIEWER)


def decided(task: Task, reviewer: User, remark: str = "See the table.", people: int = 1) -> Review:
    review = next_review(task.batch.project_id, reviewer.pk)
    assert review is not None
    verdicts = {one.name: 1 for one in contested(review).questions}
    record_blind(review.pk, verdicts, remark=remark)
    reveal(review.pk)
    chosen = [one.uid for one in returnable(task.conversation_id)[:people]]
    return decide(review.pk, Decision("change", verdicts, send_back=chosen))


def test_the_remark_begins_a_thread_with_the_annotator_and_with_nobody_else(
    task: Task, reviewer: User
) -> None:
    review = decided(task, reviewer)
    first, second = (one.annotator for one in task.submissions.filter(origin="live").order_by("pk"))
    thread = Inquiry.objects.get()

    assert (thread.asked_by, thread.task, thread.review) == (first, task, review)
    assert [(one.author, one.text) for one in thread.messages.all()] == [(reviewer, "See the table.")]
    assert [one.sent_back for one in home(first.pk)] == [1]
    assert [one.sent_back for one in home(second.pk)] == [0]
    assert waiting([task.batch.project_id])[task.batch.project_id].questions == 0


def test_without_a_remark_from_before_the_reveal_nothing_is_sent_back(task: Task, reviewer: User) -> None:
    with pytest.raises(Refusal) as refused:
        decided(task, reviewer, remark="  ")

    assert [one.code for one in refused.value.problems] == ["no_remark"]
    assert Review.objects.get().finished_at is None
    assert not Inquiry.objects.exists()


def test_only_submitted_work_of_people_who_still_annotate_is_sent_back(task: Task, reviewer: User) -> None:
    review = next_review(task.batch.project_id, reviewer.pk)
    assert review is not None
    verdicts = {one.name: 1 for one in contested(review).questions}
    record_blind(review.pk, verdicts, remark="Look.")
    reveal(review.pk)
    gone, other = returnable(task.conversation_id)
    Membership.objects.filter(user=Assignment.objects.get(uid=gone.uid).annotator).delete()

    assert returnable(task.conversation_id) == [other]
    with pytest.raises(Refusal, match="cannot be sent back"):
        decide(review.pk, Decision("change", verdicts, send_back=[gone.uid]))


def test_an_answer_or_a_revision_ends_the_waiting_and_the_reviewer_sees_which(
    task: Task, reviewer: User, client: Client
) -> None:
    decided(task, reviewer, people=2)
    first, second = (one.annotator for one in task.submissions.filter(origin="live").order_by("pk"))
    project = task.batch.project_id
    client.force_login(first)
    shown = client.get(reverse("own-work", args=["p"])).content.decode()
    assert "See the table." in shown
    thread = waiting_for(first.pk, [project]).get()
    client.post(reverse("own-work-reply", args=["p", thread.uid]), {"text": " It stands. "})
    revised = make.submission(task, second, created_at=timezone.now())
    rate(revised, candidates(task)[0], text_quality=0)

    assert not waiting_for(first.pk, [project]).exists()
    assert not waiting_for(second.pk, [project]).exists()
    assert [(one.answered, one.revised) for one in sent_back_by(reviewer.pk, project)] == [
        (False, True),
        (True, False),
    ]
    resolve(thread.pk, resolved=True)
    assert [one.revised for one in sent_back_by(reviewer.pk, project)] == [True]


def test_a_reply_is_ones_own_and_says_something(task: Task, reviewer: User, client: Client) -> None:
    decided(task, reviewer)
    thread = Inquiry.objects.get()
    stranger = make.member(task.batch.project)
    address = reverse("own-work-reply", args=["p", thread.uid])
    client.force_login(stranger)
    assert client.post(address, {"text": "Me too"}).status_code == 404
    client.force_login(thread.asked_by)
    client.post(address, {"text": " \0 "})
    assert thread.messages.count() == 1


def test_a_thread_from_a_review_is_not_listed_for_other_leads(
    task: Task, reviewer: User, client: Client
) -> None:
    decided(task, reviewer, remark="A SENTINEL remark")
    other = make.member(task.batch.project, Membership.Role.REVIEWER)
    client.force_login(other)

    assert "SENTINEL" not in client.get(reverse("questions", args=["p"])).content.decode()
    assert "SENTINEL" not in client.get(reverse("review-queue", args=["p"])).content.decode()
    client.force_login(reviewer)
    assert "SENTINEL" in client.get(reverse("review-queue", args=["p"])).content.decode()
