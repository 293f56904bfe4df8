"""The demo's judgements: whole, valid by the rubric and the trees, and at odds just as often as promised."""

from __future__ import annotations

import json
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest

from annotate.demo import CONVERSATIONS, judgement_files
from annotate.formats.rubric import BUILT_IN, read_rubric

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# No database here; tests/management/test_load_demo.py submits these files for real.
Node = dict[str, Any]
FILES = judgement_files()
PEOPLE = ["demo-ines", "demo-omar"]
RUBRIC = read_rubric(BUILT_IN / "intermt.yaml")
SCALES = {one.key: one.scale for one in RUBRIC.dimensions}
LOCAL = [one.key for one in RUBRIC.dimensions if one.scope == "local"]
GLOBAL = [one.key for one in RUBRIC.dimensions if one.scope == "global"]
IMAGE_RULED = {one.key for one in RUBRIC.dimensions if one.image_rule != "none"}
WIDE = 2


@cache
def conversation_of(file: Path) -> Node:
    found: Node = json.loads((CONVERSATIONS / file.name).read_bytes())
    return found


@cache
def judgements_of(file: Path) -> dict[str, Node]:
    given = json.loads(file.read_bytes())
    assert set(given) == {"conversation", "judgements"}
    assert given["conversation"] == conversation_of(file)["id"] == file.stem
    judgements: dict[str, Node] = given["judgements"]
    return judgements


def ends(conversation: Node) -> list[str]:
    return [path["response"] for path in conversation["paths"] if path["whole"]]


def pairs(conversation: Node) -> set[tuple[str, frozenset[str]]]:
    local = (combinations([c["id"] for c in turn["candidates"]], 2) for turn in conversation["turns"])
    return {("local", frozenset(pair)) for turn in local for pair in turn} | {
        ("global", frozenset(pair)) for pair in combinations(ends(conversation), 2)
    }


def rounds(conversation: Node, response: str) -> Iterator[tuple[Node, Node]]:
    """Yield the (turn, response) pairs from this response up to the root."""
    by_id = {c["id"]: (turn, c) for turn in conversation["turns"] for c in turn["candidates"]}
    at: str | None = response
    while at is not None:
        yield by_id[at]
        at = by_id[at][0]["parent"]


def pictures(message: Node) -> int:
    return sum(part["type"] == "image" and part["image"] is not None for part in message["content"])


def may_not_apply(conversation: Node, response: str, dimension: str) -> bool:
    """Say whether the rubric allows "not applicable" here: nothing to look at, or nothing was drawn."""
    seen = list(rounds(conversation, response))
    drawn = sum(pictures(answer) for _, answer in seen)
    shown = sum(pictures(turn) for turn, _ in seen)
    if dimension not in IMAGE_RULED:
        return False
    return drawn == 0 if dimension in GLOBAL else drawn + shown == 0


def overall(answers: Node) -> dict[tuple[str, str, str], int]:
    return {
        (one["scope"], one["left"], one["right"]): one["preference"]
        for one in answers["comparisons"]
        if "dimension" not in one
    }


def by_both() -> Iterator[tuple[Node, Node]]:
    for file in FILES:
        first, second = judgements_of(file).values()
        yield first, second


def test_two_people_judge_six_conversations_and_leave_the_reference_task_alone() -> None:
    assert len(FILES) == 6
    assert all(list(judgements_of(file)) == PEOPLE for file in FILES)
    assert not any(file.stem.startswith("demo-01") for file in FILES)
    assert {conversation_of(file)["language"] for file in FILES} == {"en", "zh-Hans"}


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_required_answer_is_there_and_no_other(file: Path, person: str) -> None:
    conversation, answers = conversation_of(file), judgements_of(file)[person]
    assert set(answers) == {"ratings", "comparisons", "notes", "steps"}
    asked = {c["id"]: list(LOCAL) for turn in conversation["turns"] for c in turn["candidates"]}
    for response in ends(conversation):
        asked[response] += GLOBAL
    assert {response: list(values) for response, values in answers["ratings"].items()} == asked
    compared = [(scope, frozenset({left, right})) for scope, left, right in overall(answers)]
    assert len(compared) == len(set(compared))
    assert set(compared) == pairs(conversation)
    assert all(-3 <= one["preference"] <= 3 for one in answers["comparisons"])


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_values_lie_on_their_scales_and_states_follow_the_rules_for_images(file: Path, person: str) -> None:
    conversation, answers = conversation_of(file), judgements_of(file)[person]
    for response, values in answers["ratings"].items():
        for dimension, value in values.items():
            if value == "not_applicable":
                assert may_not_apply(conversation, response, dimension), (response, dimension)
            elif value != "unable":
                low, high = SCALES[dimension]
                assert low <= value <= high, (response, dimension)


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_response_has_a_critique_in_the_language_of_its_conversation(file: Path, person: str) -> None:
    conversation, answers = conversation_of(file), judgements_of(file)[person]
    critiques = {n["response"] for n in answers["notes"] if n["kind"] == "critique"}
    assert critiques == set(answers["ratings"])
    for note in answers["notes"]:
        assert note["text"] == note["text"].strip()
        chinese = any("\u4e00" <= letter <= "\u9fff" for letter in note["text"])
        assert chinese == (conversation["language"] == "zh-Hans"), note["text"]


def test_there_are_reasons_refinements_image_notes_and_step_labels() -> None:
    answers = [one for both in by_both() for one in both]
    kinds = [note["kind"] for one in answers for note in one["notes"]]
    assert min(kinds.count("reason"), kinds.count("refinement"), kinds.count("image")) >= 3
    assert len([step for one in answers for step in one["steps"]]) >= 10


def test_people_mostly_agree_within_one_point_and_truly_disagree_eight_times() -> None:
    gaps = [
        abs(value - second["ratings"][response][dimension])
        for first, second in by_both()
        for response, values in first["ratings"].items()
        for dimension, value in values.items()
        if isinstance(value, int) and isinstance(second["ratings"][response][dimension], int)
    ]
    opposite = [
        pair
        for first, second in by_both()
        for pair, preference in overall(first).items()
        if preference * overall(second)[pair] < 0
    ]
    apart = sum(gap >= WIDE for gap in gaps)
    assert (apart, len(opposite)) == (3, 5)
    assert sum(gap <= 1 for gap in gaps) > 0.98 * len(gaps) > sum(gap == 0 for gap in gaps)


def test_two_preferences_go_against_everything_that_the_same_person_rated() -> None:
    found = [
        (person, file.stem[:7], left, right)
        for file in FILES
        for person, answers in judgements_of(file).items()
        for (scope, left, right), preference in overall(answers).items()
        if contradicts(answers["ratings"], LOCAL if scope == "local" else GLOBAL, (left, right), preference)
    ]
    assert found == [("demo-omar", "demo-07", "r2b", "r2c"), ("demo-ines", "demo-09", "r2a", "r2b")]


def contradicts(ratings: Node, dimensions: list[str], pair: tuple[str, str], preference: int) -> bool:
    """Say whether the preferred side is better on nothing, and far behind on something."""
    left, right = (ratings[one] for one in pair)
    sign = (preference > 0) - (preference < 0)
    behind = [
        (left[key] - right[key]) * sign
        for key in dimensions
        if isinstance(left[key], int) and isinstance(right[key], int)
    ]
    return sign != 0 and min(behind, default=-1) >= 0 and max(behind, default=0) >= WIDE


def test_a_preference_on_one_dimension_agrees_with_the_ratings_on_it() -> None:
    for answers in (one for both in by_both() for one in both):
        for one in answers["comparisons"]:
            if "dimension" in one:
                left, right = (answers["ratings"][one[side]][one["dimension"]] for side in ("left", "right"))
                assert (right - left) * one["preference"] > 0
