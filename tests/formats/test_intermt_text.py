from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.formats.fields import Field
from annotate.formats.intermt_text import message, without_stray_brackets
from annotate.formats.records import FormatError, ImagePart, Part, TextPart


def parts(text: str, images: list[str] | None, *, from_user: bool = False) -> list[str | tuple[str, str]]:
    """Give a message as texts and (reference, caption) pairs."""
    field = None if images is None else Field(list(images), "item 1", "images")
    return [plain(part) for part in message(Field(text, "item 1", "text"), field, from_user=from_user)]


def plain(part: Part) -> str | tuple[str, str]:
    return part.text if isinstance(part, TextPart) else (part.reference, part.caption)


LONG = "c" * 400

MESSAGES: dict[str, tuple[str, list[str] | None, list[str | tuple[str, str]]]] = {
    "no image field": ("Hi", None, ["Hi"]),
    "an empty list": ("Hi", [], ["Hi"]),
    "one blank is no image": ("Hi", [""], ["Hi"]),
    "a placeholder in the middle": ("a <Image, x, y> b", ["1.png"], ["a ", ("1.png", "x, y"), " b"]),
    "one at the start and one at the end": (
        "<Image, x>b<Image, y>",
        ["1", "2"],
        [("1", "x"), "b", ("2", "y")],
    ),
    "blanks inside the list": ("<Image, x> <Image, y>", ["", "1", " ", "2"], [("1", "x"), ("2", "y")]),
    "a caption of 400 characters": (f"<Image, {LONG}>", ["1"], [("1", LONG)]),
    "a caption over two lines": ("<Image, a\nb>", ["1"], [("1", "a\nb")]),
    "the colon form": ("<Image: a>", ["1"], [("1", "a")]),
    "an empty caption": ("<Image,>", ["1"], [("1", "")]),
    "more images than placeholders": (
        "<Image, x> b",
        ["1", "2", "3"],
        [("1", "x"), " b", ("2", ""), ("3", "")],
    ),
    "images without a placeholder": ("b", ["1"], ["b", ("1", "")]),
    "a placeholder without an image": ("a <Image, x>", [""], ["a ", ("", "x")]),
    "fewer images than placeholders": ("<Image, x><Image, y>", ["1"], [("1", "x"), ("", "y")]),
    "a typed <image> is text": ("see <image> and <Image>", ["1"], ["see <image> and <Image>", ("1", "")]),
    "brackets instead of angles are text": ("[Image, x]", ["1"], ["[Image, x]", ("1", "")]),
    "an unfinished placeholder is text": ("a <Image, x", ["1"], ["a <Image, x", ("1", "")]),
    "images alone": ("", ["1"], [("1", "")]),
    "28 images": ("go", [f"{n}.png" for n in range(28)], ["go", *((f"{n}.png", "") for n in range(28))]),
    "18 of them in place": (
        "<Image, x>" * 18,
        [str(n) for n in range(18)],
        [(str(n), "x") for n in range(18)],
    ),
}


@pytest.mark.parametrize(("text", "images", "expected"), MESSAGES.values(), ids=MESSAGES.keys())
def test_images_stand_where_the_text_has_them(
    text: str, images: list[str] | None, expected: list[str | tuple[str, str]]
) -> None:
    assert parts(text, images) == expected


@pytest.mark.parametrize("images", [None, [""], []])
def test_a_message_of_nothing_is_refused(images: list[str] | None) -> None:
    with pytest.raises(FormatError, match="neither text nor an image"):
        parts(" \n", images)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Is it?]]", "Is it?"),
        ("Is it?]]\n", "Is it?"),
        ("two <Image, lights> ]]", "two <Image, lights>"),
        ("an [odd] one]]", "an [odd] one"),
        ("a ] and ]]", "a ] and"),
        ("Fine.\n\n[[Follow-up]][[What else?]]", "Fine.\n\n[[Follow-up]][[What else?]]"),
        ("a[b[0]]", "a[b[0]]"),
        ("only one]", "only one]"),
        ("nothing", "nothing"),
        ("kept space ", "kept space "),
    ],
)
def test_only_brackets_that_nothing_opened_are_dropped(text: str, expected: str) -> None:
    assert without_stray_brackets(text) == expected


def test_answers_keep_their_brackets() -> None:
    assert parts("Right?]]", []) == ["Right?]]"]
    assert parts("Right?]]", [], from_user=True) == ["Right?"]


@given(
    st.text("ab <>,:]Image\n", max_size=40).filter(str.strip),
    st.lists(st.sampled_from(["", "1.png", "2.png"]), max_size=4),
)
def test_no_image_and_no_word_is_lost(text: str, images: list[str]) -> None:
    found = message(Field(text, ""), Field(list(images), ""), from_user=False)

    references = [part.reference for part in found if isinstance(part, ImagePart) and part.reference]
    words = "".join(part.text if isinstance(part, TextPart) else part.caption for part in found)
    assert references == [image for image in images if image]
    assert set(text) - set(words) <= set("<Image,: \n>")
