"""What is true of a simulated project, drawn again from its plan: for measuring, and for nobody to see meanwhile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import compress

from annotate.models import Conversation, Dimension, Project, Scope, Submission
from annotate.pipeline.simulating.answering import FileLabels, Sitting, fill
from annotate.pipeline.simulating.people import prefix_of
from annotate.pipeline.simulating.plans import habits
from annotate.pipeline.simulating.running import plan_of
from annotate.pipeline.simulating.scenes import (
    Columns,
    Scene,
    project_columns,
    read_scenes,
    read_sheet,
    scenes,
)
from annotate.pipeline.simulating.tasks import work_of
from annotate.stats.simulation import Truth, fair_rating

_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Known:
    """One conversation with its truth, by inside ids."""

    scene: Scene
    truth: Truth
    columns: Columns

    @classmethod
    def of(cls, project: Project, conversation: Conversation) -> Known:
        """Draw it."""
        columns, (scene,) = project_columns(project.pk), read_scenes([conversation])
        return cls(scene, scene.truth(plan_of(project).seed, columns.scopes), columns)

    def rating(self, response: int, dimension: Dimension) -> int:
        """Return the fair rating of a response on a dimension."""
        column, _ = self.columns.dimensions[dimension.pk]
        level = float(self.truth.levels[self.scene.place[response], column])
        return fair_rating(level, dimension.minimum, dimension.maximum)

    def gap(self, left: int, right: int, scope: str) -> float:
        """Return by how much the right one is better, in what a person feels."""
        own = self.truth.worth[:, int(scope == Scope.GLOBAL)]
        return float(own[self.scene.place[right]] - own[self.scene.place[left]])

    def step(self, response: int, index: int) -> bool:
        """Return whether a step is right."""
        return bool(self.truth.right[self.scene.place[response]][index])


def worths(project: Project) -> dict[int, tuple[float, float]]:
    """Return what each response is worth by itself and as a conversation's end, by inside id."""
    plan, columns = plan_of(project), project_columns(project.pk)
    found: dict[int, tuple[float, float]] = {}
    for scene in (one for chunk in scenes(project.pk, _CHUNK) for one in chunk):
        worth = scene.truth(plan.seed, columns.scopes).worth.tolist()
        found |= {
            response: (own, whole) for response, (own, whole) in zip(scene.responses, worth, strict=True)
        }
    return found


@dataclass(frozen=True, slots=True)
class Careless:
    """Labels that were given at random: (submission, response, dimension), and (submission, scope, left, right)."""

    ratings: set[tuple[int, int, int]]
    comparisons: set[tuple[int, str, int, int]]


def careless_answers(project: Project) -> Careless:
    """Return every rating and comparison that was given at random.

    Draws all of the answers again; those that repeat a file's labels count as careful.
    """
    plan = plan_of(project)
    roster = habits(plan)
    found = Careless(set(), set())
    for sitting, submission in _sittings(project):
        if not roster[sitting.person].person.careless:
            continue
        filled = fill(plan, roster[sitting.person], sitting)
        ratings = compress(sitting.sheet.ratings, filled.ratings.careless.tolist())
        found.ratings.update((submission, *one) for one in ratings)
        comparisons = compress(sitting.sheet.comparisons, filled.comparisons.careless.tolist())
        found.comparisons.update((submission, one.scope, one.left, one.right) for one in comparisons)
    return found


def _sittings(project: Project) -> Iterator[tuple[Sitting, int]]:
    plan, columns = plan_of(project), project_columns(project.pk)
    for chunk in scenes(project.pk, _CHUNK):
        by_conversation = {scene.conversation.pk: scene for scene in chunk}
        tasks = work_of(project).filter(conversation__in=by_conversation).select_related("batch")
        numbers: dict[int, int] = defaultdict(int)
        given = _given(project, list(by_conversation))
        for task in tasks.order_by("conversation", "pk"):
            number = numbers[task.conversation_id]
            numbers[task.conversation_id] += 1
            if task.pk not in given:
                continue
            scene = by_conversation[task.conversation_id]
            truth: Truth = scene.truth(plan.seed, columns.scopes)
            sheet = read_sheet(task, scene, columns)
            for submission, person in given[task.pk]:
                yield Sitting(scene, truth, sheet, task.batch, number, person, FileLabels()), submission


def _given(project: Project, conversations: list[int]) -> dict[int, list[tuple[int, int]]]:
    """Return (submission, number of the person) of the conversations' live submissions, by task."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    rows = Submission.objects.filter(
        task__conversation__in=conversations,
        origin=Submission.Origin.LIVE,
        annotator__username__startswith=prefix_of(project),
    )
    for task, submission, name in rows.values_list("task", "pk", "annotator__username"):
        found[task].append((submission, int(name.removeprefix(prefix_of(project))) - 1))
    return found
