"""What must be done before the first page, each step left out when nothing it depends on has changed."""

# ruff: noqa: S603 - every command here is put together by this package

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from annotate.embedded.folder import PROJECT, DataFolder, LauncherError, exclusive
from annotate.embedded.postgres import binaries
from annotate.embedded.processes import say

Environment = Mapping[str, str]

MANAGE = (sys.executable, str(PROJECT / "manage.py"))
LOCK = PROJECT / "requirements" / "web.lock"
WHICH_DATABASE = (
    "select system_identifier, (select oid from pg_database where datname = current_database()) "
    "from pg_control_system()"
)
WHICH_MIGRATIONS = "select md5(string_agg(app || '.' || name, ' ' order by id)) from django_migrations"


def migrate(folder: DataFolder, environment: Environment) -> None:
    """Bring the schema up to date unless the files and what the database says it has had are as last time."""
    with exclusive(folder.lock("migrate")):
        files = _digest([LOCK, *sorted((PROJECT / "annotate" / "migrations").glob("*.py"))])
        stamp = folder.stamp("migrate")
        if stamp.exists() and stamp.read_text() == f"{files} {_ask(WHICH_MIGRATIONS, environment)}":
            return
        say("bringing the database up to date …")
        _manage(environment, "migrate", "--noinput", "--verbosity", "0")
        stamp.write_text(f"{files} {_ask(WHICH_MIGRATIONS, environment)}")


def collect_static(folder: DataFolder, environment: Environment) -> None:
    """Gather style sheets and scripts unless none has changed."""
    sources = [path for path in sorted((PROJECT / "static").rglob("*")) if path.is_file()]
    listing = "".join(f"{path} {path.stat().st_mtime_ns} {path.stat().st_size}\n" for path in sources)
    settings = _digest([LOCK, PROJECT / "annotate" / "settings.py"])
    now = f"{settings}\n{listing}"
    stamp = folder.stamp("static")
    if stamp.exists() and stamp.read_text() == now and (folder.path / "static").is_dir():
        return
    say("collecting static files …")
    _manage(environment, "collectstatic", "--noinput", "--verbosity", "0")
    stamp.write_text(now)


def load_demo(folder: DataFolder, environment: Environment) -> None:
    """Load the demo project once per database, so that one who removed it does not get it back."""
    stamp = folder.stamp("demo")
    database = _ask(WHICH_DATABASE, environment)
    if database and stamp.exists() and stamp.read_text() == database:
        return
    say("loading the demo project …")
    _manage(environment, "load_demo")
    stamp.write_text(database)


def _manage(environment: Environment, *arguments: str) -> None:
    """Run manage.py; its words go to standard error: standard output belongs to the person's command."""
    done = subprocess.run([*MANAGE, *arguments], env=environment, stdout=sys.stderr, check=False)
    if done.returncode:
        raise LauncherError(f"manage.py {arguments[0]} failed; the reason stands above.")


def _ask(sql: str, environment: Environment) -> str:
    """Put a question to the database; empty when it cannot answer, which no stamp ever equals."""
    try:
        psql: str | None = str(binaries() / "psql")
    except LauncherError:
        psql = shutil.which("psql")
    if psql is None:
        return ""
    command = [psql, "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", environment["DATABASE_URL"], "-c", sql]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def _digest(paths: Iterable[Path]) -> str:
    found = [path for path in paths if path.exists()]
    return hashlib.sha256(b"\0".join(path.name.encode() + path.read_bytes() for path in found)).hexdigest()
