"""What a run looks like after something went wrong in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from annotate.models import Conversation, Response, Score, ScorerRun
from annotate.pipeline import scoring
from annotate.pipeline.scoring import attempts, batches, residence
from annotate.reports.managers.workers import connect
from inference.types import Item, ScorerInfo, UnavailableError
from tests import make
from tests.pipeline.scoring.conftest import Spy, finish

pytestmark = pytest.mark.django_db


def raising(error: Exception, *ids: int) -> Callable[[Sequence[Item]], None]:
    """Return what raises on these items, or on all but the warm-up if none are named."""

    def check(items: Sequence[Item]) -> None:
        if items[0].id != residence.WARM_UP.id and (not ids or {item.id for item in items} & set(ids)):
            raise error

    return check


def test_an_item_that_the_scorer_breaks_on_is_its_own_error_with_the_words_and_can_be_retried(
    spy: Spy,
) -> None:
    project = make.project()
    for _ in range(4):
        make.conversation(project, candidates=2)
    run = scoring.start_run(project.pk, "demo")
    bad = Response.objects.order_by("pk")[2]
    spy.breaks = raising(KeyError("no \0 such token"), bad.pk)

    assert finish(run, size=8) == [8]
    score = Score.objects.get(value=None)
    assert (score.response, score.error_code) == (bad, "scorer_failed")
    assert "KeyError" in score.error_detail
    run.refresh_from_db()
    assert run.status == "done"

    spy.breaks = lambda _: None
    assert scoring.retry_errors(run.pk) == 1
    assert finish(run) == [1]
    assert scoring.progress(run.pk).errors == 0


def test_a_scorer_that_breaks_on_everything_stops_the_run_until_it_is_retried(spy: Spy) -> None:
    project = make.project()
    for _ in range(6):
        make.conversation(project)
    run = scoring.start_run(project.pk, "demo")
    spy.breaks = raising(RuntimeError("device lost"))

    assert finish(run, size=2) == [2, 1]
    run.refresh_from_db()
    assert run.status == "failed"
    assert run.error == "It failed on 3 conversations in a row, the last time with RuntimeError: device lost"
    assert scoring.pending_runs() == []
    assert (Score.objects.count(), Score.objects.filter(error_code="scorer_failed").count()) == (3, 3)

    spy.breaks = lambda _: None
    assert scoring.retry_errors(run.pk) == 3
    assert sum(finish(run)) == 6
    run.refresh_from_db()
    assert (run.status, run.error, spy.warmed) == ("done", "", 2)


def test_a_failed_run_can_go_on_beyond_what_it_failed_on(spy: Spy) -> None:
    project = make.project()
    for _ in range(5):
        make.conversation(project)
    run = scoring.start_run(project.pk, "demo")
    spy.breaks = raising(
        ValueError("poison"), *Response.objects.order_by("pk").values_list("pk", flat=True)[:3]
    )
    finish(run)

    assert scoring.start_run(project.pk, "demo") == run
    finish(run)
    run.refresh_from_db()
    assert run.status == "done"
    assert Score.objects.filter(value__isnull=False).count() == 2


def test_a_scorer_that_cannot_be_loaded_stops_the_run_and_stores_nothing(spy: Spy) -> None:
    project = make.project()
    make.conversation(project)
    run = scoring.start_run(project.pk, "demo")

    def cold(_: Sequence[Item]) -> None:
        raise ImportError("no module named torch")

    spy.breaks = cold
    assert finish(run) == []
    run.refresh_from_db()
    assert (run.status, run.error) == ("failed", "ImportError: no module named torch")
    assert Score.objects.count() == 0


def test_a_scorer_that_cannot_be_reached_is_asked_again_later(spy: Spy) -> None:
    project = make.project()
    make.conversation(project)
    run = scoring.start_run(project.pk, "demo")
    spy.breaks = raising(UnavailableError("no answer from the server"))

    assert finish(run) == []
    run.refresh_from_db()
    assert (run.status, run.error) == ("running", "no answer from the server")
    assert scoring.pending_runs() == [run.pk]
    assert Score.objects.count() == 0

    spy.breaks = lambda _: None
    assert finish(run) == [1]
    run.refresh_from_db()
    assert (run.status, run.error) == ("done", "")


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("revision", "revision “1” here, “another” in the run"),
        ("dtype", "dtype “float64” here, “another” in the run"),
        ("configuration_sha256", "other settings, or another version of the program"),
    ],
)
def test_a_worker_refuses_a_run_that_was_made_for_another_scorer(field: str, words: str, spy: Spy) -> None:
    project = make.project()
    make.conversation(project)
    run = scoring.start_run(project.pk, "demo")
    ScorerRun.objects.update(**{field: "another"})

    assert finish(run) == []
    run.refresh_from_db()
    assert run.status == "failed"
    assert words in run.error
    assert "start a new run" in run.error
    assert spy.calls == []


def test_a_worker_that_does_not_know_the_scorer_says_so() -> None:
    project = make.project()
    make.conversation(project)
    run = scoring.start_run(project.pk, "demo")
    ScorerRun.objects.update(scorer="elsewhere")

    assert finish(run) == []
    run.refresh_from_db()
    assert "knows no scorer “elsewhere”" in run.error


def test_what_was_loaded_long_ago_is_loaded_again_before_a_run_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = make.project()
    make.conversation(project)
    finish(scoring.start_run(project.pk, "demo"))

    class Upgraded(Spy):
        def describe(self) -> ScorerInfo:
            return replace(super().describe(), revision="2")

    monkeypatch.setattr("inference.scorers.load", lambda _key, _configuration: Upgraded())
    run = scoring.start_run(project.pk, "demo")
    assert run.revision == "2"
    assert finish(run) == [1]


def test_a_model_is_loaded_for_work_only(spy: Spy) -> None:
    run = scoring.start_run(make.project().pk, "demo")

    assert finish(run) == []
    run.refresh_from_db()
    assert (run.status, spy.warmed) == ("done", 0)


def died(run: ScorerRun, *conversations: Conversation, times: int = 1) -> None:
    """Leave the count that a worker leaves which is killed while it scores these."""
    with connect() as client:
        for one in conversations:
            client.incrby(attempts._key(run.pk, one.pk), times)


def test_an_attempt_is_counted_while_it_lasts(spy: Spy) -> None:
    project = make.project()
    one = make.conversation(project)
    run = scoring.start_run(project.pk, "demo")
    counts = []
    spy.breaks = lambda _: counts.append(attempts.deaths(run.pk, [one.pk])[one.pk])
    finish(run)

    assert counts == [0, 1]  # the warm-up, the batch
    assert attempts.deaths(run.pk, [one.pk]) == {one.pk: 0}


def test_what_a_worker_died_on_is_tried_one_by_one_after_all_others(spy: Spy) -> None:
    project = make.project()
    suspects = [make.conversation(project, candidates=2) for _ in range(3)]
    run = scoring.start_run(project.pk, "demo")
    died(run, *suspects)
    for _ in range(2):
        make.conversation(project)

    assert finish(run, size=8) == [2, 2, 2, 2]
    assert [len(call) for call in spy.calls] == [2, 2, 2, 2]
    assert {item.id for item in spy.calls[0]} == set(
        Response.objects.exclude(turn__conversation__in=suspects).values_list("pk", flat=True)
    )


def test_what_workers_die_on_again_and_again_is_given_up_and_can_be_retried(spy: Spy) -> None:
    project = make.project()
    deadly = make.conversation(project)
    make.conversation(project)
    run = scoring.start_run(project.pk, "demo")
    died(run, deadly, times=attempts.LIMIT)

    assert finish(run) == [1, 1]
    score = Score.objects.get(value=None)
    assert (score.response.turn.conversation, score.error_code) == (deadly, batches.WORKER_DIED)
    assert "5 workers in a row ended" in score.error_detail
    assert len(spy.asked) == 1
    run.refresh_from_db()
    assert run.status == "done"

    assert scoring.retry_errors(run.pk) == 1
    assert finish(run) == [1]
    assert scoring.progress(run.pk).scored == 2


def test_a_model_that_kills_whoever_loads_it_stops_the_run_until_it_is_retried(spy: Spy) -> None:
    project = make.project()
    make.conversation(project)
    run = scoring.start_run(project.pk, "demo")
    with connect() as client:
        client.set(attempts._key(run.pk, attempts.LOADING), attempts.LIMIT)

    assert finish(run) == []
    run.refresh_from_db()
    assert run.status == "failed"
    assert "5 workers in a row ended while they loaded the model" in run.error
    assert spy.warmed == 0

    scoring.retry_errors(run.pk)
    assert finish(run) == [1]


def test_an_exception_is_no_death(spy: Spy) -> None:
    project = make.project()
    one = make.conversation(project)
    run = scoring.start_run(project.pk, "demo")
    spy.breaks = raising(ValueError("poison"))
    finish(run)

    assert attempts.deaths(run.pk, [one.pk]) == {one.pk: 0}


def test_without_redis_scoring_goes_on(settings: Any, spy: Spy) -> None:
    project = make.project()
    make.conversation(project)
    run = scoring.start_run(project.pk, "demo")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert finish(run) == [1]
