"""One form for every error of the API, also for those that no view of ours sees."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

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
