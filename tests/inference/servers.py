"""Servers on loopback: the real one with any scorer, and one that answers what a test tells it to."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from inference.configuration import Http
from inference.remote import Server
from inference.scorers.http import HttpScorer
from inference.server import ScoringServer
from inference.service import Scoring
from inference.types import Item, Result, ScorerInfo
from tests.inference import make

INFO = ScorerInfo(
    key="judge",
    model="A judge",
    revision="r1",
    dtype="bfloat16",
    image_budget="1 tile",
    trained=True,
    comparability="None at all.",
)


class Reply(NamedTuple):
    status: int
    body: bytes
    headers: dict[str, str] = {}


class Rule:
    """A scorer that is one function."""

    def __init__(self, function: Callable[[Item], Result]) -> None:
        self.function = function

    def describe(self) -> ScorerInfo:
        return INFO

    def __call__(self, items: Sequence[Item], /) -> list[Result]:
        return [self.function(item) for item in items]


def half(item: Item) -> Result:
    return Result(id=item.id, value=0.5)


def as_json(status: int, answer: object, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(answer).encode(), named)


def described(**changes: object) -> dict[str, object]:
    names = ("model", "revision", "dtype", "image_budget", "trained", "comparability")
    return {name: getattr(INFO, name) for name in names} | changes


def scores(*values: object, revision: str = "r1", **fields: object) -> dict[str, object]:
    """Answer items named 0, 1, … with these values."""
    rows = [{"id": str(n), "value": value, **fields} for n, value in enumerate(values)]
    return {"results": rows, "revision": revision}


Script = Callable[[list[Any]], Reply]


class Scripted:
    """What a scripted server is told to answer, and what it was asked."""

    url: str

    def __init__(self, replies: Sequence[Reply | Script]) -> None:
        self.replies = list(replies)
        self.describe = as_json(200, described())
        self.asked: list[list[str]] = []
        self.headers: list[dict[str, str]] = []
        self.released = threading.Event()

    def score(self, items: list[Any]) -> Reply:
        self.asked.append([item["id"] for item in items])
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return reply if isinstance(reply, Reply) else reply(items)


class Patient(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Let a client leave, as one that was kept waiting does."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(*_)  # type: ignore[arg-type]


@contextmanager
def scripted(*replies: Reply | Script) -> Iterator[Scripted]:
    """Answer each /score with the next reply; the last one stays."""
    script = Scripted(replies)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(script.describe)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(script.score(json.loads(body)["items"]))

        def answer(self, reply: Reply) -> None:
            script.headers.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(reply.status)
            for name, value in ({"Content-Length": str(len(reply.body))} | reply.headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: object) -> None:
            pass

    with running(Patient(("127.0.0.1", 0), Handler)) as server:
        script.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield script
        finally:
            script.released.set()


def scorer(url: str, pauses: list[float] | None = None, **settings: Any) -> HttpScorer:
    """Return a scorer that notes its pauses instead of making them."""
    configuration = Http(url=url, **{"timeout": 5, **settings})
    noted = [] if pauses is None else pauses
    server = Server(
        url=url, timeout=configuration.timeout, retries=configuration.retries, token="", sleep=noted.append
    )
    return HttpScorer("judge", configuration, server)


def items(count: int) -> list[Item]:
    return [make.item("An answer.", item_id=str(n)) for n in range(count)]


def halves(asked: list[Any]) -> Reply:
    return as_json(200, {"results": [{"id": one["id"], "value": 0.5} for one in asked], "revision": "r1"})


@contextmanager
def serving(scoring: Scoring, *, token: str = "") -> Iterator[str]:
    """Run the real server and give its address."""
    server = ScoringServer(("127.0.0.1", 0), token=token)
    server.start(scoring)
    with running(server):
        yield server.url


@contextmanager
def running(server: ThreadingHTTPServer) -> Iterator[ThreadingHTTPServer]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def call(
    url: str, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], Any]:
    """Return status, headers and JSON of an answer; Content-Type is ours unless given."""
    named = {"Content-Type": "application/json"} if body is not None else {}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection = HTTPConnection(url.removeprefix("http://"), timeout=10)
    try:
        connection.request(method, path, body, named)
        response = connection.getresponse()
        return response.status, dict(response.headers), json.loads(response.read())
    finally:
        connection.close()
