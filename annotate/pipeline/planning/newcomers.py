"""Responses that came under turns already planned: asked about are they alone, and beside anchors.

Each newcomer is rated on every local dimension and compared with at most two of the siblings that are known: the
best and the median one by what people have said so far, or all where there are one or two. The best one, because
what a newcomer changes is first of all which answer is to be preferred; the median one, because a comparison tells
most where both sides may win (p(1 − p) is largest at one half) and nothing is known of the newcomer but that it
comes from the same turn. Through the two it is tied to every sibling; asking all pairs again would cost more with
every newcomer and tell less. Where a turn has no known sibling its newcomers are compared with one another.

Labels that are there are never asked again: the history and the anchors are shown only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

from django.db import connection

from annotate.models import Batch, Dimension, Scope, Task
from annotate.pipeline.asking import Ask, compare, rate
from annotate.pipeline.packing import PathToShow
from annotate.pipeline.planning.counting import PlanReport
from annotate.pipeline.planning.making import as_path, insert
from annotate.pipeline.planning.shapes import Tree, read_trees
from annotate.reports.quality.standings import Standing, standings

ANCHORS = 2

# Of tasks: asks something about single responses. One that asks about whole paths alone may show newcomers.
_ASKS_LOCALLY = """(task.asks IS NULL OR EXISTS (
    SELECT FROM jsonb_array_elements(task.asks) ask
    WHERE ask ->> 'dimension' = ANY(%(local)s) OR ask ->> 'scope' = 'local'))"""

# Leaves stand for all: a response that a turn follows is shown wherever what follows it is.
_PENDING = f"""
SELECT DISTINCT turn.conversation_id FROM annotate_response response
JOIN annotate_turn turn ON turn.id = response.turn_id
WHERE turn.conversation_id IN (
    SELECT task.conversation_id FROM annotate_task task
    WHERE task.batch_id = %(batch)s AND NOT task.is_gold AND task.follows_id IS NULL AND task.closed_at IS NULL)
  AND NOT EXISTS (SELECT FROM annotate_turn next WHERE next.parent_id = response.id)
  AND NOT EXISTS (
    SELECT FROM annotate_taskpath path JOIN annotate_task task ON task.id = path.task_id
    WHERE path.response_id = response.id AND task.batch_id = %(batch)s AND NOT task.is_gold
      AND {_ASKS_LOCALLY})
ORDER BY turn.conversation_id
"""  # noqa: S608 - no value is pasted in

_SHOWN = f"""
SELECT task.conversation_id, task.probability, path.response_id FROM annotate_task task
JOIN annotate_taskpath path ON path.task_id = task.id
WHERE task.batch_id = %(batch)s AND task.conversation_id = ANY(%(conversations)s)
  AND NOT task.is_gold AND task.follows_id IS NULL AND {_ASKS_LOCALLY}
"""  # noqa: S608


def pending(batch: Batch) -> list[int]:
    """Return the conversations that have tasks in the batch and responses that none of these asks about."""
    if batch.purpose in Batch.PRACTICE:
        return []  # what is held against a key stays as it was keyed
    with connection.cursor() as cursor:
        cursor.execute(_PENDING, {"batch": batch.pk, "local": _local(batch)})
        return [pk for (pk,) in cursor.fetchall()]


def _local(batch: Batch) -> list[str]:
    local = Dimension.objects.filter(rubric=batch.rubric_id, scope=Scope.LOCAL).order_by("position")
    return list(local.values_list("key", flat=True))


def make_narrowed(batch: Batch, conversations: Sequence[int], report: PlanReport) -> None:
    """Create a task for each of these conversations that asks only about its newcomers."""
    trees = read_trees(conversations)
    keys = _local(batch)
    known, probabilities = _known(batch, trees, keys)
    likings = standings(conversations, batch.rubric_id)
    tasks, paths = [], []
    for conversation in conversations:
        tree = trees[conversation]
        arrival = _Arrival.of(tree, known[conversation], likings)
        task = Task(
            batch=batch,
            conversation_id=conversation,
            overlap=batch.overlap,
            open_slots=batch.overlap,
            asks=list(arrival.asks(tree, keys)),
            probability=probabilities[conversation],
        )
        tasks.append(task)
        ends = arrival.ends(tree)
        paths += [as_path(task, place, PathToShow(end, whole=False)) for place, end in enumerate(ends)]
        report.newcomers += len(arrival.newcomers)
    insert(tasks, paths, report)


@dataclass(frozen=True, slots=True)
class _Arrival:
    """The newcomers of one conversation, and the pairs in which they stand."""

    newcomers: list[int]
    pairs: list[tuple[int, int]]

    @classmethod
    def of(cls, tree: Tree, known: set[int], likings: Mapping[int, Standing]) -> _Arrival:
        newcomers = [response for response in tree.turn_of if response not in known]
        siblings: dict[int, list[int]] = defaultdict(list)
        for response in sorted(known):
            siblings[tree.turn_of[response]].append(response)
        by_turn: dict[int, list[int]] = defaultdict(list)
        for response in newcomers:
            by_turn[tree.turn_of[response]].append(response)
        pairs: list[tuple[int, int]] = []
        for turn, new in by_turn.items():
            beside = anchors(siblings[turn], likings)
            pairs += [(one, other) for one in beside for other in new] or list(combinations(new, 2))
        return cls(newcomers, pairs)

    def asks(self, tree: Tree, dimensions: Sequence[str]) -> Iterable[Ask]:
        """Return what the task asks for, by outside ids."""
        for response in self.newcomers:
            for key in dimensions:
                yield rate(tree.uids[response], key)
        for left, right in self.pairs:
            yield compare("local", tree.uids[left], tree.uids[right])

    def ends(self, tree: Tree) -> list[int]:
        """Return the responses in which the task's paths end, those of earlier turns first."""
        wanted = {*self.newcomers, *(one for pair in self.pairs for one in pair)}
        inner = tree.shown(above for one in wanted for above in islice(tree.history(one), 1, None))
        return sorted(wanted - inner, key=lambda one: (tree.depth[tree.turn_of[one]], one))


def anchors(siblings: Sequence[int], likings: Mapping[int, Standing]) -> list[int]:
    """Return what a newcomer is compared with: the best and the median of its known siblings, or all of two.

    Siblings of whom nobody has said anything stand behind the others, the older ones first.
    """
    if len(siblings) <= ANCHORS:
        return list(siblings)
    liked = sorted(
        (one for one in siblings if one in likings), key=lambda one: (likings[one], -one), reverse=True
    )
    if len(liked) < ANCHORS:
        return [*liked, *(one for one in siblings if one not in liked)][:ANCHORS]
    return [liked[0], liked[len(liked) // 2]]


def _known(
    batch: Batch, trees: Mapping[int, Tree], local: Sequence[str]
) -> tuple[dict[int, set[int]], dict[int, float]]:
    """Return by conversation the responses that the batch asks about, and the probability of its choice."""
    ends: dict[int, list[int]] = defaultdict(list)
    probabilities = dict.fromkeys(trees, 1.0)
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN, {"batch": batch.pk, "conversations": list(trees), "local": list(local)})
        for conversation, probability, response in cursor.fetchall():
            ends[conversation].append(response)
            probabilities[conversation] = probability
    return {pk: tree.shown(ends[pk]) for pk, tree in trees.items()}, probabilities
