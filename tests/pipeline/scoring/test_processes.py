"""A scoring worker as `./run` starts it, and what may happen to it: nothing is lost, nothing is scored twice."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
import redis
from celery import Celery

from annotate.embedded.folder import DataFolder
from annotate.embedded.postgres import Postgres
from annotate.embedded.redis import Redis

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 120.0
CONVERSATIONS = 50
FILL = f"""
import django; django.setup()
from tests import make
from annotate.models import Project
from annotate.pipeline import scoring
project = make.project("cakes" + str(Project.objects.count()))
for _ in range({CONVERSATIONS}):
    make.conversation(project, candidates=2)
print(project.slug, scoring.start_run(project.pk, "demo").pk)
"""


@dataclass
class Installation:
    """Servers and data of the test's own, and the workers on them."""

    folder: DataFolder
    postgres: Postgres
    redis: Redis
    slug: str = ""
    run_id: int = 0
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.redis.url,
            "DATA_DIR": str(self.folder.path),
            "SECRET_KEY": "only here",
            "DJANGO_SETTINGS_MODULE": "annotate.settings",
        }

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        return done

    def start_worker(self) -> subprocess.Popen[bytes]:
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "tests.pipeline.scoring.slow_worker",
            "--quiet",
            "worker",
        ]
        command += [
            "-Q",
            "gpu",
            "-P",
            "solo",
            "--prefetch-multiplier",
            "1",
            "--without-gossip",
            "--without-mingle",
        ]
        with self.folder.log("scorer").open("ab") as log:
            worker = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        self.workers.append(worker)
        return worker

    def wake(self) -> None:
        """Send what the sweep sends every minute."""
        app = Celery(broker=self.redis.url.replace("unix://", "redis+socket://", 1))
        app.send_task("annotate.tasks.score_pending", [self.run_id], queue="gpu")
        app.close()

    def count(self, where: str = "true") -> int:
        with psycopg.connect(self.postgres.url) as connection:
            query = f"SELECT count(*) FROM annotate_score WHERE run_id = {self.run_id} AND {where}"
            row = connection.execute(query).fetchone()
        assert row
        return int(row[0])

    def told(self) -> list[dict[str, object]]:
        with redis.Redis.from_url(self.redis.url) as client:
            return [json.loads(client.get(key) or b"") for key in client.keys("scoring:worker:*")]

    def wait_for(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            log = self.folder.log("scorer").read_text()[-3000:]
            assert time.monotonic() < deadline, f"in vain; the worker's log ends:\n{log}"
            time.sleep(0.1)

    def wait_for_more(self, least: int = 1) -> None:
        wanted = self.count() + least
        self.wait_for(lambda: self.count() >= wanted)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Bring up servers that may be restarted, with the product's tables."""
    folder = DataFolder.open(tmp_path_factory.mktemp("scoring") / "data")
    made = Installation(folder, Postgres(folder, throwaway=True), Redis(folder, throwaway=True))
    try:
        made.postgres.start()
        made.redis.start()
        made.python("manage.py", "migrate", "--verbosity", "0")
        yield made
    finally:
        made.redis.stop()
        made.postgres.stop()
        shutil.rmtree(folder.sockets(), ignore_errors=True)


@pytest.fixture
def installation(servers: Installation) -> Iterator[Installation]:
    """Give a project to score and no worker yet; end the workers that the test starts."""
    with redis.Redis.from_url(servers.redis.url) as client:
        client.flushall()
    servers.slug, number = servers.python("-c", FILL).stdout.split()
    servers.run_id = int(number)
    yield servers
    while servers.workers:
        worker = servers.workers.pop()
        worker.kill()
        worker.wait()


def test_kills_and_restarts_lose_nothing_and_score_nothing_twice(installation: Installation) -> None:
    for _ in range(3):
        worker = installation.start_worker()
        installation.wake()
        installation.wait_for_more()
        worker.kill()
        worker.wait()
    assert 0 < installation.count() < 2 * CONVERSATIONS

    worker = installation.start_worker()
    installation.wake()
    installation.wait_for_more()
    installation.postgres.stop()
    installation.postgres.start()
    installation.wait_for_more()  # without a wake: the task sees to itself

    installation.redis.stop()
    installation.redis.start()  # empty: whatever waited there is gone
    installation.wake()
    installation.wait_for(lambda: installation.count() == 2 * CONVERSATIONS)

    assert worker.poll() is None
    assert installation.count("value IS NULL") == 0
    installation.wait_for(lambda: any(one["scorer"] == "demo" for one in installation.told()))
    told = next(one for one in installation.told() if one["pid"] == worker.pid)
    assert (told["device"], told["free_bytes"], told["batch_began_at"]) == ("slow:0", 3 * 2**30, None)


def test_a_command_that_waits_leaves_the_work_to_a_worker_and_takes_it_over_when_that_dies(
    installation: Installation,
) -> None:
    worker = installation.start_worker()
    installation.wait_for(lambda: bool(installation.told()))
    command = [
        sys.executable,
        "manage.py",
        "score",
        installation.slug,
        "--scorer",
        "demo",
        "--wait",
        "--json",
    ]
    waiting = subprocess.Popen(
        command,
        cwd=ROOT,
        env=installation.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    installation.wait_for_more()
    worker.kill()
    worker.wait()
    with redis.Redis.from_url(installation.redis.url) as client:
        client.delete("scoring:workers")  # what expires 45 s after a death
    output, errors = waiting.communicate(timeout=PATIENCE)

    assert waiting.returncode == 0, errors
    answer = json.loads(output)
    assert (answer["scored"], answer["errors"], answer["status"]) == (2 * CONVERSATIONS, 0, "done")
    assert "No scoring worker is running: scoring here." in errors


def test_a_worker_that_ends_takes_leave(installation: Installation) -> None:
    worker = installation.start_worker()
    installation.wait_for(lambda: bool(installation.told()))
    worker.terminate()
    worker.wait(PATIENCE)

    assert installation.told() == []
