"""What is simulated about: conversations with their truth, and what each of their tasks asks, as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

import numpy as np
from django.db import connection

from annotate.models import Batch, Conversation, Dimension, Rating, Task
from annotate.questions import Pair, asked, dimensions_of, image_rule, read_tree
from annotate.stats.simulation import SOURCES, Booleans, Floats, Integers, Truth, draw_truth
from annotate.steps import steps_of

# What a person makes of a dimension where the rules about images hold: a state instead of a level, or a default.
_WITHOUT_LEVEL = {
    "no_image": (Rating.State.NOT_APPLICABLE, None),
    "no_output_image": (Rating.State.NOT_APPLICABLE, None),
    "one_image_turn": (Rating.State.DEFAULTED, 3),
}

# Texts and captions in their order are what is cut into steps.
_RESPONSES = """
SELECT turn.conversation_id, response.id, turn.id, response.source_model, (
    SELECT json_agg(json_build_object('text', part.text, 'alt', part.caption) ORDER BY part.position)::text
    FROM annotate_messagepart part WHERE part.response_id = response.id)
FROM annotate_response response JOIN annotate_turn turn ON turn.id = response.turn_id
WHERE turn.conversation_id = ANY(%s) ORDER BY turn.conversation_id, response.id"""


@dataclass(frozen=True, slots=True)
class Scene:
    """A conversation: its responses' ids, turns, source models, texts by step, all in the order of the ids."""

    conversation: Conversation
    responses: list[int]
    turns: list[int]
    sources: list[str]
    steps: list[list[str]]

    @property
    def name(self) -> bytes:
        """Under which everything about it is drawn: the same in every database."""
        return bytes(self.conversation.identity)

    @property
    def place(self) -> dict[int, int]:
        """Where a response, by its id, stands in the arrays."""
        return {response: place for place, response in enumerate(self.responses)}

    def truth(self, seed: int, dimensions: Mapping[str, bool]) -> Truth:
        """Draw what its responses are worth."""
        effects = np.array([SOURCES.get(one, 0.0) for one in self.sources])
        counts = [len(one) for one in self.steps]
        return draw_truth(seed, self.name, effects=effects, dimensions=dimensions, steps=counts)


def scenes(project_id: int, chunk: int) -> Iterator[list[Scene]]:
    """Yield a project's conversations in the order of their ids, so many at once; those without responses left out."""
    remaining = Conversation.objects.filter(project=project_id).order_by("pk").iterator(chunk_size=chunk)
    while conversations := list(islice(remaining, chunk)):
        yield read_scenes(conversations)


def read_scenes(conversations: Sequence[Conversation]) -> list[Scene]:
    """Return these conversations' scenes, in one statement."""
    known = {one.pk: one for one in conversations}
    with connection.cursor() as cursor:
        cursor.execute(_RESPONSES, [list(known)])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return [_scene(known[pk], list(group)) for pk, group in groupby(rows, key=lambda row: row[0])]


def _scene(conversation: Conversation, rows: list[tuple[Any, ...]]) -> Scene:
    _, responses, turns, sources, contents = zip(*rows, strict=True)
    return Scene(
        conversation, list(responses), list(turns), list(sources), [steps_of(one) for one in contents]
    )


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a task asks, the same for everybody: n ratings, P comparisons and the responses whose steps are labelled.

    ``ratings`` holds (response id, dimension id), ``instead`` (state, value) where no level can be given;
    arrays: the place of each rating's response, its column among all dimensions, its scope and scale; the places
    of each pair's responses and its scope (0 local, 1 global).
    """

    ratings: list[tuple[int, int]]
    instead: list[tuple[str, int | None] | None]
    places: Integers
    columns: Integers
    is_global: Booleans
    minimum: Integers
    maximum: Integers
    comparisons: list[Pair]
    pairs: Integers
    scopes: Integers
    stepped: list[int]

    @property
    def questions(self) -> int:
        """How many answers it takes."""
        return len(self.ratings) + len(self.comparisons)


@dataclass(frozen=True, slots=True)
class Columns:
    """The dimensions that a project's answers may speak of, each with its column in a truth.

    Versions of a rubric share the column of a dimension's key: what an answer is worth does not change with them.
    """

    dimensions: dict[int, tuple[int, Dimension]]

    @classmethod
    def of(cls, dimensions: Sequence[Dimension]) -> Columns:
        """Return the columns in this order."""
        columns: dict[str, int] = {}
        return cls({one.pk: (columns.setdefault(one.key, len(columns)), one) for one in dimensions})

    @property
    def scopes(self) -> dict[str, bool]:
        """By key, in the order of the columns, whether a dimension speaks of whole conversations."""
        return {one.key: one.scope == "global" for _, one in self.dimensions.values()}


def project_columns(project_id: int) -> Columns:
    """Return the columns of all rubrics that the project's batches use."""
    used = Batch.objects.filter(project=project_id).values("rubric")
    return Columns.of(list(Dimension.objects.filter(rubric__in=used).order_by("rubric", "position")))


def read_sheet(task: Task, scene: Scene, columns: Columns) -> Sheet:
    """Return what a task asks, in one statement. Its batch is loaded."""
    tree = read_tree(task.pk, content=False)
    dimensions = dimensions_of(task.batch.rubric_id)
    wanted = asked(tree, dimensions, task.asks)
    place = scene.place
    ratings = sorted(wanted.ratings, key=lambda one: (columns.dimensions[one[1]][0], place[one[0]]))
    known = [columns.dimensions[dimension] for _, dimension in ratings]
    comparisons = sorted(wanted.comparisons, key=lambda one: (one.scope, one.left, one.right))
    ordered = [Pair(one.scope, min(one.left, one.right), max(one.left, one.right)) for one in comparisons]
    return Sheet(
        ratings=ratings,
        instead=[
            _WITHOUT_LEVEL.get(image_rule(one, tree, response)) if one.image_rule != "none" else None
            for (response, _), (_, one) in zip(ratings, known, strict=True)
        ],
        places=_integers([place[response] for response, _ in ratings]),
        columns=_integers([column for column, _ in known]),
        is_global=np.array([one.scope == "global" for _, one in known], dtype=bool),
        minimum=_integers([one.minimum for _, one in known]),
        maximum=_integers([one.maximum for _, one in known]),
        comparisons=ordered,
        pairs=_integers([[place[one.left], place[one.right]] for one in ordered]).reshape(-1, 2),
        scopes=_integers([one.scope == "global" for one in ordered]),
        stepped=sorted(tree.responses) if task.batch.step_labels and task.asks is None else [],
    )


def _integers(values: Sequence[Any]) -> Integers:
    return np.array(values, dtype=np.int64)


def levels_of(truth: Truth, sheet: Sheet) -> Floats:
    """Return the worth of what each rating of a sheet speaks of, by its dimension."""
    return truth.levels[sheet.places, sheet.columns]
