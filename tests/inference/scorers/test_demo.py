from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.configuration import Demo
from inference.scorers import load
from inference.types import Image, Item, Message, Part, Role, Text
from tests.inference import make

ROLES: tuple[Role, ...] = ("system", "user", "assistant")
WORDS = st.text(alphabet="ab图 \n\0\ud800", max_size=30)
PARTS = st.lists(
    st.one_of(
        st.builds(Text, st.text() | WORDS), st.builds(lambda data: Image(source=data), st.binary(max_size=2))
    ),
    max_size=3,
)
MESSAGES = st.lists(st.builds(Message, st.sampled_from(ROLES), PARTS.map(tuple)), max_size=3)


def exchange(before: list[Message], asked: list[Part], answered: list[Part]) -> tuple[Message, ...]:
    return (*before, Message("user", tuple(asked)), Message("assistant", tuple(answered)))


IDS = st.uuids().map(str)
STEPS = st.lists(WORDS, max_size=3).map(tuple)
MAX_STEPS = st.none() | st.integers(1, 3) | st.just("default")
ROUGH = st.builds(
    Item,
    id=IDS,
    messages=st.builds(exchange, MESSAGES, PARTS, PARTS) | MESSAGES.map(tuple),
    steps=st.none() | STEPS,
    max_steps=MAX_STEPS,
)
WORDY = st.text(alphabet="ab图 \n", min_size=1, max_size=40)
SOUND = st.builds(
    lambda answer, asked, key: make.item(answer, question=(asked,), item_id=key), WORDY, WORDY, IDS
)
ITEMS = ROUGH | SOUND


@given(st.lists(ITEMS, max_size=5))
def test_order_is_kept_and_neighbours_make_no_difference(items: list[Item]) -> None:
    demo = load("demo", Demo())
    results = demo(items)

    assert [result.id for result in results] == [item.id for item in items]
    assert results == [demo([item])[0] for item in items]


@given(ITEMS)
def test_any_item_gets_a_value_in_range_or_an_error(item: Item) -> None:
    (result,) = load("demo", Demo())([item])

    assert (result.value is None) == (result.error is not None) == (result.steps is None)
    assert result.value is None or -3 <= result.value <= 3
    assert all(0 <= step.score <= 1 for step in result.steps or ())


def test_it_says_that_it_is_untrained() -> None:
    info = load("demo", Demo()).describe()

    assert not info.trained
    assert "untrained" in info.model
    assert "nothing about quality" in info.comparability


def test_the_value_follows_the_written_formula() -> None:
    (result,) = load("demo", Demo())([make.item("The sky\n\nis the sky", question=("Why is the sky blue?",))])

    overlap, length, structure, repetition = 3 / 5, 5 / 45, 1 / 3, 1 / 4
    assert result.value == pytest.approx(
        -3 + (2 * overlap + 2 * length + structure + 1 / 2) * (1 - repetition)
    )
    assert result.tokens == 10
    assert result.steps
    assert [(step.text, step.score) for step in result.steps] == [
        ("The sky", 1.0),
        ("is the sky", pytest.approx((1 + 1 / 3) / 2)),
    ]


def test_a_promised_picture_counts() -> None:
    asked = ("Please draw a cat.",)
    items = [make.item("A cat.", b"png", question=asked), make.item("A cat.", question=asked)]
    with_picture, without = (result.value or 0 for result in load("demo", Demo())(items))

    assert with_picture - without == pytest.approx(1)


def test_a_picture_that_the_user_brings_promises_none() -> None:
    asked = ("What is in this picture?", b"png")
    items = [make.item("A cat.", b"png", question=asked), make.item("A cat.", question=asked)]
    with_picture, without = load("demo", Demo())(items)

    assert with_picture.value == without.value


def test_given_steps_are_kept_and_joined_as_asked() -> None:
    item = replace(make.item("ignored"), steps=("one", "two", "three"), max_steps=2)
    (result,) = load("demo", Demo())([item])

    assert result.steps
    assert [(step.text, step.first, step.last) for step in result.steps] == [
        ("one\n\ntwo", 0, 1),
        ("three", 2, 2),
    ]


def test_a_bad_item_leaves_the_rest_of_the_batch_unharmed() -> None:
    good = make.item("Light scatters.", item_id="good")
    results = load("demo", Demo())(
        [make.item("", item_id="empty"), good, make.item("a\0", item_id="nul"), make.item(" \n", b"png")]
    )

    assert [result.error.code if result.error else None for result in results] == [
        "empty_response",
        None,
        "bad_text",
        "empty_response",
    ]
    assert results[1] == load("demo", Demo())([good])[0]


def test_the_scorer_goes_by_the_name_it_was_given() -> None:
    assert load("rules", Demo()).describe().key == "rules"
