"""What operators' machines ask: alive, ready, and the numbers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from annotate.models import Conversation, Export, Score, ScorerRun
from annotate.web import health
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_numbers() -> None:
    cache.delete("metrics")


def numbers(client: Client) -> dict[str, float]:
    cache.delete("metrics")
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return {
        one.name + str(one.labels.get("queue", "")): one.value
        for family in text_string_to_metric_families(answer.content.decode())
        for one in family.samples
    }


def broken(*_: Any, **__: Any) -> None:
    raise DatabaseError


def test_alive_looks_at_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "cursor", broken)

    assert client.get("/healthz").content == b"ok\n"


def test_ready_looks_at_database_redis_and_the_oldest_job(client: Client) -> None:
    export = Export.objects.create(project=make.project(), name="v1", format="native")
    Export.objects.filter(pk=export.pk).update(created_at=timezone.now() - timedelta(minutes=5))

    answer = client.get("/readyz")

    assert answer.status_code == 200
    found = answer.json()
    assert (found["database"], found["redis"]) == ("ok", "ok")
    assert set(found["queued"]) == {"default", "gpu", "unacked"}
    assert 290 <= found["oldest_job_seconds"] < 360


def test_without_a_database_it_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "cursor", broken)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["database"]) == (503, "DatabaseError")


def test_without_redis_it_is_not_ready(client: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["redis"]) == (503, "ConnectionError")
    assert client.get("/metrics").status_code == 503


def test_the_numbers_follow_the_work(client: Client) -> None:
    project = make.project(overlap=3)
    conversation = make.conversation(project, candidates=2)
    task = make.task(conversation)
    before = numbers(client)
    assert before["annotate_open_slots"] == 3
    assert before["annotate_oldest_unscored_seconds"] == 0
    assert {"annotate_queue_messagesdefault", "annotate_queue_messagesgpu"} <= set(before)

    make.assignment(task, make.member(project))
    make.submission(task, make.member(project))
    run = ScorerRun.objects.create(
        project=project,
        scorer="demo",
        model="m",
        revision="1",
        configuration_sha256="",
        dtype="",
        trained=False,
    )
    Conversation.objects.update(created_at=timezone.now() - timedelta(hours=1))

    after = numbers(client)
    assert after["annotate_open_slots"] == 1
    assert after["annotate_active_assignments"] == 1
    assert after["annotate_submissions_total"] > before["annotate_submissions_total"]
    assert 3590 <= after["annotate_oldest_unscored_seconds"] < 3700
    for response in conversation.turns.get().responses.all():
        Score.objects.create(run=run, response=response, value=1)
    assert numbers(client)["annotate_oldest_unscored_seconds"] == 0


def test_the_numbers_cost_three_statements_and_are_kept_for_a_while(client: Client) -> None:
    with CaptureQueriesContext(connection) as first:
        client.get("/metrics")
    with CaptureQueriesContext(connection) as second:
        client.get("/metrics")

    asked = [one["sql"] for one in first if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(asked) == 3
    assert len(second) == 0


def test_no_name_is_in_the_numbers(client: Client) -> None:
    project = make.project("secret-project")
    make.submission(make.task(make.conversation(project)), make.user("secret-person"))

    assert "secret" not in client.get("/metrics").content.decode()


def test_what_is_counted_is_bounded(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make.project(overlap=3)
    for _ in range(3):
        make.task(make.conversation(project))
    monkeypatch.setattr(health, "COUNTED", 2)

    assert numbers(client)["annotate_open_slots"] == 6
