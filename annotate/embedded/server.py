"""What PostgreSQL and Redis share: one of each per data folder, lent to any command, stopped by the last."""

# ruff: noqa: S603 - every command here is put together by this package

import fcntl
import functools
import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from annotate.embedded.folder import DataFolder, LauncherError, exclusive
from annotate.embedded.processes import end, listener, say, wait_until, was_started_with

State = Literal["up", "busy", "down"]

START_SECONDS = 300  # a crashed database that was large replays its log first
LOG_BYTES = 5_000_000


class Server(ABC):
    """A server on a unix socket with its data in one folder.

    It outlives the process that started it, as others may be using it by then; a throw-away one,
    which trades durability for speed, does not.
    """

    name: str
    variable: str
    """The environment variable that names its address."""
    stop_signals: Sequence[tuple[signal.Signals, float]]
    """What ends it, gentlest first, each with the seconds it is given."""

    def __init__(self, folder: DataFolder, *, throwaway: bool = False) -> None:
        self.folder = folder
        self.throwaway = throwaway
        self.data = folder.path / self.name
        self.sockets = folder.sockets()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str: ...

    @property
    @abstractmethod
    def socket(self) -> Path: ...

    @property
    @abstractmethod
    def pid_file(self) -> Path: ...

    @abstractmethod
    def state(self) -> State:
        """Ask the server itself, through its socket."""

    @abstractmethod
    def prepare(self) -> None:
        """Make the data ready for a start; called when no server answers."""

    @abstractmethod
    def command(self) -> list[str]: ...

    @abstractmethod
    def greet(self) -> None:
        """Make sure of what a server that is up must hold."""

    def environment(self) -> dict[str, str]:
        """Give our variables less those that would change what the server or its tools do."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        return kept | {"LC_ALL": "C"}

    def pid(self) -> int | None:
        """Read whom the pid file names, alive or not."""
        try:
            return int(self.pid_file.read_text().split(maxsplit=1)[0])
        except (OSError, ValueError, IndexError):
            return None

    def start(self) -> None:
        """Bring the server up, or take on the one that an earlier command left running."""
        if not wait_until(lambda: self.state() != "busy", START_SECONDS):
            raise LauncherError(f"{self.name} is still busy starting; see {self.folder.log(self.name)}")
        if self.state() == "up" and self.pid() is not None:
            self.greet()
            return
        self._end_strays()
        self.prepare()
        deadline = time.monotonic() + START_SECONDS
        while not self._spawn(deadline):
            # The children of a killed server need a moment to notice, and hold its memory until then.
            if "still in use" not in self.last_lines() or time.monotonic() > deadline:
                raise LauncherError(
                    f"{self.name} did not start; {self.folder.log(self.name)} ends:\n{self.last_lines()}"
                )
            time.sleep(0.3)
        self.greet()

    def stop(self) -> None:
        """End the server and wait until it is gone; at most about 10 seconds."""
        pid = self.pid()
        if pid is not None and self._is_ours(pid):
            end(pid, lambda: self._gone(pid), self.stop_signals)
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=1)

    def last_lines(self, count: int = 12) -> str:
        log = self.folder.log(self.name)
        return "\n".join(log.read_text(errors="replace").splitlines()[-count:]) if log.exists() else ""

    def bound_log(self) -> None:
        """Keep at most two times `LOG_BYTES` of the server's own words."""
        log = self.folder.log(self.name)
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.with_suffix(".log.1").write_bytes(log.read_bytes())
            os.truncate(log, 0)  # the server appends, so it goes on at the new end

    def _gone(self, pid: int) -> bool:
        if self._process is not None:
            self._process.poll()  # a dead child stays in the process table until it is asked for
        return not self._is_ours(pid)

    def _is_ours(self, pid: int) -> bool:
        return was_started_with(pid, str(self.sockets))

    def _end_strays(self) -> None:
        """End a server whose socket or data was removed under it: two at once would ruin the data."""
        for pid in {self.pid(), listener(self.socket)}:
            if pid is not None and self._is_ours(pid):
                say(f"ending a stray {self.name} (process {pid})")
                end(pid, functools.partial(self._gone, pid), self.stop_signals)

    def _spawn(self, deadline: float) -> bool:
        self.bound_log()
        command = self.command()
        with self.folder.log(self.name).open("ab") as log:
            process = subprocess.Popen(
                command,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us; the servers go last
            )
        self._process = process
        wait_until(lambda: process.poll() is not None or self.state() == "up", deadline - time.monotonic())
        return process.poll() is None and self.state() == "up"


@contextmanager
def lent(server: Server) -> Iterator[None]:
    """Use a server together with other commands on the folder: the first starts it, the last stops it."""
    users = os.open(server.folder.lock(f"{server.name}.users"), os.O_RDWR | os.O_CREAT, 0o600)
    change = server.folder.lock(f"{server.name}.change")
    try:
        with exclusive(change):
            fcntl.flock(users, fcntl.LOCK_SH)
            server.start()
        yield
    finally:
        with exclusive(change), suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)  # refused while another command uses it
            server.stop()
        os.close(users)
