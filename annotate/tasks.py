"""Celery's door: ids in, one pipeline call. The database is the queue; a message only wakes a stage up.

Every task may run twice, or be lost until the next sweep, without a difference in the end.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from celery import Task
from kombu.exceptions import OperationalError

from annotate.celery import app
from annotate.pipeline import exporting, flagging, importing, scoring

log = logging.getLogger(__name__)

NUDGE_SECONDS = 10.0
# Imports and releases may take hours; a message that is delivered again meanwhile finds them held, and passes.
JOB_SECONDS = 24 * 3600
_last_nudge: dict[int, float] = {}


def wake(task: Task[Any, Any], *ids: int, countdown: float = 0) -> None:
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
    """One pass of flagging over what is new in a project."""
    flagging.flag_project(project_id)


@app.task
def sweep_flagging() -> None:
    """Wake flagging for every project with submissions that no pass has seen."""
    for project_id in flagging.pending_projects():
        wake(flag_project, project_id)


@app.task
def score_pending(run_id: int) -> None:
    """Score one batch; queue another while full batches are found."""
    if scoring.score_next_batch(run_id) == scoring.BATCH:
        wake(score_pending, run_id)


@app.task
def sweep_scoring() -> None:
    """Wake scoring for every run with responses that it has not seen."""
    for run_id in scoring.pending_runs():
        wake(score_pending, run_id)


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
