"""Insert many new rows at once with COPY: a twentieth of the cost of INSERT, whatever their columns hold.

``bulk_create`` writes a placeholder per value where a column is an array or JSON, and most of the time of
a large import then goes into those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault
from psycopg.types.json import Jsonb

_Reader = Callable[[models.Model], Any]


def insert_new(rows: Sequence[models.Model]) -> None:
    """Insert rows of one model that have no id yet or one that was drawn for them; sets missing ids.

    What a row refers to may be written later in the same transaction, as foreign keys are checked at
    its end. A column that has its database default in the first row has it in all.
    """
    if not rows:
        return
    draw_ids([row for row in rows if row.pk is None])
    model = type(rows[0])
    fields = [
        field
        for field in model._meta.concrete_fields  # noqa: SLF001 - Django documents Model._meta
        if not isinstance(getattr(rows[0], field.attname), DatabaseDefault)
    ]
    readers = [_reader(field) for field in fields]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    statement = f"COPY {connection.ops.quote_name(model._meta.db_table)} ({columns}) FROM STDIN"  # noqa: SLF001
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([read(row) for read in readers])


def insert_values(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows given as tuples of these columns' values; what is left out has its database default.

    For millions of narrow rows, where making an object of each takes longer than storing it.
    """
    table = connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def update_values(model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write these columns of stored rows, given as tuples of id and values, in one statement."""
    if not rows:
        return
    meta, quoted = model._meta, connection.ops.quote_name  # noqa: SLF001
    types = {field.column: str(field.db_type(connection)) for field in meta.concrete_fields}
    # Without the length, to which a cast would cut silently.
    arrays = [f"%s::{types[name].partition('(')[0]}[]" for name in ("id", *columns)]
    settings = ", ".join(f"{quoted(name)} = changed.{quoted(name)}" for name in columns)
    names = ", ".join(quoted(name) for name in ("id", *columns))
    statement = (
        f"UPDATE {quoted(meta.db_table)} AS stored SET {settings}"  # noqa: S608 - names alone
        f" FROM unnest({', '.join(arrays)}) AS changed ({names}) WHERE stored.id = changed.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])


def new_ids(model: type[models.Model], count: int) -> list[int]:
    """Return that many ids from a table's sequence, in ascending order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],  # noqa: SLF001
        )
        return sorted(pk for (pk,) in cursor.fetchall())


def draw_ids(rows: Sequence[models.Model]) -> None:
    """Give rows of one model ids from its table's sequence, in ascending order."""
    if rows:
        for row, pk in zip(rows, new_ids(type(rows[0]), len(rows)), strict=True):
            row.pk = pk


def _reader(field: models.Field[Any, Any]) -> _Reader:
    """Return what reads this column's value from a row, as psycopg takes it."""
    name = field.attname
    if isinstance(field, models.ForeignKey):
        return lambda row: _key(field, row)
    if isinstance(field, models.JSONField):
        return lambda row: None if getattr(row, name) is None else Jsonb(getattr(row, name))
    if getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False):
        return lambda row: field.pre_save(row, add=True)
    return lambda row: getattr(row, name)


def _key(field: models.ForeignKey[Any, Any], row: models.Model) -> Any:  # noqa: ANN401
    key = getattr(row, field.attname)
    if key is None and (other := field.get_cached_value(row, default=None)) is not None:
        return other.pk  # it had no id yet when it was put into this row
    return key
