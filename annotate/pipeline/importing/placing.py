"""Which task shows a path: one task per conversation, more when over four paths are whole.

A task that nobody has ever taken may still grow, so that paths of one file that share a tree come
together in one task; one that somebody holds or held stays as it is. What comes to it then is asked alone: of a
listed whole path the questions about the whole, in a new task; of single responses only that they are there, since
planning knows beside which others each is to be put.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

from annotate.formats.records import PathRecord
from annotate.models import Assignment, Batch, Scope, Task, TaskPath
from annotate.pipeline.asking import Ask, compare, rate
from annotate.pipeline.importing.trees import Addition, KnownResponse, KnownTree
from annotate.pipeline.packing import WHOLE_PATHS_PER_TASK
from annotate.questions import dimensions_of


@dataclass(slots=True, eq=False)
class KnownTask:
    """A task of the default batch with the responses that its paths end in."""

    row: Task
    ends: set[KnownResponse] = field(default_factory=set)
    whole: int = 0
    next_position: int = 0
    can_grow: bool = True

    def takes(self, response: KnownResponse, *, whole: bool) -> bool:
        """Whether a path can still be added."""
        return (
            self.can_grow and response not in self.ends and (not whole or self.whole < WHOLE_PATHS_PER_TASK)
        )


@dataclass(slots=True)
class Placement:
    """The tasks of one tree: what they show, which one shows a response, which paths are whole."""

    tasks: list[KnownTask] = field(default_factory=list)
    shown: dict[KnownResponse, KnownTask] = field(default_factory=dict)
    whole: dict[KnownResponse, KnownTask] = field(default_factory=dict)

    @property
    def is_begun(self) -> bool:
        """Whether somebody has held one of its tasks, so that what is asked there is known, or will be."""
        return any(task.row.pk and not task.can_grow for task in self.tasks)

    def note(self, task: KnownTask, response: KnownResponse, position: int, *, whole: bool) -> None:
        """Take in that a task has this path: it shows every response from there to the root."""
        task.ends.add(response)
        task.next_position = max(task.next_position, position + 1)
        if whole:
            task.whole += 1
            self.whole.setdefault(response, task)
        at: KnownResponse | None = response
        while at is not None and at not in self.shown:
            self.shown[at] = task
            at = at.turn.parent

    def task_of(self, response: KnownResponse) -> KnownTask:
        """Return the task that the labels of a path belong to."""
        return self.whole.get(response) or self.shown[response]


@dataclass(slots=True)
class Placed:
    """Rows to write, in this batch."""

    batch: Batch
    tasks: list[Task] = field(default_factory=list)
    paths: list[TaskPath] = field(default_factory=list)


def load(batch: Batch, trees: Iterable[KnownTree]) -> dict[KnownTree, Placement]:
    """Read the tasks of these trees in the default batch; two statements."""
    trees = list(trees)
    placements = {tree: Placement() for tree in trees}
    stored = {tree.row.pk: tree for tree in trees if not tree.is_new}
    responses = {
        response.row.pk: response
        for tree in stored.values()
        for turn in tree.turns.values()
        for response in turn.responses.values()
    }
    tasks: dict[int, KnownTask] = {}
    own = Task.objects.filter(batch=batch, conversation__in=stored, is_gold=False, follows=None)
    for row in own.order_by("id"):
        tasks[row.pk] = KnownTask(row, can_grow=False)
        placements[stored[row.conversation_id]].tasks.append(tasks[row.pk])
    rows = TaskPath.objects.filter(task__in=tasks).order_by("task_id", "position")
    for task, response, position, whole in rows.values_list("task", "response", "position", "whole"):
        tree = stored[tasks[task].row.conversation_id]
        placements[tree].note(tasks[task], responses[response], position, whole=whole)
    return placements


def let_grow(placements: Iterable[Placement], *, lock: bool) -> None:
    """Find the tasks that nobody has ever taken, and keep everybody from taking them until the end."""
    tasks = {task.row.pk: task for placement in placements for task in placement.tasks if task.row.pk}
    untouched = Task.objects.filter(pk__in=tasks, asks__isnull=True).order_by("id")
    locked = set((untouched.select_for_update() if lock else untouched).values_list("id", flat=True))
    # A fresh statement, hence a fresh snapshot: it sees the assignments made while we waited for the locks.
    held = set(Assignment.objects.filter(task__in=locked).values_list("task", flat=True))
    for pk in locked - held:
        tasks[pk].can_grow = True


def new_paths(placement: Placement, addition: Addition, listed: Iterable[PathRecord]) -> Iterator[PathRecord]:
    """Yield the listed paths that no task asks for yet.

    A path that is only to be shown is there when some task shows its response; a whole one only
    when it is asked for as a whole.
    """
    for path in listed:
        response = addition.nodes[path.response]
        if response not in (placement.whole if path.whole else placement.shown):
            yield path


def unlisted(placement: Placement, addition: Addition) -> Iterator[KnownResponse]:
    """Yield the record's responses that no task shows and no turn follows.

    They are candidates beside the listed paths: to be rated and compared with their siblings, not
    as the end of a whole conversation. Where work has begun and no task can take them, planning will.
    """
    followed = {turn.parent for turn in addition.tree.turns.values()}
    for response in addition.nodes.values():
        if response not in placement.shown and response not in followed:
            yield response


def takes_unlisted(placement: Placement, response: KnownResponse) -> bool:
    """Whether a response beside the listed paths is placed here; else planning makes a narrowed task for it."""
    return not placement.is_begun or any(one.takes(response, whole=False) for one in placement.tasks)


def narrow(placements: Iterable[Placement], batch: Batch) -> None:
    """Let the new tasks of trees on which work has begun ask only about their whole paths.

    One that asks nothing then only holds the path and its labels, and has no place for anybody.
    """
    for placement in placements:
        for task in placement.tasks if placement.is_begun else ():
            if task.row.pk is None:
                task.row.asks = list(_about_the_whole(placement, task, batch))
                if not task.row.asks:
                    task.row.overlap = task.row.open_slots = 0


def _about_the_whole(placement: Placement, task: KnownTask, batch: Batch) -> Iterator[Ask]:
    whole = [response.row.uid for response in task.ends if placement.whole.get(response) is task]
    for uid in whole:
        for dimension in dimensions_of(batch.rubric_id):
            if dimension.scope == Scope.GLOBAL:
                yield rate(uid, dimension.key)
    for left, right in combinations(whole, 2):
        yield compare("global", left, right)


def place(
    placement: Placement,
    placed: Placed,
    addition: Addition,
    response: KnownResponse,
    path: PathRecord | None = None,
) -> None:
    """Add a path to the first task that takes it, or to a new one; without a record it is not whole."""
    whole = path is not None and path.whole
    task = next((one for one in placement.tasks if one.takes(response, whole=whole)), None)
    if task is None:
        row = Task(
            batch=placed.batch,
            conversation=addition.tree.row,
            overlap=placed.batch.overlap,
            open_slots=placed.batch.overlap,
        )
        task = KnownTask(row)
        placement.tasks.append(task)
        placed.tasks.append(row)
    placed.paths.append(
        TaskPath(
            task=task.row,
            response=response.row,
            position=task.next_position,
            whole=whole,
            external_id=path.external_id if path else "",
        )
    )
    placement.note(task, response, task.next_position, whole=whole)
