"""Whether models still say what they said: the latest check of each run's fixed responses."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from annotate.models import CanaryCheck, ScorerRun


@dataclass(frozen=True, slots=True)
class CanaryResult:
    """A run's latest check, or what there is to say where there was none (``checked_at`` None).

    ``largest_change`` and ``tolerance`` are in units of the score.
    """

    id: uuid.UUID
    scorer: str
    model: str
    revision: str
    checked_at: datetime | None = None
    host: str = ""
    responses: int = 0
    errors: int = 0
    largest_change: float | None = None
    tolerance: float | None = None
    passed: bool | None = None


def canaries(project_id: int) -> list[CanaryResult]:
    """Return the latest check of every trained run, the oldest run first, in two statements."""
    runs = list(ScorerRun.objects.filter(project=project_id, trained=True).order_by("pk"))
    checks = latest_checks([run.pk for run in runs])
    return [_result(run, checks.get(run.pk)) for run in runs]


def latest_checks(runs: list[int]) -> dict[int, CanaryCheck]:
    """Return the latest check by run, of those that had one."""
    checks = CanaryCheck.objects.filter(run__in=runs).order_by("run", "-pk").distinct("run")
    return {check.run_id: check for check in checks}


def is_changed(run: ScorerRun) -> bool:
    """Return whether the model version of this run failed its latest check, in whatever run that was."""
    same = {"run__scorer": run.scorer, "run__model": run.model, "run__revision": run.revision}
    latest = CanaryCheck.objects.filter(**same).order_by("-pk").values_list("passed", flat=True).first()
    return latest is False


def lock_version(run: ScorerRun, *, exclusive: bool = False) -> None:
    """Hold, to the end of the transaction, what a failed check holds alone while it closes its version's links."""
    lock = "pg_advisory_xact_lock" if exclusive else "pg_advisory_xact_lock_shared"
    name = f"canary:{run.scorer}:{run.model}:{run.revision}"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {lock}(hashtextextended(%s, 0))", [name])


def _result(run: ScorerRun, check: CanaryCheck | None) -> CanaryResult:
    named = (run.uid, run.scorer, run.model, run.revision)
    if check is None:
        return CanaryResult(*named)
    return CanaryResult(
        *named,
        checked_at=check.created_at,
        host=check.host,
        responses=check.responses,
        errors=check.errors,
        largest_change=check.largest_change,
        tolerance=check.tolerance,
        passed=check.passed,
    )
