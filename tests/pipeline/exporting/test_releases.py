"""The life of a release: whole or not at all, once however often it is run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection
from psycopg.conninfo import conninfo_to_dict

from annotate.models import Export, Project
from annotate.pipeline import exporting
from annotate.pipeline.exporting.snapshot import connect, connection_string
from annotate.refusal import Conflict, Refusal
from tests import make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_folders")]


@pytest.fixture
def project() -> Project:
    made = make.project()
    make.submission(make.task(make.conversation(made, turns=2)), make.member(made))
    return made


def ready(project: Project, folder: Path | None = None, name: str = "v1") -> Export:
    return exporting.create(project, exporting.Wanted(name=name), folder=folder)


def times(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}


def test_run_twice_is_run_once(project: Project, tmp_path: Path) -> None:
    export = ready(project, tmp_path / "out")
    exporting.run(export.pk)
    before = times(tmp_path / "out")
    export.refresh_from_db()
    finished_at = export.finished_at

    exporting.run(export.pk)

    export.refresh_from_db()
    assert (export.status, export.finished_at) == ("done", finished_at)
    assert times(tmp_path / "out") == before
    assert exporting.unfinished() == []


def test_two_workers_at_once_write_it_once(project: Project, tmp_path: Path) -> None:
    export = ready(project, tmp_path / "out")
    meanwhile: list[str] = []

    def second_worker() -> None:
        exporting.run(export.pk, report=lambda table, _rows: meanwhile.append(table))
        connection.close()

    def report(table: str, _rows: int) -> None:
        if table == "tasks":
            thread = threading.Thread(target=second_worker)
            thread.start()
            thread.join(30)
            assert not thread.is_alive()

    exporting.run(export.pk, report=report)

    export.refresh_from_db()
    assert export.status == "done"
    assert meanwhile == []


_KILLED = """
import os, signal, sys
import django
django.setup()
from django.conf import settings
from annotate.pipeline import exporting
def die(table, rows):
    if table == "ratings":
        os.kill(os.getpid(), signal.SIGKILL)
exporting.run(int(sys.argv[1]), report=die)
"""


def killed_half_way(export: Export) -> None:
    """Run the release in another process that is killed when it comes to the ratings."""
    found = connection.get_connection_params()
    where = "&".join(f"{name}={found[name]}" for name in ("host", "port") if found.get(name))
    secret = f":{found['password']}" if found.get("password") else ""
    url = f"postgresql://{found['user']}{secret}@/{found['dbname']}?{where}"
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DATA_DIR": str(django_settings.DATA_DIR),
        "DJANGO_SETTINGS_MODULE": "annotate.settings",
        "SECRET_KEY": django_settings.SECRET_KEY,
    }
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(export.pk)], env=environment, capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def test_a_run_that_is_killed_half_way_publishes_nothing_and_is_taken_up_again(
    project: Project, tmp_path: Path
) -> None:
    export = ready(project)
    killed_half_way(export)

    export.refresh_from_db()
    target = exporting.folder_of(export)
    assert export.status == "running"
    assert not target.exists()
    assert [one.name for one in target.parent.iterdir()] == [f".{export.uid}.{export.uid}.partial"]
    assert exporting.file_path(export, "ratings-00000.parquet") is None
    assert exporting.unfinished() == [export.pk]

    exporting.run(export.pk)

    export.refresh_from_db()
    assert export.status == "done"
    assert list(target.parent.iterdir()) == [target]
    assert target == tmp_path / "data" / "exports" / str(export.uid)


def test_a_run_that_died_after_publishing_is_found_and_not_written_again(
    project: Project, tmp_path: Path
) -> None:
    export = ready(project, tmp_path / "out")
    exporting.run(export.pk)
    export.refresh_from_db()
    known = (export.manifest, export.manifest_sha256)
    before = times(tmp_path / "out")
    Export.objects.filter(pk=export.pk).update(
        status="running", manifest=None, manifest_sha256="", finished_at=None
    )

    exporting.run(export.pk)

    export.refresh_from_db()
    assert export.status == "done"
    assert (export.manifest, export.manifest_sha256) == known
    assert times(tmp_path / "out") == before


def test_a_defect_is_raised_and_leaves_a_failed_release_and_no_files(
    project: Project, tmp_path: Path
) -> None:
    export = ready(project, tmp_path / "out")

    def broken(table: str, _rows: int) -> None:
        if table == "parts":
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        exporting.run(export.pk, report=broken)

    export.refresh_from_db()
    assert export.status == "failed"
    assert "ZeroDivisionError" in export.error
    assert not list(tmp_path.iterdir())


def test_a_worker_that_is_told_to_exit_leaves_the_release_to_the_next(
    project: Project, tmp_path: Path
) -> None:
    export = ready(project)

    def leave(table: str, _rows: int) -> None:
        if table == "parts":
            raise SystemExit

    with pytest.raises(SystemExit):
        exporting.run(export.pk, report=leave)

    assert exporting.unfinished() == [export.pk]
    assert list((tmp_path / "data" / "exports").iterdir()) == []


def test_a_full_disk_fails_the_release_with_the_reason(project: Project, tmp_path: Path) -> None:
    export = ready(project, tmp_path / "out")

    def full(table: str, _rows: int) -> None:
        if table == "parts":
            raise OSError(28, "No space left on device")

    exporting.run(export.pk, report=full)

    export.refresh_from_db()
    assert (export.status, export.error) == ("failed", "[Errno 28] No space left on device")
    assert not list(tmp_path.iterdir())


def test_an_interrupted_command_leaves_a_failed_release_and_no_files(
    project: Project, tmp_path: Path
) -> None:
    export = ready(project, tmp_path / "out")

    def interrupt(table: str, _rows: int) -> None:
        if table == "parts":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exporting.run(export.pk, report=interrupt)

    export.refresh_from_db()
    assert (export.status, export.error) == ("failed", "Interrupted.")
    assert not list(tmp_path.iterdir())


def test_a_killed_command_is_taken_up_by_the_same_command_and_by_no_worker(
    project: Project, tmp_path: Path
) -> None:
    export = ready(project, tmp_path / "out")
    killed_half_way(export)

    assert exporting.unfinished() == []
    with pytest.raises(Conflict):
        ready(project, tmp_path / "elsewhere")
    again = ready(project, tmp_path / "out")
    assert again.pk == export.pk
    exporting.run(again.pk)

    again.refresh_from_db()
    assert again.status == "done"
    assert {one.name for one in tmp_path.iterdir()} == {"out"}


def test_a_name_is_unique_in_its_project_and_free_again_after_a_failure(
    project: Project, tmp_path: Path
) -> None:
    first = ready(project, tmp_path / "a")
    with pytest.raises(Conflict) as refused:
        ready(project, tmp_path / "b")
    assert refused.value.problems[0].code == "name_taken"
    assert ready(make.project(), tmp_path / "c").name == "v1"

    Export.objects.filter(pk=first.pk).update(status="failed", error="no space")
    assert ready(project, tmp_path / "d").pk != first.pk
    assert not Export.objects.filter(pk=first.pk).exists()


def test_without_a_name_a_release_is_called_after_the_day(project: Project) -> None:
    names = [exporting.create(project, exporting.Wanted()).name for _ in range(3)]

    day = names[0]
    assert names == [day, f"{day}-2", f"{day}-3"]


@pytest.mark.parametrize("name", ["../up", ".hidden", "a/b", "with space", "x" * 65])
def test_a_name_that_is_no_name_is_refused(project: Project, name: str) -> None:
    with pytest.raises(Refusal, match="letters, digits"):
        ready(project, name=name)


def test_an_unknown_format_is_refused_with_the_known_ones(project: Project) -> None:
    with pytest.raises(Refusal, match="Known formats: native"):
        exporting.create(project, exporting.Wanted(format="csv"))


def test_an_occupied_folder_is_refused_and_left_alone(project: Project, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("precious")

    with pytest.raises(Refusal, match="is not an empty folder"):
        ready(project, tmp_path / "out")

    assert (tmp_path / "out" / "mine.txt").read_text() == "precious"
    (tmp_path / "empty").mkdir()
    export = ready(project, tmp_path / "empty")
    exporting.run(export.pk)
    assert (tmp_path / "empty" / "manifest.json").is_file()


def test_only_files_of_the_manifest_are_handed_out(project: Project, tmp_path: Path) -> None:
    export = ready(project, tmp_path / "out")
    exporting.run(export.pk)
    export.refresh_from_db()
    (tmp_path / "out" / "other.txt").write_text("not ours")

    found = exporting.file_path(export, "README.md")
    assert found is not None
    assert found[0] == tmp_path / "out" / "README.md"
    assert exporting.file_path(export, "manifest.json") == (
        tmp_path / "out" / "manifest.json",
        export.manifest_sha256,
    )
    for name in ("other.txt", "../out/README.md", "", "."):
        assert exporting.file_path(export, name) is None


def test_progress_is_told_while_it_runs(project: Project, tmp_path: Path) -> None:
    export = ready(project, tmp_path / "out")
    assert exporting.progress_of(export) is None

    exporting.run(export.pk)

    found = exporting.progress_of(export)
    assert found == {"table": "images", "tables_done": 15, "tables": 16, "rows": 0}


def test_the_transaction_is_repeatable_read_and_read_only() -> None:
    with connect() as snapshot:
        snapshot.begin()
        settings = "current_setting('transaction_isolation') AS level, current_setting('transaction_read_only') AS ro"
        assert snapshot.rows(f"SELECT {settings}") == [{"level": "repeatable read", "ro": "on"}]
        snapshot.end()


def test_a_lock_keeps_others_out_until_its_connection_ends() -> None:
    with connect() as first, connect() as second:
        assert first.try_lock(7)
        assert not second.try_lock(7)
        assert second.try_lock(8)
    with connect() as third:
        assert third.try_lock(7)


@pytest.mark.parametrize(
    ("database", "expected"),
    [
        (
            {"NAME": "a b", "USER": "me", "PASSWORD": "it's", "HOST": "db.example", "PORT": 5433},
            {"dbname": "a b", "user": "me", "password": "it's", "host": "db.example", "port": "5433"},
        ),
        (
            {"NAME": "x", "USER": "", "PASSWORD": "", "HOST": "/run/p g", "PORT": ""},
            {"dbname": "x", "host": "/run/p g"},
        ),
        (
            {"NAME": "x", "OPTIONS": {"pool": {"min_size": 1}, "sslmode": "require"}},
            {"dbname": "x", "sslmode": "require"},
        ),
    ],
)
def test_the_connection_is_made_from_djangos_settings(
    database: dict[str, Any], expected: dict[str, str]
) -> None:
    assert conninfo_to_dict(connection_string(database)) == expected


def test_a_unix_socket_works_where_there_is_one() -> None:
    folders = ("/var/run/postgresql", str(connection.settings_dict["HOST"]))
    found = [one for one in folders if one.startswith("/") and any(Path(one).glob(".s.PGSQL.*"))]
    if not found:
        pytest.skip("the server has no unix socket that this process can see")
    database = connection_string({**connection.settings_dict, "HOST": found[-1]})
    try:
        psycopg.connect(database).close()
    except psycopg.OperationalError as error:
        pytest.skip(f"the server does not let this process in by its socket: {error}")

    with adbc.connect(database) as link, link.cursor() as cursor:
        cursor.execute("SELECT current_setting('port') AS port")
        assert cursor.fetchall()[0][0]
