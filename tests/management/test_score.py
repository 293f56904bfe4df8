from __future__ import annotations

import json
from collections.abc import Sequence
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper
from django.utils import timezone

from annotate import tasks
from annotate.management import meter
from annotate.management.commands import score
from annotate.management.meter import Meter, duration
from annotate.models import ScorerRun
from annotate.pipeline import scoring
from annotate.pipeline.scoring import residence
from annotate.reports.managers.workers import ScoringWorker
from inference.scorers.demo import DemoScorer
from inference.types import Item, Result, UnavailableError
from tests import make


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def said(*arguments: str, errors: StringIO | None = None) -> Any:
    out = StringIO()
    call_command(*arguments, "--json", stdout=out, stderr=errors or StringIO())
    return json.loads(out.getvalue())


@pytest.fixture(autouse=True)
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no other process count, and wait for nothing long."""
    monkeypatch.setattr(score, "scoring_workers", list)
    monkeypatch.setattr(score, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(residence, "_residents", {})


@pytest.mark.django_db
def test_score_waits_until_nothing_is_left() -> None:
    make.conversation(make.project("cakes"), turns=20, candidates=2)

    answer = said("score", "cakes", "--scorer", "demo", "--wait")
    assert (answer["scored"], answer["left"], answer["status"], answer["trained"]) == (40, 0, "done", False)


@pytest.mark.django_db
def test_score_without_waiting_wakes_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[Any] = []
    monkeypatch.setattr(tasks, "wake", lambda task, _id: woken.append(task))
    make.conversation(make.project("cakes"))

    assert said("score", "cakes", "--scorer", "demo")["left"] == 1
    assert woken == [tasks.score_pending]


@pytest.mark.django_db
def test_an_unknown_scorer_is_named_with_the_known_ones() -> None:
    make.project("cakes")
    with pytest.raises(CommandError, match="Known are: demo"):
        said("score", "cakes", "--scorer", "oracle")


@pytest.mark.django_db
def test_waiting_without_workers_scores_here_and_says_so_beside_the_answer() -> None:
    make.conversation(make.project("cakes"))
    errors = StringIO()

    said("score", "cakes", "--scorer", "demo", "--wait", errors=errors)
    assert "No scoring worker is running: scoring here." in errors.getvalue()
    assert errors.getvalue().splitlines()[0] == "0/1 scored, 0 in error"
    assert errors.getvalue().splitlines()[-1].startswith("1/1 scored, 0 in error")


@pytest.mark.django_db
def test_waiting_with_a_worker_leaves_the_scoring_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make.project("cakes")
    make.conversation(project)
    worker = ScoringWorker(name="gpu1:7", host="gpu1", pid=7, started_at=timezone.now())
    monkeypatch.setattr(score, "scoring_workers", lambda: [worker])
    woken: list[int] = []

    def work(run_id: int) -> None:
        woken.append(run_id)
        if len(woken) == 3:
            scoring.score_next_batch(run_id)

    monkeypatch.setattr(tasks, "wake_scoring", work)
    errors = StringIO()

    answer = said("score", "cakes", "--scorer", "demo", "--wait", errors=errors)
    assert (answer["scored"], answer["status"]) == (1, "done")
    assert len(woken) == 3
    assert "scoring here" not in errors.getvalue()


@pytest.mark.django_db
def test_waiting_ends_when_there_is_nothing_to_score() -> None:
    make.project("cakes")

    assert said("score", "cakes", "--scorer", "demo", "--wait")["status"] == "done"


class Broken(DemoScorer):
    error: Exception = RuntimeError("device lost")

    def __call__(self, items: Sequence[Item], /) -> list[Result]:
        if items[0].id == residence.WARM_UP.id:
            return super().__call__(items)
        raise self.error


@pytest.mark.django_db
def test_a_run_that_stops_is_an_error_with_its_reason_after_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("inference.scorers.load", lambda _key, _configuration: Broken())
    project = make.project("cakes")
    for _ in range(4):
        make.conversation(project)
    out = StringIO()

    with pytest.raises(CommandError, match="The run has stopped: It failed on 3 conversations in a row"):
        call_command("score", "cakes", "--scorer", "demo", "--wait", "--json", stdout=out, stderr=StringIO())
    assert json.loads(out.getvalue())["status"] == ScorerRun.Status.FAILED


@pytest.mark.django_db
def test_waiting_here_for_a_server_that_does_not_answer_ends_with_its_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone = Broken()
    gone.error = UnavailableError("no answer from the server")
    monkeypatch.setattr("inference.scorers.load", lambda _key, _configuration: gone)
    make.conversation(make.project("cakes"))

    with pytest.raises(CommandError, match="cannot be reached: no answer from the server"):
        said("score", "cakes", "--scorer", "demo", "--wait")


def test_on_a_terminal_there_is_one_bar_that_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.0, 10.0, 20.0])
    monkeypatch.setattr(meter.time, "monotonic", lambda: next(clock))  # type: ignore[attr-defined]
    screen = Terminal()
    shown = Meter(OutputWrapper(screen))
    shown.show(0, 0, 48)
    shown.show(20, 4, 48)
    shown.show(44, 4, 48)
    shown.end()

    bars = screen.getvalue().split("\r")[1:]
    assert bars[0].rstrip() == "[........................] 0/48 scored, 0 in error"
    assert bars[1].rstrip() == "[############............] 20/48 scored, 4 in error, 2.4/s, 0:00:10 left"
    assert bars[2].strip() == "[########################] 44/48 scored, 4 in error, 2.4/s, 0:00:00 left"


def test_elsewhere_there_is_a_plain_line_every_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.0, 5.0, 10.0, 15.0])
    monkeypatch.setattr(meter.time, "monotonic", lambda: next(clock))  # type: ignore[attr-defined]
    lines = StringIO()
    shown = Meter(OutputWrapper(lines))
    for scored in (10, 15, 20, 25):
        shown.show(scored, 0, 40)
    shown.end()

    assert lines.getvalue().splitlines() == [
        "10/40 scored, 0 in error",
        "20/40 scored, 0 in error, 1.0/s, 0:00:20 left",
        "25/40 scored, 0 in error, 1.0/s, 0:00:15 left",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0:00:00"), (59.6, "0:01:00"), (3661, "1:01:01"), (360_000, "100:00:00")]
)
def test_durations_are_hours_minutes_seconds(seconds: float, words: str) -> None:
    assert duration(seconds) == words
