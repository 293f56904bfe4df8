"""Up to which submission everything is there: ids are given before rows are committed."""

from __future__ import annotations

from django.db import connection

# A submission younger than this may have neighbours with smaller ids that are not committed yet.
SETTLED_SECONDS = 60


def settled() -> int:
    """Return the highest submission id below which no new one can appear; 0 when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(id), 0) FROM annotate_submission"
            " WHERE created_at < now() - %s * interval '1 second'",
            [SETTLED_SECONDS],
        )
        (found,) = cursor.fetchone()
    return int(found)
