"""manage score SLUG --scorer KEY."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandParser

from annotate import tasks
from annotate.management import answers
from annotate.pipeline import scoring


class Command(BaseCommand):
    """Start or resume a scorer run."""

    help = "Score every response that this scorer has not scored yet."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what docs and --help list."""
        parser.add_argument("slug", help="the project's short name")
        parser.add_argument("--scorer", required=True, help=f"one of: {', '.join(scoring.scorers())}")
        parser.add_argument(
            "--wait",
            action="store_true",
            help="score here, beside any workers, until nothing is left to take",
        )
        answers.add_json(parser)

    def handle(self, *, slug: str, **options: Any) -> None:  # noqa: ANN401
        """Start the run, wake the workers or help them, and print how far it is."""
        with answers.refusals_said():
            run = scoring.start_run(answers.project(slug).pk, options["scorer"])
        if options["wait"]:
            while scoring.score_next_batch(run.pk):
                pass
        else:
            tasks.wake(tasks.score_pending, run.pk)
        done = scoring.progress(run.pk)
        untrained = "" if done.trained else " (untrained: says nothing about quality)"
        lines = (
            f"{done.scorer}{untrained}: {done.scored} of {done.total} responses scored, "
            f"{done.errors} in error, {done.left} left."
        )
        answers.say(self, msgspec.to_builtins(asdict(done)), lines, as_json=options["json"])
