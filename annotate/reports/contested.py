"""What a sitting asks its reviewer: every item that one of its flags is about, once.

The questions say nothing about the flags: not their kind, not who said what.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count

from annotate.models import Dimension, Flag, Response, Review, Scope, Submission, Task, Turn
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


Question = RatingQuestion | ComparisonQuestion


@dataclass(frozen=True, slots=True)
class Contested:
    """A sitting's questions in reading order, and the task to which the verdicts belong."""

    task: Task
    tree: TaskTree
    questions: list[Question]


def contested(review: Review) -> Contested:
    """Return what this sitting asks, in six statements at most."""
    task = _task(review.conversation_id)
    tree = whole_tree(review.conversation_id)
    flags = list(Flag.objects.filter(review=review).select_related("dimension").order_by("pk"))
    questions = {one.name: one for flag in flags for one in _questions(flag, task, tree)}
    turns = {node.id: turn.number for turn in tree.turns for node in turn.candidates}

    def place(question: Question) -> tuple[object, ...]:
        compares = isinstance(question, ComparisonQuestion)
        at = question.right if isinstance(question, ComparisonQuestion) else question.response
        position = question.dimension.position if question.dimension else -1
        return question.scope == Scope.GLOBAL, turns[at], compares, at, position

    return Contested(task, tree, sorted(questions.values(), key=place))


def _task(conversation_id: int) -> Task:
    """Return the conversation's first task that has answers: verdicts take its rubric and its scale."""
    answered = Submission.objects.exclude(origin=Submission.Origin.REVIEW).values("task")
    return (
        Task.objects.filter(conversation=conversation_id, pk__in=answered)
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


def _questions(flag: Flag, task: Task, tree: TaskTree) -> Iterator[Question]:
    if flag.response_id is not None and flag.dimension is not None:
        yield _rating(flag.response_id, flag.dimension, tree)
    if flag.left_id is not None and flag.right_id is not None:
        yield _comparison(flag.scope, flag.left_id, flag.right_id, flag.dimension, task, tree)
    if flag.left_id is not None and flag.right_id is not None and flag.kind == Flag.Kind.SELF_CONSISTENCY:
        wide = {one["dimension"] for one in flag.evidence["ratings"] if one["wide"]}
        for dimension in dimensions_of(task.batch.rubric_id):
            if dimension.key in wide:
                yield _rating(flag.left_id, dimension, tree)
                yield _rating(flag.right_id, dimension, tree)


def _rating(response: int, dimension: Dimension, tree: TaskTree) -> RatingQuestion:
    rule = image_rule(dimension, tree, response)
    return RatingQuestion(
        name=f"rating:{tree.responses[response].uid}:{dimension.key}",
        scope=dimension.scope,
        response=response,
        dimension=dimension,
        levels=tuple(range(dimension.minimum, dimension.maximum + 1)),
        states=("unable", "not_applicable") if rule in {"no_image", "no_output_image"} else ("unable",),
        rule=rule,
    )


def _comparison(  # noqa: PLR0913, PLR0917 - a pair is two
    scope: str, left: int, right: int, dimension: Dimension | None, task: Task, tree: TaskTree
) -> ComparisonQuestion:
    uids = f"{tree.responses[left].uid}:{tree.responses[right].uid}"
    scale = task.batch.preference_scale
    return ComparisonQuestion(
        name=f"comparison:{scope}:{uids}:{dimension.key if dimension else ''}",
        scope=scope,
        left=left,
        right=right,
        dimension=dimension,
        levels=tuple(one for one in range(-scale, scale + 1) if one or task.batch.tie_allowed),
    )
