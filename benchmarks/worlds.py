"""The simulated projects of `benchmarks.flagging`: made once, calibrated and flagged, beside what is true of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")
django.setup()

import numpy as np  # noqa: E402 - after setup
import numpy.typing as npt  # noqa: E402

from annotate.models import Calibration, Project, ScorerRun  # noqa: E402
from annotate.pipeline import calibrating, flagging, planning, simulating  # noqa: E402
from annotate.pipeline.simulating import Plan, ScorerPlan  # noqa: E402
from annotate.reports.labels.links import rating_link  # noqa: E402
from annotate.reports.labels.scored_labels import ScoredPairs, scored_ratings  # noqa: E402
from annotate.stats.simulation import QUALITY, SOURCES, correlation_of  # noqa: E402
from benchmarks.quality import forget  # noqa: E402

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

OUTCOMES = {"rm73": 0.73, "rm66": 0.66, "rm61": 0.61, "chance": 0.5}
PREFERENCES = Plan(
    seed=11,
    annotators=24,
    conversations=2000,
    tie=0,
    texts=0,
    scorers=tuple(ScorerPlan(name, accuracy) for name, accuracy in OUTCOMES.items()),
)
# A share of 5 % careless labels: 3 people of 24 who guess 40 % of the time.
RATINGS = Plan(
    seed=12,
    annotators=24,
    conversations=1200,
    careless=(3, 0.4),
    harsh=(1, -0.8),
    texts=0,
    scorers=(ScorerPlan("rm73", 0.73),),
)
GUESSING_LESS = Plan(
    seed=13,
    annotators=24,
    conversations=1200,
    careless=(3, 0.2),
    texts=0,
    scorers=(ScorerPlan("rm73", 0.73),),
)


# Balanced over right and wrong steps; VisualPRM's published 62.0 is a macro F1.
PROCESSES = {"prm62": 0.62, "prm75": 0.75, "prm90": 0.90}
STEPS = Plan(
    seed=14,
    annotators=24,
    conversations=400,
    careless=(3, 0.4),
    steps=True,
    images=False,
    texts=0,
    scorers=tuple(ScorerPlan(name, accuracy, process=True) for name, accuracy in PROCESSES.items()),
)


def even(accuracy: float) -> dict[str, float]:
    """Return what a noisy scorer has to pay each source so that none wins oftener than its score says.

    A scorer that knows a response's worth with noise only is right to lean towards the middle, but towards the middle
    of its source: without this it underpays strong sources. In standard deviations of the score: own worth v and the
    source's part e of a worth with deviation q, seen with correlation r, make it e · (1 − br/q) / b, where
    b = (r/q) v / (r²v/q² + 1 − r²).
    """
    seen = correlation_of(accuracy) / QUALITY
    own = QUALITY**2 - sum(one**2 for one in SOURCES.values()) / (len(SOURCES) - 1)
    trust = seen * own / (seen**2 * own + 1 - correlation_of(accuracy) ** 2)
    return {name: effect * (1 - trust * seen) / trust for name, effect in SOURCES.items()}


@dataclass(frozen=True, slots=True)
class Flaw:
    """What was planted in a model: pay for length, for one source, or nothing; so many models of it a seed."""

    name: str
    length: float = 0.0
    paid: float = 0.0
    plain: bool = False
    count: int = 1

    @property
    def source(self) -> str:
        """The source model that is overpaid; "" for none."""
        return "sim-model-b" if self.paid else ""

    @property
    def models(self) -> list[str]:
        """What its scorers are called."""
        return [f"{self.name} {number + 1}" for number in range(self.count)]

    def scorers(self) -> list[ScorerPlan]:
        """Return them."""
        sources = {} if self.plain else even(_F6_ACCURACY)
        if self.paid:
            sources[self.source] += self.paid
        return [
            ScorerPlan(name, _F6_ACCURACY, length=self.length, sources=sources or None)
            for name in self.models
        ]


_F6_ACCURACY = 0.73
# Pay is in standard deviations of the score.
FLAWS = (
    Flaw("nothing planted, even among sources", count=4),
    Flaw("length: 0.1", length=0.1),
    Flaw("length: 0.25", length=0.25),
    Flaw("length: 0.5", length=0.5),
    Flaw("one source: 0.25", paid=0.25),
    Flaw("one source: 0.5", paid=0.5),
    Flaw("nothing planted, underpays strong sources by its noise", plain=True),
)
SEEDS = range(101, 121)


def models_plan(seed: int) -> Plan:
    """Return a project in which each sort of model scores."""
    scorers = tuple(one for flaw in FLAWS for one in flaw.scorers())
    return Plan(seed=seed, annotators=12, conversations=100, images=False, texts=0, scorers=scorers)


@dataclass(frozen=True)
class World:
    """A simulated project after a pass of calibration and of flagging."""

    project: Project

    @classmethod
    def of(cls, slug: str, plan: Plan, *, keep: bool) -> World:
        """Make it, unless an earlier run has, and run both passes over it, unless theirs are kept."""
        project = Project.objects.filter(slug=slug).first() or planning.create_project(slug, slug)
        simulating.simulate(project, plan)
        # The budget bounds what people see in a day; what the rule finds is wanted here.
        Project.objects.filter(pk=project.pk).update(daily_model_flags=10**6)
        if not keep:
            forget(project)
            calibrating.calibrate(project.pk)
            flagging.flag_project(project.pk, whole=True)
        return cls(project)

    def run(self, name: str) -> ScorerRun:
        """Return the run of this scorer."""
        return self.project.scorer_runs.get(model=name)

    @cached_property
    def worths(self) -> dict[int, tuple[float, float]]:
        """What each response is worth."""
        return simulating.worths(self.project)

    def links(self, name: str, question: str) -> list[Calibration]:
        """Return the current links of a scorer."""
        links = Calibration.objects.filter(run=self.run(name), question=question, is_current=True)
        return list(links.order_by("pk"))

    def wrong(self, pairs: ScoredPairs, rows: npt.NDArray[np.intp]) -> Booleans:
        """Return which of these preferences are on the minority's side."""
        gaps = np.array(
            [
                self.worths[right][0] - self.worths[left][0]
                for left, right in zip(pairs.left[rows].tolist(), pairs.right[rows].tolist(), strict=True)
            ]
        )
        return np.asarray(np.sign(gaps) != np.sign(pairs.preference[rows]))


@dataclass(frozen=True, slots=True)
class Judged:
    """Ratings on open links: p-values with and without offsets, whether careless, whose, where, which link, how far."""

    p: Floats
    without_offsets: Floats
    careless: Booleans
    person: npt.NDArray[np.int64]
    conversation: npt.NDArray[np.int64]
    link: npt.NDArray[np.int64]
    distance: Floats


def judged(world: World) -> Judged:
    """Return every rating of `rm73`'s open links."""
    ratings = scored_ratings(world.run("rm73").pk)
    guessed = simulating.careless_answers(world.project).ratings
    parts = []
    for link in (one for one in world.links("rm73", "rating") if one.gate_open):
        language = ratings.names.languages.index(link.stratum)
        rows = np.flatnonzero((ratings.dimension == link.dimension_id) & (ratings.language == language))
        # The database gives them in any order, and samples are drawn by place.
        rows = rows[np.lexsort((ratings.response[rows], ratings.submission[rows]))]
        value, score, person = ratings.value[rows].astype(int), ratings.score[rows], ratings.annotator[rows]
        fitted = rating_link(link)
        keys = zip(
            ratings.submission[rows].tolist(),
            ratings.response[rows].tolist(),
            ratings.dimension[rows].tolist(),
            strict=True,
        )
        nobody = np.zeros(rows.size, dtype=np.int64)
        careless = np.array([one in guessed for one in keys], dtype=bool)
        parts.append(
            (
                fitted.p_values(value, score, person),
                fitted.p_values(value, score, nobody),
                careless,
                person,
                ratings.conversation[rows],
                np.full(rows.size, link.pk),
                fitted.distance(value, score, person),
            )
        )
    return Judged(*(np.concatenate(one) for one in zip(*parts, strict=True)))


def annotators(world: World) -> list[int]:
    """Return the people's ids in the order of the plan."""
    names = f"sim-{world.project.slug}-"
    people = world.project.memberships.filter(user__username__startswith=names).order_by("user__username")
    return list(people.values_list("user", flat=True))
