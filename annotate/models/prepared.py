"""A cursor for the few statements that every annotator waits for: planned once per connection, then reused.

Django binds parameters on the client, so the server plans every statement anew. For the claim and the
submit, whose statements are long, planning costs more than running them.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper


def prepared_cursor() -> CursorWrapper:
    """Return a cursor of the current connection whose statements are prepared on the server.

    Use it for statements whose text never changes: their parameters travel apart from them.
    """
    connection.ensure_connection()
    cursor: Any = ServerBindingCursor(connection.connection)  # type: ignore[call-arg] # the stubs know no base
    if connection.queries_logged:
        return connection.make_debug_cursor(cursor)
    return connection.make_cursor(cursor)
