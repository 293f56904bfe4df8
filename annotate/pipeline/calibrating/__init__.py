"""Learn from people's labels what a scorer's numbers mean, and whether it may speak at all.

Reads labels that no flag has asked for, stores a row per link; the gate's reason is stored in words. A run that is
fitted twice to the same labels and scores is fitted once. Nothing here raises a flag, and nothing touches pay.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass

from django.core.cache import cache
from django.db import connection, transaction

from annotate.models import Calibration, Project, ScorerRun
from annotate.pipeline.calibrating.preferences import fit_preferences
from annotate.pipeline.calibrating.ratings import fit_ratings
from annotate.pipeline.calibrating.steps import fit_steps
from annotate.pipeline.calibrating.storing import begin
from annotate.reports.labels.given_labels import GivenLabels
from annotate.reports.quality.canaries import is_changed
from annotate.stats.gates import CANARY

log = logging.getLogger(__name__)

# So many new submissions, scores or decided flags of models are enough to fit anew, or this share of what there was.
ENOUGH, ENOUGH_SHARE = (20, 20, 10), 0.05


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """What one pass did, and how many links of the project are current and open after it."""

    runs: int
    fitted: int
    links: int
    open: int


def calibrate(project_id: int) -> CalibrationReport:
    """Fit the links of the project's trained runs to what people said; twice is once.

    One transaction a run: a pass that is killed keeps the runs it finished. Two passes wait for one another.
    """
    marks = _marks(project_id)
    runs = list(ScorerRun.objects.filter(project=project_id, trained=True).order_by("pk"))
    given = GivenLabels(project_id, runs)
    fitted = sum(_calibrate_run(run, given) for run in runs)
    cache.set(_key(Project.objects.values_list("uid", flat=True).get(pk=project_id)), marks, None)
    current = Calibration.objects.filter(run__project=project_id, run__trained=True, is_current=True)
    if fitted:
        log.info("project %s: %s links fitted", project_id, fitted)
    return CalibrationReport(len(runs), fitted, current.count(), current.filter(gate_open=True).count())


def _calibrate_run(run: ScorerRun, given: GivenLabels) -> int:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"calibrate:{run.pk}"])
        fits = begin(run, given)
        fit_preferences(fits)
        fit_ratings(fits)
        fit_steps(fits)
        fits.store()
    return len(fits.new)


def pending_projects() -> list[int]:
    """Return the projects in which enough is new since they were calibrated, or a model is itself again."""
    projects = dict(Project.objects.filter(scorer_runs__trained=True).distinct().values_list("pk", "uid"))
    stored = cache.get_many([_key(uid) for uid in projects.values()])
    found = []
    for pk, uid in projects.items():
        before = stored.get(_key(uid), (0, 0, 0))
        if any(
            now - then >= max(enough, ENOUGH_SHARE * then)
            for now, then, enough in zip(_marks(pk), before, ENOUGH, strict=True)
        ):
            found.append(pk)
    return sorted({*found, *_itself_again()})


def _itself_again() -> set[int]:
    """Return the projects with links that a canary closed and whose model has passed since."""
    closed = Calibration.objects.filter(is_current=True, gate_reason=CANARY).values("run")
    return {run.project_id for run in ScorerRun.objects.filter(pk__in=closed) if not is_changed(run)}


def _marks(project_id: int) -> tuple[int, int, int]:
    """Return how many submissions, scores and decided flags of models there are."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT (SELECT count(*) FROM annotate_submission submission
                       JOIN annotate_task task ON task.id = submission.task_id
                       JOIN annotate_batch batch ON batch.id = task.batch_id
                       WHERE batch.project_id = %(project)s),
                      (SELECT count(*) FROM annotate_score score JOIN annotate_scorerrun run ON run.id = score.run_id
                       WHERE run.project_id = %(project)s AND run.trained),
                      (SELECT count(*) FROM annotate_flag flag WHERE flag.project_id = %(project)s
                       AND flag.status = 'resolved' AND flag.calibration_id IS NOT NULL)""",
            {"project": project_id},
        )
        submissions, scores, decided = cursor.fetchone()
    return int(submissions), int(scores), int(decided)


def _key(project: uuid.UUID) -> str:
    return f"calibrated:2:{project}"
