"""Whatever one item holds, it gets a score or an error of its own, and its neighbours their scores."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from inference.configuration import Outcome, Process
from inference.scorers import load
from inference.types import Image, Item, Message, Result, Text
from tests.inference import make
from tests.inference.reference import encoded, picture

PICTURE = picture(21)


def without_palette() -> bytes:
    """Return a PNG of palette indices from which the palette is cut out."""
    whole = encoded(Pillow.open(BytesIO(PICTURE)).convert("P"))
    at = whole.index(b"PLTE") - 4
    return whole[:at] + whole[at + 12 + int.from_bytes(whole[at : at + 4]) :]


def about(*parts: str | bytes, answer: str = "A lamp.") -> Item:
    return make.item(answer, question=parts, item_id="poison")


def with_text(text: str) -> Item:
    return make.item(text, question=(text,), item_id="poison")


def stepwise(*steps: str, **settings: Any) -> Item:
    return replace(make.item("\n\n".join(steps), item_id="poison"), steps=steps, **settings)


# Code expected of the process scorer and of the outcome scorer; None is a score.
POISON: dict[str, tuple[Item, str | None, str | None]] = {
    "a picture that is cut short": (about(picture(22, 90, 90)[:9000], "What?"), "bad_image", "bad_image"),
    "a picture whose palette is gone": (about(without_palette(), "What?"), "bad_image", "bad_image"),
    "a text instead of a picture": (about(b"no picture", "What?"), "bad_image", "bad_image"),
    "no bytes": (about(b"", "What?"), "empty_image", "empty_image"),
    "a header alone": (about(PICTURE[:40], "What?"), "bad_image", "bad_image"),
    "a line of 50,000 pixels": (about(picture(23, 1, 50_000), "What?"), None, "aspect_ratio"),
    "a little steeper than 200": (about(picture(24, 402, 2), "What?"), None, "aspect_ratio"),
    "as steep as 200": (about(picture(25, 400, 2), "What?"), None, None),
    "one pixel": (about(picture(26, 1, 1), "What?"), None, None),
    "28 pictures": (about(*[PICTURE] * 28, "Which?"), None, None),
    "28 different pictures": (about(*[picture(n, 30, 30) for n in range(28)], "Which?"), None, None),
    "from right to left": (with_text("\u202eقال \u202bשלום 12\u202c \u200f3"), None, None),
    "emoji and what combines": (
        with_text("👩\u200d👩\u200d👧\u200d👦 e\u0301\u0301 \U0001f1fa\ufe0f \ufdd0 \uffff \U0010ffff"),
        None,
        None,
    ),
    "control characters": (with_text("\x01\x1b[31m\x7f\x85\u2028\r\n\t."), None, None),
    "100 KB of text": (with_text("So, 1 + 1 = 2; " * 7000), "too_long", "too_long"),
    "100 KB without a space": (with_text("a" * 100_000), "too_long", "too_long"),
    "200 steps": (stepwise(*[f"Add {n}." for n in range(200)], max_steps=None), None, None),
    "NUL": (with_text("a\0b"), "bad_text", "bad_text"),
    "half a surrogate pair": (with_text("a\ud800b"), "bad_text", "bad_text"),
    "NUL in a step": (stepwise("One.", "Two\0."), "bad_text", "bad_text"),
    "no answer": (Item(id="poison", messages=(make.message("user", "Why?"),)), "no_response", "no_response"),
    "no messages": (Item(id="poison", messages=()), "no_response", "no_response"),
    "no parts": (about("Why?", answer=""), "empty_response", "empty_response"),
    "a file that is not there": (
        Item(
            id="poison",
            messages=(
                Message("user", (Image(source=Path("/nowhere/a.png")), Text("What?"))),
                make.message("assistant", "A lamp."),
            ),
        ),
        "missing_image",
        "missing_image",
    ),
}
CLOSE = 1e-4


@pytest.fixture(scope="module")
def scorers(native: Path, skywork: Path) -> list[Any]:
    return [
        load("it", Process(model=str(native), dtype="float32", device="cpu")),
        load("it", Outcome(model=str(skywork), dtype="float32", device="cpu", max_pixels=20_000)),
    ]


NEIGHBOURS = [
    make.item("One.\n\nTwo.", question=(PICTURE, "What?"), item_id="before"),
    make.item("One.\n\nThree.", question=(PICTURE, "What?"), item_id="after"),
]


def values(results: list[Result]) -> list[float]:
    assert all(one.error is None for one in results), results
    return [one.value for one in results if one.value is not None]


@pytest.mark.parametrize("name", POISON)
def test_an_item_is_scored_or_has_an_error_of_its_own_and_its_neighbours_keep_their_scores(
    name: str, scorers: list[Any]
) -> None:
    item, *expected = POISON[name]
    for scorer, code in zip(scorers, expected, strict=True):
        alone = values(scorer(NEIGHBOURS))
        before, poison, after = scorer([NEIGHBOURS[0], item, NEIGHBOURS[1]])

        assert values([before, after]) == pytest.approx(alone, abs=CLOSE)
        assert poison.id == "poison"
        assert (poison.error and poison.error.code) == code, poison
        assert (poison.value is None) == (code is not None)


@pytest.mark.parametrize("text", ["So, 1 + 1 = 2; " * 7000, "", "a\0b"])
def test_a_candidate_of_the_same_turn_does_no_harm_either(text: str, scorers: list[Any]) -> None:
    for scorer in scorers:
        alone = scorer(NEIGHBOURS)
        bad = make.item(text, question=(PICTURE, "What?"), item_id="poison")
        before, poison, after = scorer([NEIGHBOURS[0], bad, NEIGHBOURS[1]])

        assert poison.error is not None
        assert values([before, after]) == pytest.approx(values(alone), abs=CLOSE)
        assert [before.image_budget, after.image_budget] == [one.image_budget for one in alone]


def test_one_damaged_picture_in_the_history_costs_its_own_branch_alone(scorers: list[Any]) -> None:
    late = [make.message("user", "And this?", picture(22, 90, 90)[:9000]), make.message("assistant", "No.")]
    branch = replace(NEIGHBOURS[0], id="branch", messages=(*NEIGHBOURS[0].messages, *late))
    for scorer in scorers:
        alone = values(scorer(NEIGHBOURS))
        results = scorer([branch, *NEIGHBOURS])

        assert [one.error and one.error.code for one in results] == ["bad_image", None, None]
        assert values(results[1:]) == pytest.approx(alone, abs=CLOSE)
