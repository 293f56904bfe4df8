from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from annotate.models import Flag, Membership, Review, Score, ScorerRun, Task, User
from annotate.pipeline.flagging import flag_project
from annotate.reports.reviewers.contested import contested
from tests import make
from tests.judging import candidates, disputed, prefer, rate, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def task() -> Task:
    """Return a task on which two people disagree widely and one contradicts herself."""
    made = make.task(make.conversation(make.project(), candidates=2))
    disputed(made, 0, 3)
    left, right = candidates(made)
    answers = submit(made, make.member(made.batch.project))
    rate(answers, left, context_coherence=3)
    rate(answers, right, context_coherence=1)
    prefer(answers, left, right, 2, dimension="context_coherence")
    flag_project(made.batch.project_id)
    return made


@pytest.fixture
def reviewer(task: Task) -> User:
    return make.member(task.batch.project, Membership.Role.REVIEWER)


@pytest.fixture
def visitor(client: Client, reviewer: User) -> Client:
    client.force_login(reviewer)
    return client


def page(task: Task, name: str, *arguments: object) -> str:
    return reverse(name, args=[task.batch.project.slug, *arguments])


def sit(visitor: Client, task: Task) -> Review:
    answer = visitor.post(page(task, "review-queue"))
    review = Review.objects.get()
    assert answer.headers["Location"] == page(task, "review", review.uid)
    return review


def verdicts(review: Review, value: str = "1") -> dict[str, str]:
    return {question.name: value for question in contested(review).questions}


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_queue_tells_how_much_waits(visitor: Client, task: Task) -> None:
    shown = text(visitor.get(page(task, "review-queue")))

    assert '<div class="stat-value">1</div><div class="stat-label">Conversations waiting' in shown
    assert "flags in them" not in shown


def test_before_the_verdict_the_page_tells_neither_labels_nor_flags_nor_scores(
    visitor: Client, task: Task
) -> None:
    run = ScorerRun.objects.create(
        project=task.batch.project,
        scorer="demo",
        model="SENTINEL-model",
        revision="1",
        configuration_sha256="0",
        dtype="float64",
        trained=False,
    )
    Score.objects.create(run=run, response=candidates(task)[0], value=1.2345)
    review = sit(visitor, task)
    blind = text(visitor.get(page(task, "review", review.uid)))
    visitor.post(page(task, "review-verdict", review.uid), verdicts(review))
    shown = text(visitor.get(page(task, "review", review.uid)))

    for secret in ("Annotator 1", "People disagree", "Contradicts own ratings", "SENTINEL-model", "1.23"):
        assert secret not in blind
        assert secret in shown
    assert "untrained: says nothing about quality" in shown
    assert "checked" not in blind
    assert "model-0" not in shown


def test_a_sitting_goes_from_verdict_to_decision_by_plain_forms(visitor: Client, task: Task) -> None:
    review = sit(visitor, task)
    answers = verdicts(review)
    first = visitor.post(page(task, "review-verdict", review.uid), answers)
    assert first.headers["Location"] == page(task, "review", review.uid)
    flag = Flag.objects.filter(kind="F1").get()

    done = visitor.post(
        page(task, "review-decision", review.uid),
        {**answers, "outcome": "change", "comment": "Seen.", f"flag:{flag.uid}": "ambiguous"},
    )

    assert done.headers["Location"] == page(task, "review-queue")
    assert dict(Flag.objects.values_list("kind", "outcome")) == {"F0": "change", "F1": "ambiguous"}
    assert "Seen." in text(visitor.get(page(task, "review-queue")))
    finished = text(visitor.get(page(task, "review", review.uid)))
    assert "Finished review" in finished
    assert "Finish this review" not in finished

    # Another tab decides otherwise: nothing changes, and the page says so.
    late = {**answers, "outcome": "uphold", "comment": "Late."}
    again = visitor.post(page(task, "review-decision", review.uid), late, follow=True)
    assert "finished before, and stays as it was" in text(again)
    assert "The review is finished." not in text(again)
    assert Review.objects.get().outcome == "change"


def test_missing_answers_are_marked_and_what_was_chosen_is_kept(visitor: Client, task: Task) -> None:
    review = sit(visitor, task)
    names = list(verdicts(review))
    answer = visitor.post(page(task, "review-verdict", review.uid), {names[0]: "3"})

    assert answer.status_code == 422
    assert text(answer).count("Choose an answer.") == len(names) - 1
    assert text(answer).count(" checked") == 1
    assert Review.objects.get().blind is None


def test_a_wrong_outcome_is_marked(visitor: Client, task: Task) -> None:
    review = sit(visitor, task)
    visitor.post(page(task, "review-verdict", review.uid), verdicts(review))
    answer = visitor.post(page(task, "review-decision", review.uid), {**verdicts(review), "outcome": "x"})

    assert answer.status_code == 422
    assert "Choose one of the outcomes." in text(answer)


@pytest.mark.parametrize("value", ["9", "two", "99999", "", "٣"])
def test_a_value_off_the_scale_is_refused(visitor: Client, task: Task, value: str) -> None:
    review = sit(visitor, task)
    answer = visitor.post(page(task, "review-verdict", review.uid), verdicts(review, value))

    assert answer.status_code == 422
    assert Review.objects.get().blind is None


def test_questions_are_numbered_in_the_order_in_which_they_stand(visitor: Client, task: Task) -> None:
    review = sit(visitor, task)
    orders = set()
    for _ in range(20):
        Review.objects.update(uid=uuid4())
        shown = text(visitor.get(page(task, "review", Review.objects.get().uid)))
        numbers = [int(one) for one in re.findall(r'<fieldset [^>]*id="q(\d+)"', shown)]
        assert numbers == list(range(1, len(review.asks) + 1))
        orders.add(tuple(re.findall(r'data-question="([^"]+)"', shown)))

    assert len(orders) > 1  # the candidates' order is drawn for each sitting


def test_an_untouched_sitting_can_be_given_back(visitor: Client, task: Task) -> None:
    review = sit(visitor, task)
    visitor.post(page(task, "review-leave", review.uid))

    assert not Review.objects.exists()


def test_a_decision_before_the_reveal_is_refused(visitor: Client, task: Task) -> None:
    review = sit(visitor, task)
    answer = visitor.post(
        page(task, "review-decision", review.uid), {**verdicts(review), "outcome": "uphold"}
    )

    assert answer.status_code == 409
    assert Flag.objects.filter(status="open").count() == 2


def test_the_whole_page_reads_in_chinese(visitor: Client, task: Task) -> None:
    review = sit(visitor, task)
    visitor.cookies["django_language"] = "zh-hans"
    shown = text(visitor.get(page(task, "review", review.uid)))

    assert "文本质量" in shown
    assert "先给出你自己的判断" in shown


def test_nobody_else_opens_a_sitting(client: Client, visitor: Client, task: Task) -> None:
    review = sit(visitor, task)
    annotator = task.submissions.earliest("pk").annotator
    other = make.member(task.batch.project, Membership.Role.REVIEWER)
    for person in (annotator, other, make.user()):
        stranger = Client()
        stranger.force_login(person)
        for name in ("review-verdict", "review-decision", "review-leave"):
            assert stranger.post(page(task, name, review.uid)).status_code == 404
        assert stranger.get(page(task, "review", review.uid)).status_code == 404
        if person != other:
            assert stranger.get(page(task, "review-queue")).status_code == 404
            assert stranger.post(page(task, "review-queue")).status_code == 404


@pytest.mark.parametrize("flags", [1, 6])
def test_the_revealed_page_takes_the_same_number_of_statements_whatever_was_said(
    flags: int, django_assert_num_queries: Any
) -> None:
    task = make.task(make.conversation(make.project(), turns=3, candidates=2))
    for response in candidates(task)[:flags]:
        for value in (0, 3):
            rate(submit(task, make.member(task.batch.project)), response, text_quality=value)
    flag_project(task.batch.project_id)
    reviewer = make.member(task.batch.project, Membership.Role.REVIEWER)
    visitor = Client()
    visitor.force_login(reviewer)
    review = sit(visitor, task)
    visitor.post(page(task, "review-verdict", review.uid), verdicts(review))
    visitor.get(page(task, "review", review.uid))

    with django_assert_num_queries(30):
        visitor.get(page(task, "review", review.uid))


def test_a_comment_with_a_character_that_cannot_be_stored_loses_just_that(
    visitor: Client, task: Task
) -> None:
    review = sit(visitor, task)
    visitor.post(page(task, "review-verdict", review.uid), verdicts(review))

    answer = visitor.post(
        page(task, "review-decision", review.uid),
        {**verdicts(review), "outcome": "change", "comment": "a\0b"},
    )

    assert answer.status_code == 302
    review.refresh_from_db()
    assert review.comment == "ab"


def test_a_refused_verdict_leads_to_the_first_question_that_lacks_an_answer(
    visitor: Client, task: Task
) -> None:
    review = sit(visitor, task)
    given = verdicts(review)
    first = contested(review).questions[0].name
    refused = text(visitor.post(page(task, "review-verdict", review.uid), {**given, first: ""}))
    assert '<a href="#q1">' in refused

    visitor.post(page(task, "review-verdict", review.uid), given)
    undecided = text(visitor.post(page(task, "review-decision", review.uid), given))
    assert 'role="alert"' in undecided
    assert '<li class="has-problem"><a href="#decision">' in undecided


@pytest.mark.parametrize("name", ["review-verdict", "review-decision", "review-leave"])
def test_the_address_of_a_form_leads_a_browser_back_to_the_sitting(
    visitor: Client, task: Task, name: str
) -> None:
    review = sit(visitor, task)
    answer = visitor.get(page(task, name, review.uid), HTTP_ACCEPT="text/html", follow=True)
    assert answer.redirect_chain == [(page(task, "review", review.uid), 302)]
    assert "Nothing was stored" in text(answer)
