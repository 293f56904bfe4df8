"""Celery's door: ids in, one pipeline call. The database is the queue; a message only wakes a stage up.

Every task may run twice, or not at all until the next sweep, without a difference in the end.
"""

from __future__ import annotations

import time

from annotate.celery import app
from annotate.pipeline import importing

NUDGE_SECONDS = 5.0
_last_nudge: dict[int, float] = {}


def nudge_flagging(project_id: int) -> None:
    """Ask for a pass of flagging soon; at most one message per process and project every five seconds.

    What is swallowed here is found by the minute's sweep.
    """
    now = time.monotonic()
    if now - _last_nudge.get(project_id, -NUDGE_SECONDS) >= NUDGE_SECONDS:
        _last_nudge[project_id] = now
        flag_project.delay(project_id)


@app.task
def flag_project(project_id: int) -> None:
    """One pass of flagging over a project."""


@app.task
def run_import(import_run_id: int) -> None:
    """Do an uploaded import, or the rest of it."""
    importing.run(import_run_id)
