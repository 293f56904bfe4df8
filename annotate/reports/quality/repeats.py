"""How far people agree with themselves: hidden repeats beside what they had said the first time.

Compared are the answers as they stood when the repeat was handed out with the first revision of the repeat: what
somebody changes once they have noticed counts for neither. Ratings count where both gave a level (state ``rated``),
comparisons where both compared the pair overall. For those who manage people; never for the people themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from django.db import connection

from annotate.reports.keyed import Keyed
from annotate.stats.kappa import GROUPS, Interval

Undefined = Literal["", "no_ratings", "no_variation", "few_tasks"]


@dataclass(frozen=True, slots=True)
class SelfAgreement:
    """A person beside themselves, some time later.

    ``tasks`` were repeated, ``ratings`` compared, and ``exact`` is the share of them that came out the same.
    ``kappa`` has squared steps as weights and is stratified by dimension; ``interval`` is its 95 % interval by leaving
    out tenths of the tasks. Of ``comparisons`` the share ``same_side`` kept its side, a tie being a side of its own.
    What is not defined is None, and ``undefined`` says why for the ratings: ``no_ratings``, ``no_variation`` (one and
    the same level throughout), ``few_tasks`` (a kappa, but too few tasks for an interval).
    """

    tasks: int
    ratings: int
    exact: float | None
    kappa: float | None
    interval: Interval | None
    undefined: Undefined
    comparisons: int
    same_side: float | None


_AGAIN = """
WITH again AS (
    SELECT task.reserved_for_id AS person, later.id AS later_id, earlier.id AS earlier_id,
           row_number() OVER (PARTITION BY task.reserved_for_id ORDER BY task.id) AS number
    FROM annotate_batch batch
    JOIN annotate_task task ON task.batch_id = batch.id AND task.reserved_for_id IS NOT NULL
    JOIN annotate_submission later ON later.task_id = task.id AND later.origin = 'live' AND later.revision = 1
    CROSS JOIN LATERAL (
        SELECT submission.id FROM annotate_submission submission
        WHERE submission.task_id = task.follows_id AND submission.annotator_id = task.reserved_for_id
          AND submission.origin = 'live' AND submission.created_at < task.created_at
        ORDER BY submission.revision DESC LIMIT 1) earlier
    WHERE batch.project_id = %(project)s
)
"""

_TASKS = f"{_AGAIN} SELECT person, count(*) FROM again GROUP BY person"  # noqa: S608 - no value is pasted in

_RATED = f"""{_AGAIN}
SELECT again.person, (again.number %% {GROUPS})::int, later.dimension_id, later.value, earlier.value, count(*)
FROM again
JOIN annotate_rating earlier ON earlier.submission_id = again.earlier_id AND earlier.state = 'rated'
JOIN annotate_rating later ON later.submission_id = again.later_id AND later.state = 'rated'
     AND later.response_id = earlier.response_id AND later.dimension_id = earlier.dimension_id
GROUP BY 1, 2, 3, 4, 5
"""  # noqa: S608 - no value is pasted in

_COMPARED = f"""{_AGAIN}
SELECT again.person, count(*), count(*) FILTER (WHERE sign(later.preference) = sign(earlier.preference))
FROM again
JOIN annotate_comparison earlier ON earlier.submission_id = again.earlier_id AND earlier.dimension_id IS NULL
JOIN annotate_comparison later ON later.submission_id = again.later_id AND later.dimension_id IS NULL
     AND later.scope = earlier.scope AND later.left_id = earlier.left_id AND later.right_id = earlier.right_id
GROUP BY again.person
"""  # noqa: S608


def self_agreement(project_id: int) -> dict[int, SelfAgreement]:
    """Return everybody's agreement with themselves by inside id of the person, in three statements.

    Whoever has answered no repeat has no entry.
    """
    found = {person: Keyed(items=tasks) for person, tasks in _rows(_TASKS, project_id)}
    for person, *row in _rows(_RATED, project_id):
        found[person].add(*row)
    compared = {person: (count, same) for person, count, same in _rows(_COMPARED, project_id)}
    return {person: _result(one, *compared.get(person, (0, 0))) for person, one in found.items()}


def _rows(statement: str, project_id: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"project": project_id})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _result(found: Keyed, comparisons: int, same_side: int) -> SelfAgreement:
    kappa, reach = found.kappa, found.interval()
    undefined: Undefined = ""
    if not found.ratings:
        undefined = "no_ratings"
    elif kappa is None:
        undefined = "no_variation"
    elif reach is None:
        undefined = "few_tasks"
    return SelfAgreement(
        tasks=found.items,
        ratings=found.ratings,
        exact=found.exact,
        kappa=kappa,
        interval=reach,
        undefined=undefined,
        comparisons=comparisons,
        same_side=same_side / comparisons if comparisons else None,
    )
