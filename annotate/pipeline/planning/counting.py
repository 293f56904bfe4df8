"""What the tasks of a batch ask of one person who does them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from annotate.models import Batch, Task, TaskPath
from annotate.pipeline.planning.shapes import chunks, read_trees
from annotate.questions import Questions, count_questions


@dataclass(slots=True)
class PlanReport:
    """What planning did, and what the batch's tasks ask of one person who does them all.

    ``created`` counts the tasks and paths that were missing, ``newcomers`` the responses under turns already
    planned for which some of them were made; ``new_asks`` is what the created ones ask, ``asks`` what all do.
    ``open_slots``: how often a task can still be claimed.
    """

    created: dict[str, int] = field(default_factory=lambda: {"tasks": 0, "paths": 0})
    newcomers: int = 0
    conversations: int = 0
    tasks: int = 0
    open_slots: int = 0
    asks: Questions = field(default_factory=Questions)
    new_asks: Questions = field(default_factory=Questions)


def last_task(batch: Batch) -> int:
    """Return the highest id of the batch's tasks, 0 without any: what is made later is above it."""
    return batch.tasks.order_by("-id").values_list("id", flat=True).first() or 0


def count(batch: Batch, report: PlanReport, *, before: int) -> None:
    """Count the batch's tasks into the report; those with ids above ``before`` are the new ones."""
    scopes = dict(batch.rubric.dimensions.values_list("key", "scope"))
    numbers = {f"{one}_dimensions": list(scopes.values()).count(one) for one in ("local", "global")}
    conversations = (
        batch.tasks.filter(is_gold=False)
        .order_by("conversation")
        .values_list("conversation", flat=True)
        .distinct()
    )
    for chunk in chunks(conversations):
        report.conversations += len(chunk)
        trees = read_trees(chunk)
        for task, paths in _tasks(batch, chunk):
            tree = trees[task.conversation_id]
            asks = (
                _narrowed(task.asks, scopes)
                if task.asks is not None
                else count_questions(
                    tree.candidates(response for response, _ in paths),
                    sum(whole for _, whole in paths),
                    **numbers,
                )
            )
            report.tasks += 1
            report.open_slots += task.open_slots
            report.asks += asks
            if task.pk > before:
                report.new_asks += asks


def _narrowed(asks: list[dict[str, Any]], scopes: dict[str, str]) -> Questions:
    kinds = [
        f"{scopes[ask['dimension']]}_ratings" if ask["kind"] == "rating" else f"{ask['scope']}_comparisons"
        for ask in asks
    ]
    return Questions(**Counter(kinds))


def _tasks(batch: Batch, conversations: Sequence[int]) -> Iterator[tuple[Task, list[tuple[int, bool]]]]:
    paths: dict[int, list[tuple[int, bool]]] = {}
    rows = TaskPath.objects.filter(task__batch=batch, task__conversation__in=conversations)
    for task_id, response, whole in rows.values_list("task", "response", "whole"):
        paths.setdefault(task_id, []).append((response, whole))
    for task in batch.tasks.filter(conversation__in=conversations, is_gold=False).order_by("id"):
        yield task, paths.get(task.pk, [])
