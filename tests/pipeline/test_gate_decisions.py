"""What decided flags do to a gate, and with what a new revision of a model begins."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from annotate.models import Calibration, Flag, Membership, Review, Score, Task
from annotate.pipeline.calibrating import calibrate
from annotate.pipeline.calibrating import pending_projects as uncalibrated
from annotate.pipeline.calibrating.storing import prior_tau
from annotate.pipeline.flagging import flag_project
from annotate.pipeline.simulating import ScorerPlan
from tests import make
from tests.judging import prefer, submit
from tests.pipeline.scored_projects import models_flags, simulated

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every submission count as settled; marks of projects that were rolled back are forgotten."""
    cache.clear()
    monkeypatch.setattr("annotate.reports.settled.SETTLED_SECONDS", -1)


def decided(flag: Any, outcome: str, blind: int, number: int = 60) -> None:
    """Let so many flags like this one be decided so, after a blind verdict on its label."""
    project = flag.project
    task = Task.objects.filter(conversation=flag.conversation).first()
    assert task is not None
    verdict = submit(task, make.member(project, Membership.Role.REVIEWER), origin="review")
    prefer(verdict, flag.left, flag.right, blind)
    review = Review.objects.create(
        project=project, conversation=flag.conversation, reviewer=verdict.annotator, blind=verdict, final=verdict,
        outcome=outcome, revealed_at=timezone.now(), finished_at=timezone.now(),
    )  # fmt: skip
    Flag.objects.bulk_create(
        Flag(
            project=project, conversation=flag.conversation, kind="F2", fingerprint=f"decided {number}",
            scope="local", left=flag.left, right=flag.right, evidence={}, calibration=flag.calibration,
            run=flag.run, status="resolved", outcome=outcome, review=review, annotator=flag.annotator,
        )
        for number in range(number)
    )  # fmt: skip


def link_of(flag: Any) -> Calibration:
    return Calibration.objects.get(
        is_current=True, run=flag.run, question="preference", dimension=None, stratum=flag.calibration.stratum
    )


def test_a_gate_that_closes_closes_its_flags_with_its_reason() -> None:
    project = simulated(ScorerPlan("rm", 0.75))
    calibrate(project.pk)
    flag_project(project.pk)
    flag = models_flags(project).filter(kind="F2", status="open").first()
    # After the reveal the reviewer went along with the flag: what was said blind counts.
    decided(flag, "change", blind=flag.evidence["preference"])
    assert uncalibrated() == [project.pk]
    calibrate(project.pk)
    assert uncalibrated() == []
    link = link_of(flag)
    assert not link.gate_open
    assert "60 decided flags" in link.gate_reason

    flag_project(project.pk)
    flag.refresh_from_db()
    assert flag.status == "closed"
    assert flag.closed_reason == f"The model's gate closed: {link.gate_reason}"[:200]


def test_flags_whose_labels_were_contradicted_blind_keep_the_gate_open_and_ties_say_neither() -> None:
    project = simulated(ScorerPlan("rm", 0.75))
    calibrate(project.pk)
    flag_project(project.pk)
    first, other = models_flags(project).filter(kind="F2", status="open", left__isnull=False)[:2]
    decided(first, "uphold", blind=-first.evidence["preference"])
    calibrate(project.pk)
    link = link_of(first)
    assert link.gate_open
    assert (link.metrics["gate"]["decisions"], link.metrics["gate"]["precision_lower"] > 0.9) == (60, True)

    Flag.objects.filter(status="resolved").delete()
    decided(other, "uphold", blind=0)
    calibrate(project.pk)
    assert link_of(other).metrics["gate"]["decisions"] == 0


def test_a_new_revision_begins_with_what_the_old_one_was() -> None:
    project = simulated(ScorerPlan("rm", 0.75))
    calibrate(project.pk)
    old = Calibration.objects.get(question="preference", dimension=None, stratum="en different")
    run = old.run
    newer = make.scorer_run(project, scorer=run.scorer, model=run.model)
    scores = list(Score.objects.filter(run=run))[:120]
    Score.objects.bulk_create(
        Score(run=newer, response_id=one.response_id, value=one.value) for one in scores
    )
    calibrate(project.pk)

    new = Calibration.objects.filter(run=newer, question="preference", stratum="en different").first()
    assert new is not None
    assert new.parameters["tau"] == pytest.approx(old.parameters["tau"], rel=0.5)


def test_the_prior_is_the_scale_of_all_strata() -> None:
    project = make.project()
    older = make.scorer_run(project)
    newer = make.scorer_run(project, scorer=older.scorer, model=older.model)
    for stratum, tau in (("en different", 4.0), ("zh different", 9.0)):
        Calibration.objects.create(
            run=older, question="preference", scope="local", stratum=stratum, link="ordinal", stage="fitted",
            parameters={"tau": tau, "common_tau": 5.0}, metrics={}, sample_size=60, input_sha256=stratum,
            gate_open=False, gate_reason="",
        )  # fmt: skip

    assert prior_tau(newer, "local", None) == 5.0
    assert prior_tau(older, "local", None) is None
