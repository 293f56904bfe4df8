"""What a sitting asks: the same form whatever it is held for, so that nobody can tell an audit."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from typing import Any

import pytest
from django.core.cache import cache

from annotate.models import AuditItem, Conversation, Flag, Project, Submission, Task
from annotate.pipeline.auditing import audit_project
from annotate.pipeline.flagging import flag_project
from annotate.pipeline.reviewing import (
    Decision,
    decide,
    leave,
    next_review,
    record_blind,
    reveal,
)
from annotate.reports.reviewers.drawing_up import shape_of
from tests import make
from tests.judging import candidates, rate, submit
from tests.pipeline.sittings import everything, finish, flagged, reviewer_of, seat

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgotten() -> None:
    cache.clear()


def test_a_flagged_sitting_asks_what_is_contested_and_a_little_that_is_not() -> None:
    project = make.project(audit_share=0, second_review_share=0)
    task = flagged(project)
    review = seat(project, reviewer_of(project))

    contested_one = f"rating:{candidates(task)[0].uid}:text_quality"
    assert contested_one in review.asks
    assert 2 <= len(review.asks) <= 3
    assert len(set(review.asks)) == len(review.asks)


def test_where_labels_are_audited_every_sitting_asks_as_much_as_the_audit_draws() -> None:
    project = make.project(audit_share=0, second_review_share=0)
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

    # Told apart by form alone, as well as can be: no better than where the sorts are dealt out by lot, of which one
    # in two thousand does as well by chance.
    every = forms[True] + forms[False]
    dealt = [distance(*halves(lot.sample(every, len(every)), 70)) for _ in range(2000)]
    assert distance(forms[True], forms[False]) <= max(dealt)
    usual = {form for form, count in Counter(every).items() if count > 14}
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
    project = make.project(audit_share=0, second_review_share=0)
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
    project = make.project(audit_share=0, second_review_share=0)
    flagged(project)
    reviewer = reviewer_of(project)
    first = seat(project, reviewer)
    leave(first.pk)

    again = seat(project, reviewer)
    assert again.pk != first.pk
    assert again.asks == first.asks


def test_every_step_of_a_flagged_response_is_asked() -> None:
    project = make.project(audit_share=0, second_review_share=0)
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
