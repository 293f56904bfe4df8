"""Where the web listens: HOST and PORT."""

import errno
import http.client
import os
import socket
from dataclasses import dataclass

from annotate.embedded.folder import LauncherError
from annotate.embedded.processes import wait_until

HIGHEST_PORT = 65535


@dataclass(frozen=True)
class Address:
    """An interface and a TCP port."""

    host: str
    port: int

    @classmethod
    def from_environment(cls) -> "Address":
        """Read HOST (127.0.0.1) and PORT (8000)."""
        port = os.environ.get("PORT") or "8000"
        if not port.isdecimal() or not 0 < int(port) <= HIGHEST_PORT:
            raise LauncherError(f"PORT={port} is no port; give one from 1 to {HIGHEST_PORT}: PORT=8000 ./run")
        return cls(os.environ.get("HOST") or "127.0.0.1", int(port))

    @property
    def bind(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def reachable_host(self) -> str:
        """A name for this machine itself, also when we listen on every interface."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - reads, does not bind

    @property
    def url(self) -> str:
        return f"http://{Address(self.reachable_host, self.port).bind}/"

    @property
    def variables(self) -> dict[str, str]:
        return {"HOST": self.host, "PORT": str(self.port)}

    def check_free(self, patience: float = 0) -> None:
        """Refuse an address we cannot listen on; give one who is just leaving `patience` seconds."""
        trouble: list[OSError] = []

        def free() -> bool:
            trouble.clear()
            try:
                family, kind, protocol, _, address = socket.getaddrinfo(
                    self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
                )[0]
                with socket.socket(family, kind, protocol) as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(address)
            except OSError as error:
                trouble.append(error)
            return not trouble

        if wait_until(free, patience):
            return
        if trouble[0].errno == errno.EADDRINUSE:
            raise LauncherError(
                f"Port {self.port} on {self.host} is in use. "
                f"Choose another one: PORT={self.port % HIGHEST_PORT + 1} ./run"
            )
        raise LauncherError(
            f"Cannot listen on HOST={self.host} PORT={self.port}: {trouble[0].strerror}. "
            "Choose others: HOST=127.0.0.1 PORT=8000 ./run"
        )

    def answers(self) -> bool:
        """Tell whether the web serves: GET /healthz gives no error. Never through a proxy."""
        connection = http.client.HTTPConnection(self.reachable_host, self.port, timeout=5)
        try:
            connection.request("GET", "/healthz", headers={"Host": "localhost"})
            return connection.getresponse().status < http.client.BAD_REQUEST
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
