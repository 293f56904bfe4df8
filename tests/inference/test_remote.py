from __future__ import annotations

import logging
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from inference import remote
from inference.__main__ import main
from inference.configuration import ConfigurationError, Http
from inference.remote import ServerError
from inference.scorers import load
from inference.scorers.http import HttpScorer
from tests.inference.servers import (
    Reply,
    as_json,
    halves,
    items,
    scorer,
    scripted,
)

PROXY_VARIABLES = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_passes_is_tried_again_after_a_growing_pause(status: int) -> None:
    pauses: list[float] = []
    with scripted(Reply(status, b""), Reply(status, b""), halves) as server:
        results = scorer(server.url, pauses)(items(2))

    assert [one.value for one in results] == [0.5, 0.5]
    assert len(server.asked) == 3
    assert 0.25 <= pauses[0] <= 0.5 <= pauses[1] <= 1


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        ("7", 7, 7),
        ("99999", remote.LONGEST_PAUSE, remote.LONGEST_PAUSE),
        (format_datetime(datetime.now(UTC) + timedelta(days=1)), remote.LONGEST_PAUSE, remote.LONGEST_PAUSE),
        (format_datetime(datetime.now(UTC) - timedelta(days=1)), 0.25, 0.5),
        ("-3", 0.25, 0.5),
        ("soon", 0.25, 0.5),
    ],
    ids=["seconds", "too many", "tomorrow", "yesterday", "negative", "no number"],
)
def test_a_server_may_say_how_long_to_wait_within_bounds(asked: str, least: float, most: float) -> None:
    pauses: list[float] = []
    with scripted(as_json(429, {}, Retry_After=asked), halves) as server:
        scorer(server.url, pauses)(items(1))

    assert least <= pauses[0] <= most


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 422, 301, 307, 204])
def test_a_refusal_is_not_tried_again(status: int) -> None:
    pauses: list[float] = []
    errors = {"errors": [{"code": "bad_field", "detail": "no such thing", "path": "items[0]"}]}
    reply = as_json(status, {} if status == 204 else errors, Location="http://127.0.0.1:1/")
    with scripted(reply) as server, pytest.raises(ServerError) as raised:
        scorer(server.url, pauses)(items(2))

    assert f"{server.url}: /score was answered {status}" in str(raised.value)
    assert status == 204 or "items[0] bad_field: no such thing" in str(raised.value)
    assert ("redirects are not followed" in str(raised.value)) == (status in (301, 307))
    assert ("token_variable" in str(raised.value)) == (status in (401, 403))
    assert (len(server.asked), pauses) == (1, [])


def test_an_answer_without_end_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "ANSWER_LIMIT", 1000)
    with scripted(Reply(200, b" " * 1001)) as server, pytest.raises(ServerError, match="longer than 1000"):
        scorer(server.url)(items(1))


def test_an_answer_that_breaks_off_is_asked_for_again() -> None:
    with scripted(Reply(200, b'{"resul', {"Content-Length": "99"}), halves) as server:
        assert scorer(server.url)(items(1))[0].value == 0.5


def test_a_silent_server_is_given_up() -> None:
    pauses: list[float] = []

    def wait(_: object) -> Reply:
        server.released.wait(10)
        return Reply(200, b"")

    with scripted(wait) as server, pytest.raises(ServerError) as raised:
        scorer(server.url, pauses, timeout=0.1, retries=1)(items(2))

    assert str(raised.value) == (
        f"{server.url}: no answer in 0.1 seconds; raise timeout or lower batch (tried 2 times)"
    )
    assert len(pauses) == 1


def closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port


def test_a_server_that_is_not_there_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    (tmp_path / "in.jsonl").write_text(
        '{"id": 1, "messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]}'
    )
    (tmp_path / "scorers.yaml").write_text(f"mine: {{kind: http, url: '{url}', retries: 0}}")
    files = ["--config", "scorers.yaml", "in.jsonl", "out.jsonl"]
    words = [str(tmp_path / word) if "." in word else word for word in files]

    assert main(["score", "--scorer", "mine", *words]) == 2
    assert capsys.readouterr().err == (
        f"python -m inference: {url}: connection refused; is the server running there?\n"
    )
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host",
        "file:///etc/passwd",
        "host:80",
        "http://",
        "http://:80",
        "http://host:port",
        "http://host:99999",
        "http://[::1",
        "http://ho st",
        "http://host/\r\nX: y",
        "http://user:secret@host",
        "http://host?token=secret",
        "http://host#part",
        "http://höst",
    ],
)
def test_an_address_that_cannot_be_called_is_refused_at_once(url: str) -> None:
    with pytest.raises(ConfigurationError, match="url: must"):
        load("judge", Http(url=url))


def test_a_path_before_ours_is_kept() -> None:
    with scripted(halves) as server:
        server.describe = Reply(404, b"")
        with pytest.raises(ServerError, match=f"{server.url}/judge/: /describe was answered 404"):
            scorer(f"{server.url}/judge/").describe()


def token_scorer(url: str) -> HttpScorer:
    found = load("judge", Http(url=url, token_variable="JUDGE_TOKEN", retries=0))
    assert isinstance(found, HttpScorer)
    return found


def test_the_token_is_sent_and_shown_to_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("JUDGE_TOKEN", "secret-word")

    def echo(_: list[Any]) -> Reply:
        return Reply(400, server.headers[0]["authorization"].encode())

    with scripted(echo) as server:
        judge = token_scorer(server.url)
        with pytest.raises(ServerError) as raised:
            judge(items(1))

    assert [one["authorization"] for one in server.headers] == ["Bearer secret-word"] * 2
    assert "Bearer ***" in str(raised.value)
    assert "secret" not in f"{caplog.text}{judge._server!r}"


@pytest.mark.parametrize("token", [None, "", "two words", "line\nX: y", "schlüssel"])
def test_a_token_that_cannot_be_sent_is_refused_without_showing_it(
    token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JUDGE_TOKEN", raising=False)
    if token is not None:
        monkeypatch.setenv("JUDGE_TOKEN", token)

    with pytest.raises(ConfigurationError) as refused:
        token_scorer("http://127.0.0.1:1")

    assert "JUDGE_TOKEN" in str(refused.value)
    assert not token or token not in str(refused.value)


def test_proxy_variables_are_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    with scripted(halves) as server:
        assert scorer(server.url)(items(1))[0].value == 0.5
