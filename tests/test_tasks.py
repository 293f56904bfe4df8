"""When scoring is woken, and when one message more would be one too many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError

from annotate import tasks
from annotate.pipeline import scoring
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_waits(settings: Any) -> Iterator[None]:
    """Forget which messages are known to wait."""
    caches = settings.CACHES
    yield
    settings.CACHES = caches
    cache.delete_many([tasks._waiting(number) for number in range(100_000, 100_003)])


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Remember what is sent, in place of a broker."""
    messages: list[Any] = []
    monkeypatch.setattr(tasks, "wake", lambda _task, *ids, countdown=0: messages.append((*ids, countdown)))
    return messages


RUN = 100_000


def batches(monkeypatch: pytest.MonkeyPatch, *counts: int | Exception) -> list[int]:
    left, asked = list(counts), []

    def score(run_id: int) -> int:
        asked.append(run_id)
        if isinstance(next_one := left.pop(0), Exception):
            raise next_one
        return next_one

    monkeypatch.setattr(scoring, "score_next_batch", score)
    return asked


def test_a_run_is_scored_to_its_end_and_one_message_waits_for_who_is_idle(
    monkeypatch: pytest.MonkeyPatch, sent: list[Any]
) -> None:
    asked = batches(monkeypatch, 8, 64, 64, 0)
    tasks.score_pending(RUN)

    assert len(asked) == 4
    assert sent == [(RUN, 0)]


def test_after_its_time_a_run_stands_in_line_again(monkeypatch: pytest.MonkeyPatch, sent: list[Any]) -> None:
    monkeypatch.setattr(tasks, "SLICE_SECONDS", 0)
    asked = batches(monkeypatch, 8, 64)
    tasks.score_pending(RUN)
    tasks.score_pending(RUN)

    assert len(asked) == 2
    assert sent == [(RUN, 0), (RUN, 0)]


def test_sweeps_add_no_messages_while_one_waits(monkeypatch: pytest.MonkeyPatch, sent: list[Any]) -> None:
    monkeypatch.setattr(scoring, "pending_runs", lambda: [RUN, RUN + 1])
    for _ in range(3):
        tasks.sweep_scoring()

    assert sent == [(RUN, 0), (RUN + 1, 0)]
    batches(monkeypatch, 0)
    tasks.score_pending(RUN)
    tasks.sweep_scoring()
    assert sent == [(RUN, 0), (RUN + 1, 0), (RUN, 0)]


def test_a_lost_database_is_tried_again_soon(monkeypatch: pytest.MonkeyPatch, sent: list[Any]) -> None:
    batches(monkeypatch, OperationalError("the connection is closed"))
    tasks.score_pending(RUN)

    assert sent == [(RUN, tasks.AGAIN_SECONDS)]


def test_a_lost_message_is_known_to_wait_for_ten_minutes_at_most(sent: list[Any]) -> None:
    tasks.wake_scoring(RUN)

    assert cache._cache.get_client().ttl(cache.make_key(tasks._waiting(RUN))) <= 600  # type: ignore[attr-defined]


def test_without_redis_scoring_goes_on(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    asked = batches(monkeypatch, 8, 0)
    tasks.score_pending(RUN)

    assert len(asked) == 2


def test_the_sweep_finds_what_is_left(sent: list[Any]) -> None:
    project = make.project()
    make.conversation(project)
    run = scoring.start_run(project.pk, "demo")
    cache.delete(tasks._waiting(run.pk))
    tasks.sweep_scoring()
    cache.delete(tasks._waiting(run.pk))

    assert sent == [(run.pk, 0)]
