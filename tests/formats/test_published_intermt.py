"""Reads the published conversations in place; nothing of them is copied into the project."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from annotate.formats.image_sources import open_source
from annotate.formats.images import normalise
from annotate.formats.importers import parse
from annotate.formats.markdown import render
from annotate.formats.records import ConversationRecord, FormatError, ImagePart, Part, TextPart

pytestmark = [
    pytest.mark.intermt,
    pytest.mark.skipif(not os.environ.get("INTERMT_DATA"), reason="INTERMT_DATA names no folder"),
]


@pytest.fixture(scope="module")
def data() -> Path:
    return Path(os.environ["INTERMT_DATA"])


def read(path: Path) -> list[ConversationRecord]:
    found = list(parse(path))
    assert not [one for one in found if isinstance(one, FormatError)]
    return [one for one in found if isinstance(one, ConversationRecord)]


def parts(record: ConversationRecord) -> list[Part]:
    return [
        part
        for turn in record.turns
        for content in (turn.content, *(one.content for one in turn.candidates))
        for part in content
    ]


def images(records: list[ConversationRecord]) -> list[ImagePart]:
    return [part for record in records for part in parts(record) if isinstance(part, ImagePart)]


def test_the_web_site_has_nine_conversations_of_five_rounds(data: Path) -> None:
    records = read(data / "conversations/conversations.json")

    assert [len(record.turns) for record in records] == [5] * 9
    assert {record.meta["category"] for record in records if "category" in record.meta}
    assert all(record.paths[0].whole and not record.ratings for record in records)


def test_all_its_images_are_found_and_can_be_stored(data: Path) -> None:
    wanted = images(read(data / "conversations/conversations.json"))

    assert len(wanted) == len({image.reference for image in wanted}) == 37
    with open_source(data / "conversations") as source:
        for image in wanted:
            found = source.read(image.reference)
            assert found is not None
            made = normalise(found)
            assert 400 <= made.width <= 2000
            assert made.media_type == "image/webp"


def test_the_crucial_steps_have_their_labels(data: Path) -> None:
    records = read(data / "crucial_step.json")

    assert len(records) == 296
    assert sum(len(record.turns) for record in records) == 1192
    assert Counter(rating.value for record in records for rating in record.ratings) == {
        3: 230,
        2: 56,
        1: 8,
        0: 2,
    }
    assert {rating.dimension for record in records for rating in record.ratings} == {
        "crucial_step_recognition"
    }
    assert all(len(record.notes) == 1 and len(record.notes[0].text) > 80 for record in records)


def test_placeholders_and_images_meet(data: Path) -> None:
    found = images(read(data / "crucial_step.json"))

    kinds = Counter((bool(image.reference), bool(image.caption)) for image in found)
    assert kinds == {(True, True): 812, (True, False): 356, (False, True): 9}
    assert max(len(image.caption) for image in found) == 378


def test_no_placeholder_and_no_stray_bracket_is_left(data: Path) -> None:
    for record in read(data / "crucial_step.json"):
        assert not any("<Image," in part.text for part in parts(record) if isinstance(part, TextPart))
        for turn in record.turns:
            last = turn.content[-1]
            if isinstance(last, TextPart) and last.text.endswith("]]"):
                assert "[[" in last.text


def test_nodes_are_shared_and_some_questions_have_several_answers(data: Path) -> None:
    answers, roots = defaultdict[str, set[str]](set), set()
    for record in read(data / "crucial_step.json"):
        roots.add(record.turns[0].external_id)
        for turn in record.turns:
            answers[turn.external_id].add(turn.candidates[0].external_id)

    assert len(roots) == 220
    assert sum(len(one) > 1 for one in answers.values()) == 65


def test_every_message_can_be_shown(data: Path) -> None:
    for record in read(data / "crucial_step.json"):
        for part in parts(record):
            if isinstance(part, TextPart):
                assert render(part.text)
