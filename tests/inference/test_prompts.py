from __future__ import annotations

from inference.prompts import question, render, response_text
from inference.types import Image, Text
from tests.inference.make import message

ANSWER = message("assistant", "the answer")


def test_a_lone_question_is_its_own_text() -> None:
    assert render(question([message("user", "What ", "is it?"), ANSWER])) == "What is it?"


def test_images_before_the_text_are_each_followed_by_a_newline() -> None:
    asked = message("user", b"1", b"2", "What ", "is it?")

    assert render(question([asked, ANSWER])) == "<image>\n<image>\nWhat is it?"


def test_images_among_the_text_stand_where_they_are() -> None:
    asked = message("user", b"1", "Compare this with ", b"2", ", please.")

    assert render(question([asked, ANSWER])) == "<image>Compare this with <image>, please."


def test_history_is_labelled_and_parted_by_blank_lines() -> None:
    messages = [
        message("user", b"1", "A map?"),
        message("assistant", "See ", b"2", "\nthere."),
        message("user", "And now?"),
        ANSWER,
    ]

    expected = "User: <image>\nA map?\n\nAssistant: See <image>\nthere.\n\nUser: And now?"
    assert render(question(messages)) == expected


def test_a_system_message_is_neither_question_nor_history() -> None:
    assert render(question([message("system", "Be kind."), message("user", "Hi"), ANSWER])) == "Hi"


def test_a_typed_placeholder_stays_text_and_neighbouring_texts_are_one() -> None:
    asked = message("user", "Is <image> ", "a tag?", b"1", "")

    assert question([asked, ANSWER]) == (Text("Is <image> a tag?"), Image(source=b"1"))


def test_images_of_the_response_are_left_out_and_counted() -> None:
    assert response_text(message("assistant", "One ", b"1", "two", b"2")) == ("One two", 2)
