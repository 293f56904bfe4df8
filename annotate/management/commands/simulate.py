"""manage simulate SLUG."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotate.management import answers, simulated_reviews
from annotate.models import Project
from annotate.pipeline import planning, simulating
from annotate.pipeline.simulating import Plan, ScorerPlan

_USUAL = Plan()
_NUMBERS = {
    "seed": "of everything that is drawn",
    "annotators": "how many synthetic ones there are",
    "conversations": "synthetic ones to make",
    "turns": "of each of them",
    "candidates": "for each of their turns",
    "overlap": "people for each of their tasks",
    "submissions": "at most so many; without it every open place is filled",
    "ties": "felt gap below which two are equal; 0: no ties",
    "texts": "share of answers with a written remark",
    "weeks": "over which the work is spread",
    "always-top": "so many annotators give the highest level always",
    "gold": "so many gold tasks whose key is the truth, answered by everybody who did not answer their conversation",
    "copying": "so many annotators write near copies of one text",
}
_FIELDS = {"ties": "tie", "always-top": "top", "copying": "copy"}
_PECULIAR = {
    "careless": ("N:SHARE", "N annotators give SHARE of their answers at random", (0, 0.4)),
    "harsh": ("N:LEVELS", "N annotators rate so many levels higher (below 0: lower)", (0, -0.8)),
    "noisy": ("N:TIMES", "N annotators judge with so many times the usual noise", (0, 2.0)),
    "first": ("N:GAP", "N annotators feel this much more for what is shown first", (0, 0.5)),
    "repeats": (
        "N:SHARE",
        "everybody is asked N of their tasks once more, hidden, and gives this share of their answers again",
        (0, 0.8),
    ),
}


class Command(BaseCommand):
    """Fill a project with synthetic work."""

    help = (
        "Fill a project with synthetic annotators of known skill and synthetic scorers of known accuracy, clearly "
        "marked. The same options again add nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what docs and --help list."""
        parser.add_argument("slug", help="the project's short name")
        parser.add_argument("--create", action="store_true", help="make the project if there is none")
        parser.add_argument("--more", type=int, default=0, help="add so many submissions to open places")
        parser.add_argument(
            "--reviews", type=int, default=0, help="let synthetic reviewers decide so many sittings"
        )
        parser.add_argument("--no-images", action="store_true", help="synthetic conversations of words alone")
        parser.add_argument(
            "--steps",
            action="store_true",
            help="label every answer's steps +1, 0 or -1; prm… scorers score them",
        )
        for name, says in _NUMBERS.items():
            usual = getattr(_USUAL, _FIELDS.get(name, name))
            parser.add_argument(
                f"--{name}", type=float if isinstance(usual, float) else int, default=usual, help=says
            )
        for name, (form, says, _) in _PECULIAR.items():
            parser.add_argument(f"--{name}", type=_counted(form), metavar=form, help=says)
        parser.add_argument(
            "--scorer",
            action="append",
            type=_scorer,
            default=[],
            metavar="NAME:ACCURACY[:LENGTH]",
            help="a scorer of this accuracy on pairs; prm… scores steps; LENGTH: what longer answers are overpaid",
        )
        parser.add_argument(
            "--follow-imported",
            type=float,
            metavar="SHARE",
            help="the first annotator repeats the imported labels, the others agree with each at this share",
        )
        answers.add_json(parser)

    def handle(self, *, slug: str, **options: Any) -> None:  # noqa: ANN401
        """Simulate and say what was added."""
        with answers.refusals_said():
            plan = _plan(options)
            project = _project(slug, plan, create=options["create"])
            report = simulating.simulate(project, plan, more=options["more"])
            reviews = simulated_reviews.review(project, options["reviews"]) if options["reviews"] else 0
        lines = (
            f"Added {report.conversations} conversations, {report.submissions} submissions of {report.annotators} "
            f"synthetic annotators, {report.gold} answers to gold, {report.repeats} hidden repeats, "
            f"{report.scores} scores. There are {report.submissions_in_all} submissions now. "
            f"{reviews} reviews decided."
        )
        answers.say(self, asdict(report) | {"reviews": reviews}, lines, as_json=options["json"])


def _plan(options: dict[str, Any]) -> Plan:
    given = {_FIELDS.get(name, name): options[name.replace("-", "_")] for name in _NUMBERS}
    given |= {name: options[name] or unused for name, (_, _, unused) in _PECULIAR.items()}
    return Plan(
        **given,
        images=not options["no_images"],
        steps=options["steps"],
        scorers=tuple(options["scorer"]),
        follow=options["follow_imported"],
    )


def _project(slug: str, plan: Plan, *, create: bool) -> Project:
    if create and not Project.objects.filter(slug=slug).exists():
        return planning.create_project(slug, f"Simulation {slug}", overlap=plan.overlap)
    return answers.project(slug)


def _counted(form: str) -> Callable[[str], tuple[int, float]]:
    def read(given: str) -> tuple[int, float]:
        count, _, value = given.partition(":")
        try:
            return int(count), float(value)
        except ValueError as error:
            raise CommandError(f"“{given}” is not of the form {form}, as in 1:0.4.") from error

    return read


def _scorer(given: str) -> ScorerPlan:
    name, _, rest = given.partition(":")
    accuracy, _, length = rest.partition(":")
    try:
        return ScorerPlan(name, float(accuracy), process=name.startswith("prm"), length=float(length or 0))
    except ValueError as error:
        raise CommandError(f"“{given}” is not of the form NAME:ACCURACY[:LENGTH], as in rm:0.73.") from error
