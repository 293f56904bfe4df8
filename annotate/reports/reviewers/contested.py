"""What a sitting asks its reviewer: the questions that were drawn up when it began.

A sitting stores the *names* of its questions, which are made of outside ids and say nothing about why it is held:
not whether anything was flagged, of what kind, or who said what.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count

from annotate.models import Batch, Dimension, Response, Review, Scope, Submission, Task, Turn
from annotate.questions import ResponseNode, TaskTree, TurnNode, dimensions_of, image_rule


@dataclass(frozen=True, slots=True)
class RatingQuestion:
    """A dimension of one response: answered by one of ``levels``, or by one of ``states`` instead.

    ``name`` is stable and made of outside ids; ``rule`` is the rule about images that holds here, or "".
    """

    name: str
    scope: str
    response: int
    dimension: Dimension
    levels: tuple[int, ...]
    states: tuple[str, ...]
    rule: str


@dataclass(frozen=True, slots=True)
class ComparisonQuestion:
    """Two responses, on a dimension or overall; of ``levels``, positive ones say that the right is better."""

    name: str
    scope: str
    left: int
    right: int
    dimension: Dimension | None
    levels: tuple[int, ...]
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepQuestion:
    """One step of a response, by its index from 0: right (1), neutral (0) or wrong (−1)."""

    name: str
    response: int
    index: int
    scope: str = Scope.LOCAL
    dimension: None = None
    levels: tuple[int, ...] = (1, 0, -1)
    states: tuple[str, ...] = ()


Question = RatingQuestion | ComparisonQuestion | StepQuestion


@dataclass(frozen=True, slots=True)
class Contested:
    """A sitting's questions in reading order, and the task to which the verdicts belong."""

    task: Task
    tree: TaskTree
    questions: list[Question]


def contested(review: Review) -> Contested:
    """Return what this sitting asks, in four statements."""
    task = task_of(review.conversation_id)
    tree = whole_tree(review.conversation_id)
    dimensions = _dimensions(review.conversation_id, task)
    questions = [_question(name, task, tree, dimensions) for name in review.asks]
    turns = {node.id: turn.number for turn in tree.turns for node in turn.candidates}

    def place(question: Question) -> tuple[object, ...]:
        compares = isinstance(question, ComparisonQuestion)
        at = question.right if isinstance(question, ComparisonQuestion) else question.response
        position = question.dimension.position if question.dimension else -1
        index = question.index if isinstance(question, StepQuestion) else -1
        return question.scope == Scope.GLOBAL, turns[at], compares, at, index, position

    return Contested(task, tree, sorted(questions, key=place))


def responses_of(question: Question) -> list[int]:
    """Return the inside ids of the responses that a question is about."""
    if isinstance(question, ComparisonQuestion):
        return [question.left, question.right]
    return [question.response]


def rating_name(response: object, key: str) -> str:
    """Return the name of the question for a dimension of a response, given by its outside id."""
    return f"rating:{response}:{key}"


def comparison_name(scope: str, left: object, right: object, key: str) -> str:
    """Return the name of the question for a pair, lower inside id on the left; no key: overall."""
    return f"comparison:{scope}:{left}:{right}:{key}"


def step_name(response: object, index: int) -> str:
    """Return the name of the question for one step of a response."""
    return f"step:{response}:{index}"


def task_of(conversation_id: int) -> Task:
    """Return the conversation's first task that has answers: verdicts take its rubric and its scale.

    Never one of training, qualification or gold, nor a repeat: those answers measure people.
    """
    answered = Submission.objects.exclude(origin=Submission.Origin.REVIEW).values("task")
    return (
        Task.objects.filter(conversation=conversation_id, pk__in=answered, is_gold=False, reserved_for=None)
        .exclude(batch__purpose__in=Batch.PRACTICE)
        .select_related("batch")
        .earliest("pk")
    )


def whole_tree(conversation_id: int) -> TaskTree:
    """Return the shape of a whole conversation, whatever its tasks show, in two statements."""
    turns = {
        pk: TurnNode(pk, uid, parent, number, images, "")
        for pk, uid, parent, number, images in Turn.objects.filter(conversation=conversation_id)
        .annotate(images=Count("parts__image"))
        .order_by("number", "pk")
        .values_list("pk", "uid", "parent", "number", "images")
    }
    for pk, uid, turn, images in (
        Response.objects.filter(turn__conversation=conversation_id)
        .annotate(images=Count("parts__image"))
        .order_by("pk")
        .values_list("pk", "uid", "turn", "images")
    ):
        turns[turn].candidates.append(ResponseNode(pk, uid, turn, images, ""))
    return TaskTree(list(turns.values()), [])


def _dimensions(conversation_id: int, task: Task) -> dict[str, Dimension]:
    """Return dimensions by key: the task's own, and those by which other tasks alone asked."""
    rubrics = set(Task.objects.filter(conversation=conversation_id).values_list("batch__rubric", flat=True))
    ordered = [*sorted(rubrics - {task.batch.rubric_id}), task.batch.rubric_id]
    return {one.key: one for rubric in ordered for one in dimensions_of(rubric)}


def _question(name: str, task: Task, tree: TaskTree, dimensions: Mapping[str, Dimension]) -> Question:
    kind, *words = name.split(":")
    by_uid = {str(node.uid): node.id for node in tree.responses.values()}
    if kind == "rating":
        uid, key = words
        return _rating(name, by_uid[uid], dimensions[key], tree)
    if kind == "step":
        uid, index = words
        return StepQuestion(name, by_uid[uid], int(index))
    return _comparison(name, words, by_uid, dimensions, task.batch)


def _rating(name: str, response: int, dimension: Dimension, tree: TaskTree) -> RatingQuestion:
    rule = image_rule(dimension, tree, response)
    return RatingQuestion(
        name=name,
        scope=dimension.scope,
        response=response,
        dimension=dimension,
        levels=tuple(range(dimension.minimum, dimension.maximum + 1)),
        states=("unable", "not_applicable") if rule in {"no_image", "no_output_image"} else ("unable",),
        rule=rule,
    )


def _comparison(
    name: str, words: list[str], by_uid: Mapping[str, int], dimensions: Mapping[str, Dimension], batch: Batch
) -> ComparisonQuestion:
    scope, left, right, key = words
    scale = batch.preference_scale
    return ComparisonQuestion(
        name=name,
        scope=scope,
        left=by_uid[left],
        right=by_uid[right],
        dimension=dimensions[key] if key else None,
        levels=tuple(one for one in range(-scale, scale + 1) if one or batch.tie_allowed),
    )
