from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from annotate import tasks
from annotate.models import Assignment, AuditItem, Batch, Project, Submission, Task, User
from annotate.pipeline.auditing import audit_project, audited_projects
from tests import make
from tests.judging import candidates, prefer, rate, submit

pytestmark = pytest.mark.django_db
OLD = timedelta(hours=1)
KEYS = ("text_quality", "context_coherence", "helpfulness", "local_image_text_consistency")


def answered(project: Project, person: User | None = None, **fields: object) -> Submission:
    """Return somebody's answers on a new conversation: eight ratings, one comparison, given an hour ago."""
    task = make.task(make.conversation(project, candidates=2))
    answers = submit(task, person or make.member(project))
    keys = project.rubric.dimensions.filter(scope="local").values_list("key", flat=True)
    for response in candidates(task):
        rate(answers, response, state="rated", **dict.fromkeys(keys, 2))
    left, right = candidates(task)
    prefer(answers, left, right, 1)
    return answers


@pytest.fixture(autouse=True)
def forgotten(settings: object) -> None:
    cache.clear()


def test_of_every_drawn_submission_some_ratings_and_a_comparison_come_with_their_chance() -> None:
    project = make.project(audit_share=1.0)
    answers = answered(project)

    assert audit_project(project.pk) == 4
    ratings = AuditItem.objects.filter(response__isnull=False)
    assert [round(one.probability, 4) for one in ratings] == [3 / 8] * 3
    pair = AuditItem.objects.get(response=None)
    assert (pair.probability, pair.left_id < pair.right_id) == (1.0, True)  # type: ignore[operator]
    assert {(one.annotator_id, one.submission_id) for one in AuditItem.objects.all()} == {
        (answers.annotator_id, answers.pk)
    }


def test_of_a_drawn_submission_the_step_labels_of_one_response_come_with_their_chance() -> None:
    project = make.project(audit_share=1.0)
    answers = answered(project)
    two = candidates(answers.task)
    for response in two:
        for index in (0, 1, 2):
            answers.steps.create(response=response, index=index, value=1, splitter_version=1)

    assert audit_project(project.pk) == 5
    (item,) = AuditItem.objects.filter(response__isnull=False, dimension=None)
    assert item.is_steps
    assert item.response in two
    assert (item.scope, item.probability, item.submission) == ("local", 1 / 2, answers)
    assert not any(one.is_steps for one in AuditItem.objects.exclude(pk=item.pk))
    assert audit_project(project.pk) == 0


def test_each_response_is_as_likely_to_have_its_steps_drawn() -> None:
    project = make.project(audit_share=1.0)
    person = make.member(project)
    for _ in range(100):
        answers = answered(project, person)
        for response in candidates(answers.task):
            answers.steps.create(response=response, index=0, value=-1, splitter_version=1)
    audit_project(project.pk)

    drawn = AuditItem.objects.filter(response__isnull=False, dimension=None).select_related("response__turn")
    firsts = sum(item.response == candidates(item.submission.task)[0] for item in drawn)
    assert drawn.count() == 100
    assert 30 <= firsts <= 70  # binomial: outside once in 20,000


def test_twice_is_once_and_a_lost_mark_changes_nothing() -> None:
    project = make.project(audit_share=1.0)
    answered(project)
    audit_project(project.pk)
    drawn = set(AuditItem.objects.values_list("uid", flat=True))

    assert audit_project(project.pk) == 0
    cache.clear()
    tasks.audit_project(project.pk)
    assert set(AuditItem.objects.values_list("uid", flat=True)) == drawn


def test_a_share_draws_about_that_many_and_a_larger_one_adds_with_the_new_chance() -> None:
    project = make.project(audit_share=0.3)
    person = make.member(project)
    for _ in range(60):
        answered(project, person)
    audit_project(project.pk)
    few = set(AuditItem.objects.values_list("submission", flat=True))
    Project.objects.update(audit_share=0.6)
    audit_project(project.pk)
    many = set(AuditItem.objects.values_list("submission", flat=True))

    assert 8 <= len(few) <= 30  # binomial: outside once in 10,000
    assert few < many
    chances = AuditItem.objects.filter(response=None).values_list("probability", flat=True)
    assert set(chances) == {0.6}
    Project.objects.update(audit_share=0.3)
    assert audit_project(project.pk) == 0
    assert set(AuditItem.objects.filter(response=None).values_list("probability", flat=True)) == {0.6}


def test_what_measures_people_and_reviewers_verdicts_are_never_audited() -> None:
    project = make.project(audit_share=1.0)
    gold = make.task(make.conversation(project), is_gold=True)
    training = make.task(
        make.conversation(project), batch=make.batch(project, purpose=Batch.Purpose.TRAINING)
    )
    reviewed = make.task(make.conversation(project))
    for task, origin in ((gold, "live"), (training, "live"), (reviewed, "review"), (reviewed, "imported")):
        rate(submit(task, make.member(project), origin=origin), candidates(task)[0], text_quality=1)

    assert audit_project(project.pk) == 0
    assert audited_projects() == [project.pk]
    Project.objects.update(audit_share=0)
    assert audited_projects() == []


@pytest.mark.parametrize("kind", ["follow-up", "extra", "bridge", "holdout"])
def test_only_ordinary_work_is_audited(kind: str) -> None:
    project = make.project(audit_share=1.0)
    first = answered(project)
    batch = make.batch(project, purpose=kind) if kind in {"bridge", "holdout"} else None
    task = make.task(
        make.conversation(project), batch=batch, follows=first.task if kind == "follow-up" else None
    )
    given = submit(task, make.member(project))
    if kind == "extra":
        Assignment.objects.filter(task=task).update(purpose="extra")
    rate(given, candidates(task)[0], text_quality=1)
    assert audit_project(project.pk) == 4
    assert not AuditItem.objects.filter(submission=given).exists()

    # What was drawn before and nobody saw is dropped.
    AuditItem.objects.create(
        project=project, conversation=task.conversation, scope="local", response=candidates(task)[0],
        dimension=given.ratings.get().dimension, annotator=given.annotator, submission=given, probability=1,
    )  # fmt: skip
    audit_project(project.pk)
    assert set(AuditItem.objects.values_list("submission", flat=True)) == {first.pk}


def test_revised_answers_are_drawn_anew_and_the_old_ones_dropped_unless_reviewed() -> None:
    project = make.project(audit_share=1.0)
    first = answered(project)
    audit_project(project.pk)
    task = Task.objects.get(pk=first.task_id)
    second = submit(task, first.annotator)
    rate(second, candidates(task)[0], text_quality=0)
    audit_project(project.pk)

    assert set(AuditItem.objects.values_list("submission", flat=True)) == {second.pk}


def test_only_what_was_rated_is_drawn_and_only_settled_work_is_marked_as_seen() -> None:
    project = make.project(audit_share=1.0)
    task = make.task(make.conversation(project))
    person = make.member(project)
    answers = submit(task, person)
    rate(answers, candidates(task)[0], state="defaulted", visual_perceptual_quality=3)
    rate(answers, candidates(task)[0], state="unable", text_quality=None)
    assert audit_project(project.pk) == 0

    # A neighbour with a smaller id may commit after a larger one was seen: what is young is looked at again.
    rate(answers, candidates(task)[0], helpfulness=1)
    assert audit_project(project.pk) == 1
    assert timezone.now() - answers.created_at < timedelta(minutes=1)
