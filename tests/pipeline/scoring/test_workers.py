"""What a scoring worker tells of itself, who reads it, and its end when it hangs."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotate.models import ApiToken, Membership, Project
from annotate.pipeline import scoring
from annotate.pipeline.scoring import workers
from annotate.reports.managers.scorers import scorer_runs
from annotate.reports.managers.workers import ScoringWorker, connect, forget, keep, prefixed, scoring_workers
from inference.types import Health, ScorerInfo
from tests import make
from tests.pipeline.scoring.conftest import Spy, finish

INFO = ScorerInfo(
    key="mine",
    model="weights",
    revision="r1",
    dtype="bfloat16",
    image_budget="",
    trained=True,
    comparability="",
)


@pytest.fixture
def worker() -> Iterator[None]:
    """Make this process a worker for the time of the test."""
    workers.begin()
    yield
    workers.end()


def told(**fields: Any) -> ScoringWorker:
    made = ScoringWorker(name="gpu1:7", host="gpu1", pid=7, started_at=timezone.now())
    return replace(made, **fields)


def test_a_worker_is_known_from_its_start_to_its_end() -> None:
    workers.begin()
    (one,) = scoring_workers()
    assert (one.host, one.pid, one.scorer) == (workers.HOST, os.getpid(), "")

    workers.end()
    assert scoring_workers() == []


@pytest.mark.usefixtures("worker")
def test_it_tells_its_model_its_device_its_batch_and_its_speed() -> None:
    workers.loaded(INFO, Health(device="cuda:0", free_bytes=5, total_bytes=9))
    with workers.at_work(3):
        (busy,) = scoring_workers()
    workers.scored(30, 10.0, Health(device="cuda:0", free_bytes=4, total_bytes=9))
    workers.scored(10, 10.0, Health(device="cuda:0", free_bytes=4, total_bytes=9))
    (idle,) = scoring_workers()

    assert (busy.scorer, busy.model, busy.revision, busy.device) == ("mine", "weights", "r1", "cuda:0")
    assert (busy.free_bytes, busy.total_bytes, busy.run_id) == (5, 9, 3)
    assert busy.batch_began_at is not None
    assert (idle.batch_began_at, idle.last_batch_items, idle.items_per_second) == (None, 10, 2.0)
    assert idle.free_bytes == 4
    assert idle.last_batch_at is not None


@pytest.mark.usefixtures("worker")
def test_a_scorer_without_a_device_has_none() -> None:
    workers.loaded(INFO, None)

    assert (scoring_workers()[0].device, scoring_workers()[0].free_bytes) == ("", None)


def test_a_worker_that_is_gone_is_no_more_seen_once_its_word_expires() -> None:
    keep(told())
    with connect() as client:
        assert 0 < client.ttl(prefixed("worker:gpu1:7")) <= 45
        client.delete(prefixed("worker:gpu1:7"))

    assert scoring_workers() == []
    with connect() as client:
        assert client.smembers(prefixed("workers")) == set()


def test_without_redis_there_is_no_word_of_workers(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert scoring_workers() == []


@pytest.mark.usefixtures("worker")
def test_a_worker_goes_on_telling_and_outlives_redis(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(workers, "BEAT_SECONDS", 0.05)
    workers.end()
    workers.begin()
    url, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:1/0"
    time.sleep(0.2)
    settings.REDIS_URL = url
    forget([f"{workers.HOST}:{os.getpid()}"])
    time.sleep(0.3)

    assert [one.pid for one in scoring_workers()] == [os.getpid()]


def test_a_batch_that_hangs_ends_the_worker(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(workers, "BEAT_SECONDS", 0.05)
    settings.GPU_TASK_SECONDS = 0.2
    killed = threading.Event()
    signals = []

    def kill(pid: int, number: int) -> None:
        signals.append((pid, number))
        killed.set()

    monkeypatch.setattr(workers.os, "kill", kill)  # type: ignore[attr-defined]  # the module's own
    workers.begin()
    time.sleep(0.4)
    assert not killed.is_set()  # idle is not hanging
    with workers.at_work(1):
        assert killed.wait(5)
    workers.end()

    assert signals[0] == (os.getpid(), signal.SIGKILL)


@pytest.mark.django_db
@pytest.mark.usefixtures("worker")
def test_a_run_that_is_scored_is_told_of(spy: Spy) -> None:
    project = make.project()
    make.conversation(project)
    spy.health = lambda: Health(device="spy:0", free_bytes=1)  # type: ignore[attr-defined]
    run = scoring.start_run(project.pk, "demo")
    finish(run)

    (one,) = scoring_workers()
    assert (one.scorer, one.run_id, one.device, one.last_batch_items) == ("demo", run.pk, "spy:0", 1)


@pytest.mark.django_db
@pytest.mark.usefixtures("worker")
def test_a_health_that_cannot_be_told_costs_no_score(spy: Spy) -> None:
    project = make.project()
    make.conversation(project)

    def ill() -> Health:
        raise RuntimeError("device lost")

    spy.health = ill  # type: ignore[attr-defined]
    assert finish(scoring.start_run(project.pk, "demo")) == [1]


@pytest.mark.django_db
def test_the_time_left_is_that_of_all_who_are_at_the_run() -> None:
    project = make.project()
    for _ in range(3):
        make.conversation(project, candidates=2)
    run, other = scoring.start_run(project.pk, "demo"), make.project()
    make.conversation(other)
    elsewhere = scoring.start_run(other.pk, "demo")
    scoring.score_next_batch(run.pk, 2)
    just_now, long_ago = timezone.now(), timezone.now() - timedelta(minutes=5)
    speeds = [
        told(run_id=run.pk, items_per_second=0.5, last_batch_at=just_now),
        told(run_id=run.pk, items_per_second=1.5, batch_began_at=long_ago),
        told(run_id=run.pk, items_per_second=9.0, last_batch_at=long_ago),
        told(run_id=elsewhere.pk, items_per_second=9.0, last_batch_at=just_now),
    ]

    (known,) = scorer_runs(project.pk, speeds)
    (unknown,) = scorer_runs(project.pk, [])
    assert (known.left, known.items_per_second, known.seconds_left) == (4, 2.0, 2.0)
    assert (unknown.items_per_second, unknown.seconds_left, unknown.expected_at) == (None, None, None)


@pytest.mark.django_db
def test_the_oldest_that_waits_is_the_first_conversation_with_something_left() -> None:
    project = make.project()
    arrivals = [make.conversation(project).created_at for _ in range(3)]
    run = scoring.start_run(project.pk, "demo")
    ages = [scorer_runs(project.pk)[0].oldest_unscored_at]
    while scoring.score_next_batch(run.pk, 1):
        ages.append(scorer_runs(project.pk)[0].oldest_unscored_at)

    assert ages == [*arrivals, None]


@pytest.fixture
def project() -> Project:
    """Return a project with a run in progress, and a worker at it."""
    made = make.project()
    for _ in range(200):
        make.conversation(made)
    run = scoring.start_run(made.pk, "demo")
    scoring.score_next_batch(run.pk, 2)
    keep(
        told(
            scorer="demo",
            model="untrained rules",
            device="cuda:1",
            run_id=run.pk,
            free_bytes=2**30,
            total_bytes=2**31,
            items_per_second=1.0,
            batch_began_at=timezone.now(),
        )
    )
    return made


@pytest.mark.django_db
def test_managers_see_workers_settings_and_the_time_left(client: Client, project: Project) -> None:
    client.force_login(make.member(project, Membership.Role.MANAGER))
    whole = client.get(reverse("manage-project", args=[project.slug])).content.decode()
    part = client.get(reverse("manage-scorers", args=[project.slug])).content.decode()

    for page in (whole, part):
        assert "gpu1:7" in page
        assert "cuda:1" in page
        assert "1.0\xa0GB / 2.0\xa0GB" in page
        assert "About 3\xa0minutes left, at 1.0 responses a second." in page
        assert "The oldest has waited for" in page
        assert "splitter_version" in page
        assert f'hx-get="{reverse("manage-scorers", args=[project.slug])}"' in page
    assert "<html" in whole
    assert "<html" not in part


@pytest.mark.django_db
def test_a_page_with_nothing_left_to_score_asks_no_more(client: Client) -> None:
    made = make.project()
    make.conversation(made)
    finish(scoring.start_run(made.pk, "demo"))
    client.force_login(make.member(made, Membership.Role.MANAGER))

    assert "hx-get" not in client.get(reverse("manage-scorers", args=[made.slug])).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["annotator", "reviewer", None])
def test_nobody_but_managers_sees_them(client: Client, project: Project, role: str | None) -> None:
    client.force_login(make.member(project, Membership.Role(role)) if role else make.user())

    assert client.get(reverse("manage-scorers", args=[project.slug])).status_code == 404


@pytest.mark.django_db
def test_the_api_tells_runs_and_workers(project: Project) -> None:
    token = ApiToken.issue(make.member(project, Membership.Role.MANAGER), "test")
    path = reverse("api-scorers", args=[project.slug])
    answer = Client().get(path, headers={"Authorization": f"Token {token}"}).json()

    (run,) = answer["runs"]
    assert (run["left"], run["seconds_left"], run["configuration"]["kind"]) == (198, 198.0, "demo")
    assert run["oldest_unscored_at"]
    (one,) = answer["workers"]
    assert (one["name"], one["scorer"], one["device"], one["free_bytes"]) == (
        "gpu1:7",
        "demo",
        "cuda:1",
        2**30,
    )


@pytest.mark.django_db
def test_metrics_tell_workers_their_speed_and_memory(client: Client, project: Project) -> None:
    from django.core.cache import cache  # noqa: PLC0415 - what other tests left there

    cache.delete("metrics")
    text = client.get("/metrics").content.decode()
    cache.delete("metrics")

    assert "annotate_scoring_workers 1.0" in text
    assert 'annotate_scoring_items_per_second{scorer="demo",worker="gpu1:7"} 1.0' in text
    assert 'annotate_scoring_free_bytes{scorer="demo",worker="gpu1:7"} 1.073741824e+09' in text
    assert project.slug not in text


@pytest.mark.django_db
def test_a_scorers_file_that_is_wrong_is_said_on_the_page(
    client: Client, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any
) -> None:
    from annotate.pipeline.scoring import configurations  # noqa: PLC0415 - for its cache alone

    made = make.project()
    client.force_login(make.member(made, Membership.Role.MANAGER))
    settings.SCORERS_FILE = str(tmp_path / "missing.yaml")
    configurations.configurations.cache_clear()
    page = client.get(reverse("manage-project", args=[made.slug]))
    configurations.configurations.cache_clear()

    assert page.status_code == 200
    assert "missing.yaml" in page.content.decode()
