"""`Scoring` behind HTTP, by the standard library; each answer closes its connection."""

from __future__ import annotations

import hmac
import logging
import socket
import socketserver
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from inference.service import Reply, Scoring, refusal

log = logging.getLogger(__name__)

BODY_LIMIT = 64 * 2**20
"""Bytes of a request."""
SILENCE = 30.0
"""Seconds without a byte after which a client is given up."""


class ScoringServer(ThreadingHTTPServer):
    """Listens on a host and port, or on a Unix socket; bound when made, deaf until `start`."""

    request_queue_size = 64
    scoring: Scoring

    def __init__(self, address: tuple[str, int] | Path, *, token: str = "") -> None:
        self.token = token
        self.socket_path = address if isinstance(address, Path) else None
        if isinstance(address, Path):
            self.address_family = socket.AF_UNIX
            _remove_if_dead(address)
            super().__init__(str(address), Handler, bind_and_activate=False)  # type: ignore[arg-type]
        else:
            self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
            super().__init__(address, Handler, bind_and_activate=False)
        try:
            self.server_bind()
        except OSError as error:
            self.socket.close()
            raise OSError(error.errno, error.strerror or str(error), self.url) from error

    @property
    def url(self) -> str:
        """Where it is called."""
        if self.socket_path is not None:
            return f"unix:{self.socket_path}"
        host, port = self.server_address[:2]
        return f"http://[{host!s}]:{port}" if ":" in str(host) else f"http://{host!s}:{port}"

    def server_bind(self) -> None:
        """Bind without looking up the host's name, which HTTPServer does and which may take long."""
        socketserver.TCPServer.server_bind(self)

    def start(self, scoring: Scoring) -> None:
        """Take requests from now on: `serve_forever` answers them."""
        self.scoring = scoring
        self.server_activate()

    def stop(self) -> None:
        """Let `serve_forever` return; may be called from a signal handler in its thread."""
        threading.Thread(target=self.shutdown).start()

    def server_close(self) -> None:
        """Close the door, then finish what is in work."""
        super().server_close()
        if self.socket_path is not None:
            self.socket_path.unlink(missing_ok=True)
        if hasattr(self, "scoring"):
            self.scoring.finish()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - its signature
        """Log why a connection ended: the client's doing, or a fault of ours with its traceback."""
        error = sys.exception()
        if isinstance(error, ConnectionError | TimeoutError):
            log.info("a client broke off: %s", type(error).__name__)
        else:
            log.error("a request failed", exc_info=error)


def _remove_if_dead(path: Path) -> None:
    """Remove a socket that a killed server left behind; FileExistsError for anything else in its place."""
    if not path.is_socket():
        return  # binding says what else is there
    with socket.socket(socket.AF_UNIX) as probe, suppress(ConnectionRefusedError):
        probe.connect(str(path))
        raise FileExistsError(None, "another server listens there", str(path))
    path.unlink()


class Handler(BaseHTTPRequestHandler):
    """One request of one connection."""

    protocol_version = "HTTP/1.1"
    server_version = "inference"
    sys_version = ""
    timeout = SILENCE
    server: ScoringServer

    _GET = ("/healthz", "/describe")
    _unread = 0

    def do_GET(self) -> None:
        """Answer /healthz and /describe."""
        if reply := self._misdirected("GET", self._GET):
            self._send(reply)
        elif self.path == "/healthz":
            self._send(Reply(HTTPStatus.OK, '{"status": "ok"}'))
        else:
            self._send(self._unauthorised() or self.server.scoring.describe())

    def do_POST(self) -> None:
        """Answer /score."""
        self._unread = self._content_length() or 0
        reply = self._misdirected("POST", ("/score",)) or self._unauthorised() or self._unfit()
        if reply:
            self._send(reply)
            return
        with self.server.scoring.place() as free:
            if not free:
                self._send(self.server.scoring.busy())
                return
            body = self.rfile.read(self._unread)
            if len(body) < self._unread:
                self.close_connection = True
                return  # the client has gone
            self._unread = 0
            with self.server.scoring.answering():
                self._score(body)

    def _score(self, body: bytes) -> None:
        try:
            reply = self.server.scoring.score(body)
        except Exception as error:
            words = f"{type(error).__name__}: {error}"[:500]
            self._send(refusal(HTTPStatus.INTERNAL_SERVER_ERROR, ("scorer_failed", words, "items")))
            raise  # to ScoringServer.handle_error
        self._send(reply)

    def handle_expect_100(self) -> bool:
        """Refuse a body before it is sent, where its head is enough to know."""
        if self.command == "POST":
            self._unread = self._content_length() or 0
            reply = self._misdirected("POST", ("/score",)) or self._unauthorised() or self._unfit()
            if reply:
                self._send(reply)
                return False
        return super().handle_expect_100()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Refuse what http.server itself refuses, in JSON as everything else."""
        status = HTTPStatus(code)
        self._send(refusal(status, ("bad_request", message or status.phrase, "")))

    def _misdirected(self, method: str, paths: Sequence[str]) -> Reply | None:
        if self.path in paths:
            return None
        if self.path in (*self._GET, "/score"):
            words = f"{self.path} is not called with {method}"
            return refusal(HTTPStatus.METHOD_NOT_ALLOWED, ("bad_method", words, ""))
        return refusal(
            HTTPStatus.NOT_FOUND, ("not_found", "there are GET /describe, GET /healthz and POST /score", "")
        )

    def _unauthorised(self) -> Reply | None:
        if not self.server.token:
            return None
        given = self.headers.get("Authorization", "").encode()
        if hmac.compare_digest(given, f"Bearer {self.server.token}".encode()):
            return None
        words = "send the server's token as Authorization: Bearer TOKEN"
        return refusal(HTTPStatus.UNAUTHORIZED, ("unauthorised", words, ""))

    def _unfit(self) -> Reply | None:
        # Also keeps web pages away: without asking first, a browser cannot send this type to another origin.
        if self.headers.get_content_type() != "application/json":
            words = "the Content-Type must be application/json"
            return refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, ("bad_type", words, ""))
        length = self._content_length()
        if length is None:
            words = "send the body's length as Content-Length"
            return refusal(HTTPStatus.LENGTH_REQUIRED, ("no_length", words, ""))
        if length > BODY_LIMIT:
            words = f"the body has {length} bytes; at most {BODY_LIMIT} are taken"
            return refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, ("too_large", words, ""))
        return None

    def _content_length(self) -> int | None:
        text = self.headers.get("Content-Length", "")
        plain = text.isascii() and text.isdigit() and "Transfer-Encoding" not in self.headers
        return int(text[:18]) if plain else None

    def _send(self, reply: Reply) -> None:
        body = reply.body.encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        if reply.retry_after is not None:
            self.send_header("Retry-After", str(reply.retry_after))
        if reply.status == HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        self._pass_over()

    def _pass_over(self) -> None:
        """Take in what was sent beside the answer: to close on it would tear the answer from the client."""
        left = min(self._unread, 4 * BODY_LIMIT)
        with suppress(OSError):
            while left > 0 and (chunk := self.rfile.read(min(left, 2**16))):
                left -= len(chunk)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
        """Leave the log to `Scoring`: nothing of a request's text belongs into it."""
