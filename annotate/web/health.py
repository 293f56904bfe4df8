"""Whether the process lives, whether it can work, and the numbers to watch.

No name of a project, a person or a file is in any of them, but they are for operators: keep ``/metrics``
from the outside at the proxy. Every read is bounded, whatever the size of the tables.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from psycopg_pool import PoolTimeout
from redis.exceptions import RedisError

from annotate.reports.managers.workers import ScoringWorker, connect, scoring_workers

QUEUES = ("default", "gpu")
COUNTED = 100_000  # open tasks that are looked at, at most
SCANNED = 10_000  # newest responses that are looked at for missing scores
FRESH_SECONDS = 10  # numbers are worked out at most this often, however many ask
TIMEOUT = "2s"

# The oldest job that nobody has finished; both tables hold few rows, and these states are rare in them.
_READY = """
SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0)::float FROM (
    SELECT created_at FROM annotate_importrun WHERE status IN ('waiting', 'running')
    UNION ALL SELECT created_at FROM annotate_export WHERE status IN ('waiting', 'running')) job"""

# Submissions are only ever inserted, so the highest key counts them (and inserts that were rolled back).
_NUMBERS = """
SELECT (SELECT coalesce(sum(open_slots), 0) FROM (
            SELECT task.open_slots FROM annotate_batch batch JOIN annotate_task task ON task.batch_id = batch.id
            WHERE batch.state = 'open' AND task.open_slots > 0 LIMIT %(counted)s) open),
       (SELECT count(*) FROM (SELECT FROM annotate_assignment WHERE status = 'active' LIMIT %(counted)s) active),
       (SELECT coalesce(max(id), 0) FROM annotate_submission),
       (SELECT count(*) FROM (SELECT FROM annotate_flag WHERE status = 'open' LIMIT %(counted)s) flagged),
       (SELECT coalesce(extract(epoch FROM now() - min(conversation.created_at)), 0)::float
        FROM (SELECT id, turn_id FROM annotate_response ORDER BY id DESC LIMIT %(scanned)s) response
        JOIN annotate_turn turn ON turn.id = response.turn_id
        JOIN annotate_conversation conversation ON conversation.id = turn.conversation_id
        JOIN annotate_scorerrun run ON run.project_id = conversation.project_id AND run.status = 'running'
        WHERE NOT EXISTS (SELECT FROM annotate_score score
                          WHERE score.run_id = run.id AND score.response_id = response.id))"""


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Answer as long as the process does; it looks at nothing else, so that a database's trouble restarts nobody."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Answer 200 when the database and Redis answer, else 503; with the age of the oldest waiting job.

    An old job is no reason for a 503: another web process could not help.
    """
    state: dict[str, Any] = {"database": "ok", "redis": "ok"}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{TIMEOUT}'")
            cursor.execute(_READY)
            (state["oldest_job_seconds"],) = cursor.fetchone()
    except (DatabaseError, PoolTimeout) as error:
        state["database"] = type(error).__name__
    try:
        state["queued"] = queue_lengths()
    except RedisError as error:
        state["redis"] = type(error).__name__
    ready = state["database"] == state["redis"] == "ok"
    return JsonResponse(state, status=200 if ready else 503)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Answer the numbers in Prometheus' text form; 503 when the database or Redis does not answer."""
    try:
        numbers = cache.get("metrics")
        if numbers is None:
            numbers = read_numbers()
            cache.set("metrics", numbers, FRESH_SECONDS)
    except (DatabaseError, PoolTimeout, RedisError) as error:
        return HttpResponse(f"# {type(error).__name__}\n", status=503, content_type="text/plain")
    return HttpResponse(generate_latest(_registry(numbers)), content_type=CONTENT_TYPE_LATEST)


def queue_lengths() -> dict[str, int]:
    """Return the messages that wait in each Celery queue, and those that workers hold as ``unacked``."""
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    with connect() as client, client.pipeline(transaction=False) as pipe:
        for queue in QUEUES:
            pipe.llen(f"{prefix}{queue}")
        pipe.hlen(f"{prefix}unacked")
        return dict(zip((*QUEUES, "unacked"), pipe.execute(), strict=True))


def read_numbers() -> dict[str, Any]:
    """Return the numbers: two statements on the database, three round trips to Redis."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{TIMEOUT}'")
        cursor.execute(_NUMBERS, {"counted": COUNTED, "scanned": SCANNED})
        open_slots, active, submissions, flags, unscored = cursor.fetchone()
        cursor.execute(_READY)
        (oldest_job,) = cursor.fetchone()
    return {
        "queues": queue_lengths(),
        "open_slots": open_slots,
        "active": active,
        "submissions": submissions,
        "flags": flags,
        "unscored": unscored,
        "oldest_job": oldest_job,
        "workers": scoring_workers(),
    }


def _registry(numbers: dict[str, Any]) -> CollectorRegistry:
    registry = CollectorRegistry()
    queued = Gauge("annotate_queue_messages", "Messages by Celery queue", ["queue"], registry=registry)
    for queue, length in numbers["queues"].items():
        queued.labels(queue).set(length)
    for name, text, value in (
        (
            "annotate_open_slots",
            f"Answers still wanted in open batches (first {COUNTED:,} tasks)",
            "open_slots",
        ),
        ("annotate_active_assignments", "Assignments that people hold", "active"),
        ("annotate_submissions_total", "Highest submission key: grows with every submission", "submissions"),
        ("annotate_open_flags", "Flags that nobody has ruled on", "flags"),
        (
            "annotate_oldest_unscored_seconds",
            "Age of the oldest response that a running run lacks",
            "unscored",
        ),
        ("annotate_oldest_job_seconds", "Age of the oldest unfinished import or export", "oldest_job"),
    ):
        Gauge(name, text, registry=registry).set(numbers[value])
    _add_workers(registry, numbers["workers"])
    return registry


def _add_workers(registry: CollectorRegistry, workers: list[ScoringWorker]) -> None:
    alive = Gauge("annotate_scoring_workers", "Scoring workers that are alive", registry=registry)
    alive.set(len(workers))
    speed = Gauge(
        "annotate_scoring_items_per_second",
        "Responses a second in a worker's latest batches, 0 when it does nothing",
        ["worker", "scorer"],
        registry=registry,
    )
    free = Gauge(
        "annotate_scoring_free_bytes",
        "Free memory of a worker's device",
        ["worker", "scorer"],
        registry=registry,
    )
    busy = Gauge(
        "annotate_scoring_batch_seconds",
        "Age of the batch that a worker is at, 0 for none",
        ["worker", "scorer"],
        registry=registry,
    )
    now = timezone.now()
    for one in workers:
        names = (one.name, one.scorer)
        speed.labels(*names).set((one.items_per_second or 0) if one.is_at_work() else 0)
        busy.labels(*names).set((now - one.batch_began_at).total_seconds() if one.batch_began_at else 0)
        if one.free_bytes is not None:
            free.labels(*names).set(one.free_bytes)
