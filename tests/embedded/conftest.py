"""A toy project around the real launcher: its manage.py, web and workers say what they were given."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from annotate.embedded.folder import PROJECT, DataFolder

MANAGE = """\
import json, os, sys, time
from pathlib import Path
import psycopg, redis
command, *rest = sys.argv[1:]
folder = Path(os.environ["DATA_DIR"])
with (folder / "calls").open("a") as calls:
    calls.write(command + "\\n")
if command == "wait":
    (folder / rest[0]).touch()
    while not (folder / rest[1]).exists():
        time.sleep(0.02)
if command == "fail":
    sys.exit(7)
if command in ("ask", "wait"):
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        database = connection.execute("select current_database()").fetchone()[0]
    answer = redis.Redis.from_url(os.environ["REDIS_URL"]).ping()
    print(json.dumps([database, answer, "PYTHONDONTWRITEBYTECODE" in os.environ]))
if command == "load_demo":
    accounts = [{"role": "manager", "username": "mia", "password": "open-sesame"}]
    (folder / "demo_accounts.json").write_text(json.dumps(accounts))
"""
WSGI = """\
import os
if os.path.exists(os.path.join(os.environ["DATA_DIR"], "broken")):
    raise RuntimeError("the web is broken")
def application(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""
CELERY = "import os, signal, sys; print(sys.argv[3:], os.getpid(), flush=True); signal.pause()"


@dataclass(frozen=True)
class Toy:
    """The toy project, its data folder and the environment to start it with."""

    root: Path
    data: Path
    environment: Mapping[str, str]

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "annotate.embedded", *arguments]

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start a launcher command, with its words to be read from its standard output and error."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.root,
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def call(self, *arguments: str, **variables: str) -> tuple[int, str, str]:
        """Run a launcher command to its end: exit code, standard output, standard error."""
        process = self.start(*arguments, **variables)
        output, errors = process.communicate(timeout=60)
        return process.returncode, output, errors

    def calls(self) -> list[str]:
        return (self.data / "calls").read_text().split()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[DataFolder]:
    found = DataFolder.open(tmp_path / "data folder")
    yield found
    shutil.rmtree(found.sockets())


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Toy]:
    root = tmp_path / "toy"
    shutil.copytree(PROJECT / "annotate" / "embedded", root / "annotate" / "embedded")
    (root / "annotate" / "__init__.py").touch()
    (root / "annotate" / "wsgi.py").write_text(WSGI)
    (root / "manage.py").write_text(MANAGE)
    (root / "celery.py").write_text(CELERY)
    data = tmp_path / "data"
    left_out = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "HOST"}
    environment = {key: value for key, value in os.environ.items() if key not in left_out}
    environment |= {"DATA_DIR": str(data), "PORT": str(free_port()), "PYTHONDONTWRITEBYTECODE": "1"}
    yield Toy(root, data, environment)
    if data.is_dir():
        shutil.rmtree(DataFolder.open(data).sockets())
