"""A connection of its own that reads one snapshot of the database as Arrow batches.

ADBC fetches with binary COPY and builds columns in C: about the rate of COPY itself, in constant
memory. A session-level advisory lock on the same connection keeps a second worker from writing the
same release; it goes away with the process, however that ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa
from django.db import connection
from psycopg import pq
from psycopg.conninfo import make_conninfo

LOCK_SPACE = 0x65787074  # "expt": keeps our locks apart from others in the same database
BATCH_BYTES = 4 * 1024 * 1024
SORT_MEMORY = "128MB"  # of the server's memory, for ordering rows


def connection_string(settings: dict[str, Any]) -> str:
    """Return libpq's connection string for one entry of Django's DATABASES.

    A HOST that starts with a slash is a folder with a unix socket; an empty one is libpq's default.
    Options that libpq does not know (the pool, for one) are Django's own and left out.
    """
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    options = {key: value for key, value in settings.get("OPTIONS", {}).items() if key in known}
    named = {
        "dbname": settings["NAME"],
        "user": settings.get("USER"),
        "password": settings.get("PASSWORD"),
        "host": settings.get("HOST"),
        "port": settings.get("PORT"),
    }
    given = {key: value for key, value in named.items() if value}
    return make_conninfo("", **{**options, **given})


class Snapshot:
    """One connection; between ``begin`` and ``end`` every query sees the same state of the database."""

    def __init__(self, link: adbc.Connection) -> None:
        self._link = link

    def try_lock(self, key: int) -> bool:
        """Take the lock of one release for as long as the connection lives; False when another has it."""
        locked = bool(
            self.rows(f"SELECT pg_try_advisory_lock({LOCK_SPACE}, {int(key % 2**31)}) AS locked")[0]["locked"]
        )
        self.end()
        return locked

    def begin(self) -> datetime:
        """Start the transaction and return its time."""
        with self._link.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute(f"SET LOCAL work_mem = '{SORT_MEMORY}'")
        # The first query takes the snapshot.
        taken: datetime = self.rows("SELECT clock_timestamp() AS taken")[0]["taken"]
        return taken

    def end(self) -> None:
        """End the transaction, so that the server may tidy up behind it."""
        self._link.rollback()

    def batches(self, statement: str) -> Iterator[pa.RecordBatch]:
        """Run a SELECT and yield its rows as record batches of about four megabytes."""
        with self._link.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(BATCH_BYTES)})
            cursor.execute(statement)
            with cursor.fetch_record_batch() as reader:
                yield from reader

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """Run a SELECT with a small answer and return its rows."""
        return [row for batch in self.batches(statement) for row in batch.to_pylist()]


@contextmanager
def connect() -> Iterator[Snapshot]:
    """Open the connection to Django's default database."""
    with adbc.connect(connection_string(connection.settings_dict)) as link:
        yield Snapshot(link)
