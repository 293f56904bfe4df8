from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotate import tasks
from tests import make
from tests.judging import disputed

pytestmark = pytest.mark.django_db


def said(*arguments: str) -> Any:
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_score_waits_until_nothing_is_left() -> None:
    make.conversation(make.project("cakes"), turns=20, candidates=2)

    answer = said("score", "cakes", "--scorer", "demo", "--wait")
    assert (answer["scored"], answer["left"], answer["status"], answer["trained"]) == (40, 0, "done", False)


def test_score_without_waiting_wakes_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[Any] = []
    monkeypatch.setattr(tasks, "wake", lambda task, _id: woken.append(task))
    make.conversation(make.project("cakes"))

    assert said("score", "cakes", "--scorer", "demo")["left"] == 1
    assert woken == [tasks.score_pending]


def test_an_unknown_scorer_is_named_with_the_known_ones() -> None:
    make.project("cakes")
    with pytest.raises(CommandError, match="Known are: demo"):
        said("score", "cakes", "--scorer", "oracle")


def test_flag_looks_at_everything_and_twice_is_once() -> None:
    disputed(make.task(make.conversation(make.project("cakes"))), 0, 3)

    assert said("flag", "cakes") == {"created": 1, "closed": 0, "open": 1}
    assert said("flag", "cakes") == {"created": 0, "closed": 0, "open": 1}


def test_report_prints_numbers_for_programs_and_for_people() -> None:
    disputed(make.task(make.conversation(make.project("cakes"))), 2, 3)
    answer = said("report", "cakes")
    out = StringIO()
    call_command("report", "cakes", stdout=out)

    assert answer["progress"]["submitted"] == 2
    assert answer["flags"]["open"] == 0
    assert "text_quality: 1 items with two people or more, exact 0.000, within one 1.000" in out.getvalue()
