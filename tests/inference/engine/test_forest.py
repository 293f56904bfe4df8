"""A pass over a forest gives every sequence what it gets alone, whatever it shares with others."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import Qwen2Config, Qwen2Model

from inference.engine.forest import Forest, distinct
from inference.engine.passes import Counted, hidden_states, use_forest_attention
from inference.engine.pictures import Source
from inference.engine.sequences import Builder, Picture, TokenSequence
from inference.types import Image

WORDS = st.lists(st.integers(1, 3), min_size=1, max_size=12)


def sequence(ids: list[int], *reads: int) -> TokenSequence:
    built = Builder(image_id=9, ids=list(ids), reads=list(reads) or [len(ids) - 1])
    return built.finish(np.arange(len(ids))[None])


def picture(name: str, tokens: int = 3, budget: int = 1) -> Picture:
    return Picture(Source(Image(source=name.encode()), name, 1, 1), budget, (1,), tokens)


@pytest.fixture(scope="module")
def model() -> Qwen2Model:
    torch.manual_seed(1)
    config = Qwen2Config(
        vocab_size=10,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
    )
    made = Qwen2Model(config)
    made.train(mode=False)
    use_forest_attention(made)
    return made


def alone(model: Qwen2Model, one: TokenSequence) -> torch.Tensor:
    with torch.inference_mode():
        states: torch.Tensor = model(input_ids=torch.from_numpy(one.ids)[None]).last_hidden_state[0]
    return states[list(one.reads)]


def seen(forest: Forest, first: int, end: int) -> dict[int, list[int]]:
    """Return what each node sees, itself included."""
    return {
        node: [*one.above.tolist(), *range(one.first, node + 1)]
        for one in forest.stretches(first, end)
        for node in range(one.first, one.end)
    }


@given(st.lists(WORDS, min_size=1, max_size=6), st.integers(1, 9))
def test_every_path_spells_its_sequence_and_every_node_sees_exactly_its_ancestors(
    words: list[list[int]], size: int
) -> None:
    forest = Forest([sequence(one) for one in words])
    whole = seen(forest, 0, len(forest))
    pieces: dict[int, list[int]] = {}
    for first in range(0, len(forest), size):
        pieces |= seen(forest, first, min(first + size, len(forest)))

    prefixes = {tuple(one[: end + 1]) for one in words for end in range(len(one))}
    assert len(forest) == len(prefixes) == distinct([sequence(one) for one in words])
    for one, path in zip(words, forest.paths, strict=True):
        assert forest.ids[path].tolist() == one
        assert (np.diff(path) > 0).all()
        for depth, node in enumerate(path):
            assert whole[node] == pieces[node] == path[: depth + 1].tolist()


@settings(max_examples=25, deadline=None)
@given(words=st.lists(WORDS, min_size=1, max_size=6), budget=st.sampled_from([1, 4, 7, 100]))
def test_the_pass_over_a_forest_equals_each_sequence_alone(
    model: Qwen2Model, words: list[list[int]], budget: int
) -> None:
    sequences = [sequence(one, 0, len(one) - 1) for one in words]
    together = hidden_states(model, Forest(sequences), lambda _: torch.empty(0), budget=budget)

    for one, states in zip(sequences, together, strict=True):
        assert torch.allclose(states, alone(model, one), atol=1e-5)


def test_the_same_picture_is_shared_and_another_or_another_budget_is_not() -> None:
    def with_picture(one: Picture) -> TokenSequence:
        built = Builder(image_id=9)
        built.text([1])
        built.picture(one)
        built.text([2])
        built.read_last()
        return built.finish(np.arange(len(built.ids))[None])

    same = Forest([with_picture(picture("a")), with_picture(picture("a"))])
    others = Forest(
        [with_picture(picture("a")), with_picture(picture("b")), with_picture(picture("a", budget=2))]
    )

    assert (len(same), len(same.pictures)) == (5, 1)
    assert (len(others), len(others.pictures)) == (1 + 3 * 4, 3)


def test_features_stand_where_their_picture_stands(model: Qwen2Model) -> None:
    built = Builder(image_id=9)
    built.text([1, 2])
    built.picture(picture("a", tokens=2))
    built.text([3])
    built.read_last()
    one = built.finish(np.arange(5)[None])
    features = torch.randn(2, 32)
    embedded = model.embed_tokens(torch.from_numpy(one.ids)).clone()
    embedded[2:4] = features
    with torch.inference_mode():
        expected = model(inputs_embeds=embedded[None]).last_hidden_state[0, -1:]

    (states,) = hidden_states(model, Forest([one, sequence([1, 3])]), lambda _: features, budget=100)[:1]
    assert torch.allclose(states, expected, atol=1e-5)


def test_what_is_computed_is_counted() -> None:
    forest = Forest([sequence([1, 2, 3]), sequence([1, 2, 2, 2]), sequence([1, 2, 3])])
    counted = Counted()
    counted.add(forest, budget=100)
    counted.add(forest, budget=2)

    assert (counted.tokens, counted.tokens_alone, counted.sequences) == (2 * 5, 2 * 10, 2 * 3)
    # 1-2-2-2 first, 3 below 1-2; then in pieces of two: 1-2, 2-2 below both, 3 below both.
    assert counted.attention_pairs == (4 * 5 // 2 + 1 * 3) + (2 * 3 // 2 + 2 * 4 + 1 * 3)
