"""Large results as numpy columns: the server packs rows of a fixed width into blocks of bytes.

35 bytes a row instead of the kilobyte that a tuple of Python objects takes, and no work per row on this side. (COPY
would send a message a row: ten times as slow.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
from django.db import connection, transaction

Columns = Mapping[str, str]
"""Name to type: "i8" bigint, "i4" integer, "i2" smallint, "f8" double precision, "?" boolean."""

_SENT = {
    "i8": 'int8send("{}"::bigint)',
    "i4": 'int4send("{}"::integer)',
    "i2": 'int2send("{}"::smallint)',
    "f8": 'float8send("{}"::double precision)',
    "?": 'boolsend("{}"::boolean)',
}
_BLOCK = 200_000  # rows
_SETTINGS = {"enable_nestloop": "off", "jit": "off", "work_mem": "'128MB'"}


@contextmanager
def scanning() -> Iterator[None]:
    """Keep statements that read most of a project from nested loops, and let them sort in memory.

    The planner cannot know how long their parts are, and takes minutes where it guesses too low. Within a transaction.
    """
    with psycopg.Cursor(connection.connection) as cursor:
        for name, value in _SETTINGS.items():
            cursor.execute(f"SET LOCAL {name} = {value}", prepare=False)
        yield
        for name in _SETTINGS:
            cursor.execute(f"SET LOCAL {name} = DEFAULT", prepare=False)


def read(
    statement: str, parameters: Mapping[str, Any], columns: Columns, *, everything: bool = False
) -> dict[str, npt.NDArray[Any]]:
    """Return the statement's columns by name, in no certain order of rows; ValueError where one holds a null.

    The statement must name the columns as ``columns`` does. One that reads ``everything`` of a project is `scanning`.
    """
    packed = " || ".join(_SENT[kind].format(name) for name, kind in columns.items())
    blocks = f"""
        SELECT count(*), string_agg({packed}, ''::bytea) FROM (
            SELECT wanted.*, (row_number() OVER () - 1) / {_BLOCK} AS block FROM ({statement}) AS wanted) AS numbered
        GROUP BY block"""  # noqa: S608 - no value is pasted in
    row = np.dtype([(name, kind if kind == "?" else f">{kind}") for name, kind in columns.items()])
    parts: dict[str, list[npt.NDArray[Any]]] = {name: [np.zeros(0, kind)] for name, kind in columns.items()}
    with (
        transaction.atomic(),
        scanning() if everything else nullcontext(),
        psycopg.Cursor(connection.connection) as cursor,
    ):
        for count, data in cursor.execute(blocks, parameters, binary=True, prepare=False):
            # What holds a null is null as a whole, and left out of the block.
            rows = np.frombuffer(data or b"", dtype=row)
            if rows.size != count:
                raise ValueError(f"one of {', '.join(columns)} holds a null")
            for name, kind in columns.items():
                parts[name].append(rows[name].astype(kind))
    return {name: np.concatenate(found) for name, found in parts.items()}
