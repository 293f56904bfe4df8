"""`run`, `manage` and `throwaway`: what `./run`, `./manage` and `./test` call."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from annotate.embedded.address import Address
from annotate.embedded.folder import PROJECT, DataFolder, sole_run
from annotate.embedded.postgres import Postgres
from annotate.embedded.prepare import MANAGE, collect_static, load_demo, migrate
from annotate.embedded.processes import on_stop, run_to_end, say
from annotate.embedded.redis import Redis
from annotate.embedded.server import Server, lent
from annotate.embedded.supervisor import Process, Supervisor

# Commands that look at migrations or make them must find the database as it is.
ABOUT_MIGRATIONS = {"migrate", "makemigrations", "showmigrations", "sqlmigrate", "squashmigrations"}


def run(*, demo: bool) -> int:
    """Serve until told to stop; 0 then, also when that comes before the first page."""
    folder = _data_folder()
    address = Address.from_environment()
    with sole_run(folder) as crashed:
        address.check_free(patience=8 if crashed else 0)
        try:
            with _servers(folder) as (servers, environment):
                migrate(folder, environment)
                collect_static(folder, environment)
                if demo:
                    load_demo(folder, environment)
                say("starting the web, the workers and the scheduler …")
                try:
                    asyncio.run(_supervise(folder, address, servers, environment))
                finally:
                    on_stop(signal.SIG_IGN)  # the servers' own stop is all that is left
        except SystemExit:
            say("stopped before the first page")
    return 0


def manage(arguments: Sequence[str]) -> int:
    """Run manage.py on the data folder, with servers if none are up; gives its exit code."""
    folder = _data_folder()
    with _servers(folder) as (_, environment):
        if not ABOUT_MIGRATIONS.intersection(arguments[:1]):
            migrate(folder, environment)
        return run_to_end([*MANAGE, *arguments], environment)


def borrow(command: Sequence[str]) -> int:
    """Run any command with the data folder's servers, started if none are up; gives its exit code."""
    folder = _data_folder()
    with _servers(folder) as (_, environment):
        migrate(folder, environment)
        return run_to_end(list(command), environment)


def throwaway(command: Sequence[str]) -> int:
    """Run any command with servers and a data folder that are gone afterwards; gives its exit code."""
    with tempfile.TemporaryDirectory(prefix="annotate-", ignore_cleanup_errors=True) as temporary:
        folder = DataFolder.open(Path(temporary) / "data")
        try:
            with _servers(folder, throwaway=True) as (_, environment):
                return run_to_end(command, environment)
        finally:
            shutil.rmtree(folder.sockets(), ignore_errors=True)


def processes(folder: DataFolder, address: Address) -> list[Process]:
    """Everything that `./run` keeps running above the two servers."""
    python = sys.executable
    quiet_root = "ignore:You're running the worker with superuser"  # here root is the only user there is
    celery = [python, "-W", quiet_root, "-m", "celery", "-A", "annotate", "--quiet"]
    web = [python, "-m", "gunicorn", "annotate.wsgi", "--bind", address.bind, "--worker-class", "gthread"]
    web += ["--workers", os.environ.get("WEB_WORKERS", "2"), "--threads", os.environ.get("WEB_THREADS", "32")]
    web += ["--keep-alive", "15", "--graceful-timeout", "3", "--log-level", "warning"]
    worker = ["worker", "--loglevel", "INFO", "--without-gossip", "--without-mingle"]
    default = ["-Q", "default", "-P", "prefork", "-c", "2", "-n", f"default-{address.port}@%h"]
    gpu = ["-Q", "gpu", "-P", "solo", "--prefetch-multiplier", "1", "-n", f"gpu-{address.port}@%h"]
    schedule = ["-s", str(folder.path / "celerybeat-schedule"), "--pidfile="]
    return [
        Process("web", web, patience=4),
        Process("worker", [*celery, *worker, *default], patience=4),
        Process("scorer", [*celery, *worker, *gpu], patience=4),
        Process("beat", [*celery, "beat", "--loglevel", "WARNING", *schedule], patience=2),
    ]


async def _supervise(
    folder: DataFolder, address: Address, servers: Sequence[Server], environment: Mapping[str, str]
) -> None:
    supervisor = Supervisor(
        folder,
        processes=processes(folder, address),
        servers=servers,
        environment=environment,
        answers=address.answers,
        welcome=lambda: say(_welcome(folder, address)),
    )
    await supervisor.run()


def _data_folder() -> DataFolder:
    return DataFolder.open(os.environ.get("DATA_DIR") or PROJECT / "data")


@contextlib.contextmanager
def _servers(folder: DataFolder, *, throwaway: bool = False) -> Iterator[tuple[list[Server], dict[str, str]]]:
    """Have those servers up that the environment does not name; gives them and our children's environment."""
    kinds: tuple[type[Server], ...] = (Postgres, Redis)
    servers = [kind(folder, throwaway=throwaway) for kind in kinds if not os.environ.get(kind.variable)]
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # without .pyc files every start costs seconds more
    if not os.environ.get("DATABASE_URL"):
        environment = {key: value for key, value in environment.items() if not key.startswith("PG")}
    environment |= {
        "DATA_DIR": str(folder.path),
        "SECRET_KEY": os.environ.get("SECRET_KEY") or folder.secret_key(),
    }
    environment |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    environment |= Address.from_environment().variables
    environment |= {server.variable: server.url for server in servers}
    with contextlib.ExitStack() as stack:
        for server in servers:
            stack.enter_context(lent(server))
        yield servers, environment


def _welcome(folder: DataFolder, address: Address) -> str:
    lines = ["", f"  Annotate is ready:  {address.url}", ""]
    with contextlib.suppress(FileNotFoundError):
        accounts = json.loads((folder.path / "demo_accounts.json").read_text())
        lines += ["  Demo log-ins"]
        lines += [f"    {who['role']:<10} {who['username']:<16} {who['password']}" for who in accounts]
        lines += [""]
    lines += [
        f"  Data and logs:  {folder.path}",
        "  Stop:  Ctrl-C   (./run again goes on where you stopped)",
        "",
    ]
    return "\n".join(lines)
