"""Compute the reports that pages read, and store them.

``REPORTS`` names them: a function from a project's inside id to a frozen dataclass that msgspec can encode. Numbers
in it are None where they are not defined, never NaN. A report that is dear to compute and can be carried on from
where it stood is a `Carried` one: it gets the state that it left the last time.

A report is due when a submission has settled that it has not seen; one of ``OF_SCORES`` also when a trained run has
changed since. One that takes long comes round less often: it rests for ``REST`` times as long as it took.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec
from django.db import connection, transaction
from django.utils import timezone

from annotate.models import StoredReport
from annotate.reports.quality import aggregates, agreement, bridge, model_health
from annotate.reports.quality.annotators import annotator_report
from annotate.reports.quality.forecast import forecast_basis
from annotate.reports.quality.judges import judge_report
from annotate.reports.quality.throughput import throughput_report
from annotate.reports.settled import SETTLED_SECONDS, settled

log = logging.getLogger(__name__)

REST = 20


@dataclass(frozen=True, slots=True)
class Carried:
    """A report that is carried on: from (project, state, through) to (report, new state).

    ``state`` is what the last computation left, complete up to the submission ``through``; None and 0 at first. All
    that has changed since is in submissions of higher ids.
    """

    carry_on: Callable[[int, bytes | None, int], tuple[object, bytes]]


REPORTS: dict[str, Callable[[int], object] | Carried] = {
    agreement.NAME: Carried(agreement.carry_on),
    model_health.NAME: model_health.model_health,
    aggregates.NAME: aggregates.aggregates_report,
    bridge.NAME: bridge.bridge_report,
    "judges": judge_report,
    "annotators": annotator_report,
    "throughput": throughput_report,
    "forecast": forecast_basis,
}
# What they say changes with scores alone. (Model health does too, but calibration has it computed after it.)
OF_SCORES = ("judges",)


def refresh(project_id: int, names: Iterable[str] | None = None, *, whole: bool = False) -> list[str]:
    """Compute and store the project's reports (all, or these names); return those that were computed.

    One transaction a report: what was finished stays, whatever becomes of the next. Two at once do not work twice:
    the second waits for the first, and leaves out what was computed meanwhile. ``whole`` carries nothing on.
    """
    return [name for name in (REPORTS if names is None else names) if _refresh(project_id, name, whole=whole)]


def due() -> list[tuple[int, str]]:
    """Return (project, name) of every report that is behind and has rested enough.

    Where nothing is new the mark moves on, so that the next look need not pass over other projects' submissions.
    """
    now_settled = settled()
    with connection.cursor() as cursor:
        cursor.execute(
            _REPORTS,
            {
                "names": list(REPORTS),
                "of_scores": list(OF_SCORES),
                "settled": now_settled,
                "settling": SETTLED_SECONDS,
                "rest": REST,
            },
        )
        rows = cursor.fetchall()
    complete = [kept for _, _, kept, is_behind, _ in rows if kept is not None and not is_behind]
    StoredReport.objects.filter(pk__in=complete, through__lt=now_settled).update(through=now_settled)
    return [(project, name) for project, name, _, is_behind, has_rested in rows if is_behind and has_rested]


# Scores of runs that had changed shortly before a report began may not have been committed then.
_REPORTS = """
SELECT project.id, report.name, kept.id,
       EXISTS (
           SELECT FROM annotate_submission submission
           JOIN annotate_task task ON task.id = submission.task_id
           JOIN annotate_batch batch ON batch.id = task.batch_id
           WHERE submission.id > coalesce(kept.through, 0) AND submission.id <= %(settled)s
             AND batch.project_id = project.id)
       OR (report.name = ANY(%(of_scores)s) AND EXISTS (
           SELECT FROM annotate_scorerrun run
           WHERE run.project_id = project.id AND run.trained
             AND run.updated_at > kept.computed_at - (kept.seconds + %(settling)s) * interval '1 second')),
       kept.id IS NULL OR kept.computed_at + kept.seconds * %(rest)s * interval '1 second' <= statement_timestamp()
FROM annotate_project project CROSS JOIN unnest(%(names)s::text[]) report (name)
LEFT JOIN annotate_storedreport kept ON kept.project_id = project.id AND kept.name = report.name
ORDER BY project.id, report.name
"""


def _refresh(project_id: int, name: str, *, whole: bool) -> bool:
    asked = timezone.now()
    with transaction.atomic():
        _lock(project_id, name)
        kept = StoredReport.objects.filter(project=project_id, name=name).first()
        if kept is not None and kept.computed_at > asked:
            return False
        began, through = time.perf_counter(), settled()
        report, state = _computed(project_id, name, None if whole else kept)
        seconds = time.perf_counter() - began
        StoredReport.objects.update_or_create(
            project_id=project_id,
            name=name,
            defaults={
                "body": msgspec.to_builtins(report, str_keys=True),
                "state": state,
                "through": through,
                "seconds": seconds,
            },
        )
    log.info("project %s: report %s computed in %.2f s", project_id, name, seconds)
    return True


def _computed(project_id: int, name: str, kept: StoredReport | None) -> tuple[object, bytes | None]:
    compute = REPORTS[name]
    if not isinstance(compute, Carried):
        return compute(project_id), None
    if kept is None or kept.state is None:
        return compute.carry_on(project_id, None, 0)
    return compute.carry_on(project_id, bytes(kept.state), kept.through)


def _lock(project_id: int, name: str) -> None:
    """Wait for whoever computes the same report, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"report:{project_id}:{name}"]
        )
