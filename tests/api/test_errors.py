"""One form for every error of the API, also for those that no view of ours sees."""

from __future__ import annotations

import ast
import inspect
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from annotate.api import errors
from annotate.pipeline import annotating, answers, closing, inquiring, reopening
from tests import make
from tests.api.caller import Caller

pytestmark = pytest.mark.django_db


def test_an_unknown_address_below_the_api_gets_an_error_in_json(client: Client) -> None:
    answer = client.get("/api/v1/nowhere")

    assert answer.status_code == 404
    assert [one["code"] for one in answer.json()["errors"]] == ["not_found"]


def test_a_body_beyond_the_limit_gets_an_error_in_json(settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    project = make.project()
    caller = Caller(make.member(project))

    answer = caller.call("POST", f"projects/{project.slug}/claim", {"after": "x" * 200})

    assert answer.status_code == 400
    assert [one["code"] for one in answer.json()["errors"]] == ["too_large"]


def test_another_method_gets_an_error_in_json() -> None:
    project = make.project()

    answer = Caller(make.member(project)).call("DELETE", f"projects/{project.slug}/claim")

    assert answer.status_code == 405
    assert [one["code"] for one in answer.json()["errors"]] == ["method_not_allowed"]


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh-CN,zh;q=0.9", "您已跳过此任务"), ("", "You skipped this task."), ("fr", "You skipped this task.")],
)
def test_a_refusal_is_worded_in_the_language_that_is_asked_for(language: str, said: str) -> None:
    project = make.project()
    make.task(make.conversation(project))
    caller = Caller(make.member(project))
    document = caller.claim(project.slug)
    body = {"lease": 1, "reason": "other"}
    caller.call("POST", f"assignments/{document['id']}/skip", body)

    headers = {"accept-language": language} if language else {}
    answer = caller.call("POST", f"assignments/{document['id']}/skip", body, **headers)

    [error] = answer.json()["errors"]
    assert (answer.status_code, error["code"]) == (409, "skipped")
    assert said in error["detail"]


def refusals() -> list[str]:
    """Return every text that the stages of the workbench's calls, and the API itself, may refuse with."""
    stages = [answers, annotating, closing, inquiring, reopening, errors]
    trees = [ast.parse(inspect.getsource(one)) for one in stages]
    return [
        node.args[0].value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "gettext"
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    ]


def test_every_refusal_of_the_workbench_has_its_chinese() -> None:
    with translation.override("zh-hans"):
        untold = [text for text in refusals() if translation.gettext(text) == text]

    assert len(refusals()) > 40
    assert untold == []
