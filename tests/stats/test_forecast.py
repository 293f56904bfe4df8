from __future__ import annotations

import math

import numpy as np
import pytest

from annotate.stats.forecast import Answers, Components, components, half_width, need, people_floor

ITEMS, PEOPLE, NOISE = 0.5, 0.04, 0.3


def drawn(rng: np.random.Generator, conversations: int, overlap: int, persons: int) -> Answers:
    """Return answers to one stratum: one item a conversation, people at random."""
    level = rng.normal(1.5, math.sqrt(ITEMS), conversations)
    offset = rng.normal(0, math.sqrt(PEOPLE), persons)
    who = np.stack([rng.choice(persons, overlap, replace=False) for _ in range(conversations)])
    conversation = np.repeat(np.arange(conversations), overlap)
    person = who.reshape(-1)
    value = level[conversation] + offset[person] + rng.normal(0, math.sqrt(NOISE), len(person))
    return Answers(np.zeros_like(conversation), conversation, person, value)


def test_the_variances_that_answers_were_drawn_with_are_found() -> None:
    rng = np.random.default_rng(1)
    found = [components(drawn(rng, 300, 3, 20)) for _ in range(20)]

    assert np.mean([one.items for one in found if one.items]) == pytest.approx(ITEMS, rel=0.06)
    assert np.mean([one.noise for one in found if one.noise]) == pytest.approx(NOISE, rel=0.04)
    assert np.mean([one.people for one in found if one.people]) == pytest.approx(PEOPLE, rel=0.2)
    # And how far they go wrong is what they say of themselves.
    real = np.std([one.items for one in found if one.items])
    assert np.mean([one.deviation for one in found if one.deviation]) == pytest.approx(real, rel=0.5)


def test_the_interval_that_was_asked_for_comes_about() -> None:
    rng = np.random.default_rng(2)
    pilot = components(drawn(rng, 200, 3, 20))
    wanted = need(pilot, 0.15, 2, 20)
    assert wanted is not None

    # The mean of as much work as was forecast, many times over.
    means = [drawn(rng, wanted.conversations, 2, 20).value.mean() for _ in range(400)]

    assert 1.96 * np.std(means) == pytest.approx(0.15, rel=0.15)
    assert wanted.low <= wanted.conversations <= wanted.high


def test_more_people_an_item_save_items_but_never_labels() -> None:
    found = Components(0.5, 0.0, 0.3, 0.05, 0.02, 0.0, 200, 20, 3.0, 1.0, "")
    needs = [need(found, 0.1, overlap, 20) for overlap in (1, 2, 3)]
    conversations = [one.conversations for one in needs if one]
    labels = [one.labels for one in needs if one]

    # (0.5 + 0.3 / k) / (0.1 / 1.96)^2, to the next whole one.
    assert conversations == [308, 250, 231]
    assert labels == sorted(labels)


def test_what_people_differ_by_cannot_be_labelled_away() -> None:
    found = Components(0.5, 0.04, 0.3, 0.05, 0.02, 0.0, 200, 4, 3.0, 1.0, "")

    assert people_floor(found, 4) == pytest.approx(1.96 * 0.1)
    assert need(found, 0.19, 3, 4) is None
    assert need(found, 0.19, 3, 8) is not None
    assert half_width(found, 1e9, 3, 4) == pytest.approx(1.96 * 0.1, rel=1e-4)


def test_a_source_that_occurs_in_half_the_conversations_takes_twice_as_many() -> None:
    half = Components(0.5, 0.0, 0.3, 0.05, 0.02, 0.0, 200, 20, 3.0, 0.5, "")

    assert need(half, 0.1, 1, 20).conversations == 615  # type: ignore[union-attr]


def test_too_little_to_go_by_is_said() -> None:
    rng = np.random.default_rng(3)
    nothing = np.empty(0, dtype=np.int64)

    assert components(drawn(rng, 10, 3, 20)).undefined == "few_conversations"
    assert components(drawn(rng, 100, 2, 2)).undefined == "few_people"
    assert components(Answers(nothing, nothing, nothing, nothing.astype(float))).undefined == "few_people"
    alone = drawn(rng, 100, 1, 20)
    assert components(alone).undefined == "few_conversations"
    same = drawn(rng, 100, 3, 20)
    flat = Answers(same.stratum, same.conversation, same.person, np.ones_like(same.value))
    assert components(flat).undefined == "no_variation"
    assert need(components(flat), 0.1, 3, 20) is None
