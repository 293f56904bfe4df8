"""manage plan SLUG --batch NAME."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from annotate.management import answers
from annotate.models import Batch, Project
from annotate.pipeline import directing, planning
from annotate.pipeline.planning import Bridge, BridgeReport, PlanReport, Selection, SelectionReport
from annotate.reports.quality.selection import By

Report = PlanReport | SelectionReport | BridgeReport


def share(text: str) -> float:
    """Read "20%" or "0.2"."""
    try:
        return float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"“{text}” is no share; write 20% or 0.2.") from error


class Command(BaseCommand):
    """Create the missing tasks of a batch, or fill a new one with a sample."""

    help = (
        "Create a batch's missing tasks, those for new responses too, and count what they ask; or fill a batch of its "
        "own with a sample: by what there is to learn (--select), or of old items under a new rubric (--bridge). "
        "A sample's batch is made where there is none of that name."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what docs and --help list."""
        parser.add_argument("slug", help="the project's short name")
        parser.add_argument("--batch", default=planning.DEFAULT_BATCH)
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--select", choices=[one.value for one in By], help="draw conversations by what there is to learn"
        )
        how.add_argument(
            "--bridge", metavar="OLD", help="ask items of this batch again, by the rubric of --batch"
        )
        parser.add_argument(
            "--budget", type=int, metavar="N", help="with --select: how many conversations (required)"
        )
        parser.add_argument(
            "--random", type=share, default=0.2, metavar="20%", help="with --select: drawn evenly over all"
        )
        parser.add_argument(
            "--share", type=share, default=0.1, metavar="10%", help="with --bridge: of the answered ones"
        )
        parser.add_argument("--seed", type=int, help="of the draw; the same seed draws the same sample")
        parser.add_argument("--dry-run", action="store_true", help="count, and keep nothing")
        answers.add_json(parser)

    def handle(self, *, slug: str, **options: Any) -> None:  # noqa: ANN401
        """Plan and print the counts."""
        project = answers.project(slug)
        with answers.refusals_said():
            if options["select"] or options["bridge"]:
                batch, report = _sampled(project, options)
            else:
                batch = answers.batch(project, options["batch"])
                report = planning.plan(batch, dry_run=options["dry_run"])
        self._say(batch, report, options)

    def _say(self, batch: Batch, report: Report, options: dict[str, Any]) -> None:
        dry_run = options["dry_run"]
        answer: dict[str, Any] = {"batch": batch.name, "dry_run": dry_run}
        lines = []
        if isinstance(report, PlanReport):
            plan = report
        else:
            plan = report.plan
            answer["selection"] = asdict(report.drawn)
            lines.append(
                f"{report.drawn.chosen} of {report.drawn.population} conversations chosen; seed {report.drawn.seed}."
            )
        made = "would be created" if dry_run else "created"
        asks = plan.asks
        lines.append(
            f"{plan.created['tasks']} tasks {made}; now {plan.tasks} tasks for {plan.conversations} "
            f"conversations, {plan.open_slots} places open.\nOne person doing them all gives "
            f"{asks.local_ratings} local and {asks.global_ratings} global ratings, "
            f"{asks.local_comparisons} local and {asks.global_comparisons} global comparisons."
        )
        if plan.newcomers:
            lines.append(
                f"New responses under turns already planned: {plan.newcomers}; only they are asked about."
            )
        answers.say(self, {**answer, **asdict(plan)}, "\n".join(lines), as_json=options["json"])


def _sampled(project: Project, options: dict[str, Any]) -> tuple[Batch, Report]:
    """Fill the batch with the wanted sample; where there is none of that name it is made, unless nothing is kept."""
    seed = {} if options["seed"] is None else {"seed": options["seed"]}
    report: Report
    with transaction.atomic():
        if options["select"]:
            if options["budget"] is None:
                raise CommandError("Say with --budget how many conversations are to be chosen.")
            wanted = Selection(By(options["select"]), options["budget"], options["random"], **seed)
            batch = _own_batch(project, options["batch"], Batch.Purpose.PRODUCTION)
            report = planning.select(batch, wanted)
        else:
            source = answers.batch(project, options["bridge"])
            batch = _own_batch(project, options["batch"], Batch.Purpose.BRIDGE)
            report = planning.bridge(batch, Bridge(source, options["share"], **seed))
        transaction.set_rollback(options["dry_run"])
    return batch, report


def _own_batch(project: Project, name: str, purpose: Batch.Purpose) -> Batch:
    found = project.batches.select_related("rubric").filter(name=name).first()
    return found or directing.create_like_default(project, name, purpose)
