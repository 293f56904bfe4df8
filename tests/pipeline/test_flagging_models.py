"""Flags that rest on a scorer's calibrated numbers, on projects whose truth is known."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
from django.core.cache import cache
from django.utils import timezone

from annotate.models import (
    Calibration,
    Comparison,
    Flag,
    Membership,
    Project,
    Score,
    ScorerRun,
    Task,
)
from annotate.pipeline.calibrating import CalibrationReport, calibrate
from annotate.pipeline.calibrating import pending_projects as uncalibrated
from annotate.pipeline.flagging import flag_project, pending_projects
from annotate.pipeline.flagging.choosing import Budget, chosen
from annotate.pipeline.flagging.doubts import Doubt, Shares
from annotate.pipeline.simulating import ScorerPlan
from tests import make
from tests.judging import candidates, prefer, rate, submit
from tests.pipeline.scored_projects import models_flags, simulated

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every submission count as settled; marks of projects that were rolled back are forgotten."""
    cache.clear()
    monkeypatch.setattr("annotate.reports.settled.SETTLED_SECONDS", -1)


def test_a_good_model_opens_and_one_at_chance_stays_closed_and_each_says_why() -> None:
    project = simulated(ScorerPlan("rm", 0.75), ScorerPlan("coin", 0.5))
    report = calibrate(project.pk)

    overall = Calibration.objects.filter(question="preference", stratum="en different", dimension=None)
    good, coin = overall.get(run__model="rm"), overall.get(run__model="coin")
    assert good.gate_open
    assert good.stage == "fitted"
    assert good.metrics["reliability"]["log_loss"] < good.metrics["reliability"]["constant_log_loss"]
    assert (
        sum(one["count"] for one in good.metrics["reliability"]["bins"])
        == good.metrics["reliability"]["count"]
    )
    assert good.metrics["disagreement"] == pytest.approx(good.metrics["expected_disagreement"], abs=0.05)
    assert not coin.gate_open
    assert "more than 0.55 is needed" in coin.gate_reason
    assert report.runs == 2
    assert report.fitted == report.links > report.open > 0

    flag_project(project.pk)
    flags = models_flags(project)
    assert flags.filter(run__model="rm", kind="F2", status="open").exists()
    assert not flags.filter(run__model="coin").exists()
    for flag in flags.filter(kind="F2"):
        assert flag.calibration.gate_open
        assert flag.p_value <= 0.20
        assert flag.priority == pytest.approx(1 - flag.p_value)
        assert np.sign(flag.evidence["delta"]) == -np.sign(flag.evidence["preference"])
        assert flag.evidence["sample"] == flag.calibration.sample_size
        assert flag.evidence["calibration"] == str(flag.calibration.uid)


def test_twice_is_once() -> None:
    project = simulated(ScorerPlan("rm", 0.75), ScorerPlan("prm", 0.7, process=True))
    first = calibrate(project.pk)
    assert calibrate(project.pk) == CalibrationReport(first.runs, 0, first.links, first.open)
    flag_project(project.pk, whole=True)
    before = list(Flag.objects.order_by("pk").values_list("pk", "status", "created_at", "evidence"))

    again = flag_project(project.pk, whole=True)
    assert (again.created, again.closed) == (0, 0)
    assert list(Flag.objects.order_by("pk").values_list("pk", "status", "created_at", "evidence")) == before


def test_new_labels_replace_a_fit_and_keep_the_old_one() -> None:
    project = simulated(ScorerPlan("rm", 0.75))
    calibrate(project.pk)
    old = Calibration.objects.get(question="preference", dimension=None, stratum="en different")
    task = Task.objects.filter(conversation__project=project, conversation__language="en").first()
    assert task is not None
    left, right = candidates(task)[:2]
    prefer(submit(task, make.member(project)), left, right, 1)
    calibrate(project.pk)

    new = Calibration.objects.get(
        question="preference", dimension=None, stratum="en different", is_current=True
    )
    old.refresh_from_db()
    assert not old.is_current
    assert new.sample_size == old.sample_size + 1
    assert new.input_sha256 != old.input_sha256


def test_an_untrained_run_never_speaks() -> None:
    project = simulated(ScorerPlan("rm", 0.75))
    ScorerRun.objects.update(trained=False)

    assert calibrate(project.pk) == CalibrationReport(0, 0, 0, 0)
    flag_project(project.pk)
    assert not models_flags(project).exists()
    assert uncalibrated() == []


def test_before_any_label_a_cold_start_asks_for_a_second_person_and_no_more() -> None:
    project = simulated(ScorerPlan("rm", 0.75), submissions=8, overlap=1)
    calibrate(project.pk)
    link = Calibration.objects.get(is_current=True, question="preference")
    assert (link.stage, link.gate_open, link.link) == ("provisional", False, "cold_start")

    flag_project(project.pk)
    flags = models_flags(project)
    assert set(flags.values_list("status", "kind")) <= {("waiting", "F2")}
    assert flags.count() <= 0.02 * link.parameters["pairs"]
    # Whatever it says: a pair that two people answered needs no second one.
    run = ScorerRun.objects.get()
    task = Task.objects.filter(conversation__project=project, submissions=None).first()
    assert task is not None
    left, right = candidates(task)[:2]
    Score.objects.filter(run=run, response=left).update(value=900.0)
    Score.objects.filter(run=run, response=right).update(value=-900.0)
    prefer(submit(task, make.member(project)), left, right, 1)
    flag_project(project.pk)
    flag = flags.get(left=left)
    assert flag.status == "waiting"

    prefer(submit(task, make.member(project)), left, right, -1)
    flag_project(project.pk)
    flag.refresh_from_db()
    assert (flag.status, flag.closed_reason) == ("closed", "A second person has answered.")


def test_the_share_that_may_be_asked_without_labels_is_spent_once_and_not_once_more_by_each_pass() -> None:
    project = simulated(ScorerPlan("rm", 0.75), submissions=8, overlap=1)
    calibrate(project.pk)
    link = Calibration.objects.get(is_current=True, question="preference")
    assert link.stage == "provisional"
    limit = int(0.02 * link.parameters["pairs"])
    task = Task.objects.filter(conversation__project=project, submissions=None).first()
    assert task is not None
    left, right = candidates(task)[:2]
    Score.objects.filter(response=left).update(value=900.0)
    Score.objects.filter(response=right).update(value=-900.0)
    prefer(submit(task, make.member(project)), left, right, 1)
    old = [
        Flag(
            project=project, conversation=task.conversation, kind="F2", fingerprint=f"asked {number}", scope="local",
            left=left, right=right, annotator=make.member(project), run=link.run, calibration=link, evidence={},
            status="closed", followup=task if number % 2 else None,
        )
        for number in range(limit)
    ]  # fmt: skip
    flag_project(project.pk)
    assert (
        models_flags(project).filter(left=left, status="waiting").exists()
    )  # there is something to ask about
    models_flags(project).delete()
    Flag.objects.bulk_create(old)
    flag_project(project.pk, whole=True)

    assert models_flags(project).filter(status="waiting").count() == 0


def test_a_label_that_changes_closes_its_flag() -> None:
    project = simulated(ScorerPlan("rm", 0.75))
    calibrate(project.pk)
    flag_project(project.pk)
    flag = models_flags(project).filter(kind="F2", status="open").first()
    submission = flag.annotator.submissions.get(uid=flag.evidence["submission"])
    answers = submit(submission.task, flag.annotator)
    prefer(answers, flag.left, flag.right, -flag.evidence["preference"])

    flag_project(project.pk)
    flag.refresh_from_db()
    assert (flag.status, flag.closed_reason) == ("closed", "The label changed.")


def test_a_score_that_changes_its_mind_closes_the_flag_without_a_whole_pass() -> None:
    project = simulated(ScorerPlan("rm", 0.75))
    calibrate(project.pk)
    flag_project(project.pk)
    flag = models_flags(project).filter(kind="F2", status="open").first()
    run = flag.run
    assert pending_projects() == []
    scores = Score.objects.filter(run=run, response__in=[flag.left, flag.right])
    scores.update(value=0, created_at=timezone.now())
    run.save(update_fields=["updated_at"])

    assert pending_projects() == [project.pk]
    flag_project(project.pk)
    flag.refresh_from_db()
    assert (flag.status, flag.closed_reason) == (
        "closed",
        "By newer scores and labels this is no surprise any more.",
    )


def test_a_resolved_flag_stays_resolved_and_what_it_asked_is_no_base_any_more() -> None:
    project = simulated(ScorerPlan("rm", 0.75))
    calibrate(project.pk)
    flag_project(project.pk)
    flag = models_flags(project).filter(kind="F2", status="open").first()
    sample = Calibration.objects.get(pk=flag.calibration_id).sample_size
    task = Task.objects.filter(conversation=flag.conversation).first()
    assert task is not None
    prefer(submit(task, make.member(project)), flag.left, flag.right, 1)
    calibrate(project.pk)

    link = Calibration.objects.get(
        is_current=True, run=flag.run, question="preference", dimension=None, stratum=flag.calibration.stratum
    )
    assert link.sample_size == sample


def test_the_day_has_a_budget_and_the_next_one_another() -> None:
    project = simulated(ScorerPlan("rm", 0.75), budget=3)
    calibrate(project.pk)
    flag_project(project.pk)
    flags = models_flags(project)
    assert flags.count() == 3
    flag_project(project.pk, whole=True)
    assert flags.count() == 3

    flags.update(created_at=timezone.now() - timedelta(days=1))
    flag_project(project.pk, whole=True)
    assert flags.count() == 6
    project.daily_model_flags = 0
    project.save()
    flag_project(project.pk, whole=True)
    assert flags.count() == 6


def test_what_was_opened_again_today_counts_whenever_it_was_raised() -> None:
    project = simulated(ScorerPlan("rm", 0.75), budget=3)
    calibrate(project.pk)
    flag_project(project.pk)
    flags = models_flags(project)
    flags.update(created_at=timezone.now() - timedelta(days=1))
    flags.update(status="closed")
    for _ in range(2):
        flag_project(project.pk, whole=True)

    assert set(flags.values_list("status", flat=True)) == {"open"}
    assert flags.count() == 3


def test_passes_over_a_few_conversations_hold_everybody_to_a_share_of_the_whole_project() -> None:
    project = simulated(ScorerPlan("rm", 0.75), budget=0)
    calibrate(project.pk)
    tasks = list(Task.objects.filter(conversation__project=project, conversation__language="en")[:12])
    for task in tasks:
        left, right = candidates(task)[:2]
        Score.objects.filter(response=left).update(value=90.0)
        Score.objects.filter(response=right).update(value=-90.0)
    flag_project(project.pk, whole=True)
    Project.objects.update(daily_model_flags=20)
    person = make.member(project)
    for at in range(0, 12, 3):
        for task in tasks[at : at + 3]:
            left, right = candidates(task)[:2]
            prefer(submit(task, person), left, right, 1)
        flag_project(project.pk)

    # Of the labels that a pass looks at they gave one in ten, of the project's one in a hundred: one flag of 20.
    assert models_flags(project).filter(annotator=person).count() == 1


def doubt(number: int, annotator: int, source: str, run: ScorerRun) -> Doubt:
    return Doubt(
        kind=Flag.Kind.MODEL_PREFERENCE, run=run, calibration=None, conversation=1, scope="local",
        annotator=annotator, submission=1, chance=0.1, rank=number / 1000, evidence={}, left=number,
        right=number + 1, sources=frozenset((source,)),
    )  # fmt: skip


def test_nobody_and_no_model_gets_more_than_three_times_their_share() -> None:
    run = ScorerRun(pk=1)
    shares = Shares(
        Counter({1: 1000}), Counter({(1, 7): 50, (1, 8): 950}), Counter({(1, "a"): 100, (1, "b"): 900})
    )
    hunted = [doubt(number, 7, "b", run) for number in range(100)]
    others = [doubt(number, 8, "ab"[number % 2], run) for number in range(100, 200)]
    taken = chosen([*hunted, *others], shares, Budget(40))

    assert sum(one.annotator == 7 for one in taken) == 6  # 3 × 5 % of 40
    assert sum("a" in one.sources for one in taken) == 12  # 3 × 10 % of 40
    assert len(taken) == 40
    assert chosen(hunted, shares, Budget(0)) == []


def test_what_earlier_passes_of_the_day_took_is_part_of_everybodys_share() -> None:
    run = ScorerRun(pk=1)
    shares = Shares(
        Counter({1: 1000}), Counter({(1, 7): 50, (1, 8): 950}), Counter({(1, "a"): 100, (1, "b"): 900})
    )
    budget = Budget(40)
    for _ in range(4):
        budget.spend(1, 7, ["b"])
    for _ in range(11):
        budget.spend(1, 8, ["a"])
    taken = chosen(
        [doubt(number, 7 + number % 2, "ab"[number % 2], run) for number in range(100)], shares, budget
    )

    # What 7 said is about a: of 12 flags on it one is left. The rest of the day is 8's.
    assert Counter(one.annotator for one in taken) == {7: 1, 8: 24}
    assert budget.spent == 40


def test_a_careless_person_is_flagged_once_and_a_harsh_one_is_not() -> None:
    project = simulated(
        ScorerPlan("rm", 0.8), conversations=120, annotators=10, careless=(1, 0.6), harsh=(1, -0.8), overlap=3
    )
    calibrate(project.pk)
    flag_project(project.pk)
    flags = list(models_flags(project).filter(kind="F3"))
    first, second = sorted(
        Membership.objects.filter(project=project, role="annotator").values_list("user__username", flat=True)
    )[:2]

    assert [flag.annotator.username for flag in flags] == [first]
    assert second != first
    evidence = flags[0].evidence
    assert evidence["items"] == sorted(evidence["items"], key=lambda one: one["p"])
    assert evidence["person_q"] <= 0.10
    assert flags[0].priority == 1 - evidence["person_q"] != pytest.approx(1 - flags[0].p_value)
    assert evidence["ratings"] > 100


def test_a_holdout_batch_teaches_nothing_and_work_asks_to_be_calibrated() -> None:
    project = simulated(ScorerPlan("rm", 0.75))
    assert uncalibrated() == [project.pk]
    calibrate(project.pk)
    assert uncalibrated() == []
    project.batches.update(purpose="holdout")
    calibrate(project.pk)

    current = Calibration.objects.filter(is_current=True)
    assert set(current.values_list("stage", flat=True)) <= {"provisional"}


def test_ratings_of_one_person_are_held_against_no_link_that_is_closed() -> None:
    project = simulated(ScorerPlan("coin", 0.5), careless=(1, 0.8))
    calibrate(project.pk)
    task = Task.objects.filter(conversation__project=project).first()
    assert task is not None
    rate(submit(task, make.member(project)), candidates(task)[0], text_quality=0)
    flag_project(project.pk)

    assert not models_flags(project).filter(status="open").exists()
    assert Comparison.objects.exists()
