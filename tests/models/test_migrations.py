"""The migrations can be undone: up and down again leaves nothing of ours behind."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


@pytest.mark.django_db(transaction=True)
def test_the_first_migration_is_reversible() -> None:
    with connection.cursor() as cursor:
        before = tables(cursor)
    try:
        call_command("migrate", "admin", "zero", verbosity=0)
        call_command("migrate", "annotate", "zero", verbosity=0)
        with connection.cursor() as cursor:
            assert [name for name in tables(cursor) if name.startswith("annotate_")] == []
    finally:
        call_command("migrate", verbosity=0)

    with connection.cursor() as cursor:
        assert tables(cursor) == before
    assert (
        MigrationExecutor(connection).migration_plan(MigrationExecutor(connection).loader.graph.leaf_nodes())
        == []
    )


def tables(cursor: object) -> list[str]:
    return sorted(connection.introspection.table_names(cursor))  # type: ignore[arg-type]
