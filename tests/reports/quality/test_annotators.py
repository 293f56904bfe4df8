from __future__ import annotations

from typing import Any

import pytest

from annotate.models import Flag, Note, Project
from annotate.reports.quality.annotators import Annotator, ModelDissent, annotator_report
from annotate.reports.quality.forecast import forecast_basis
from tests import make
from tests.judging import candidates, rate, submit

pytestmark = pytest.mark.django_db
LOCAL = ("text_quality", "context_coherence", "visual_perceptual_quality", "local_image_text_consistency")


@pytest.fixture
def project() -> Project:
    return make.project()


def by_name(project: Project) -> dict[str, Annotator]:
    return {one.name: one for one in annotator_report(project.pk).annotators}


def test_everybody_who_worked_is_held_against_the_others(project: Project) -> None:
    strict, usual, alone = (make.member(project) for _ in range(3))
    make.member(project)  # has done nothing yet
    for number in range(12):
        task = make.task(make.conversation(project, candidates=2))
        for person, less in ((strict, 1), (usual, 0)):
            answers = submit(task, person)
            for response, value in zip(candidates(task), (2, 3 - number % 2), strict=True):
                values: dict[str, Any] = dict.fromkeys(LOCAL, value - less)
                rate(answers, response, **values)
    rate(submit(make.task(make.conversation(project)), alone), candidates(task)[0], text_quality=2)
    found = by_name(project)

    assert set(found) == {strict.username, usual.username, alone.username}
    one, other = found[strict.username], found[usual.username]
    assert (one.submissions, one.ratings) == (12, 96)
    assert one.offset.value is not None
    assert other.offset.value is not None
    assert other.offset.value - one.offset.value == pytest.approx(1, abs=0.1)
    assert one.agreement.value == pytest.approx(other.agreement.value, abs=0.01)
    assert (one.straight.tasks, one.straight.share) == (12, 0.5)
    assert found[alone.username].straight.share is None


def test_texts_that_are_copies_are_counted_and_shown(project: Project) -> None:
    ada = make.member(project)
    for words in (
        "The sky in the picture is green, which no text explains.",
        "The sky in the picture is Green, which no text explains!",
    ):
        task = make.task(make.conversation(project))
        answers = submit(task, ada)
        Note.objects.create(
            submission=answers, kind="critique", scope="local", response=candidates(task)[0], text=words
        )
    (found,) = by_name(project).values()

    assert (found.texts.texts, found.texts.alike) == (2, 2)
    assert found.texts.pairs[0].alike > 0.9


def test_a_text_kept_through_a_revision_is_no_copy_of_itself(project: Project) -> None:
    task = make.task(make.conversation(project))
    ada = make.member(project)
    for _ in range(2):
        Note.objects.create(
            submission=submit(task, ada),
            kind="critique",
            scope="local",
            response=candidates(task)[0],
            text="The sky in the picture is green, which no text explains.",
        )
    (found,) = by_name(project).values()

    assert (found.texts.texts, found.texts.alike) == (1, 0)


def test_dissent_is_shown_while_its_flag_is_open(project: Project) -> None:
    ada = make.member(project)
    rate(submit(task := make.task(make.conversation(project)), ada), candidates(task)[0], text_quality=1)
    evidence = {
        "labels": 120, "against": 40, "expected": 22.5, "z": 4.0, "certainty": 0.97, "signs": {"seconds_a_task": 48.0},
    }  # fmt: skip
    flag = Flag.objects.create(
        project=project,
        kind="F5",
        fingerprint="f",
        annotator=ada,
        run=make.scorer_run(project),
        evidence=evidence,
    )

    (found,) = by_name(project).values()
    assert found.dissents == [ModelDissent("rm", 120, 40, 22.5, 0.97, {"seconds_a_task": 48.0})]
    flag.status = Flag.Status.CLOSED
    flag.save()
    (found,) = by_name(project).values()
    assert found.dissents == []


def test_the_time_a_task_takes_is_no_follow_ups(project: Project) -> None:
    person = make.member(project)
    task = make.task(make.conversation(project))
    make.submission(task, person, active_ms=100_000)
    for _ in range(3):
        make.submission(make.task(task.conversation, follows=task), person, active_ms=5_000)

    (found,) = annotator_report(project.pk).annotators
    assert (found.submissions, found.pace_ms) == (4, 100_000)
    assert forecast_basis(project.pk).task_ms == 100_000


def test_training_counts_for_nobody(project: Project) -> None:
    batch = make.batch(project, purpose="training")
    rate(
        submit(task := make.task(make.conversation(project), batch=batch), make.member(project)),
        candidates(task)[0],
        text_quality=1,
    )

    assert annotator_report(project.pk).annotators == []
