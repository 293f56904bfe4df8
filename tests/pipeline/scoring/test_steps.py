"""People's labels and models' scores meet on the same step."""

from __future__ import annotations

import json

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from annotate.models import MessagePart, Score
from annotate.pipeline import scoring
from annotate.questions import read_tree
from annotate.steps import count_steps, rendered_steps, steps_of
from inference.steps import split_steps
from tests import make
from tests.pipeline.scoring.conftest import Spy, finish

pytestmark = pytest.mark.django_db


def test_an_answer_of_text_image_text_has_the_steps_that_its_score_has(spy: Spy, tmp_path: object) -> None:
    project = make.project()
    conversation = make.conversation(project)
    answer = conversation.turns.get().responses.get()
    answer.parts.update(text="First.\n\n \n\nSecond: look.")
    picture = make.image(project)
    default_storage.save(picture.file, ContentFile(b"bytes"))
    MessagePart.objects.create(
        response=answer, position=1, kind="image", image=picture, caption=" A plan.\n\nIts north side."
    )
    make.text(answer, "Then this.\n\n\n\nLast, $x^2$.", position=2)
    finish(scoring.start_run(project.pk, "demo"))

    tree = read_tree(make.task(conversation).pk, content=True)
    steps = steps_of(tree.responses[answer.pk].content)

    assert steps == ["First.", "Second: look. A plan.", "Its north side.Then this.", "Last, $x^2$."]
    scored = [
        step
        for result in spy([item for item in spy.asked if item.id == answer.pk])
        for step in result.steps or ()
    ]
    assert [(step.first, step.last, step.text) for step in scored] == [
        (index, index, step) for index, step in enumerate(steps)
    ]
    assert Score.objects.get(response=answer).step_last == [0, 1, 2, 3]
    assert count_steps(tree) == {answer.pk: 4}


def test_steps_are_shown_as_safe_html_each_by_itself() -> None:
    conversation = make.conversation(make.project())
    answer = conversation.turns.get().responses.get()
    answer.parts.update(text="A *word* <script>x</script>\n\n$x^2$")

    content = read_tree(make.task(conversation).pk, content=True).responses[answer.pk].content
    first, second = rendered_steps(content)

    assert first == '<p dir="auto">A <em>word</em> &lt;script&gt;x&lt;/script&gt;</p>\n'
    assert "<math" in second


def shown(text: str) -> list[str]:
    return rendered_steps(json.dumps([{"type": "text", "text": text}]))


def code(words: str) -> str:
    return f'<pre dir="ltr"><code class="language-py">{words}</code></pre>\n'


def test_code_that_a_blank_line_cuts_is_code_in_each_of_its_steps() -> None:
    text = "So:\n\n```py\na = 1\n\n# *b*\nb = 2\n\n\n\nc\n```\nThen *on*.\n\nLast."

    steps = shown(text)

    assert len(steps) == len(split_steps(text)) == 5
    assert steps[1] == code("a = 1")
    assert steps[2] == code("# *b*\nb = 2\n")
    assert steps[3] == code("c\n") + '<p dir="auto">Then <em>on</em>.</p>\n'
    assert steps[4] == '<p dir="auto">Last.</p>\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1. Do:\n   ```py\n   a\n\n     b\n   ```\n\nOn.", code("  b\n")),  # in a list
        ("~~~py\r\na\r\n\n\r\n\nb\n~~~", code("b\n")),
        ("```py\na\n\nb", code("b\n")),  # never closed
        ("```py\na\n\n    ```\nb\n```", code("    ```\nb\n")),
        ("```py\na\n\n```", code("```\n")),
        ("```py\na\n\n```\nOn.", '<p dir="auto">On.</p>\n'),
    ],
)
def test_however_the_code_is_fenced(text: str, expected: str) -> None:
    assert shown(text)[1] == expected


def test_two_blocks_in_one_step_stay_two() -> None:
    assert shown("```py\na\n\nb\n```\n```py\nc\n\nd\n```")[1:] == [code("b\n") + code("c"), code("d\n")]


@pytest.mark.parametrize("content", ["", "[]", '[{"type": "image", "url": null, "alt": ""}]'])
def test_a_message_without_words_has_no_steps(content: str) -> None:
    assert steps_of(content) == split_steps("") == []
