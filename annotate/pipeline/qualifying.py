"""Who may begin real work: the result of a qualification, and what a manager decides by hand.

A person's attempt at a qualification batch is over when every task with a live key is submitted or given
back. It is passed when the weighted kappa against the keys reaches the batch's mark, nothing was given
back, and at least four of five of the key's ratings were given a level: who says "cannot judge" wherever
it is hard has not shown to know. Evaluating twice, or at once in two places, stores one result.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from annotate.models import Assignment, Batch, Membership, Task
from annotate.reports.annotators.qualification import PASS_MARK
from annotate.reports.keyed import Keyed, compared

log = logging.getLogger(__name__)

COVERAGE = 0.8
MIN_RATINGS = 8  # fewer tell nothing


@dataclass(frozen=True, slots=True)
class _Due:
    batch: int
    pass_mark: float
    attempt: int
    given_back: int
    answers: list[list[int | None]] | None


# An attempt is over when nothing is left of it and something was closed since the one before it.
_DUE = f"""
SELECT exam.id, coalesce(exam.pass_mark, %(mark)s), earlier.number + 1,
       count(*) FILTER (WHERE mine.status = 'skipped'),
       (SELECT json_agg(json_build_array(part, dimension, own, wanted, many)) FROM ({compared("exam.id")}) one
            (person, part, dimension, own, wanted, many))
FROM annotate_batch exam
JOIN annotate_task task ON task.batch_id = exam.id AND task.closed_at IS NULL
JOIN annotate_goldkey key ON key.task_id = task.id AND key.retired_at IS NULL
LEFT JOIN annotate_assignment mine ON mine.task_id = task.id AND mine.annotator_id = %(person)s
CROSS JOIN LATERAL (
    SELECT count(*) AS number, max(finished_at) AS last FROM annotate_qualification done
    WHERE done.batch_id = exam.id AND done.annotator_id = %(person)s) earlier
WHERE exam.project_id = %(project)s AND exam.purpose = 'qualification' AND NOT EXISTS (
    SELECT FROM annotate_review review
    WHERE review.conversation_id = task.conversation_id AND review.reviewer_id = %(person)s)
GROUP BY exam.id, exam.pass_mark, earlier.number, earlier.last
HAVING bool_and(coalesce(mine.status IN ('submitted', 'skipped'), false))
   AND (earlier.last IS NULL OR max(mine.closed_at) > earlier.last)
ORDER BY exam.id
"""  # noqa: S608 - no value is pasted in

_STORE = """
WITH done AS (
    INSERT INTO annotate_qualification (uid, batch_id, annotator_id, attempt, items, kappa, passed, finished_at)
    VALUES (gen_random_uuid(), %(batch)s, %(person)s, %(attempt)s, %(items)s, %(kappa)s, %(passed)s,
            clock_timestamp())
    ON CONFLICT (batch_id, annotator_id, attempt) DO NOTHING RETURNING passed
)
UPDATE annotate_membership SET qualified_at = now()
WHERE project_id = %(project)s AND user_id = %(person)s AND qualified_at IS NULL
  AND (SELECT passed FROM done)
"""


def evaluate(project_id: int, user_id: int) -> bool:
    """Store the result of every attempt of the person that is over; say whether there was one.

    Who passes is qualified from this moment on. One statement where nothing is due, one more per result.
    """
    person = {"project": project_id, "person": user_id}
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {**person, "mark": PASS_MARK, "gold": False})
        due = [_Due(*row) for row in cursor.fetchall()]
        for one in due:
            cursor.execute(_STORE, {**person, **_result(one)})
    return bool(due)


def _result(due: _Due) -> dict[str, Any]:
    found = Keyed()
    for row in due.answers or []:
        found.add(*row)  # type: ignore[arg-type] # only a person's own value may be null
    kappa = found.kappa
    is_whole = not due.given_back and found.ratings >= MIN_RATINGS and found.coverage >= COVERAGE
    passed = is_whole and kappa is not None and kappa >= due.pass_mark
    log.info("qualification batch %s, attempt %s: %s", due.batch, due.attempt, passed)
    return {
        "batch": due.batch,
        "attempt": due.attempt,
        "items": found.ratings,
        "kappa": kappa,
        "passed": passed,
    }


def set_qualified(membership: Membership, *, qualified: bool) -> None:
    """Open or close real work for a person by hand; the results of attempts stay as they are."""
    others = Membership.objects.filter(pk=membership.pk, qualified_at__isnull=qualified)
    others.update(qualified_at=timezone.now() if qualified else None)
    log.info("membership %s qualified by hand: %s", membership.pk, qualified)


@transaction.atomic
def allow_again(membership: Membership) -> int:
    """Let a person take the qualification anew: its tasks are open for them again; return how many.

    What they answered stays as earlier revisions, and the results of earlier attempts stay.
    """
    closed = Assignment.objects.select_for_update().filter(
        annotator=membership.user_id,
        project=membership.project_id,
        task__batch__purpose=Batch.Purpose.QUALIFICATION,
        task__closed_at=None,
        status__in=[Assignment.Status.SUBMITTED, Assignment.Status.SKIPPED],
    )
    rows = dict(closed.values_list("pk", "task"))
    given_back = set(closed.filter(status=Assignment.Status.SKIPPED).values_list("task", flat=True))
    Assignment.objects.filter(pk__in=rows).update(status=Assignment.Status.LAPSED)
    # Skipping has returned its slot already.
    Task.objects.filter(pk__in=set(rows.values()) - given_back).update(open_slots=F("open_slots") + 1)
    return len(rows)
