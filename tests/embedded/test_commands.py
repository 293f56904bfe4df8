"""`run`, `manage` and `throwaway` as other programs see them, around a toy project."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from annotate.embedded.folder import DataFolder
from annotate.embedded.postgres import Postgres
from annotate.embedded.processes import wait_until
from annotate.embedded.redis import Redis
from tests.embedded.conftest import Toy


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """Read a process's standard error up to the line that holds `words`."""
    assert process.stderr is not None
    read = ""
    for line in process.stderr:
        read += line
        if words in line:
            return read
    raise AssertionError(read)


def end(process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> float:
    """Signal a process; gives the seconds until it was gone."""
    began = time.monotonic()
    process.send_signal(number)
    process.communicate(timeout=15)
    return time.monotonic() - began


def servers_are_down(toy: Toy) -> bool:
    folder = DataFolder.open(toy.data)
    return Postgres(folder).state() == "down" and Redis(folder).state() == "down"


def worker_pids(toy: Toy) -> list[int]:
    return [int(line.split()[-1]) for line in (toy.data / "logs" / "worker.log").read_text().splitlines()]


def test_run_serves_restarts_the_dead_and_stops_clean(toy: Toy) -> None:
    process = toy.start("run")
    words = read_until(process, "Stop:")
    assert f"http://127.0.0.1:{toy.environment['PORT']}/" in words
    assert "mia" in words
    assert "open-sesame" in words
    assert toy.calls() == ["migrate", "collectstatic", "load_demo"]
    with urllib.request.urlopen(f"http://127.0.0.1:{toy.environment['PORT']}/") as answer:
        assert answer.read() == b"ok"

    code, output, errors = toy.call("manage", "ask")
    assert (code, json.loads(output)) == (0, ["annotate", True, False]), errors
    code, _, errors = toy.call("run")
    assert code == 1
    assert f"(process {process.pid})" in errors

    assert wait_until(lambda: len(worker_pids(toy)) == 1, 5)
    os.kill(worker_pids(toy)[0], signal.SIGKILL)
    read_until(process, "worker ended (SIGKILL); starting it again")
    assert wait_until(lambda: len(worker_pids(toy)) == 2, 5)

    assert end(process, signal.SIGINT) < 10
    assert process.returncode == 0
    assert servers_are_down(toy)


def test_run_starts_again_after_a_kill(toy: Toy) -> None:
    first = toy.start("run", "--no-demo")
    read_until(first, "Stop:")
    end(first, signal.SIGKILL)
    assert (toy.data / "run.lock").read_text() == str(first.pid)
    second = toy.start("run", "--no-demo")
    read_until(second, "Stop:")
    assert end(second) < 10
    assert second.returncode == 0
    assert servers_are_down(toy)
    assert "load_demo" not in toy.calls()


def test_run_ends_with_the_reason_when_the_web_cannot_start(toy: Toy) -> None:
    toy.data.mkdir()
    (toy.data / "broken").touch()
    code, _, errors = toy.call("run", "--no-demo")
    assert code == 1
    assert "web did not start 3 times in a row" in errors
    assert "the web is broken" in errors
    assert servers_are_down(toy)


def test_an_occupied_port_is_named_before_anything_starts(toy: Toy) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, errors = toy.call("run", PORT=str(port))
    assert code == 1
    assert errors == (
        f"annotate: Port {port} on 127.0.0.1 is in use. Choose another one: PORT={port + 1} ./run\n"
    )
    assert not (toy.data / "postgres").exists()


def test_a_data_folder_that_cannot_be_written_is_named(toy: Toy, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, _, errors = toy.call("run", DATA_DIR=str(tmp_path / "file"))
    assert code == 1
    assert errors.startswith(
        f"annotate: The data folder {tmp_path / 'file'} cannot be written (File exists)."
    )
    assert errors.count("\n") == 1


def test_two_manage_commands_share_the_servers_and_the_last_one_stops_them(toy: Toy) -> None:
    first = toy.start("manage", "wait", "first-waits", "first-goes")
    second = toy.start("manage", "wait", "second-waits", "second-goes")
    assert wait_until(
        lambda: (toy.data / "first-waits").exists() and (toy.data / "second-waits").exists(), 30
    )
    for process, name in ((first, "first-goes"), (second, "second-goes")):
        (toy.data / name).touch()
        output, errors = process.communicate(timeout=20)
        assert json.loads(output) == ["annotate", True, False], errors
    assert servers_are_down(toy)
    assert toy.call("manage", "fail")[0] == 7


def test_throwaway_leaves_nothing_behind(toy: Toy) -> None:
    show = "import os; print(os.environ['DATA_DIR']); print(os.environ['REDIS_URL'][7:].partition('?')[0])"
    code, output, errors = toy.call("throwaway", "--", sys.executable, "-c", f"{show}; raise SystemExit(5)")
    assert code == 5, errors
    data, sockets = (Path(line) for line in output.splitlines())
    assert not data.exists()
    assert not sockets.parent.exists()


def test_throwaway_cleans_up_when_it_is_stopped(toy: Toy) -> None:
    show = "import os, time; print(os.environ['DATA_DIR'], flush=True); time.sleep(60)"
    process = toy.start("throwaway", "--", sys.executable, "-c", show)
    assert process.stdout is not None
    data = Path(process.stdout.readline().strip())
    assert data.is_dir()
    end(process)
    assert process.returncode == 128 + signal.SIGTERM
    assert not data.exists()
