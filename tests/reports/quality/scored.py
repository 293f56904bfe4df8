"""A scorer run over the responses of a task."""

from __future__ import annotations

from annotate.models import ScorerRun, Task
from tests import make
from tests.judging import candidates


def run_of(task: Task, *values: float, steps: list[float] | None = None) -> ScorerRun:
    """Score the conversation's responses in order."""
    run = make.scorer_run(task.batch.project)
    for response, value in zip(candidates(task), values, strict=False):
        make.score(run, response, value, steps=steps)
    return run
