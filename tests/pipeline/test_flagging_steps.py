"""F4: step labels against a process model, and reviewers' verdicts on steps that the audit drew."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.core.cache import cache

from annotate.models import AuditItem, Calibration, Flag, Membership, Project, Review, Score, StepLabel
from annotate.pipeline.calibrating import calibrate
from annotate.pipeline.flagging import flag_project
from annotate.reports.labels.scored_labels import scored_steps
from tests import make
from tests.judging import candidates, submit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every submission count as settled; marks of projects that were rolled back are forgotten."""
    cache.clear()
    monkeypatch.setattr("annotate.reports.settled.SETTLED_SECONDS", -1)


def models_flags(project: Project) -> Any:
    return Flag.objects.filter(project=project, kind__in=["F2", "F3", "F4"])


def stepped() -> Project:
    """Return a project of 480 steps, each labelled by one person, and a process model that knows them."""
    project = make.project(daily_model_flags=1000)
    run = make.scorer_run(project, scorer="prm")
    generator = np.random.default_rng(1)
    for _ in range(40):
        task = make.task(make.conversation(project, turns=2, candidates=2))
        answers = submit(task, make.member(project))
        for response in candidates(task):
            wrong = generator.random(3) < 0.35
            values = np.clip(np.where(wrong, 0.08, 0.95) + generator.normal(0, 0.04, 3), 0.01, 0.99)
            make.score(run, response, float(values.mean()), steps=values.tolist())
            wrong ^= generator.random(3) < 0.03
            StepLabel.objects.bulk_create(
                StepLabel(
                    submission=answers, response=response, index=index, value=-1 if wrong[index] else 1,
                    splitter_version=1,
                )
                for index in range(3)
            )  # fmt: skip
    return project


def test_step_labels_against_the_model_are_one_flag_an_answer() -> None:
    project = stepped()
    flag_project(project.pk)
    assert not models_flags(project).exists()

    calibrate(project.pk)
    link = Calibration.objects.get(question="step", is_current=True)
    assert link.gate_open
    flag_project(project.pk)
    flags = models_flags(project).filter(status="open")
    assert flags.exists()
    for flag in flags:
        steps = flag.evidence["steps"]
        assert all(one["probability"] <= 0.20 for one in steps)
        assert flag.p_value == pytest.approx(min(one["probability"] for one in steps), abs=1e-4)
    assert flags.count() == flags.values("response", "annotator").distinct().count()


def test_a_reviewers_verdict_on_audited_steps_is_a_label_and_never_flagged() -> None:
    project = stepped()
    calibrate(project.pk)
    low = min(
        Score.objects.all(), key=lambda one: max(one.step_values or [1.0])
    )  # all of its steps are wrong
    given = StepLabel.objects.filter(response=low.response).earliest("pk").submission
    reviewer = make.member(project, Membership.Role.REVIEWER)
    blind = submit(given.task, reviewer, origin="review")
    for index in range(3):
        blind.steps.create(response=low.response, index=index, value=1, splitter_version=1)
    about = {"project": project, "conversation": given.task.conversation}
    review = Review.objects.create(**about, reviewer=reviewer, blind=blind)
    AuditItem.objects.create(
        **about, scope="local", response=low.response, annotator=given.annotator, submission=given,
        probability=0.04, review=review,
    )  # fmt: skip
    labels = scored_steps(low.run_id)
    flag_project(project.pk)

    assert labels.annotator[labels.review].tolist() == [reviewer.pk] * 3
    assert models_flags(project).filter(status="open").exists()
    assert not models_flags(project).filter(annotator=reviewer).exists()
