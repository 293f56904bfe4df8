"""A scorer shared by many callers: their requests, the queue before the model, and the answers.

One request is scored at a time, some wait, the rest are sent away with 503: a queue that grows
without bound would only make every caller time out. docs/http-scorer.md describes both sides.
"""

from __future__ import annotations

import json
import logging
import math
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import TypeAlias

from inference.lines import format_result, parse_row
from inference.types import Item, Scorer, ScorerInfo

log = logging.getLogger(__name__)

ITEM_LIMIT = 256
WAITING = 8
"""Requests that may wait while one is scored."""
Problem: TypeAlias = tuple[str, str, str]
"""Code, detail, path."""


class _BadRequestError(Exception):
    """What is wrong with a request: its status and every problem found."""

    def __init__(self, status: HTTPStatus, *problems: Problem) -> None:
        super().__init__(status, problems)
        self.status = status
        self.problems = problems


@dataclass(frozen=True)
class Reply:
    """An answer: a JSON text, and for 503 after how many seconds to come again."""

    status: HTTPStatus
    body: str
    retry_after: int | None = None


def refusal(status: HTTPStatus, *problems: Problem, retry_after: int | None = None) -> Reply:
    """Return ``{"errors": [{"code", "detail", "path"}]}``."""
    errors = [{"code": code, "detail": detail, "path": path} for code, detail, path in problems]
    return Reply(status, json.dumps({"errors": errors}), retry_after)


class Scoring:
    """One scorer and those who wait for it; its methods may be called by many threads."""

    def __init__(self, scorer: Scorer, info: ScorerInfo, *, waiting: int = WAITING) -> None:
        self.info = info
        self._scorer = scorer
        self._model = threading.Lock()
        self._places = threading.BoundedSemaphore(waiting + 1)
        self._changed = threading.Condition()
        self._answering = 0
        self._stopping = False
        self._seconds = 1.0

    def describe(self) -> Reply:
        """Return who scores."""
        info = asdict(self.info)
        del info["key"]
        return Reply(HTTPStatus.OK, json.dumps(info))

    @contextmanager
    def place(self) -> Iterator[bool]:
        """Hold a place in the queue; False when there is none."""
        if not self._places.acquire(blocking=False):
            yield False
            return
        try:
            yield True
        finally:
            self._places.release()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Keep `finish` waiting: what is begun here is answered."""
        with self._changed:
            self._answering += 1
        try:
            yield
        finally:
            with self._changed:
                self._answering -= 1
                self._changed.notify_all()

    def finish(self) -> None:
        """Score what is in work, send away who waits, and return once all have their answers."""
        self._stopping = True
        with self._changed:
            self._changed.wait_for(lambda: not self._answering)

    def score(self, body: bytes) -> Reply:
        """Return the answer to a request to score, once the model is free; what the scorer raises passes."""
        try:
            items = parse_items(body)
        except _BadRequestError as bad:
            return refusal(bad.status, *bad.problems)
        with self._model:
            if self._stopping:
                return self.busy("stopping", "the server is being stopped")
            started = time.perf_counter()
            lines = [format_result(result).rstrip() for result in self._scorer(items)]
            self._seconds = time.perf_counter() - started
        log.info("%d items in %.2f s", len(items), self._seconds)
        return Reply(
            HTTPStatus.OK, f'{{"results": [{",".join(lines)}], "revision": {json.dumps(self.info.revision)}}}'
        )

    def busy(self, code: str = "busy", detail: str = "too many requests wait already") -> Reply:
        """Return 503, with the time that the last request took as the time to stay away."""
        wait = min(60, max(1, math.ceil(self._seconds)))
        return refusal(HTTPStatus.SERVICE_UNAVAILABLE, (code, detail, ""), retry_after=wait)


def parse_items(body: bytes) -> Sequence[Item]:
    """Return the items of a request; _BadRequestError names every item that is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        words = "is nested too deeply" if isinstance(error, RecursionError) else f"is not JSON: {error}"
        raise _BadRequestError(HTTPStatus.BAD_REQUEST, ("bad_json", f"the body {words}", "")) from None
    rows = found.get("items") if isinstance(found, dict) else None
    if not isinstance(rows, list):
        raise _BadRequestError(
            HTTPStatus.BAD_REQUEST, ("bad_field", 'the body must be {"items": [...]}', "items")
        )
    if len(rows) > ITEM_LIMIT:
        problem = ("too_many", f"{len(rows)} items; at most {ITEM_LIMIT} are taken at once", "items")
        raise _BadRequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, problem)
    items: list[Item] = []
    problems: list[Problem] = []
    for number, row in enumerate(rows):
        item = parse_row(row) if isinstance(row, dict) else None
        if isinstance(item, Item):
            items.append(item)
        elif item is not None and item.error is not None:
            problems.append((item.error.code, item.error.detail, f"items[{number}]"))
        else:
            problems.append(("bad_field", "must be an object", f"items[{number}]"))
    if problems:
        raise _BadRequestError(HTTPStatus.BAD_REQUEST, *problems)
    return items
