"""The demo project's files: readable, complete, varied as promised, and drawn the same everywhere."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageOps

from annotate.demo import conversation_files, draw_pictures
from annotate.demo.pictures import PICTURES
from annotate.demo.pictures.canvas import Canvas, smooth

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# No Django and no database here: the demo's content is plain files and Pillow.
Node = dict[str, Any]
FILES = conversation_files()
SCENARIOS = {
    "unclear-cognition",
    "repeated-attempts",
    "stepwise-reasoning",
    "exploratory-companion",
    "cross-modal",
}
ORIENTATION = 0x0112


@cache
def conversations() -> list[Node]:
    return [json.loads(file.read_text(encoding="utf-8")) for file in FILES]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("pictures")
    draw_pictures(folder)
    return folder


def messages(conversation: Node) -> Iterator[Node]:
    for turn in conversation["turns"]:
        yield turn
        yield from turn["candidates"]


def images(message: Node) -> list[Node]:
    return [part for part in message["content"] if part["type"] == "image"]


def delivered(conversation: Node) -> list[str]:
    return [part["image"] for message in messages(conversation) for part in images(message) if part["image"]]


def path_turns(conversation: Node, response: str) -> list[Node]:
    """List the turns from the root to ``response``."""
    turns = {turn["id"]: turn for turn in conversation["turns"]}
    turn_of = {c["id"]: turn["id"] for turn in turns.values() for c in turn["candidates"]}
    out, at = [], response
    while at is not None:
        out.append(turns[turn_of[at]])
        at = out[-1]["parent"]
    return out[::-1]


def one(identifier: str) -> Node:
    return next(c for c in conversations() if c["id"] == identifier)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_holds_one_well_formed_conversation(file: Path) -> None:
    conversation = json.loads(file.read_text(encoding="utf-8"))
    assert set(conversation) == {"format", "version", "id", "language", "meta", "turns", "paths"}
    assert (conversation["format"], conversation["version"]) == ("annotate-conversation", 1)
    assert conversation["id"] == file.stem
    assert conversation["language"] in {"en", "zh-Hans"}
    assert set(conversation["meta"]) == {"scenario", "title"}
    for turn in conversation["turns"]:
        assert set(turn) == {"id", "parent", "content", "candidates"}
        for response in turn["candidates"]:
            assert set(response) == {"id", "source_model", "content"}
            assert response["source_model"]
    for path in conversation["paths"]:
        assert set(path) == {"id", "response", "whole"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_part_is_a_text_or_an_image_with_a_caption(file: Path) -> None:
    for message in messages(json.loads(file.read_text(encoding="utf-8"))):
        assert message["content"]
        for part in message["content"]:
            if part["type"] == "text":
                assert set(part) == {"type", "text"}
                assert part["text"] == part["text"].strip("\n")
                assert part["text"]
            else:
                assert set(part) == {"type", "image", "caption"}
                assert part["image"] is None or part["image"] in PICTURES
                assert part["caption"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_ids_are_unique_parents_come_first_and_paths_end_at_leaves(file: Path) -> None:
    conversation = json.loads(file.read_text(encoding="utf-8"))
    ids = [message["id"] for message in messages(conversation)] + [
        path["id"] for path in conversation["paths"]
    ]
    assert len(ids) == len(set(ids))
    seen: set[str] = set()
    for number, turn in enumerate(conversation["turns"]):
        assert (turn["parent"] is None) == (number == 0)
        assert number == 0 or turn["parent"] in seen
        seen |= {response["id"] for response in turn["candidates"]}
    parents = {turn["parent"] for turn in conversation["turns"]}
    assert all(path["whole"] and path["response"] in seen - parents for path in conversation["paths"])
    assert len({path["response"] for path in conversation["paths"]}) == len(conversation["paths"])


def test_every_turn_lies_on_a_whole_path_so_that_nothing_goes_unasked() -> None:
    for conversation in conversations():
        covered = {
            turn["id"]
            for path in conversation["paths"]
            for turn in path_turns(conversation, path["response"])
        }
        assert covered == {turn["id"] for turn in conversation["turns"]}, conversation["id"]


def test_the_project_has_the_promised_variety() -> None:
    everything = conversations()
    languages = Counter(c["language"] for c in everything)
    assert languages["en"] >= 10
    assert languages["zh-Hans"] >= 3
    assert {c["meta"]["scenario"] for c in everything} == SCENARIOS
    depths = {len(path_turns(c, p["response"])) for c in everything for p in c["paths"]}
    assert depths == {1, 2, 3, 4, 5, 6}
    candidates = Counter(len(turn["candidates"]) for c in everything for turn in c["turns"])
    assert set(candidates) == {2, 3, 4}
    assert candidates[3] >= 8
    assert sum(len(c["paths"]) >= 2 for c in everything) >= 3
    assert max(len(c["paths"]) for c in everything) == 3
    assert len({m["source_model"] for c in everything for m in messages(c) if "source_model" in m}) >= 5


def test_pictures_stand_on_both_sides_and_in_the_middle_of_texts() -> None:
    turns = [turn for c in conversations() for turn in c["turns"]]
    assert sum(bool(images(turn)) for turn in turns) >= 10
    answers = [response for turn in turns for response in turn["candidates"]]
    assert sum(bool(images(answer)) for answer in answers) >= 50
    between = [
        a for a in answers if a["content"][0]["type"] == a["content"][-1]["type"] == "text" and images(a)
    ]
    assert len(between) >= 40
    assert sum(part["image"] is None for a in answers for part in images(a)) >= 5


def test_the_rare_shapes_of_a_conversation_are_there() -> None:
    counts = [len(delivered(c)) for c in conversations()]
    assert counts.count(0) == 1
    assert counts.count(1) == 2
    widest = max(len(images(m)) for c in conversations() for m in messages(c))
    assert widest >= 12
    picture_free = [
        t for c in conversations() for t in c["turns"] if not any(images(m) for m in (t, *t["candidates"]))
    ]
    assert len(picture_free) >= 7


def test_answers_hold_maths_tables_code_and_lists() -> None:
    texts = [
        p["text"] for c in conversations() for m in messages(c) for p in m["content"] if p["type"] == "text"
    ]
    for mark, least in (
        ("$$", 5),
        ("```python", 5),
        ("```js", 1),
        ("```c\n", 1),
        ("|---|", 8),
        ("\n1. ", 10),
        ("\n- ", 10),
        ("\n> ", 1),
    ):
        assert sum(mark in text for text in texts) >= least, mark
    assert all(text.count("```") % 2 == 0 and text.count("$$") % 2 == 0 for text in texts)


def test_the_reference_task_asks_for_forty_local_ratings() -> None:
    hub = one("demo-01-bicycle-hub")
    assert [len(turn["candidates"]) for turn in hub["turns"]] == [2] * 5
    assert len(hub["paths"]) == 1
    assert len(path_turns(hub, hub["paths"][0]["response"])) == 5


def test_three_endings_of_one_evening_share_all_but_the_last_answer() -> None:
    evening = one("demo-09-lighthouse")
    runs = [[turn["id"] for turn in path_turns(evening, path["response"])] for path in evening["paths"]]
    assert len(runs) == 3
    assert all(a == b for a, b in pairwise(runs))


def test_every_picture_is_drawn_and_every_drawn_picture_is_shown(drawn: Path) -> None:
    shown = {name for c in conversations() for name in delivered(c)}
    assert shown == set(PICTURES) == {file.name for file in drawn.iterdir()}
    assert len(shown) >= 45


def test_pictures_have_sizes_and_formats_for_the_web(drawn: Path) -> None:
    for file in drawn.iterdir():
        with Image.open(file) as picture:
            assert 480 <= max(picture.size) <= 900, file.name
            assert picture.format == ("JPEG" if file.suffix == ".jpg" else "PNG")
        assert 3_000 < file.stat().st_size < 130_000, file.name


def test_the_awkward_kinds_of_picture_are_there(drawn: Path) -> None:
    with Image.open(drawn / "hub-wheel-photo.jpg") as stored:
        assert stored.getexif()[ORIENTATION] == 6
        assert stored.size == (720, 540)
        assert ImageOps.exif_transpose(stored).size == (540, 720)
    with Image.open(drawn / "logo-one-ink.png") as clear:
        assert clear.mode == "RGBA"
        assert clear.getpixel((2, 2)) == (0, 0, 0, 0)
    with Image.open(drawn / "light-cutaway.png") as tall:
        assert tall.height > 1.6 * tall.width
    with Image.open(drawn / "papercut-folding.png") as wide:
        assert wide.width >= 3 * wide.height


def test_drawing_twice_gives_the_same_bytes(drawn: Path, tmp_path: Path) -> None:
    names = draw_pictures(tmp_path / "made" / "on" / "demand")
    assert names == sorted(PICTURES)
    for name in names:
        again = (tmp_path / "made" / "on" / "demand" / name).read_bytes()
        assert hashlib.sha256(again).digest() == hashlib.sha256((drawn / name).read_bytes()).digest(), name


def test_no_two_pictures_are_the_same(drawn: Path) -> None:
    digests = {hashlib.sha256(file.read_bytes()).digest() for file in drawn.iterdir()}
    assert len(digests) == len(PICTURES)


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        draw_pictures(tmp_path / "file")


def test_a_canvas_is_averaged_down_and_blends_translucent_colours() -> None:
    canvas = Canvas(40, 20, "#000000")
    canvas.box((0, 0, 20, 20), "#ffffff80")
    canvas.polygon([(20, 0), (40, 0), (40, 20)], "#ffffff")
    picture = canvas.finish()
    assert picture.size == (40, 20)
    assert picture.getpixel((5, 5)) == (128, 128, 128)
    assert picture.getpixel((38, 2)) == (255, 255, 255)
    edge = picture.getpixel((30, 10))
    assert isinstance(edge, tuple)
    assert 0 < edge[0] < 255


def test_a_curve_passes_through_its_points() -> None:
    points = [(0.0, 0.0), (10.0, 4.0), (20.0, -3.0)]
    curve = smooth(points, pieces=5)
    assert all(point in curve for point in points)
    assert len(curve) == 11
