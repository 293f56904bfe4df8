"""Tasks that ask for everything, made from the paths of conversations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from annotate.models import Batch, Task, TaskPath
from annotate.pipeline.copying import insert_new
from annotate.pipeline.packing import PathToShow, pack
from annotate.pipeline.planning.counting import PlanReport
from annotate.pipeline.planning.shapes import Tree, imported_paths, read_trees


def make_whole(
    batch: Batch,
    conversations: Sequence[int],
    report: PlanReport,
    probabilities: Mapping[int, float] | None = None,
) -> None:
    """Create the tasks of these conversations in this order, each with the probability of its choice (1).

    A conversation is shown as it was imported: its paths in the default batch, or where it has none, the path
    to its first deepest response as the whole one and every other leaf beside it.
    """
    trees = read_trees(conversations)
    imported = imported_paths(batch, conversations)
    tasks, paths = [], []
    for conversation in conversations:
        tree = trees[conversation]
        shown = _without_prefixes(tree, imported.get(conversation, [])) or tree.default_paths()
        for listed in filter(None, pack(shown)):
            task = Task(
                batch=batch,
                conversation_id=conversation,
                overlap=batch.overlap,
                open_slots=batch.overlap,
                probability=1.0 if probabilities is None else probabilities[conversation],
            )
            tasks.append(task)
            paths += [as_path(task, position, path) for position, path in enumerate(listed)]
    insert(tasks, paths, report)


def _without_prefixes(tree: Tree, paths: Sequence[PathToShow]) -> list[PathToShow]:
    """Leave out what only repeats the beginning of another path: those that show an anchor beside a newcomer."""
    inner = tree.shown(above for path in paths for above in islice(tree.history(path.response), 1, None))
    return [path for path in paths if path.whole or path.external_id or path.response not in inner]


def as_path(task: Task, position: int, path: PathToShow) -> TaskPath:
    """Return a path of a task, not stored yet."""
    return TaskPath(
        task=task,
        response_id=path.response,
        position=position,
        whole=path.whole,
        external_id=path.external_id,
    )


def insert(tasks: list[Task], paths: list[TaskPath], report: PlanReport) -> None:
    """Store new tasks and their paths, ids ascending in the order of the list, and count them."""
    insert_new(tasks)
    insert_new(paths)
    report.created["tasks"] += len(tasks)
    report.created["paths"] += len(paths)
