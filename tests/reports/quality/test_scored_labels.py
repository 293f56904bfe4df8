from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from annotate.models import (
    Assignment,
    AuditItem,
    Batch,
    Comparison,
    Flag,
    Response,
    Review,
    Score,
    ScorerRun,
    StepLabel,
    Submission,
    Task,
)
from annotate.reports.labels.columns import read
from annotate.reports.labels.scored_labels import scored_pairs, scored_ratings, scored_steps
from tests import make
from tests.judging import candidates, prefer, rate, submit
from tests.reports.quality.scored import run_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def task() -> Task:
    return make.task(make.conversation(make.project(), turns=2, candidates=2))


def test_a_pair_comes_with_the_right_ones_score_less_the_left_ones(task: Task) -> None:
    left, right = candidates(task)[:2]
    answers = submit(task, make.member(task.batch.project))
    prefer(answers, left, right, -2)
    found = scored_pairs(run_of(task, 1.0, 4.0).pk)

    assert found.delta.tolist() == [3.0]
    assert found.preference.tolist() == [-2]
    assert (found.left[0], found.right[0], found.submission[0]) == (left.pk, right.pk, answers.pk)
    assert (found.turn[0], found.dimension[0], found.whole[0]) == (1, 0, False)
    assert len(scored_pairs(ScorerRun.objects.get().pk, base_alone=True).delta) == 1
    assert found.names.sources[found.left_source[0]] == "model-0"
    assert found.names.languages[found.language[0]] == "en"
    assert found.single[0]


def test_answers_to_different_prompts_are_never_compared(task: Task) -> None:
    first, second = candidates(task)[0], candidates(task)[2]
    prefer(submit(task, make.member(task.batch.project)), first, second, 1, scope="global")

    assert len(scored_pairs(run_of(task, 1, 2, 3, 4).pk).delta) == 0


def test_a_pair_with_an_unscored_or_failed_answer_is_left_out(task: Task) -> None:
    left, right = candidates(task)[:2]
    prefer(submit(task, make.member(task.batch.project)), left, right, 1)
    run = run_of(task, 1.0)
    assert len(scored_pairs(run.pk).delta) == 0

    Score.objects.create(run=run, response=right, error_code="too_long", error_detail="")
    assert len(scored_pairs(run.pk).delta) == 0


@pytest.mark.parametrize("cause", ["flag", "extra", "follow-up", "holdout"])
def test_labels_that_a_flag_asked_for_are_no_base(task: Task, cause: str) -> None:
    left, right = candidates(task)[:2]
    project = task.batch.project
    if cause == "flag":
        Flag.objects.create(
            project=project, conversation=task.conversation, kind="F1", fingerprint="f", scope="local",
            left=left, right=right, evidence={},
        )  # fmt: skip
    if cause == "follow-up":
        task = make.task(task.conversation, follows=task)
    answers = submit(task, make.member(project))
    if cause == "extra":
        Assignment.objects.update(purpose="extra")
    if cause == "holdout":
        Batch.objects.update(purpose="holdout")
    prefer(answers, left, right, 1)

    run = run_of(task, 1, 2)
    assert len(scored_pairs(run.pk).delta) == 1
    assert len(scored_pairs(run.pk, base_alone=True).delta) == 0


def test_a_bridge_displaces_nobodys_label(task: Task) -> None:
    left, right = candidates(task)[:2]
    person = make.member(task.batch.project)
    mine = submit(task, person)
    prefer(mine, left, right, 2)
    StepLabel.objects.create(submission=mine, response=left, index=0, value=-1, splitter_version=1)
    bridge = make.batch(task.batch.project, rubric=make.second_version(), purpose="bridge")
    again = make.task(task.conversation, batch=bridge)
    for one in (person, make.member(task.batch.project)):
        answers = submit(again, one)
        prefer(answers, left, right, -1)
        StepLabel.objects.create(submission=answers, response=left, index=0, value=1, splitter_version=1)
    Assignment.objects.filter(task=again).update(purpose="bridge")
    run = run_of(task, 1, 2, steps=[0.5, 0.5])
    found, steps = scored_pairs(run.pk), scored_steps(run.pk)

    rows = zip(found.annotator, found.preference, found.single, strict=True)
    assert sorted(rows) == [(person.pk, 2, True), (answers.annotator_id, -1, True)]
    assert sorted(zip(steps.annotator, steps.value, strict=True)) == [
        (person.pk, -1),
        (answers.annotator_id, 1),
    ]
    assert scored_pairs(run.pk, base_alone=True).annotator.tolist() == [person.pk]
    assert scored_steps(run.pk, base_alone=True).annotator.tolist() == [person.pk]


def test_of_two_versions_asked_of_everybody_the_later_counts_once(task: Task) -> None:
    left, right = candidates(task)[:2]
    person = make.member(task.batch.project)
    prefer(submit(task, person), left, right, 2)
    newer = make.batch(task.batch.project, rubric=make.second_version())
    prefer(submit(make.task(task.conversation, batch=newer), person), left, right, -1)
    run = run_of(task, 1, 2)

    assert scored_pairs(run.pk).preference.tolist() == [-1]
    assert scored_pairs(run.pk, base_alone=True).preference.tolist() == [-1]


def test_a_flag_that_came_after_the_label_takes_nothing_away(task: Task) -> None:
    left, right = candidates(task)[:2]
    prefer(submit(task, make.member(task.batch.project)), left, right, 1)
    Flag.objects.create(
        project=task.batch.project, conversation=task.conversation, kind="F1", fingerprint="f",
        scope="local", left=left, right=right, evidence={},
    )  # fmt: skip
    Flag.objects.update(created_at=timezone.now() + timedelta(seconds=1))

    assert len(scored_pairs(run_of(task, 1, 2).pk, base_alone=True).delta) == 1


def test_a_reviewers_blind_verdict_counts_where_the_audit_drew_the_item(task: Task) -> None:
    left, right = candidates(task)[:2]
    person, reviewer = make.member(task.batch.project), make.user()
    given = submit(task, person)
    blind, final = (submit(task, reviewer, origin="review") for _ in range(2))
    prefer(blind, left, right, 1)
    prefer(blind, left, right, 1, dimension="text_quality")
    prefer(final, left, right, -1)
    review = Review.objects.create(
        project=task.batch.project, conversation=task.conversation, reviewer=reviewer, blind=blind
    )
    assert len(scored_pairs(run_of(task, 1, 2).pk).delta) == 0

    AuditItem.objects.create(
        project=task.batch.project, conversation=task.conversation, scope="local", left=left, right=right,
        annotator=person, submission=given, probability=0.04, review=review,
    )  # fmt: skip
    for base_alone in (False, True):
        found = scored_pairs(ScorerRun.objects.get().pk, base_alone=base_alone)
        assert found.annotator.tolist() == [reviewer.pk]
        assert (found.preference.tolist(), found.review.tolist()) == ([1], [True])


def test_so_does_one_on_the_steps_of_an_audited_response(task: Task) -> None:
    first, other = candidates(task)[:2]
    project, reviewer = task.batch.project, make.user()
    given, blind = submit(task, make.member(project)), submit(task, reviewer, origin="review")
    for response in (first, other):
        blind.steps.create(response=response, index=0, value=1, splitter_version=1)
    review = Review.objects.create(
        project=project, conversation=task.conversation, reviewer=reviewer, blind=blind
    )
    run = make.scorer_run(project)
    for response in (first, other):
        make.score(run, response, 0.3, steps=[0.1, 0.5])
    assert len(scored_steps(run.pk).value) == 0

    AuditItem.objects.create(
        project=project, conversation=task.conversation, scope="local", response=first,
        annotator=given.annotator, submission=given, probability=0.04, review=review,
    )  # fmt: skip
    found = scored_steps(run.pk, base_alone=True)
    assert (found.response.tolist(), found.value.tolist()) == ([first.pk], [1])
    assert found.review.tolist() == [True]


def test_ratings_come_with_what_a_score_is_worth_in_its_turn(task: Task) -> None:
    first = candidates(task)[0]
    rate(submit(task, make.member(task.batch.project)), first, text_quality=2, visual_perceptual_quality=1)
    found = scored_ratings(run_of(task, 1.0, 4.0).pk)

    assert found.score.tolist() == [-1.5]  # the mean of its turn is 2.5; pictures are nobody's to speak of
    assert found.value.tolist() == [2]


def test_an_answer_without_a_sibling_has_no_worth(task: Task) -> None:
    rate(submit(task, make.member(task.batch.project)), candidates(task)[0], text_quality=2)

    assert len(scored_ratings(run_of(task, 1.0).pk).score) == 0


def test_the_weakest_step_speaks_of_crucial_steps_and_only_of_chains(task: Task) -> None:
    answers = submit(task, make.member(task.batch.project))
    left, right = candidates(task)[:2]
    rate(answers, left, crucial_step_recognition=2, text_quality=3)
    run = make.scorer_run(task.batch.project)
    make.score(run, left, 0.7, steps=[0.9, 0.5])
    make.score(run, right, 0.8, steps=[0.9, 0.7])
    assert scored_ratings(run.pk).score.tolist() == pytest.approx([-0.1])

    Score.objects.filter(response=right).update(step_values=[0.8])
    assert len(scored_ratings(run.pk).score) == 0


def test_steps_meet_the_score_that_covers_them(task: Task) -> None:
    answers = submit(task, make.member(task.batch.project))
    response = candidates(task)[0]
    for index, value in enumerate([1, 0, -1]):
        StepLabel.objects.create(
            submission=answers, response=response, index=index, value=value, splitter_version=1
        )
    run = make.scorer_run(task.batch.project)
    Score.objects.create(
        run=run, response=response, value=0.5, step_values=[0.9, 0.1], step_first=[0, 2], step_last=[1, 2],
        splitter_version=1,
    )  # fmt: skip
    found = scored_steps(run.pk)
    order = np.argsort(found.index)

    assert found.value[order].tolist() == [1, 0, -1]
    assert found.score[order].tolist() == [0.9, 0.9, 0.1]
    assert found.count.tolist() == [2, 2, 2]
    Score.objects.update(splitter_version=2)
    assert len(scored_steps(run.pk).index) == 0


def test_one_conversation_is_read_alone(task: Task) -> None:
    left, right = candidates(task)[:2]
    prefer(submit(task, make.member(task.batch.project)), left, right, 1)
    run = run_of(task, 1, 2)

    assert len(scored_pairs(run.pk, [task.conversation_id]).delta) == 1
    assert len(scored_pairs(run.pk, [task.conversation_id + 1]).delta) == 0


@pytest.mark.parametrize("conversations", [1, 6])
def test_the_number_of_statements_is_constant(conversations: int, django_assert_num_queries: Any) -> None:
    project = make.project()
    for _ in range(conversations):
        task = make.task(make.conversation(project, candidates=2))
        left, right = candidates(task)
        prefer(submit(task, make.member(project)), left, right, 1)
    run = make.scorer_run(project)
    for response in Response.objects.all():
        make.score(run, response, 1.0)

    # Two savepoints and their releases among them; the packed ones, of labels and of scores, are not counted.
    with django_assert_num_queries(11):
        assert len(scored_pairs(run.pk).delta) == conversations


def test_columns_of_many_blocks_come_whole_and_a_null_is_refused() -> None:
    found = read(
        "SELECT one AS a, one / 2.0 AS b, one %% 2 = 0 AS c FROM generate_series(1, %(count)s::int) one",
        {"count": 1_200_000},
        {"a": "i8", "b": "f8", "c": "?"},
    )
    assert found["a"].sum() == 1_200_000 * 1_200_001 // 2
    assert (found["b"] * 2 == found["a"]).all()
    assert found["c"].sum() == 600_000
    with pytest.raises(ValueError, match="holds a null"):
        read("SELECT NULL::int AS a", {}, {"a": "i8"})
    assert len(read("SELECT 1 AS a WHERE false", {}, {"a": "i8"})["a"]) == 0


def test_a_read_of_everything_leaves_the_settings_as_they_were() -> None:
    asked = "SELECT current_setting('enable_nestloop') = 'off' AS a"

    assert read(asked, {}, {"a": "?"}, everything=True)["a"].tolist() == [True]
    assert read(asked, {}, {"a": "?"})["a"].tolist() == [False]


def test_a_later_word_of_the_same_person_replaces_the_earlier(task: Task) -> None:
    left, right = candidates(task)[:2]
    person = make.member(task.batch.project)
    prefer(submit(task, person), left, right, 1)
    prefer(submit(task, person), left, right, -1)

    assert scored_pairs(run_of(task, 1, 2).pk).preference.tolist() == [-1]
    assert Comparison.objects.count() == Submission.objects.count() == 2
