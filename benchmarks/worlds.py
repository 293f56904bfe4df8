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
from annotate.reports.quality.links import rating_link  # noqa: E402
from annotate.reports.quality.scored_labels import ScoredPairs, scored_ratings  # noqa: E402
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
        return list(Calibration.objects.filter(run=self.run(name), question=question, is_current=True))

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
    """Ratings on open links: their p-values with and without offsets, whether careless, whose, where."""

    p: Floats
    without_offsets: Floats
    careless: Booleans
    person: npt.NDArray[np.int64]
    conversation: npt.NDArray[np.int64]


def judged(world: World) -> Judged:
    """Return every rating of `rm73`'s open links."""
    ratings = scored_ratings(world.run("rm73").pk)
    guessed = simulating.careless_answers(world.project).ratings
    parts = []
    for link in (one for one in world.links("rm73", "rating") if one.gate_open):
        language = ratings.names.languages.index(link.stratum)
        rows = np.flatnonzero((ratings.dimension == link.dimension_id) & (ratings.language == language))
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
            )
        )
    return Judged(*(np.concatenate(one) for one in zip(*parts, strict=True)))


def annotators(world: World) -> list[int]:
    """Return the people's ids in the order of the plan."""
    names = f"sim-{world.project.slug}-"
    people = world.project.memberships.filter(user__username__startswith=names).order_by("user__username")
    return list(people.values_list("user", flat=True))
