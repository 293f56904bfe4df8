"""What a batch may ask besides ratings and comparisons: steps labelled, texts that may not be left out."""

from __future__ import annotations

from typing import Any

import pytest

from annotate.models import Batch, Note, Response, StepLabel, Task
from tests import make
from tests.api.caller import Caller, answers

pytestmark = pytest.mark.django_db


@pytest.fixture
def task() -> Task:
    project = make.project("p", overlap=2)
    return make.task(make.conversation(project, turns=2, candidates=2))


@pytest.fixture
def annotator(task: Task) -> Caller:
    return Caller(make.member(task.batch.project))


def codes(answer: Any) -> list[tuple[str, str]]:
    return [(error["code"], error["path"]) for error in answer.json()["errors"]]


def label(response: str, index: int, value: int = 1) -> dict[str, Any]:
    return {"response": response, "index": index, "value": value}


def three_steps(task: Task) -> Response:
    response = Response.objects.filter(turn__conversation=task.conversation_id).earliest("id")
    response.parts.update(text="One.\n\nTwo.\n\nThree.")
    return response


def test_steps_are_shown_labelled_and_come_back_where_the_batch_labels_them(
    task: Task, annotator: Caller, django_assert_num_queries: Any
) -> None:
    Batch.objects.update(step_labels=True)
    response = str(three_steps(task).uid)
    document = annotator.claim("p")
    shown = {one["id"]: one["steps"] for turn in document["turns"] for one in turn["candidates"]}
    assert shown[response] == [f'<p dir="auto">{word}.</p>\n' for word in ("One", "Two", "Three")]
    given = [label(response, 0, 1), label(response, 1, 0), label(response, 2, -1)]

    with django_assert_num_queries(6):
        answer = annotator.submit(document, {**answers(document), "steps": given})

    assert answer.status_code == 200, answer.content
    assert list(StepLabel.objects.order_by("index").values_list("index", "value")) == [
        (0, 1),
        (1, 0),
        (2, -1),
    ]
    again = annotator.call("POST", f"assignments/{document['id']}/reopen").json()
    assert again["draft"]["body"]["steps"] == given


@pytest.mark.parametrize("index", [3, -1, 40_000])
def test_a_label_beside_the_steps_is_refused_with_its_place(
    task: Task, annotator: Caller, index: int
) -> None:
    Batch.objects.update(step_labels=True)
    response = str(three_steps(task).uid)
    document = annotator.claim("p")

    body = {**answers(document), "steps": [label(response, 2), label(response, index)]}

    assert codes(annotator.submit(document, body)) == [("step_index", "steps[1].index")]


def test_labels_are_refused_where_the_batch_labels_no_steps(task: Task, annotator: Caller) -> None:
    response = str(three_steps(task).uid)
    document = annotator.claim("p")

    body = {**answers(document), "steps": [label(response, 0)]}

    assert "steps" not in document["turns"][0]["candidates"][0]
    assert codes(annotator.submit(document, body)) == [("no_steps", "steps[0]")]


def texts(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every text that a batch may require on this task."""
    responses = [one["id"] for turn in document["turns"] for one in turn["candidates"]]
    whole = [path["responses"][-1] for path in document["paths"] if path["whole"]]
    return [
        *(
            {"kind": kind, "scope": "local", "response": one, "text": "Words."}
            for kind in ("critique", "refinement")
            for one in responses
        ),
        *({"kind": "critique", "scope": "global", "response": one, "text": "Words."} for one in whole),
        *(
            {"kind": "reason", "scope": one["scope"], "pair": one["responses"][::-1], "text": "Words."}
            for one in document["pairs"]
        ),
    ]


@pytest.mark.parametrize(
    ("required", "left_out"),
    [
        ("critique", lambda one: one["kind"] == "critique" and one["scope"] == "local"),
        ("refinement", lambda one: one["kind"] == "refinement"),
        ("remark", lambda one: one["scope"] == "global"),
        ("reason", lambda one: one["kind"] == "reason"),
    ],
)
def test_a_required_text_that_is_left_out_is_named(
    task: Task, annotator: Caller, required: str, left_out: Any
) -> None:
    Batch.objects.update(required_texts=[required])
    document = annotator.claim("p")
    body = answers(document)
    wanted = [one for one in texts(document) if left_out(one)]
    others = [one for one in texts(document) if not left_out(one)]

    refused = annotator.submit(document, {**body, "notes": [*others, *wanted[1:]]})

    assert codes(refused) == [("missing_text", "notes")]
    first = wanted[0]
    named = [first["response"]] if "response" in first else first["pair"]
    assert all(one in refused.json()["errors"][0]["detail"] for one in named)
    taken = annotator.submit(document, {**body, "notes": wanted})
    assert taken.status_code == 200, taken.content
    assert Note.objects.count() == len(wanted)


def test_a_narrowed_task_requires_texts_only_about_what_it_asks(task: Task) -> None:
    Batch.objects.update(required_texts=["critique", "refinement", "reason", "remark"])
    response = Response.objects.filter(turn__conversation=task.conversation_id).earliest("id")
    task.asks = [{"kind": "rating", "response": str(response.uid), "dimension": "text_quality"}]
    task.save()
    caller = Caller(make.member(task.batch.project))
    document = caller.claim("p")
    ratings = [{"response": str(response.uid), "dimension": "text_quality", "value": 1}]
    notes = [
        {"kind": kind, "response": str(response.uid), "text": "Words."} for kind in ("critique", "refinement")
    ]

    missing = caller.submit(document, {"lease": 1, "ratings": ratings})
    whole = caller.submit(document, {"lease": 1, "ratings": ratings, "notes": notes})

    assert codes(missing) == [("missing_text", "notes")] * 2
    assert whole.status_code == 200, whole.content
