"""manage score SLUG --scorer KEY."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotate import tasks
from annotate.management import answers
from annotate.management.meter import Meter
from annotate.models import ScorerRun
from annotate.pipeline import scoring
from annotate.reports.managers.scorers import RunProgress
from annotate.reports.managers.workers import scoring_workers

POLL_SECONDS = 1.0


class Command(BaseCommand):
    """Start or resume a scorer run."""

    help = "Score every response that this scorer has not scored yet."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what docs and --help list."""
        parser.add_argument("slug", help="the project's short name")
        parser.add_argument("--scorer", required=True, help="its name: demo, or one of SCORERS_FILE")
        parser.add_argument(
            "--wait",
            action="store_true",
            help="wait until nothing is left, with progress on standard error; "
            "scores here while no scoring worker is running",
        )
        answers.add_json(parser)

    def handle(self, *, slug: str, **options: Any) -> None:  # noqa: ANN401
        """Start the run, wake the workers or stand in for them, and print how far it is."""
        with answers.refusals_said():
            run = scoring.start_run(answers.project(slug).pk, options["scorer"])
        if options["wait"]:
            self._wait(run)
        else:
            tasks.wake(tasks.score_pending, run.pk)
        done = scoring.progress(run.pk)
        untrained = "" if done.trained else " (untrained: says nothing about quality)"
        lines = (
            f"{done.scorer}{untrained}: {done.scored} of {done.total} responses scored, "
            f"{done.errors} in error, {done.left} left."
        )
        answers.say(self, msgspec.to_builtins(asdict(done)), lines, as_json=options["json"])
        if done.status == ScorerRun.Status.FAILED:
            raise CommandError(f"The run has stopped: {done.error}")

    def _wait(self, run: ScorerRun) -> None:
        """Return when nothing is left or the run has failed; workers may come and go meanwhile."""
        meter = Meter(self.stderr)
        here = False
        while True:
            done = scoring.progress(run.pk)
            meter.show(done.scored, done.errors, done.total)
            if not done.left or done.status == ScorerRun.Status.FAILED:
                break
            if not here and not scoring_workers():
                here = True  # until the end: the model is in this process's memory then
                meter.say("No scoring worker is running: scoring here.")
            if not here:
                tasks.wake_scoring(run.pk)
                time.sleep(POLL_SECONDS)
            elif not _score_here(run.pk):
                _refuse_to_hang(scoring.progress(run.pk))
                time.sleep(POLL_SECONDS)
        meter.end()
        if not done.left:
            run.refresh_from_db()
            scoring.settle(run)


def _score_here(run_id: int) -> bool:
    """Score batches until it is time to look at the progress; return whether there was anything to take."""
    until = time.monotonic() + POLL_SECONDS
    found = False
    while scoring.score_next_batch(run_id):
        found = True
        if time.monotonic() >= until:
            break
    return found


def _refuse_to_hang(done: RunProgress) -> None:
    if done.error and done.status == ScorerRun.Status.RUNNING:
        raise CommandError(f"The scorer cannot be reached: {done.error}")
