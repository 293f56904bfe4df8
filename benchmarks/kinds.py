"""Flags without a model (F0, F1), on steps (F4) and about models (F6), each held against what is true.

Of every label, or item, it is known whether it is wrong and whether it was flagged: precision is the share of the
flagged that are wrong, recall the share of the wrong that are flagged, the false-flag rate the share of the right ones
that are flagged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from annotate.models import Comparison, Flag, Rating, StepLabel, Submission
from annotate.pipeline import simulating
from annotate.pipeline.simulating.scenes import project_columns, scenes
from annotate.stats.simulation import fair_rating
from benchmarks.worlds import FLAWS, PROCESSES, STEPS, Flaw, World

HEAD = (
    "flag, and what counts as wrong",
    "cases",
    "wrong",
    "flagged",
    "precision",
    "recall",
    "false-flag rate",
)
_CHUNK = 200

Label = tuple[Any, ...]
"""An item, and whose label on it: the submission."""


def row(name: str, wrong: set[Label], flagged: set[Label], cases: int) -> list[str]:
    """Return a row of the table; wrong and flagged ones are among the cases."""
    right, hit = cases - len(wrong), len(wrong & flagged)
    return [
        name,
        f"{cases:,}",
        _share(len(wrong), cases),
        f"{len(flagged):,}",
        f"{hit / len(flagged):.2f}" if flagged else "–",
        f"{hit / len(wrong):.2f}" if wrong else "–",
        _share(len(flagged) - hit, right),
    ]


def _share(count: int, of: int) -> str:
    return f"{count / of:.1%}" if of else "–"


@dataclass(frozen=True, slots=True)
class People:
    """Everybody's ratings by (response, dimension) and overall comparisons by (left, right), each by submission."""

    ratings: dict[Label, dict[int, int]]
    comparisons: dict[Label, dict[int, int]]
    fair: dict[Label, int]
    gaps: dict[Label, float]
    careless: simulating.Careless

    @classmethod
    def of(cls, world: World) -> People:
        """Read them, and draw what is true of them."""
        given = Submission.objects.to_work().filter(
            task__batch__project=world.project, origin=Submission.Origin.LIVE
        )
        ratings: dict[Label, dict[int, int]] = defaultdict(dict)
        rated = Rating.objects.filter(submission__in=given, state="rated")
        for response, dimension, submission, value in rated.values_list(
            "response", "dimension", "submission", "value"
        ):
            ratings[response, dimension][submission] = value or 0
        comparisons: dict[Label, dict[int, int]] = defaultdict(dict)
        compared = Comparison.objects.filter(submission__in=given, dimension=None, scope="local")
        for left, right, submission, value in compared.values_list(
            "left", "right", "submission", "preference"
        ):
            comparisons[left, right][submission] = value
        worth = world.worths
        return cls(
            ratings,
            comparisons,
            dict(_fair(world)),
            {(left, right): worth[right][0] - worth[left][0] for left, right in comparisons},
            simulating.careless_answers(world.project),
        )

    def random_rating(self, item: Label, submission: int) -> bool:
        """Return whether this rating was given at random."""
        return (submission, *item) in self.careless.ratings

    def random_preference(self, item: Label, submission: int) -> bool:
        """Return whether this preference was given at random."""
        return (submission, "local", *item) in self.careless.comparisons

    def minority(self, item: Label, value: int) -> bool:
        """Return whether a preference is on the other side than most people's: a tie is on none."""
        return value * self.gaps[item] < 0


def _fair(world: World) -> Iterator[tuple[Label, int]]:
    """Yield the fair rating of every response on every dimension."""
    columns = project_columns(world.project.pk)
    seed = simulating.plan_of(world.project).seed
    for scene in (one for chunk in scenes(world.project.pk, _CHUNK) for one in chunk):
        levels = scene.truth(seed, columns.scopes).levels.tolist()
        for place, response in enumerate(scene.responses):
            for pk, (column, dimension) in columns.dimensions.items():
                fair = fair_rating(levels[place][column], dimension.minimum, dimension.maximum)
                yield (response, pk), fair


def of_people(world: World) -> list[list[str]]:
    """Return the rows of F0 and F1."""
    people = People.of(world)
    return [*_own_contradictions(world, people), *_disagreements(world, people)]


def _own_contradictions(world: World, people: People) -> list[list[str]]:
    sided = {
        (*item, submission): value
        for item, given in people.comparisons.items()
        for submission, value in given.items()
        if value
    }
    submissions = _submissions(world)
    flags = Flag.objects.filter(project=world.project, kind="F0", scope="local", dimension=None)
    flagged = {
        (left, right, submissions[evidence["submission"]])
        for left, right, evidence in flags.values_list("left", "right", "evidence")
    }
    guessed = {one for one in sided if people.random_preference(one[:2], one[2])}
    minority = {one for one, value in sided.items() if people.minority(one[:2], value)}
    return [
        row("F0: the preference was given at random", guessed, flagged, len(sided)),
        row("F0: the preference is on the minority's side", minority, flagged, len(sided)),
    ]


def _submissions(world: World) -> dict[str, int]:
    own = Submission.objects.filter(task__batch__project=world.project)
    return {str(uid): pk for uid, pk in own.values_list("uid", "pk")}


def _disagreements(world: World, people: People) -> Iterator[list[str]]:
    dimensions = {pk: one for pk, (_, one) in project_columns(world.project.pk).dimensions.items()}

    def apart(item: Label, values: Sequence[int]) -> bool:
        span = dimensions[item[1]].maximum - dimensions[item[1]].minimum
        return len(values) > 1 and max(values) - min(values) >= max(min(2, span), span * 2 // 3)

    def opposed(_item: Label, values: Sequence[int]) -> bool:
        return len(values) > 1 and min(values) < 0 < max(values)

    def off(item: Label, value: int) -> bool:
        return abs(value - people.fair[item]) > 1

    submission_of = _by_person(world)
    flags = Flag.objects.filter(project=world.project, kind="F1")
    ratings, pairs = flags.filter(response__isnull=False), flags.filter(response=None, scope="local")
    for sort, found, item in (
        (
            _Sort("ratings", people.ratings, apart, people.random_rating, off, "is more than a level off"),
            ratings,
            ("response", "dimension"),
        ),
        (
            _Sort(
                "comparisons",
                people.comparisons,
                opposed,
                people.random_preference,
                people.minority,
                "is on the minority's side",
            ),
            pairs,
            ("left", "right"),
        ),
    ):
        named = {(one, other): person for one, other, person in found.values_list(*item, "annotator")}
        yield from _of_sort(sort, named, submission_of)


@dataclass(frozen=True, slots=True)
class _Sort:
    """One sort of label: what was given, what is a contradiction, given at random, or wrong, and that in words."""

    name: str
    given: dict[Label, dict[int, int]]
    contradict: Callable[[Label, Sequence[int]], bool]
    at_random: Callable[[Label, int], bool]
    wrong: Callable[[Label, int], bool]
    words: str


def _of_sort(
    sort: _Sort, flagged: dict[Label, int | None], submission_of: dict[tuple[int, int], int]
) -> Iterator[list[str]]:
    shared = {item: values for item, values in sort.given.items() if len(values) > 1}
    caused = {
        item
        for item, values in shared.items()
        if sort.contradict(item, list(values.values()))
        and not sort.contradict(item, [value for by, value in values.items() if not sort.at_random(item, by)])
    }
    says = f"F1, {sort.name}: gone without labels given at random (cases: items)"
    yield row(says, caused, set(flagged), len(shared))
    labels = {(*item, by): value for item, values in shared.items() for by, value in values.items()}
    named = {
        (*item, submission_of[item[0], person]) for item, person in flagged.items() if person is not None
    }
    guessed = {one for one in labels if sort.at_random(one[:2], one[2])}
    wrong = {one for one, value in labels.items() if sort.wrong(one[:2], value)}
    yield row(f"F1, {sort.name}: who stands apart answered at random", guessed, named, len(labels))
    yield row(f"F1, {sort.name}: who stands apart {sort.words}", wrong, named, len(labels))


def _by_person(world: World) -> dict[tuple[int, int], int]:
    """Return the submission by response and person."""
    rated = Rating.objects.filter(submission__in=Submission.objects.to_work())
    own = rated.filter(submission__task__batch__project=world.project, submission__origin="live")
    rows = own.values_list("response", "submission__annotator", "submission").distinct()
    return {(response, person): submission for response, person, submission in rows}


def of_steps(world: World) -> Iterator[list[str]]:
    """Yield the rows of F4: one for each process model."""
    columns = project_columns(world.project.pk)
    seed = simulating.plan_of(world.project).seed
    right = {
        response: steps
        for chunk in scenes(world.project.pk, _CHUNK)
        for scene in chunk
        for response, steps in zip(scene.responses, scene.truth(seed, columns.scopes).right, strict=True)
    }
    labels = StepLabel.objects.filter(submission__task__batch__project=world.project).exclude(value=0)
    given = {
        (response, index, person): value
        for response, index, person, value in labels.values_list(
            "response", "index", "submission__annotator", "value"
        )
    }
    wrong = {one for one, value in given.items() if (value > 0) != bool(right[one[0]][one[1]])}
    for name, accuracy in PROCESSES.items():
        flags = Flag.objects.filter(project=world.project, run=world.run(name), kind="F4")
        flagged = {
            (response, step["index"], person)
            for response, person, evidence in flags.values_list("response", "annotator", "evidence")
            for step in evidence["steps"]
        }
        gate = "open" if any(link.gate_open for link in world.links(name, "step")) else "closed"
        says = f"F4: the mark is wrong; a process model right on {accuracy:.0%} of steps, its link {gate}"
        yield row(says, wrong, flagged, len(given))


@dataclass(frozen=True, slots=True)
class _Judged:
    """One model of one seed: what was planted, whether it is flagged for length, and for which sources."""

    case: Label
    flaw: Flaw
    length: bool
    sources: list[str]


def of_models(worlds: Sequence[World]) -> tuple[list[list[str]], list[list[str]]]:
    """Return the rows of F6 in the table of all kinds, and those by what was planted in a model.

    Among all kinds stand no models that are plain: these misjudge sources, though nothing was planted.
    """
    judged = [one for world in worlds for one in _models_of(world)]
    known = [one for one in judged if not one.flaw.plain]
    of_all = [
        row(
            "F6: the model overpays length (cases: models)",
            {one.case for one in known if one.flaw.length},
            {one.case for one in known if one.length},
            len(known),
        ),
        row(
            "F6: the model overpays a source",
            {one.case for one in known if one.flaw.source},
            {one.case for one in known if one.sources},
            len(known),
        ),
    ]
    return of_all, [_by_flaw(flaw, [one for one in judged if one.flaw is flaw]) for flaw in FLAWS]


def _models_of(world: World) -> Iterator[_Judged]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    flags = Flag.objects.filter(project=world.project, kind="F6", run__isnull=False)
    for name, evidence in flags.values_list("run__model", "evidence"):
        found[name or ""].append(evidence)
    for flaw in FLAWS:
        for name in flaw.models:
            yield _Judged(
                (world.project.pk, name),
                flaw,
                any(one["cause"] == "length" for one in found[name]),
                [one["source"] for one in found[name] if one["cause"] == "source"],
            )


def _by_flaw(flaw: Flaw, models: Sequence[_Judged]) -> list[str]:
    count = len(models)
    return [
        flaw.name,
        str(count),
        f"{sum(one.length for one in models) / count:.0%}",
        f"{sum(bool(one.sources) for one in models) / count:.0%}",
        f"{sum(flaw.source in one.sources for one in models) / count:.0%}" if flaw.source else "–",
        f"{sum(len(one.sources) for one in models) / count:.1f}",
    ]


def steps_world(*, keep: bool) -> World:
    """Return the project with step labels."""
    return World.of("figures-steps", STEPS, keep=keep)
