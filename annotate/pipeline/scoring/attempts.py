"""Conversations that workers died on: killed by the system, crashed in a driver, ended for hanging.

An exception is caught and stored; a death is not, and would come again for every worker that takes the
same conversation up. So the beginning of each attempt is counted in Redis, and its end takes the count
away: what is left are deaths. Losing the counts costs some more of them, nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError

from annotate.reports.managers.workers import connect, prefixed

log = logging.getLogger(__name__)

LIMIT = 5
"""Deaths after which a conversation is given up. Restarts of the machine count too: not too few."""
KEPT_SECONDS = 6 * 3600
LOADING = 0
"""Stands in for a conversation while the model is loaded, which may end a worker too; no row has this id."""


def deaths(run_id: int, conversations: Iterable[int]) -> dict[int, int]:
    """Return how many workers died on each of these (locked) conversations lately."""
    many = list(conversations)
    try:
        with connect() as client:
            found = client.mget([_key(run_id, one) for one in many])
    except RedisError as error:
        log.warning("no count of deaths: %s", type(error).__name__)
        return dict.fromkeys(many, 0)
    return {one: int(count or 0) for one, count in zip(many, found, strict=True)}


@contextmanager
def counted(run_id: int, conversations: Iterable[int]) -> Iterator[None]:
    """Count an attempt on each of these; its end, well or with an exception, makes up for all before."""
    many = list(conversations)
    try:
        with connect() as client, client.pipeline(transaction=False) as pipe:
            for one in many:
                pipe.incr(_key(run_id, one))
                pipe.expire(_key(run_id, one), KEPT_SECONDS)
            pipe.execute()
    except RedisError as error:
        log.warning("an attempt is not counted: %s", type(error).__name__)
    try:
        yield
    finally:
        forget(run_id, many)


def forget(run_id: int, conversations: Iterable[int]) -> None:
    """Take the counts away."""
    try:
        with connect() as client:
            client.delete(*(_key(run_id, one) for one in conversations))
    except RedisError as error:
        log.warning("an attempt stays counted: %s", type(error).__name__)


def _key(run_id: int, conversation: int) -> str:
    return prefixed(f"attempts:{run_id}:{conversation}")
