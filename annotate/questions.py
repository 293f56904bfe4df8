"""What a task asks: read the tree below its paths, and list every question in it.

Both the stage that checks answers and the pages that count them use this, so that there is one
answer to "what is missing". Reading costs one statement, whatever the size of the tree.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, Self

from annotate.models import Dimension
from annotate.models.prepared import prepared_cursor

ScopeName = Literal["local", "global"]


@dataclass(frozen=True, slots=True)
class ResponseNode:
    """A candidate on one of the task's paths. ``images`` counts the pictures that are really there.

    ``content`` is the message's parts as JSON text when content was asked for, else empty.
    """

    id: int
    uid: uuid.UUID
    turn: int
    images: int
    content: str


@dataclass(frozen=True, slots=True)
class TurnNode:
    """A user message on one of the task's paths, with its candidates there; ``parent`` is a response's id."""

    id: int
    uid: uuid.UUID
    parent: int | None
    number: int
    images: int
    content: str
    candidates: list[ResponseNode] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Path:
    """A root-to-response path; ``response`` is the id of its last one."""

    uid: uuid.UUID
    response: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """Two responses to compare: siblings locally, the ends of whole paths globally."""

    scope: ScopeName
    left: int
    right: int


@dataclass(frozen=True, slots=True)
class TaskTree:
    """The part of a conversation that one task shows: turns by number, paths in order."""

    turns: list[TurnNode]
    paths: list[Path]

    @property
    def responses(self) -> dict[int, ResponseNode]:
        """Every distinct response on the paths, by id."""
        return {one.id: one for turn in self.turns for one in turn.candidates}

    @property
    def whole(self) -> list[int]:
        """The last responses of the whole paths, in order."""
        return [path.response for path in self.paths if path.whole]

    def pairs(self) -> Iterator[Pair]:
        """Yield siblings, turn by turn, then the ends of whole paths, two by two."""
        for turn in self.turns:
            for left, right in itertools.combinations(turn.candidates, 2):
                yield Pair("local", left.id, right.id)
        for first, second in itertools.combinations(self.whole, 2):
            yield Pair("global", first, second)

    def history(self, response: int) -> Iterator[tuple[TurnNode, ResponseNode]]:
        """Yield the rounds from the root to this response."""
        turns = {turn.id: turn for turn in self.turns}
        responses = self.responses
        chain = []
        at: int | None = response
        while at is not None:
            node = responses[at]
            turn = turns[node.turn]
            chain.append((turn, node))
            at = turn.parent
        return reversed(chain)


def image_rule(dimension: Dimension, tree: TaskTree, response: int) -> str:
    """Return which of the dimension's rules about images holds at this response; "" for none.

    Only what is there is computed; whether an image was *expected* is the annotator's to judge. The
    rules are InterMT's (missing and multiple images); ``no_image`` allows "not applicable", and
    ``one_image_turn`` offers 3 as a default.
    """
    if dimension.image_rule == Dimension.ImageRule.NONE:
        return ""
    rounds = list(tree.history(response))
    if not any(turn.images + node.images for turn, node in rounds):
        return "no_image"
    if dimension.scope == "local":
        return _local_rule(*rounds[-1])
    with_output = sum(1 for _, node in rounds if node.images)
    if with_output == 0:
        return "no_output_image"
    if dimension.image_rule == Dimension.ImageRule.STYLE_ACROSS_IMAGES and with_output == 1:
        # A style can drift between any two turns with images, the user's own included.
        with_any = sum(1 for turn, node in rounds if turn.images or node.images)
        return "one_image_turn" if with_any == 1 else ""
    return ""


def _local_rule(turn: TurnNode, node: ResponseNode) -> str:
    if node.images > 1:
        return "several_images"
    if node.images == 1:
        return ""
    return "input_images_only" if turn.images else "no_image_in_turn"


@lru_cache(maxsize=64)
def dimensions_of(rubric_id: int) -> tuple[Dimension, ...]:
    """Return a rubric's dimensions in order; kept in the process, since a used rubric never changes."""
    return tuple(Dimension.objects.filter(rubric_id=rubric_id).select_related("rubric").order_by("position"))


_CONTENT = """(
    SELECT json_agg(CASE part.kind
        WHEN 'text' THEN json_build_object('type', 'text', 'text', part.text, 'html', part.html)
        ELSE json_build_object('type', 'image', 'url', '/images/' || image.uid, 'width', image.width,
                               'height', image.height, 'alt', part.caption)
        END ORDER BY part.position)::text
    FROM annotate_messagepart part LEFT JOIN annotate_image image ON image.id = part.image_id
    WHERE part.{owner}_id = {owner}.id)"""

_IMAGES = "(SELECT count(part.image_id) FROM annotate_messagepart part WHERE part.{owner}_id = {owner}.id)"

# `= ANY (ARRAY(…))` where `IN (SELECT …)` would do: the planner takes an array for ten rows and uses the
# index, while it takes a recursive query for hundreds and reads the whole table.
_TREE = """
WITH RECURSIVE path AS (
    SELECT response_id, uid, position, whole FROM annotate_taskpath WHERE task_id = %s
), shown(id) AS (
    SELECT response_id FROM path
    UNION
    SELECT turn.parent_id FROM shown
    JOIN annotate_response response ON response.id = shown.id
    JOIN annotate_turn turn ON turn.id = response.turn_id
    WHERE turn.parent_id IS NOT NULL
), response AS MATERIALIZED (
    SELECT id, uid, turn_id FROM annotate_response WHERE id = ANY (ARRAY(SELECT id FROM shown))
)
SELECT 't', turn.id, turn.uid, turn.parent_id, turn.number, {turn_images}, {turn_content}
FROM annotate_turn turn WHERE turn.id = ANY (ARRAY(SELECT turn_id FROM response))
UNION ALL
SELECT 'r', response.id, response.uid, response.turn_id, 0, {response_images}, {response_content} FROM response
UNION ALL
SELECT CASE WHEN whole THEN 'w' ELSE 'p' END, response_id, uid, 0, position, 0, '' FROM path
"""


def _statement(*, content: bool) -> str:
    def column(owner: str) -> str:
        return _CONTENT.format(owner=owner) if content else "''"

    return _TREE.format(
        turn_images=_IMAGES.format(owner="turn"),
        response_images=_IMAGES.format(owner="response"),
        turn_content=column("turn"),
        response_content=column("response"),
    )


_WITH_CONTENT = _statement(content=True)
_STRUCTURE = _statement(content=False)


def read_tree(task_id: int, *, content: bool) -> TaskTree:
    """Read what a task shows, with or without the messages themselves, in one statement."""
    with prepared_cursor() as cursor:
        cursor.execute(_WITH_CONTENT if content else _STRUCTURE, [task_id])
        rows = cursor.fetchall()
    turns: dict[int, TurnNode] = {}
    responses: list[ResponseNode] = []
    paths: list[tuple[int, Path]] = []
    for kind, key, uid, above, number, images, text in rows:
        if kind == "t":
            turns[key] = TurnNode(key, uid, above, number, images, text)
        elif kind == "r":
            responses.append(ResponseNode(key, uid, above, images, text))
        else:
            paths.append((number, Path(uid, key, kind == "w")))
    for response in sorted(responses, key=lambda one: one.id):
        turns[response.turn].candidates.append(response)
    ordered = sorted(turns.values(), key=lambda turn: (turn.number, turn.id))
    return TaskTree(ordered, [path for _, path in sorted(paths, key=lambda one: one[0])])


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything a task must be answered with: ratings by (response, dimension id), overall comparisons."""

    ratings: frozenset[tuple[int, int]]
    comparisons: frozenset[Pair]


def asked(tree: TaskTree, dimensions: Sequence[Dimension], asks: list[dict[str, str]] | None) -> Asked:
    """Return what is required: everything, or what the task's stored list narrows it to.

    An entry of ``asks`` is ``{"kind": "rating", "response", "dimension"}`` or ``{"kind":
    "comparison", "scope", "left", "right"}``, responses by outside id, dimensions by key.
    """
    everything = Asked(frozenset(_ratings(tree, dimensions)), frozenset(tree.pairs()))
    if asks is None:
        return everything
    by_uid = {str(one.uid): one.id for one in tree.responses.values()}
    by_key = {one.key: one.pk for one in dimensions}
    ratings = {(by_uid[a["response"]], by_key[a["dimension"]]) for a in asks if a["kind"] == "rating"}
    wanted = {
        (a["scope"], frozenset({by_uid[a["left"]], by_uid[a["right"]]}))
        for a in asks
        if a["kind"] == "comparison"
    }
    pairs = {
        pair for pair in everything.comparisons if (pair.scope, frozenset({pair.left, pair.right})) in wanted
    }
    return Asked(frozenset(ratings), frozenset(pairs))


def _ratings(tree: TaskTree, dimensions: Iterable[Dimension]) -> Iterator[tuple[int, int]]:
    for dimension in dimensions:
        for response in tree.responses if dimension.scope == "local" else tree.whole:
            yield response, dimension.pk


@dataclass(slots=True)
class Questions:
    """How many answers one person gives to each kind of question."""

    local_ratings: int = 0
    global_ratings: int = 0
    local_comparisons: int = 0
    global_comparisons: int = 0

    def __iadd__(self, other: Questions) -> Self:
        self.local_ratings += other.local_ratings
        self.global_ratings += other.global_ratings
        self.local_comparisons += other.local_comparisons
        self.global_comparisons += other.global_comparisons
        return self


def count_questions(
    candidates: Iterable[int], whole: int, *, local_dimensions: int, global_dimensions: int
) -> Questions:
    """Count what `asked` returns where a task asks for everything, without reading its tree.

    ``candidates`` holds, for each of its turns, the number of responses shown; ``whole`` is the
    number of whole paths. Siblings are compared locally, whole paths globally, two by two.
    """
    numbers = list(candidates)
    return Questions(
        local_ratings=sum(numbers) * local_dimensions,
        global_ratings=whole * global_dimensions,
        local_comparisons=sum(number * (number - 1) // 2 for number in numbers),
        global_comparisons=whole * (whole - 1) // 2,
    )
