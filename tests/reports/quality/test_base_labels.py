"""What calibration may learn from: labels as they stood before a flag, and verdicts on ordinary audited ones."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from annotate.models import Assignment, AuditItem, Flag, Review, Submission, Task
from annotate.reports.labels.scored_labels import scored_pairs, scored_ratings, scored_steps
from tests import make
from tests.judging import candidates, prefer, rate, submit
from tests.reports.quality.scored import run_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def task() -> Task:
    return make.task(make.conversation(make.project(), turns=2, candidates=2))


def ago(minutes: int) -> datetime:
    return timezone.now() - timedelta(minutes=minutes)


def flag(task: Task, minutes: int, **item: object) -> None:
    """Raise a flag so many minutes ago."""
    made = Flag.objects.create(
        project=task.batch.project, conversation=task.conversation, fingerprint=f"f{minutes}", scope="local",
        evidence={}, **item,
    )  # fmt: skip
    Flag.objects.filter(pk=made.pk).update(created_at=ago(minutes))


def test_what_was_revised_after_the_flag_teaches_as_it_stood_before(task: Task) -> None:
    left, right = candidates(task)[:2]
    person = make.member(task.batch.project)
    submit(task, person)  # brings the slot
    first, second, third = (
        make.submission(task, person, created_at=ago(minutes)) for minutes in (40, 30, 10)
    )
    for one, value in ((first, 3), (second, 2), (third, -1)):
        prefer(one, left, right, value)
        rate(one, left, crucial_step_recognition=abs(value))
        one.steps.create(response=left, index=0, value=1 if value > 0 else -1, splitter_version=1)
    run = run_of(task, 1, 2, steps=[0.5, 0.5])
    assert scored_pairs(run.pk, base_alone=True).preference.tolist() == [-1]

    flag(task, 20, kind="F1", left=left, right=right)
    rated = next(one for one in third.ratings.all())
    flag(task, 21, kind="F1", response=left, dimension=rated.dimension)
    flag(task, 22, kind="F4", response=left)
    before = scored_pairs(run.pk, base_alone=True)
    assert (before.preference.tolist(), before.submission.tolist()) == ([2], [second.pk])
    assert scored_ratings(run.pk, base_alone=True).value.tolist() == [2]
    assert scored_steps(run.pk, base_alone=True).value.tolist() == [1]
    # Whoever is held against the model is so with what they say now.
    assert scored_pairs(run.pk).preference.tolist() == [-1]
    assert scored_ratings(run.pk).value.tolist() == [1]
    assert scored_steps(run.pk).value.tolist() == [-1]


def test_what_was_taken_back_before_the_flag_teaches_nothing(task: Task) -> None:
    left, right = candidates(task)[:2]
    person = make.member(task.batch.project)
    submit(task, person)
    prefer(make.submission(task, person, created_at=ago(40)), left, right, 2)
    make.submission(task, person, created_at=ago(30))
    prefer(make.submission(task, person, created_at=ago(10)), left, right, -1)
    flag(task, 20, kind="F1", left=left, right=right)

    assert len(scored_pairs(run_of(task, 1, 2).pk, base_alone=True).delta) == 0


def audit(task: Task, given: Submission, blind: Submission, **item: object) -> None:
    """Let the audit have drawn an item of this submission, for a sitting with this blind verdict."""
    project, conversation = task.batch.project, task.conversation
    AuditItem.objects.create(
        project=project, conversation=conversation, scope="local", annotator=given.annotator, submission=given,
        probability=0.04, **item,
        review=Review.objects.create(
            project=project, conversation=conversation, reviewer=blind.annotator, blind=blind, final=blind,
            outcome="uphold", finished_at=timezone.now(),
        ),
    )  # fmt: skip


@pytest.mark.parametrize("of", ["follow-up", "extra", "holdout", "bridge"])
def test_the_verdict_on_an_audited_label_that_a_flag_asked_for_teaches_nothing(task: Task, of: str) -> None:
    left, right = candidates(task)[:2]
    project, reviewer = task.batch.project, make.user()
    other = task
    if of == "follow-up":
        other = make.task(task.conversation, follows=task)
    if of in {"holdout", "bridge"}:
        other = make.task(task.conversation, batch=make.batch(project, purpose=of))
    given, blind = submit(other, make.member(project)), submit(task, reviewer, origin="review")
    if of == "extra":
        Assignment.objects.update(purpose="extra")
    prefer(blind, left, right, 1)
    audit(task, given, blind, left=left, right=right)

    assert len(scored_pairs(run_of(task, 1, 2).pk, base_alone=True).delta) == 0


def test_the_verdict_on_an_ordinary_label_teaches_whatever_task_the_reviewer_saw(task: Task) -> None:
    left, right = candidates(task)[:2]
    project, reviewer = task.batch.project, make.user()
    bridge = make.task(task.conversation, batch=make.batch(project, purpose="bridge"))
    given, blind = submit(task, make.member(project)), submit(bridge, reviewer, origin="review")
    prefer(blind, left, right, 1)
    audit(task, given, blind, left=left, right=right)

    assert scored_pairs(run_of(task, 1, 2).pk, base_alone=True).annotator.tolist() == [reviewer.pk]


def test_who_sat_twice_has_both_blind_verdicts_and_on_one_item_the_first(task: Task) -> None:
    left, right, other, last = candidates(task)
    project, reviewer = task.batch.project, make.user()
    given, person = submit(task, make.member(project)), submit(task, make.member(project))
    first, second = (submit(task, reviewer, origin="review") for _ in range(2))
    prefer(first, left, right, 1)
    prefer(second, left, right, -2)
    prefer(second, other, last, 3)
    audit(task, given, first, left=left, right=right)
    audit(task, given, second, left=other, right=last)
    AuditItem.objects.create(
        project=project, conversation=task.conversation, scope="local", annotator=person.annotator,
        submission=person, probability=0.04, left=left, right=right, review=Review.objects.get(blind=second),
    )  # fmt: skip
    found = scored_pairs(run_of(task, 1, 2, 3, 4).pk, base_alone=True)

    assert sorted(zip(found.left, found.preference, strict=True)) == [(left.pk, 1), (other.pk, 3)]
