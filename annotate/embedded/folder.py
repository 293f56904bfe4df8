"""The data folder: what lies where, its locks, its secret key, and a short private place for sockets."""

import fcntl
import hashlib
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


class LauncherError(Exception):
    """A sentence for the person at the terminal, saying what to do next; the program ends with 1."""


@dataclass(frozen=True)
class DataFolder:
    """Everything that `./run` keeps: database, queue, files, logs, locks, secret key."""

    path: Path

    @classmethod
    def open(cls, path: str | Path) -> "DataFolder":
        """Make the folder, private to this user, or take the one that is there; refuse an unwritable one."""
        folder = cls(Path(path).resolve())
        try:
            folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder.path):
                pass
            for inner in (folder.path / "logs", folder.path / "locks", folder.path / "stamps"):
                inner.mkdir(exist_ok=True)
        except OSError as error:
            raise LauncherError(
                f"The data folder {folder.path} cannot be written ({error.strerror}). "
                "Mend that, or name another one: DATA_DIR=/some/folder"
            ) from error
        return folder

    def log(self, name: str) -> Path:
        return self.path / "logs" / f"{name}.log"

    def lock(self, name: str) -> Path:
        return self.path / "locks" / name

    def stamp(self, name: str) -> Path:
        return self.path / "stamps" / name

    def secret_key(self) -> str:
        """Read the key that signs sessions; the first call makes it."""
        path = self.path / "secret_key"
        with exclusive(self.lock("secret_key")):
            if not path.exists():
                fresh = path.with_suffix(".new")
                fresh.touch(mode=0o600)
                fresh.write_text(secrets.token_urlsafe(60))
                fresh.rename(path)
        return path.read_text().strip()

    def sockets(self) -> Path:
        """Make or check the private folder for sockets: short, as a socket's path must stay under 100 bytes.

        It depends on the data folder and the user alone, so that every command finds the same servers.
        """
        name = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:12]
        path = Path(f"/tmp/annotate-{os.geteuid()}-{name}")  # noqa: S108 - owner and mode are checked below
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
        if (
            not stat.S_ISDIR(found.st_mode)
            or found.st_uid != os.geteuid()
            or stat.S_IMODE(found.st_mode) != stat.S_IRWXU
        ):
            raise LauncherError(f"{path} is not a private folder of this user. Look at it, then remove it.")
        return path


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock on `path`, waiting for it; it falls with the process, so none is ever stale."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def sole_run(folder: DataFolder) -> Iterator[bool]:
    """Be the only `./run` on this folder; gives whether the one before ended without cleaning up."""
    descriptor = os.open(folder.path / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(descriptor, 32).decode()
            raise LauncherError(
                f"./run is already at work on {folder.path} (process {pid}). "
                f"Stop it with: kill {pid}   or name another folder: DATA_DIR=/some/folder"
            ) from None
        crashed = bool(os.read(descriptor, 1))
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield crashed
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)
