"""The scoring workers that are alive, as they told it themselves last.

They live in Redis, each under a key that expires: a worker that was killed is gone within seconds without
anybody's doing, and nothing of it is worth keeping, which a table would have to be swept for. Django's
cache cannot list keys, so their names stand in a set beside them.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import redis
from django.conf import settings
from django.utils import timezone
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

EXPIRES_SECONDS = 45
TIMEOUT_SECONDS = 2
_A_MOMENT = timedelta(seconds=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringWorker:
    """A worker, the scorer it holds, and how it gets on.

    ``batch_began_at`` is None between batches; ``items_per_second`` speaks of its latest batches; memory
    is the device's, in bytes. What is not known (yet) is "" or None.
    """

    name: str
    host: str
    pid: int
    started_at: datetime
    scorer: str = ""
    model: str = ""
    revision: str = ""
    device: str = ""
    free_bytes: int | None = None
    total_bytes: int | None = None
    run_id: int | None = None
    batch_began_at: datetime | None = None
    last_batch_at: datetime | None = None
    last_batch_items: int = 0
    items_per_second: float | None = None

    def is_at_work(self) -> bool:
        """Whether it scores just now, or did a moment ago."""
        if self.batch_began_at is not None:
            return True
        return self.last_batch_at is not None and timezone.now() - self.last_batch_at < _A_MOMENT


def connect() -> Any:  # noqa: ANN401 - redis-py's answers have no useful types
    """Return a client of the installation's Redis that waits at most two seconds."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    )


def prefixed(name: str) -> str:
    """Return a key's name with the prefix of this installation."""
    return f"{settings.CELERY_BROKER_TRANSPORT_OPTIONS['global_keyprefix']}scoring:{name}"


def keep(worker: ScoringWorker) -> None:
    """Store the worker's word until it expires; RedisError when Redis does not answer."""
    with connect() as client, client.pipeline(transaction=False) as pipe:
        pipe.set(prefixed(f"worker:{worker.name}"), msgspec.json.encode(worker), ex=EXPIRES_SECONDS)
        pipe.sadd(prefixed("workers"), worker.name)
        pipe.execute()


def forget(names: list[str]) -> None:
    """Remove workers that are gone; RedisError when Redis does not answer."""
    with connect() as client, client.pipeline(transaction=False) as pipe:
        pipe.delete(*(prefixed(f"worker:{name}") for name in names))
        pipe.srem(prefixed("workers"), *names)
        pipe.execute()


def scoring_workers() -> list[ScoringWorker]:
    """Return the workers that are alive, by name; none where Redis does not answer (`/readyz` tells)."""
    try:
        with connect() as client:
            names = sorted(name.decode() for name in client.smembers(prefixed("workers")))
            told = client.mget([prefixed(f"worker:{name}") for name in names]) if names else []
        if gone := [name for name, word in zip(names, told, strict=True) if word is None]:
            forget(gone)
    except RedisError as error:
        log.warning("no word of the scoring workers: %s", type(error).__name__)
        return []
    return [msgspec.json.decode(word, type=ScoringWorker) for word in told if word is not None]
