"""This process as a scoring worker: it tells how it is, and ends itself when it hangs.

Nothing here does anything in a process that has not called `begin`, such as the web or a command.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from django.conf import settings
from django.utils import timezone
from redis.exceptions import RedisError

from annotate.reports.managers.workers import ScoringWorker, forget, keep
from inference.types import Health, ScorerInfo

log = logging.getLogger(__name__)

HOST = socket.gethostname()
BEAT_SECONDS = 10.0
_RATED = 8  # batches whose speed counts


class _Worker:
    """What this worker tells of itself, told again every `BEAT_SECONDS` by a thread of its own."""

    def __init__(self) -> None:
        pid = os.getpid()
        self.told = ScoringWorker(name=f"{HOST}:{pid}", host=HOST, pid=pid, started_at=timezone.now())
        self.batch_began: float | None = None
        self.speeds: deque[tuple[int, float]] = deque(maxlen=_RATED)
        self.over = threading.Event()

    def tell(self, **changes: object) -> None:
        """Change what is told, and tell it now; for the thread that works."""
        self.told = replace(self.told, **changes)  # type: ignore[arg-type]  # the callers name its fields
        self.tell_again()

    def tell_again(self) -> None:
        try:
            keep(self.told)
        except RedisError as error:
            log.warning("cannot tell how this worker is: %s", type(error).__name__)

    def beat(self) -> None:
        while not self.over.wait(BEAT_SECONDS):
            self.tell_again()
            began = self.batch_began
            if began is not None and time.monotonic() - began > settings.GPU_TASK_SECONDS:
                # Celery's own time limit needs a pool of processes. What hangs in a driver hears no exception.
                abandon("a batch takes longer than GPU_TASK_SECONDS")


_worker: _Worker | None = None


def begin() -> None:
    """Make this process known as a scoring worker, until `end` or its death."""
    global _worker  # noqa: PLW0603 - one per process
    _worker = _Worker()
    _worker.tell()
    threading.Thread(target=_worker.beat, name="scoring-worker", daemon=True).start()


def end() -> None:
    """Take leave: no work is to be expected from this process any more."""
    global _worker  # noqa: PLW0603 - one per process
    if _worker is None:
        return
    _worker.over.set()
    try:
        forget([_worker.told.name])
    except RedisError as error:
        log.warning("cannot take leave: %s", type(error).__name__)
    _worker = None


def abandon(why: str) -> None:
    """End this worker at once, as one that is killed, so that its attempt stays counted."""
    if _worker:
        log.critical("%s; ending this worker", why)
        os.kill(os.getpid(), signal.SIGKILL)


def loaded(info: ScorerInfo, health: Health | None) -> None:
    """Tell which scorer this worker holds now."""
    if _worker:
        _worker.speeds.clear()
        _worker.tell(
            scorer=info.key,
            model=info.model,
            revision=info.revision,
            items_per_second=None,
            **_device(health),
        )


@contextmanager
def at_work(run_id: int) -> Iterator[None]:
    """Tell that a batch of this run is being scored; one that takes too long ends the process."""
    if _worker:
        _worker.batch_began = time.monotonic()
        _worker.tell(run_id=run_id, batch_began_at=timezone.now())
    try:
        yield
    finally:
        if _worker:
            _worker.batch_began = None
            _worker.tell(batch_began_at=None)


def scored(items: int, seconds: float, health: Health | None) -> None:
    """Tell how the batch went that was just stored."""
    if _worker:
        _worker.speeds.append((items, seconds))
        spent = sum(seconds for _, seconds in _worker.speeds)
        _worker.tell(
            last_batch_at=timezone.now(),
            last_batch_items=items,
            items_per_second=sum(items for items, _ in _worker.speeds) / max(spent, 1e-6),
            **_device(health),
        )


def _device(health: Health | None) -> dict[str, object]:
    if health is None:
        return {"device": "", "free_bytes": None, "total_bytes": None}
    return {"device": health.device, "free_bytes": health.free_bytes, "total_bytes": health.total_bytes}
