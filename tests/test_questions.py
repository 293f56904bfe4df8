"""What a task asks, and which of InterMT's rules about images holds where."""

from __future__ import annotations

from typing import Any

import pytest

from annotate.models import Conversation, MessagePart, Response, Task, Turn
from annotate.pipeline import planning
from annotate.questions import Pair, asked, dimensions_of, image_rule, read_tree
from tests import make

pytestmark = pytest.mark.django_db


def put_image(owner: Turn | Response, *, missing: bool = False) -> None:
    where: dict[str, Any] = {"turn": owner} if isinstance(owner, Turn) else {"response": owner}
    conversation = owner.conversation if isinstance(owner, Turn) else owner.turn.conversation
    MessagePart.objects.create(
        **where,
        position=owner.parts.count(),
        kind="image",
        image=None if missing else make.image(conversation.project),
        caption="c",
    )


def rule(task: Task, code: str, response: Response) -> str:
    dimension = next(one for one in dimensions_of(task.batch.rubric_id) if one.code == code)
    return image_rule(dimension, read_tree(task.pk, content=False), response.pk)


def linear(turns: int = 2) -> tuple[Conversation, list[Turn], list[Response]]:
    conversation = make.conversation(make.project(), turns=turns)
    asked_turns = list(conversation.turns.order_by("number"))
    return conversation, asked_turns, [turn.responses.get() for turn in asked_turns]


def test_the_reference_task_asks_40_local_ratings_5_global_and_5_comparisons() -> None:
    task = make.task(make.conversation(make.project(), turns=5, candidates=2))
    tree = read_tree(task.pk, content=False)

    wanted = asked(tree, dimensions_of(task.batch.rubric_id), None)

    local = {key for key in wanted.ratings if key[1] in local_ids(task)}
    assert len(local) == 40
    assert len(wanted.ratings) == 45
    assert len(wanted.comparisons) == 5


def local_ids(task: Task) -> set[int]:
    return {one.pk for one in dimensions_of(task.batch.rubric_id) if one.scope == "local"}


def test_four_siblings_make_six_pairs_and_two_whole_paths_one_global_pair() -> None:
    task = make.task(make.conversation(make.project(), turns=1, candidates=4))
    first, second = task.paths.order_by("position")[:2]
    second.whole = True
    second.save()

    pairs = list(read_tree(task.pk, content=False).pairs())

    assert sum(1 for pair in pairs if pair.scope == "local") == 6
    assert [pair for pair in pairs if pair.scope == "global"] == [
        Pair("global", first.response_id, second.response_id)
    ]


def test_responses_beyond_the_tasks_paths_are_not_asked() -> None:
    conversation = make.conversation(make.project(), turns=2, candidates=2)
    task = make.task(conversation)
    task.paths.filter(whole=False).delete()

    tree = read_tree(task.pk, content=False)

    assert [len(turn.candidates) for turn in tree.turns] == [1, 1]


@pytest.mark.parametrize("turns", [1, 6])
def test_a_tree_is_read_in_one_statement(turns: int, django_assert_num_queries: Any) -> None:
    task = make.task(make.conversation(make.project(), turns=turns, candidates=3))

    with django_assert_num_queries(1):
        read_tree(task.pk, content=True)


def test_without_any_image_nothing_can_be_said_about_images() -> None:
    conversation, _, responses = linear()
    task = make.task(conversation)

    assert rule(task, "L1", responses[0]) == "no_image"
    assert rule(task, "L2", responses[1]) == "no_image"
    assert rule(task, "G4", responses[1]) == "no_image"
    assert rule(task, "G5", responses[1]) == "no_image"
    assert rule(task, "L3", responses[0]) == ""
    assert rule(task, "G1", responses[1]) == ""


def test_the_users_image_alone_is_what_the_local_dimensions_judge() -> None:
    conversation, turns, responses = linear()
    put_image(turns[0])
    task = make.task(conversation)

    assert rule(task, "L1", responses[0]) == "input_images_only"
    assert rule(task, "L2", responses[1]) == "no_image_in_turn"
    assert rule(task, "G4", responses[1]) == "no_output_image"
    assert rule(task, "G5", responses[1]) == "no_output_image"


def test_one_turn_with_images_offers_the_default_for_style() -> None:
    conversation, _, responses = linear()
    put_image(responses[1])
    put_image(responses[1])
    task = make.task(conversation)

    assert rule(task, "L1", responses[1]) == "several_images"
    assert rule(task, "G5", responses[1]) == "one_image_turn"
    assert rule(task, "G4", responses[1]) == ""


def test_images_in_two_turns_need_no_rule() -> None:
    conversation, _, responses = linear()
    put_image(responses[0])
    put_image(responses[1])
    task = make.task(conversation)

    assert rule(task, "L1", responses[0]) == ""
    assert rule(task, "G5", responses[1]) == ""


def test_an_announced_picture_that_never_came_is_not_an_image() -> None:
    conversation, _, responses = linear(turns=1)
    put_image(responses[0], missing=True)
    task = make.task(conversation)

    assert rule(task, "L1", responses[0]) == "no_image"


def test_images_on_another_branch_do_not_count() -> None:
    conversation = make.conversation(make.project(), turns=1, candidates=2)
    plain, pictured = conversation.turns.get().responses.order_by("id")
    put_image(pictured)
    task = make.task(conversation)

    assert rule(task, "L1", plain) == "no_image"
    assert rule(task, "L1", pictured) == ""


@pytest.mark.parametrize(("turns", "candidates"), [(1, 1), (1, 4), (3, 2)])
def test_a_plan_counts_what_is_asked(turns: int, candidates: int) -> None:
    task = make.task(make.conversation(make.project(), turns=turns, candidates=candidates))
    task.paths.update(whole=True)
    dimensions = dimensions_of(task.batch.rubric_id)

    wanted = asked(read_tree(task.pk, content=False), dimensions, None)
    counted = planning.plan(task.batch).asks

    assert counted.local_ratings + counted.global_ratings == len(wanted.ratings)
    scopes = [pair.scope for pair in wanted.comparisons]
    assert counted.local_comparisons == scopes.count("local")
    assert counted.global_comparisons == scopes.count("global")
