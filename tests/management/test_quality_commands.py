from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from tests import make
from tests.judging import disputed

pytestmark = pytest.mark.django_db


def said(*arguments: str) -> Any:
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_flag_looks_at_everything_and_twice_is_once() -> None:
    disputed(make.task(make.conversation(make.project("cakes"))), 0, 3)

    nobody_to_ask = {"closed": 0, "open": 1, "asked": 0, "withdrawn": 0, "waiting": 0}
    assert said("flag", "cakes") == {"created": 1, **nobody_to_ask}
    assert said("flag", "cakes") == {"created": 0, **nobody_to_ask}


def test_report_prints_numbers_for_programs_and_for_people() -> None:
    disputed(make.task(make.conversation(make.project("cakes"))), 2, 3)
    answer = said("report", "cakes")
    out = StringIO()
    call_command("report", "cakes", stdout=out)

    assert answer["progress"]["submitted"] == 2
    assert answer["flags"]["open"] == 0
    assert "text_quality: 1 items with two people or more, exact 0.000, within one 1.000" in out.getvalue()
