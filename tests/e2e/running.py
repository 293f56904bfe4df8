"""The whole product, started as `./run` starts it: own servers, web, workers, demo project."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 90.0


@dataclass(frozen=True)
class Product:
    """A running product: its address, the demo's log-ins, its data folder and its environment."""

    url: str
    accounts: dict[str, str]
    data: Path
    environment: dict[str, str]

    def manage(self, *arguments: str) -> str:
        """Run `./manage` on the same data folder; return what it prints."""
        command = [sys.executable, "-m", "annotate.embedded", "manage", *arguments]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        return done.stdout


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def product(data: Path, **settings: str) -> Iterator[Product]:
    """Start everything on an empty data folder, with servers of its own, and stop it at the end.

    ``settings`` are variables of its environment.
    """
    port = free_port()
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE")
    }
    environment = {**kept, **settings, "DATA_DIR": str(data), "PORT": str(port), "WEB_THREADS": "8"}
    log = data.parent / "run.log"
    with log.open("w") as words:
        process = subprocess.Popen(
            [sys.executable, "-m", "annotate.embedded", "run"],
            cwd=ROOT,
            env=environment,
            stdout=words,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url, process, log)
        accounts = {
            one["username"]: one["password"] for one in json.loads((data / "demo_accounts.json").read_text())
        }
        yield Product(url, accounts, data, environment)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError(f"the product did not start:\n{log.read_text()[-3000:]}")
