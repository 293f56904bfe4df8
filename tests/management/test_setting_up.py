from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotate.models import Project, User
from tests import make

pytestmark = pytest.mark.django_db


def answer(*words: str) -> Any:
    out = io.StringIO()
    call_command(*words, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_a_project_is_created_once() -> None:
    assert answer("create_project", "real", "--name", "Real") == {
        "project": "real",
        "rubric": "intermt v1",
        "overlap": 3,
    }
    with pytest.raises(CommandError, match="There is a project “real” already"):
        answer("create_project", "real", "--name", "Real")
    assert Project.objects.get().name == "Real"


def test_a_rubric_is_loaded_and_a_broken_one_is_placed(tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text("key: x\nversion: one\nnames: {}\ndimensions: []\n")
    with pytest.raises(CommandError, match=r"broken\.yaml: .*version"):
        answer("load_rubric", str(file))
    built_in = Path("annotate/rubrics/intermt.yaml")
    assert answer("load_rubric", str(built_in))["dimensions"] == 9


def test_users_are_printed_with_their_secrets() -> None:
    make.project("real")
    people = answer("create_users", "real", "--role", "reviewer", "--count", "2", "--prefix", "r")
    assert [sorted(one) for one in people] == [["password", "token", "username"]] * 2
    assert User.objects.get(username="r2").check_password(people[1]["password"])


def test_a_plan_says_what_will_be_asked() -> None:
    make.conversation(make.project("real"), turns=5, candidates=2)
    dry = answer("plan", "real", "--batch", "default", "--dry-run")
    assert dry["created"] == {"tasks": 1, "paths": 6}
    assert dry["asks"]["local_ratings"] == 40
    assert answer("plan", "real", "--batch", "default") == dry | {"dry_run": False}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["plan", "nowhere"],
            "There is no project “nowhere”. Known are: real. To make it: create_project nowhere --name NAME.",
        ),
        (["plan", "real", "--batch", "x"], "There is no batch “x” in real. Known are: default."),
    ],
)
def test_a_wrong_name_is_answered_with_the_right_ones(words: list[str], said: str) -> None:
    make.project("real")
    with pytest.raises(CommandError, match=said):
        answer(*words)
