from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from inference import server
from inference.__main__ import main
from inference.configuration import Demo, fingerprint
from inference.server import ScoringServer
from inference.service import ITEM_LIMIT, Scoring
from inference.types import Item, Result
from tests.inference.servers import INFO, Rule, call, described, half, serving

ROOT = Path(__file__).resolve().parents[2]

BLOCKED = """
import sys
from inference.__main__ import main
from inference.scorers.demo import DemoScorer

scores = DemoScorer.__call__

def blocked(self, items):
    print("in work", flush=True)
    sys.stdin.readline()
    return scores(self, items)

DemoScorer.__call__ = blocked
sys.exit(main(["serve", "--scorer", "demo", "--port", "0"]))
"""


def row(item_id: object = "a", **fields: object) -> dict[str, object]:
    messages = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]
    return {"id": item_id, "messages": messages, **fields}


def with_image(**part: object) -> dict[str, object]:
    content = [{"type": "image", **part}]
    return row(messages=[{"role": "user", "content": content}, {"role": "assistant", "content": "So."}])


def body(*rows: object) -> bytes:
    return json.dumps({"items": rows}).encode()


@contextmanager
def judge(**settings: Any) -> Iterator[str]:
    with serving(Scoring(Rule(half), INFO), **settings) as url:
        yield url


def test_it_says_who_scores_and_that_it_lives() -> None:
    with judge() as url:
        assert call(url, "GET", "/describe")[::2] == (200, described())
        assert call(url, "GET", "/healthz")[::2] == (200, {"status": "ok"})


def test_items_are_answered_in_their_order_with_the_revision() -> None:
    with judge() as url:
        status, _, answer = call(url, "POST", "/score", body(row("b"), row(3), row("a")))

    assert status == 200
    assert [(one["id"], one["value"]) for one in answer["results"]] == [("b", 0.5), (3, 0.5), ("a", 0.5)]
    assert answer["revision"] == "r1"


def test_no_items_are_no_results() -> None:
    with judge() as url:
        assert call(url, "POST", "/score", body())[2] == {"results": [], "revision": "r1"}


@pytest.mark.parametrize(
    ("sent", "code", "path", "detail"),
    [
        (b"", "bad_json", "", "is not JSON"),
        (b"\xff", "bad_json", "", "is not JSON"),
        (b"[" * 100_000, "bad_json", "", "nested too deeply"),
        (b"[]", "bad_field", "items", '{"items": [...]}'),
        (b'{"items": {}}', "bad_field", "items", '{"items": [...]}'),
        (body(row(), 3), "bad_field", "items[1]", "must be an object"),
        (body(row(None)), "bad_id", "items[0]", "id: must be a string, not null"),
        (body(row(), row(steps=3)), "bad_field", "items[1]", "steps: must be a list"),
        (body(with_image(image="/etc/passwd")), "bad_field", "items[0]", "messages[0].content[0].data"),
        (body(with_image(data="a")), "bad_field", "items[0]", "is not base64"),
        (body(with_image(data="ä===")), "bad_field", "items[0]", "is not base64"),
        (body(with_image(data="", max_tiles=0)), "bad_field", "items[0]", "content[0].max_tiles"),
    ],
)
def test_a_bad_request_is_refused_with_the_place(sent: bytes, code: str, path: str, detail: str) -> None:
    with judge() as url:
        status, _, answer = call(url, "POST", "/score", sent)

    assert status == 400
    [error] = answer["errors"]
    assert (error["code"], error["path"]) == (code, path)
    assert detail in error["detail"]


def test_every_bad_item_of_a_request_is_named() -> None:
    with judge() as url:
        _, _, answer = call(url, "POST", "/score", body(1, row(), 2))

    assert [one["path"] for one in answer["errors"]] == ["items[0]", "items[2]"]


def test_an_item_that_cannot_be_scored_gets_its_own_error() -> None:
    from inference.scorers.demo import DemoScorer  # noqa: PLC0415

    demo = DemoScorer()
    empty = with_image(data="")
    shown = with_image(data=base64.b64encode(b"png").decode())
    with serving(Scoring(demo, demo.describe())) as url:
        status, _, answer = call(url, "POST", "/score", body(empty, shown))

    assert status == 200
    assert [one["error"] and one["error"]["code"] for one in answer["results"]] == ["empty_image", None]


@pytest.mark.parametrize(
    ("request_line", "sent", "headers", "status", "code"),
    [
        ("GET /nothing", None, {}, 404, "not_found"),
        ("GET /score", None, {}, 405, "bad_method"),
        ("POST /describe", b"{}", {}, 405, "bad_method"),
        ("DELETE /score", None, {}, 501, "bad_request"),
        ("POST /score", b"{}", {"Content_Type": "text/plain"}, 415, "bad_type"),
        ("POST /score", b"{}", {"Content_Length": "two"}, 411, "no_length"),
        ("POST /score", b"{}", {"Content_Length": "-2"}, 411, "no_length"),
        ("POST /score", b"{}", {"Content_Length": "99999999999"}, 413, "too_large"),
        ("POST /score", b"{}", {"Transfer_Encoding": "chunked"}, 411, "no_length"),
    ],
)
def test_a_request_for_something_else_is_refused_in_json(
    request_line: str, sent: bytes | None, headers: dict[str, str], status: int, code: str
) -> None:
    with judge() as url:
        method, path = request_line.split()
        answered, _, answer = call(url, method, path, sent, **headers)

    assert answered == status
    assert [one["code"] for one in answer["errors"]] == [code]


def test_a_body_that_is_too_long_is_refused_and_the_client_hears_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "BODY_LIMIT", 2**20)
    with judge() as url:
        status, _, answer = call(url, "POST", "/score", b" " * (4 * 2**20))

    assert status == 413
    assert answer["errors"][0]["code"] == "too_large"


def test_a_body_that_would_be_refused_is_not_asked_for() -> None:
    head = "POST /score HTTP/1.1\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
    small = body(row())
    with judge() as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(f"{head}Content-Length: {server.BODY_LIMIT + 1}\r\n\r\n".encode())
            refused = client.recv(1000)
        with socket.create_connection((host, int(port))) as client, client.makefile("rb") as answer:
            client.sendall(f"{head}Content-Length: {len(small)}\r\n\r\n".encode())
            asked = answer.readline()
            client.sendall(small)
            answered = answer.read()

    assert refused.startswith(b"HTTP/1.1 413 ")
    assert asked.startswith(b"HTTP/1.1 100 ")
    assert b'"value": 0.5' in answered


def test_too_many_items_are_refused() -> None:
    with judge() as url:
        status, _, answer = call(url, "POST", "/score", body(*[row()] * (ITEM_LIMIT + 1)))

    assert (status, answer["errors"][0]["code"]) == (413, "too_many")


def test_a_token_opens_everything_but_healthz() -> None:
    with judge(token="secret") as url:
        assert call(url, "GET", "/healthz")[0] == 200
        for method, path, sent in (("GET", "/describe", None), ("POST", "/score", body(row()))):
            status, headers, _ = call(url, method, path, sent)
            assert (status, headers["WWW-Authenticate"]) == (401, "Bearer")
            assert call(url, method, path, sent, Authorization="Bearer secre")[0] == 401
            assert call(url, method, path, sent, Authorization="Bearer secret")[0] == 200


@pytest.mark.parametrize("error", [RuntimeError("out of memory"), KeyError("x"), None])
def test_a_scorer_that_breaks_answers_500_and_the_next_request_is_served(
    error: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    def score(item: Item) -> Result:
        if item.id == "poison" and error:
            raise error
        return Result(id=item.id, value=float("nan" if item.id == "poison" else "1"))

    with serving(Scoring(Rule(score), INFO)) as url:
        status, _, answer = call(url, "POST", "/score", body(row(), row("poison")))
        assert call(url, "POST", "/score", body(row()))[0] == 200

    assert status == 500
    assert answer["errors"][0]["code"] == "scorer_failed"
    assert type(error or ValueError()).__name__ in answer["errors"][0]["detail"]
    until(lambda: "a request failed" in caplog.text)  # written when the answer is on its way
    assert "Traceback" in caplog.text


def test_one_request_is_scored_at_a_time_some_wait_and_the_rest_are_sent_away() -> None:
    entered, released = threading.Semaphore(0), threading.Event()
    at_once: list[int] = []
    inside = [0]

    def score(item: Item) -> Result:
        inside[0] += 1
        at_once.append(inside[0])
        entered.release()
        released.wait(10)
        inside[0] -= 1
        return half(item)

    scoring = Scoring(Rule(score), INFO, waiting=1)
    with serving(scoring) as url, ThreadPoolExecutor() as pool:
        first = pool.submit(call, url, "POST", "/score", body(row("first")))
        assert entered.acquire(timeout=10)
        second = pool.submit(call, url, "POST", "/score", body(row("second")))
        until(lambda: scoring._answering == 2)
        status, headers, answer = call(url, "POST", "/score", body(row("third")))
        healthy = call(url, "GET", "/healthz")[0]
        released.set()

        assert (status, answer["errors"][0]["code"]) == (503, "busy")
        assert 1 <= int(headers["Retry-After"]) <= 60
        assert healthy == 200
        assert [one.result()[0] for one in (first, second)] == [200, 200]
        assert at_once == [1, 1]
        assert call(url, "POST", "/score", body(row()))[0] == 200


def until(true: Any) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_client_that_leaves_takes_no_place_with_it(caplog: pytest.LogCaptureFixture) -> None:
    scoring = Scoring(Rule(half), INFO, waiting=0)
    with serving(scoring) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(
                b"POST /score HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
            )
        until(lambda: call(url, "POST", "/score", body(row()))[0] == 200)

    assert "Traceback" not in caplog.text


def refuses(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_request_in_work_finish_and_sends_the_others_away(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", BLOCKED],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr
    with process, ThreadPoolExecutor() as pool:
        said = [process.stderr.readline(), process.stderr.readline()]
        url = said[1].split()[2]
        first = pool.submit(call, url, "POST", "/score", body(row("first")))
        assert process.stdout.readline() == "in work\n"
        process.send_signal(number)
        until(lambda: refuses(int(url.rpartition(":")[2])))
        process.stdin.write("go on\n")
        process.stdin.flush()

        assert first.result()[0] == 200
        assert process.wait(10) == 0
        assert process.stderr.read().splitlines()[-1] == "stopped"
    assert said[0] == f"demo: untrained rules, revision 1+{fingerprint(Demo())[:12]}\n"
    assert said[1] == f"listening on {url} (reachable from this machine only)\n"


def test_who_waits_when_it_stops_is_sent_away() -> None:
    scoring = Scoring(Rule(half), INFO)
    scoring.finish()

    reply = scoring.score(body(row()))

    assert (reply.status, json.loads(reply.body)["errors"][0]["code"]) == (503, "stopping")
    assert reply.retry_after


def test_a_unix_socket_serves_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "s"
    listening = ScoringServer(path)
    listening.start(Scoring(Rule(half), INFO))
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.005})
    thread.start()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(b"GET /describe HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = client.makefile("rb").read()
    with pytest.raises(FileExistsError):
        ScoringServer(path)
    listening.stop()
    thread.join()
    listening.server_close()

    assert json.loads(answer.partition(b"\r\n\r\n")[2]) == described()
    assert not path.exists()


def test_a_socket_that_a_killed_server_left_is_taken_over(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "s"))

    ScoringServer(tmp_path / "s").server_close()

    assert not (tmp_path / "s").exists()


def test_a_place_that_is_taken_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert main(["serve", "--scorer", "demo", "--port", str(port)]) == 2
    assert main(["serve", "--scorer", "demo", "--socket", str(tmp_path / "file")]) == 2

    assert capsys.readouterr().err == (
        f"python -m inference: http://127.0.0.1:{port}: Address already in use\n"
        f"python -m inference: unix:{tmp_path / 'file'}: Address already in use\n"
    )
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--scorer", "nope"], "there is no scorer 'nope'"),
        (["--scorer", "demo", "--token-variable", "NOT_THERE"], "NOT_THERE is not set"),
        (["--scorer", "skywork"], "has no folder of weights"),
        (["--scorer", "demo", "--host", "no.such.host.invalid"], "no.such.host.invalid"),
    ],
)
def test_what_cannot_be_served_is_told_in_one_line(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "NOT_THERE" not in os.environ

    assert main(["serve", *options, "--port", "0"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("python -m inference: ")
    assert message in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("options", [["--port", "70000"], ["--port", "x"], ["--waiting", "-1"]])
def test_a_number_that_is_none_is_refused(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--scorer", "demo", *options])

    assert f"argument {options[0]}: invalid" in capsys.readouterr().err
