"""Canaries: a model that was just loaded repeats old scores before it makes new ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from annotate.models import Calibration, CanaryCheck, Flag, Project, Score, ScorerRun
from annotate.pipeline import scoring
from annotate.pipeline.calibrating import calibrate, pending_projects
from annotate.pipeline.calibrating.storing import begin
from annotate.pipeline.flagging import flag_project
from annotate.pipeline.flagging import pending_projects as flags_pending
from annotate.pipeline.scoring import canaries, residence
from annotate.reports.labels.given_labels import GivenLabels
from annotate.reports.quality.canaries import canaries as canary_report
from annotate.stats.gates import CANARY, Gate
from inference.scorers.demo import DemoScorer
from inference.types import Item, ItemError, Result
from tests import make
from tests.judging import candidates
from tests.pipeline.scoring.conftest import Spy, finish

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    made = make.project()
    for _ in range(6):
        make.conversation(made, turns=2, candidates=1)
    return made


@pytest.fixture
def run(project: Project) -> ScorerRun:
    """Return a run that scored everything, as if it were a trained model's, with one open link."""
    made = scoring.start_run(project.pk, "demo")
    ScorerRun.objects.filter(pk=made.pk).update(trained=True)
    finish(made)
    Calibration.objects.create(
        run=made, link="ordinal", parameters={"thresholds": [0.0], "tau": 1.0}, sample_size=300, gate_open=True,
        gate_reason="fine", metrics={"gate": {"code": "open"}},
    )  # fmt: skip
    made.refresh_from_db()
    return made


def load_again(monkeypatch: pytest.MonkeyPatch, *, shift: float = 0.0, error: bool = False) -> Spy:
    """Leave the model, as a restarted worker does; the next one says everything ``shift`` higher."""

    class Shifted(Spy):
        def __call__(self, items: Sequence[Item], /) -> list[Result]:
            results = super().__call__(items)
            if error:
                return [Result(id=one.id, error=ItemError("gone", "")) for one in results]
            return [replace(one, value=(one.value or 0) + shift) for one in results]

    made = Shifted()
    monkeypatch.setattr(residence, "_residents", {})
    monkeypatch.setattr("inference.scorers.load", lambda _key, _configuration: made)
    return made


def more_work(project: Project) -> None:
    make.conversation(project, turns=1, candidates=1)


def test_the_same_model_passes_and_goes_on(
    project: Project, run: ScorerRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    more_work(project)
    spy = load_again(monkeypatch)

    finish(run)

    check = CanaryCheck.objects.get()
    assert (check.passed, check.largest_change, check.errors) == (True, 0, 0)
    assert [len(call) for call in spy.calls] == [canaries.CANARIES, 1], "checked once, before the new one"
    assert Score.objects.filter(run=run).count() == 13
    assert Calibration.objects.get().gate_open


@pytest.mark.parametrize("what", [{"shift": 5.0}, {"error": True}, {"shift": float("nan")}])
def test_another_model_under_the_same_name_scores_nothing_and_its_links_close(
    project: Project, run: ScorerRun, monkeypatch: pytest.MonkeyPatch, what: dict[str, Any]
) -> None:
    more_work(project)
    load_again(monkeypatch, **what)
    flag_project(project.pk)
    raised = spoken_flag(project, run)

    assert scoring.score_next_batch(run.pk) == 0

    run.refresh_from_db()
    assert run.status == ScorerRun.Status.FAILED
    assert "something else than it said" in run.error
    assert Score.objects.filter(run=run).count() == 12
    link = Calibration.objects.get()
    assert (link.gate_open, link.gate_reason, link.metrics["gate"]["code"]) == (False, CANARY, "canary")
    [found] = canary_report(project.pk)
    assert found.passed is False
    assert project.pk in flags_pending()
    flag_project(project.pk)
    assert Flag.objects.get(kind="F6").evidence["cause"] == "canary"
    raised.refresh_from_db()
    assert (raised.status, raised.closed_reason) == ("closed", f"The model's gate closed: {CANARY}")
    assert flags_pending() == []


def spoken_flag(project: Project, run: ScorerRun) -> Flag:
    """Return a flag that rests on the run's open link."""
    task = make.task(make.conversation(project, turns=1, candidates=2))
    left, right = candidates(task)
    return Flag.objects.create(
        project=project, conversation=task.conversation, kind="F2", fingerprint="spoken", scope="local", left=left,
        right=right, annotator=make.member(project), run=run, calibration=Calibration.objects.get(), evidence={},
    )  # fmt: skip


def test_links_closed_by_the_check_of_another_project_take_their_flags_back(
    project: Project, run: ScorerRun
) -> None:
    flag_project(project.pk)
    raised = spoken_flag(project, run)
    fields = {"scorer": run.scorer, "model": run.model, "revision": run.revision}
    elsewhere = make.scorer_run(make.project(), **fields)
    canaries._close_links(elsewhere)

    flag_project(project.pk)
    raised.refresh_from_db()
    assert raised.status == "closed"


def advisory_locks() -> set[tuple[str, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT mode, classid, objid FROM pg_locks WHERE locktype = 'advisory' AND granted")
        return set(cursor.fetchall())


def test_a_calibration_that_began_before_a_check_failed_opens_nothing(
    project: Project, run: ScorerRun
) -> None:
    fits = begin(run, GivenLabels(project.pk, [run]))
    gate = Gate(is_open=True, code="open", count=300, needed=200)
    key = ("preference", "local", None, "en")
    fits.add(key, "hash", gate, link="ordinal", parameters={}, sample_size=300, metrics={})
    CanaryCheck.objects.create(run=run, responses=8, largest_change=5.0, tolerance=0.1, passed=False)
    fits.store()

    link = Calibration.objects.get(stratum="en")
    assert (link.gate_open, link.gate_reason, link.metrics["gate"]["code"]) == (False, CANARY, "canary")
    # Nor can one that stores at the very same time: either waits for the other.
    [shared] = advisory_locks()
    canaries._close_links(run)
    assert advisory_locks() == {shared, ("ExclusiveLock", *shared[1:])}


def test_what_rounding_does_passes(project: Project, run: ScorerRun, monkeypatch: pytest.MonkeyPatch) -> None:
    more_work(project)
    ScorerRun.objects.update(dtype="bfloat16")
    monkeypatch.setattr(residence, "_difference", lambda *_: "")
    load_again(monkeypatch, shift=0.02)

    finish(run)

    check = CanaryCheck.objects.get()
    assert check.passed
    assert check.largest_change == pytest.approx(0.02)


def test_a_model_that_is_itself_again_is_calibrated_anew(
    project: Project, run: ScorerRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    more_work(project)
    load_again(monkeypatch, shift=5.0)
    scoring.score_next_batch(run.pk)
    assert project.pk not in pending_projects()
    flag_project(project.pk)
    assert Flag.objects.filter(kind="F6", status="open").exists()

    load_again(monkeypatch)
    scoring.retry_errors(run.pk)
    finish(run)

    assert CanaryCheck.objects.latest("pk").passed
    assert project.pk in pending_projects()
    calibrate(project.pk)
    assert project.pk not in pending_projects()
    flag_project(project.pk)
    assert not Flag.objects.filter(kind="F6", status="open").exists()


def test_untrained_scorers_and_short_runs_have_nothing_to_repeat(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    untrained = scoring.start_run(project.pk, "demo")
    finish(untrained)
    more_work(project)
    load_again(monkeypatch)
    finish(untrained)

    assert not CanaryCheck.objects.exists()
    assert canary_report(project.pk) == []
    assert isinstance(residence.take_in(untrained).scorer, DemoScorer)
