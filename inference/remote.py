"""Calls to a server by HTTP: time-outs, retries, bounds, and errors that say which server.

Every call has a connection of its own: next to scoring that costs nothing, and no call meets a
connection that the server has meanwhile closed. Proxy variables and redirects are not followed.
"""

from __future__ import annotations

import json
import random
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from urllib.parse import SplitResult, urlsplit

from inference.configuration import ConfigurationError
from inference.types import UnavailableError

ANSWER_LIMIT = 64 * 2**20
"""Bytes of an answer; a longer one is refused."""
CONNECT_TIMEOUT = 10.0
LONGEST_PAUSE = 60.0
"""Seconds; what a server asks for beyond this is not waited."""
RETRIED = frozenset({429, 502, 503, 504})
_CHUNK = 2**16


class ServerError(UnavailableError):
    """What is wrong with a server or with what it answered; names the server and what to do."""


class RefusedError(ServerError):
    """The server answered with another status than 200."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class _Answer:
    status: int
    retry_after: str
    body: bytes


def checked_url(url: str) -> SplitResult:
    """Return the parts of an http(s) address; ConfigurationError says what else it must not hold."""
    try:
        parts = urlsplit(url)
        well_formed = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port or an IPv6 address that is none
        well_formed = False
    # http.client would put these into the request line or the Host header as they are.
    if not well_formed or not url.isascii() or any(sign <= " " for sign in url):
        raise ConfigurationError(f"url: must be like http://host:port or https://host/path, not {url!r}")
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigurationError("url: must hold no user, password, query or fragment; see token_variable")
    return parts


def checked_token(variable: str, token: str | None) -> str:
    """Return the token that a variable of the environment holds; ConfigurationError never shows it."""
    if not token:
        raise ConfigurationError(
            f"token_variable: the environment variable {variable} is not set; put the server's token into it"
        )
    if not all("!" <= sign <= "~" for sign in token):
        raise ConfigurationError(
            f"token_variable: the environment variable {variable} must hold one word of ASCII"
        )
    return token


@dataclass(kw_only=True)
class Server:
    """A server and how patient we are with it: ``timeout`` is in seconds of silence."""

    url: str
    timeout: float
    retries: int
    token: str = field(default="", repr=False)
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        """Refuse an address that cannot be called."""
        self._parts = checked_url(self.url)

    def get(self, path: str) -> bytes:
        """Return the body of the answer to GET; raises as `post` does."""
        return self._call("GET", path, None)

    def post(self, path: str, body: bytes) -> bytes:
        """Return the body of the answer to a POST of JSON.

        Lost connections and the statuses `RETRIED` are tried again, a little later each time.
        RefusedError: any other status than 200, or one of those to the end. ServerError: no answer, or
        one that is too long.
        """
        return self._call("POST", path, body)

    def error(self, problem: str) -> ServerError:
        """Return what to raise about this server."""
        return ServerError(f"{self.url}: {problem}")

    def _call(self, method: str, path: str, body: bytes | None) -> bytes:
        tried = f" (tried {self.retries + 1} times)" if self.retries else ""
        attempt = 0
        while True:
            last, asked = attempt == self.retries, 0.0
            try:
                answer = self._once(method, path, body)
            except ssl.SSLCertVerificationError as error:
                raise self.error(f"its certificate is not trusted: {error.verify_message}") from error
            except (OSError, HTTPException) as error:
                if last:
                    raise self.error(self._silence(error) + tried) from error
            else:
                if answer.status == HTTPStatus.OK:
                    return self._bounded(answer.body)
                if last or answer.status not in RETRIED:
                    raise self._refused(path, answer, tried if answer.status in RETRIED else "")
                asked = _seconds(answer.retry_after)
            pause = max(asked, 2.0**attempt * random.uniform(0.25, 0.5))  # noqa: S311 - parts callers in time
            self.sleep(min(LONGEST_PAUSE, pause))
            attempt += 1

    def _once(self, method: str, path: str, body: bytes | None) -> _Answer:
        kind = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        # The port is always given: without one the last part of an IPv6 address would be taken for it.
        port = self._parts.port or kind.default_port
        connection = kind(self._parts.hostname or "", port, timeout=min(CONNECT_TIMEOUT, self.timeout))
        headers = {"Accept": "application/json", "Connection": "close"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            try:
                connection.connect()
            except TimeoutError as error:
                raise ConnectionError(f"no connection in {connection.timeout:g} seconds") from error
            connection.sock.settimeout(self.timeout)
            # A server may refuse a long body before it has read it all; its answer says why.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, self._parts.path.rstrip("/") + path, body, headers)
            with connection.getresponse() as response:
                retry_after = response.headers.get("Retry-After", "")
                return _Answer(status=response.status, retry_after=retry_after, body=_read(response))
        finally:
            connection.close()

    def _silence(self, error: OSError | HTTPException) -> str:
        if isinstance(error, TimeoutError):
            return f"no answer in {self.timeout:g} seconds; raise timeout or lower batch"
        if isinstance(error, ConnectionRefusedError):
            return "connection refused; is the server running there?"
        if isinstance(error, HTTPException):
            return f"what it answered is not HTTP, or was cut off ({type(error).__name__})"
        return error.strerror or str(error) or type(error).__name__

    def _bounded(self, body: bytes) -> bytes:
        if len(body) > ANSWER_LIMIT:
            raise self.error(f"its answer is longer than {ANSWER_LIMIT} bytes; lower batch")
        return body

    def _refused(self, path: str, answer: _Answer, tried: str) -> RefusedError:
        words = _words(answer.body)
        if self.token:
            words = words.replace(self.token, "***")
        words = printable(words, 300)
        problem = f"{path} was answered {answer.status}{tried}" + (f": {words}" if words else "")
        if answer.status // 100 == 3:  # noqa: PLR2004
            problem += "; redirects are not followed, put the final address into url"
        if answer.status in (401, 403):
            problem += "; token_variable names the variable that holds the server's token"
        return RefusedError(f"{self.url}: {problem}", answer.status)


def printable(text: str, length: int) -> str:
    """Return a stranger's text on one line, without signs that a terminal or a database obeys."""
    cut = "".join(sign if sign.isprintable() else " " for sign in text[: length + 1]).strip()
    return cut if len(cut) <= length else cut[: length - 1] + "…"


def _read(response: HTTPResponse) -> bytes:
    """Return the body, at most one byte more than is allowed; IncompleteRead when it breaks off."""
    body = bytearray()
    while len(body) <= ANSWER_LIMIT and (chunk := response.read(_CHUNK)):
        body += chunk
    if response.length and len(body) <= ANSWER_LIMIT:
        raise IncompleteRead(bytes(body), response.length)
    return bytes(body)


def _words(body: bytes) -> str:
    """Return what ``{"errors": [{"code", "detail", "path"}]}`` says, else the body as text."""
    try:
        errors = json.loads(body)["errors"]
        return "; ".join(
            f"{one.get('path') or ''} {one.get('code')}: {one.get('detail')}".strip() for one in errors[:3]
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return body[:1000].decode("utf-8", "replace")


def _seconds(retry_after: str) -> float:
    """Return what Retry-After (seconds or a date) asks for; 0 where it asks for nothing usable."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
