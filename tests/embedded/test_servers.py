"""PostgreSQL and Redis: start, stop, and what a crash leaves behind."""

import os
import shutil
import signal

import pytest
import redis

from annotate.embedded import postgres
from annotate.embedded.folder import DataFolder, LauncherError
from annotate.embedded.postgres import NOBODY, USER_NAMESPACE, Postgres
from annotate.embedded.processes import wait_until, was_started_with
from annotate.embedded.redis import Redis
from annotate.embedded.server import Server, lent


def kill(server: Server) -> int:
    pid = server.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: server.state() == "down", 5)
    return pid


def test_a_killed_postgres_starts_again_with_its_data(folder: DataFolder) -> None:
    server = Postgres(folder)
    with lent(server):
        server.query("create table kept as select 42 as answer")
        killed = kill(server)
        assert server.pid() == killed, "a crash leaves its pid file"
        server.start()
        assert server.query("select answer from kept") == "42"
    assert server.state() == "down"
    assert server.pid() is None


def test_a_pid_file_that_names_a_stranger_does_not_stop_postgres(folder: DataFolder) -> None:
    server = Postgres(folder, throwaway=True)
    with lent(server):
        kill(server)
        rest = server.pid_file.read_text().partition("\n")[2]
        server.pid_file.write_text(f"{os.getppid()}\n{rest}")
        server.start()
        assert server.query("select 1") == "1"


@pytest.mark.parametrize("kind", [Postgres, Redis])
@pytest.mark.parametrize("lost", ["socket", "data"])
def test_a_server_that_lost_its_socket_or_data_is_replaced_not_doubled(
    folder: DataFolder, kind: type[Server], lost: str
) -> None:
    server = kind(folder, throwaway=True)
    with lent(server):
        stray = server.pid()
        assert stray is not None
        if lost == "socket":
            server.socket.unlink()
        else:
            shutil.rmtree(server.data)
        server.start()
        assert server.state() == "up"
        assert server.pid() != stray
        assert not was_started_with(stray, str(server.sockets))


def test_a_killed_redis_keeps_the_queue(folder: DataFolder) -> None:
    server = Redis(folder)
    with lent(server):
        redis.Redis.from_url(server.url).rpush("queue", "task")
        assert wait_until(lambda: b"task" in append_only_file(folder), 5)
        kill(server)
        server.start()
        assert redis.Redis.from_url(server.url).lrange("queue", 0, -1) == [b"task"]
    assert server.state() == "down"


def append_only_file(folder: DataFolder) -> bytes:
    return b"".join(path.read_bytes() for path in (folder.path / "redis").rglob("*aof*") if path.is_file())


def test_a_running_server_is_taken_over_and_the_last_user_stops_it(folder: DataFolder) -> None:
    first, second = Redis(folder), Redis(folder)
    with lent(first):
        with lent(second):
            assert second.pid() == first.pid()
        assert first.state() == "up"
    assert first.state() == "down"


def test_a_server_that_cannot_start_says_why(folder: DataFolder) -> None:
    server = Redis(folder)
    server.socket.mkdir()
    with pytest.raises(LauncherError, match=r"(?s)redis did not start.*socket"), lent(server):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change its user")
def test_root_without_user_namespaces_runs_postgres_as_nobody(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Postgres(folder, throwaway=True)
    with monkeypatch.context() as patch:
        patch.setattr(postgres, "USER_NAMESPACE", ("false",))
        with lent(server):
            assert server.query("select 1") == "1"
    assert server.data.stat().st_uid == NOBODY
    assert postgres.USER_NAMESPACE == USER_NAMESPACE
    with lent(server):
        assert server.query("select 2") == "2", "its owner decides, also where user namespaces work"


def test_a_folder_that_is_no_database_is_left_alone(folder: DataFolder) -> None:
    server = Postgres(folder)
    (server.data / "thesis").mkdir(parents=True)
    with pytest.raises(LauncherError, match="holds no PostgreSQL database"):
        server.start()
    assert (server.data / "thesis").is_dir()
