"""Answers to tasks with a key, beside the key: the numbers under gold results and qualifications.

Of everybody's latest live answers, and of keys that are not retired. Compared are ratings that both
gave a level (state ``rated``); what the key rated and the person did not counts as ``missed``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from annotate.reports.sql import latest
from annotate.stats.kappa import GROUPS, Interval, Table, interval, merged, weighted_kappa

Groups = list[dict[int, Counter[tuple[int, int]]]]


def _groups() -> Groups:
    return [{} for _ in range(GROUPS)]


@dataclass(slots=True)
class Keyed:
    """One person beside the keys: tasks answered, and tables of (own, key) by dimension.

    The tables are kept in ten groups of whole tasks, for intervals; there are never more, whatever the
    number of tasks.
    """

    items: int = 0
    missed: int = 0
    groups: Groups = field(default_factory=_groups)

    def add(self, group: int, dimension: int, own: int | None, right: int, count: int) -> None:
        """Count so many ratings of this value beside this one of the key; None is none."""
        if own is None:
            self.missed += count
        else:
            self.groups[group].setdefault(dimension, Counter())[own, right] += count

    @property
    def tables(self) -> dict[int, Counter[tuple[int, int]]]:
        """(own, key) pairs by dimension, all tasks together."""
        return merged(self.groups)

    @property
    def ratings(self) -> int:
        """How many ratings were compared."""
        return sum(sum(table.values()) for table in self.tables.values())

    @property
    def coverage(self) -> float:
        """The share of the key's ratings that the person gave a level too."""
        total = self.ratings + self.missed
        return self.ratings / total if total else 0.0

    @property
    def exact(self) -> float | None:
        """The share of compared ratings that are the key's; None without any."""
        tables = self.tables
        total = sum(sum(table.values()) for table in tables.values())
        same = sum(
            count for table in tables.values() for (own, right), count in table.items() if own == right
        )
        return same / total if total else None

    @property
    def kappa(self) -> float | None:
        """Weighted kappa, stratified by dimension; see `annotate.stats.kappa`."""
        return weighted_kappa(self.tables.values())

    def interval(self) -> Interval | None:
        """Return the kappa's 95 % interval; None with too few tasks."""
        groups: list[dict[int, Table]] = [dict(one) for one in self.groups]
        return interval(groups)


def _answered(batch: str) -> str:
    source = f"""
    FROM annotate_batch batch
    JOIN annotate_task task ON task.batch_id = batch.id
    JOIN annotate_goldkey key ON key.task_id = task.id
    JOIN annotate_submission submission ON submission.task_id = task.id AND submission.origin = 'live'
    WHERE batch.project_id = %(project)s AND key.retired_at IS NULL AND task.is_gold = %(gold)s
      AND ({batch} IS NULL OR batch.id = {batch})
      AND (%(person)s::bigint IS NULL OR submission.annotator_id = %(person)s)"""
    columns = "submission.id, submission.annotator_id, submission.task_id, key.submission_id AS key_id"
    return f"""
WITH latest AS ({latest(columns, source)}
), answered AS (
    SELECT *, row_number() OVER (PARTITION BY annotator_id ORDER BY task_id) AS number FROM latest
)
"""  # noqa: S608 - no value is pasted in


def compared(batch: str) -> str:
    """Return the statement for (person, group, dimension, own value or null, key's value, count).

    ``batch`` is the SQL of the batch to look at, null for all; the others are parameters: project, gold,
    person (or null).
    """
    return f"""{_answered(batch)}
SELECT answered.annotator_id, (answered.number %% {GROUPS})::int, reference.dimension_id, own.value,
       reference.value, count(*)
FROM answered
JOIN annotate_rating reference ON reference.submission_id = answered.key_id AND reference.state = 'rated'
LEFT JOIN annotate_rating own ON own.submission_id = answered.id AND own.response_id = reference.response_id
                             AND own.dimension_id = reference.dimension_id AND own.state = 'rated'
GROUP BY 1, 2, 3, 4, 5
"""  # noqa: S608


_COMPARED = compared("%(batch)s::bigint")
_ITEMS = f"{_answered('%(batch)s::bigint')} SELECT annotator_id, count(*) FROM answered GROUP BY 1"  # noqa: S608


def keyed(
    project_id: int, *, gold: bool, batch: int | None = None, person: int | None = None
) -> dict[int, Keyed]:
    """Return people beside the keys of a project by inside id, in two statements.

    Of its gold tasks, or of its training and qualification; of one batch or one person alone where given.
    """
    parameters = {"project": project_id, "gold": gold, "batch": batch, "person": person}
    found = {one: Keyed(items=count) for one, count in _rows(_ITEMS, parameters)}
    for one, *row in _rows(_COMPARED, parameters):
        found[one].add(*row)
    return found


def _rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
