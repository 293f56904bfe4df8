"""Celery's door: ids in, one pipeline call. The database is the queue; a message only wakes a stage up.

Every task may run twice, or be lost until the next sweep, without a difference in the end.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from celery import Task
from django.conf import settings
from django.core.cache import cache
from django.db import InterfaceError
from django.db import OperationalError as DatabaseGoneError
from kombu.exceptions import OperationalError
from psycopg_pool import PoolTimeout
from redis.exceptions import RedisError

from annotate.celery import app
from annotate.models import Batch
from annotate.pipeline import (
    auditing,
    calibrating,
    exporting,
    flagging,
    following_up,
    importing,
    planning,
    rendering,
    reporting,
    scoring,
)
from annotate.reports.quality import model_health

log = logging.getLogger(__name__)

NUDGE_SECONDS = 10.0
SLICE_SECONDS = 120.0  # a worker stays with a run this long: changing to another run's model costs time
WAITING_SECONDS = 600  # a message that was not taken up by then may be lost
AGAIN_SECONDS = 5.0
RENDERING_SECONDS = 20.0  # of every minute, while messages are rendered anew
PLANNING_SECONDS = 60  # without a sign of life planning is over
LOST = (InterfaceError, DatabaseGoneError, PoolTimeout)
# Imports and releases may take hours; a message that is delivered again meanwhile finds them held, and passes.
JOB_SECONDS = 24 * 3600
_last_nudge: dict[int, float] = {}


def wake(task: Task[Any, Any], *ids: int | str, countdown: float = 0) -> None:
    """Send a message that something is owed; without a broker the minute's sweep finds it all the same."""
    try:
        task.apply_async(ids, countdown=countdown, retry=False)
    except OperationalError:
        log.warning("no broker to wake %s", task.name)


def nudge_flagging(project_id: int) -> None:
    """Ask for a pass of flagging soon; at most one message per process and project every ten seconds.

    What is swallowed here is found by the message that was sent, which waits for it, or by the sweep.
    """
    now = time.monotonic()
    if now - _last_nudge.get(project_id, -NUDGE_SECONDS) >= NUDGE_SECONDS:
        _last_nudge[project_id] = now
        wake(flag_project, project_id, countdown=NUDGE_SECONDS)


@app.task
def flag_project(project_id: int) -> None:
    """One pass of flagging over what is new in a project; what people disagree on goes to one more of them."""
    flagging.flag_project(project_id)
    following_up.follow_up(project_id)


@app.task
def sweep_flagging() -> None:
    """Wake flagging for every project with submissions that no pass has seen."""
    for project_id in flagging.pending_projects():
        wake(flag_project, project_id)


@app.task
def calibrate_project(project_id: int) -> None:
    """Fit a project's links to what people said, and look at everything anew with them."""
    calibrating.calibrate(project_id)
    wake(flag_project, project_id)
    wake(refresh_report, project_id, model_health.NAME)


@app.task
def sweep_calibration() -> None:
    """Wake calibration for every project in which enough labels or scores are new."""
    for project_id in calibrating.pending_projects():
        wake(calibrate_project, project_id)


@app.task(time_limit=JOB_SECONDS)
def refresh_report(project_id: int, name: str) -> None:
    """Compute one report of a project and store it for its pages."""
    reporting.refresh(project_id, [name])


@app.task
def sweep_reports() -> None:
    """Have every report computed that has not seen all settled submissions."""
    for project_id, name in reporting.due():
        wake(refresh_report, project_id, name)


@app.task
def sweep_follow_ups() -> None:
    """Look after flags that wait, and those for which there was no room: follow-ups were answered meanwhile.

    Nobody may have come to one, or its batch was closed.
    """
    for project_id in following_up.waiting_projects():
        wake(follow_up_everywhere, project_id)


@app.task
def follow_up_everywhere(project_id: int) -> None:
    """Decide anew about everything that people disagree on in a project."""
    following_up.follow_up(project_id, whole=True)


@app.task
def audit_project(project_id: int) -> None:
    """Draw from what is new in a project for the random audit."""
    auditing.audit_project(project_id)


@app.task
def sweep_audits() -> None:
    """Wake the draw for every project whose work is audited."""
    for project_id in auditing.audited_projects():
        wake(audit_project, project_id)


@app.task
def score_pending(run_id: int) -> None:
    """Score for a while, then let another message of this run stand in line: runs take turns.

    That message is sent as soon as there is more to do, so that a worker that is idle comes to help.
    """
    _taken_up(run_id)
    until = time.monotonic() + min(SLICE_SECONDS, settings.GPU_TASK_SECONDS / 3)
    try:
        while scoring.score_next_batch(run_id):
            wake_scoring(run_id)
            if time.monotonic() >= until:
                break
    except LOST as error:
        # The next task gets a connection of its own: see DjangoWorkerFixup in Celery.
        log.warning("run %s lost the database: %s", run_id, type(error).__name__)
        wake(score_pending, run_id, countdown=AGAIN_SECONDS)


def wake_scoring(run_id: int) -> None:
    """Send a message for the run unless one is known to wait: else they would add up while workers are busy."""
    try:
        if cache.add(_waiting(run_id), 1, WAITING_SECONDS):
            wake(score_pending, run_id)
    except RedisError as error:
        log.warning("cannot wake run %s: %s", run_id, type(error).__name__)


def _taken_up(run_id: int) -> None:
    try:
        cache.delete(_waiting(run_id))
    except RedisError as error:
        log.warning("run %s: %s", run_id, type(error).__name__)


def _waiting(run_id: int) -> str:
    return f"{settings.CELERY_BROKER_TRANSPORT_OPTIONS['global_keyprefix']}scoring-waits:{run_id}"


@app.task
def sweep_scoring() -> None:
    """Wake scoring for every run with responses that it has not seen."""
    for run_id in scoring.pending_runs():
        wake_scoring(run_id)


@app.task(time_limit=JOB_SECONDS)
def run_import(import_run_id: int) -> None:
    """Carry out, or take up again, one uploaded import."""
    importing.run(import_run_id)


@app.task(time_limit=JOB_SECONDS)
def run_export(export_id: int) -> None:
    """Write, or take up again, one release."""
    exporting.run(export_id)


@app.task
def sweep_jobs() -> None:
    """Take up imports and exports whose message was lost or whose worker died."""
    for import_run_id in importing.unfinished():
        wake(run_import, import_run_id)
    for export_id in exporting.unfinished():
        wake(run_export, export_id)


@app.task
def sweep_rendering() -> None:
    """Render some of the messages whose HTML an older renderer made."""
    rendering.render_stale(RENDERING_SECONDS)


def wake_planning(batch_id: int) -> None:
    """Have the batch's missing tasks created; the mark tells the page that somebody is at it."""
    _mark_planning(batch_id)
    wake(plan_batch, batch_id)


def is_planning(batch_id: int) -> bool:
    """Return whether a worker was at the batch's tasks a moment ago, or is about to be."""
    try:
        return bool(cache.get(_planning(batch_id)))
    except RedisError as error:
        log.warning("batch %s: %s", batch_id, type(error).__name__)
        return False


def _planning(batch_id: int) -> str:
    return f"planning:{batch_id}"


def _mark_planning(batch_id: int, seconds: int = PLANNING_SECONDS) -> None:
    try:
        cache.set(_planning(batch_id), 1, seconds)
    except RedisError as error:
        log.warning("batch %s: %s", batch_id, type(error).__name__)


@app.task(time_limit=JOB_SECONDS)
def plan_batch(batch_id: int) -> None:
    """Create a batch's missing tasks, some at a time; killed half-way, planning again goes on."""
    batch = Batch.objects.get(pk=batch_id)
    while planning.plan_some(batch):
        _mark_planning(batch_id)
    _mark_planning(batch_id, seconds=0)
