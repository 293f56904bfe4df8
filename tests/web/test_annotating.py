"""The shell of the annotation screen; tests/e2e drives what its script makes of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest
from django.conf import settings
from django.test import Client
from django.utils.translation import override

from annotate.models import Membership
from annotate.pipeline import assigning
from annotate.web.annotators.screen_texts import screen_texts
from tests import make

pytestmark = pytest.mark.django_db
Role = Membership.Role
SCRIPTS = sorted((Path(settings.BASE_DIR) / "static" / "js").glob("*.js"))


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.MANAGER])
def test_the_screen_is_for_annotators_of_the_project(client: Client, role: Membership.Role) -> None:
    project = make.project("p")
    client.force_login(make.member(project, role))

    assert client.get("/p/p/annotate/").status_code == 404


def test_strangers_and_wrong_names_get_the_same_answer(client: Client) -> None:
    make.project("p")
    client.force_login(make.user())

    there, nowhere = client.get("/p/p/annotate/"), client.get("/p/q/annotate/")

    assert there.status_code == nowhere.status_code == 404
    assert there.content.decode().replace("/p/p/", "/p/q/")[:200] == nowhere.content.decode()[:200]


def test_the_page_carries_its_words_and_the_number_of_own_submissions(client: Client) -> None:
    project = make.project("p")
    ada = make.member(project)
    make.submission(make.task(make.conversation(project)), ada)
    client.force_login(ada)

    answer = client.get("/p/p/annotate/")

    assert json.loads(answer.context["texts"])["submit"] == "Submit"
    assert answer.context["progress"].total == 1
    assert "no-store" in answer["Cache-Control"]


def test_the_page_has_nothing_that_the_content_policy_forbids(client: Client) -> None:
    project = make.project("p")
    client.force_login(make.member(project))

    answer = client.get("/p/p/annotate/")
    page = answer.content.decode()

    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=\"|javascript:", page)


def test_every_word_that_the_scripts_say_is_handed_over() -> None:
    known = set(screen_texts())
    said = {
        key for script in SCRIPTS for key in re.findall(r"\bsay\(\s*\"(\w+)\"", script.read_text("utf-8"))
    }

    assert len(said) > 30
    assert said <= known


def test_the_words_are_translated_whole_and_keep_their_gaps() -> None:
    english = screen_texts()
    with override("zh-hans"):
        chinese = screen_texts()

    same = {key for key in english if english[key] == chinese[key]}
    assert not same
    for key, text in english.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", chinese[key])), key


@pytest.mark.parametrize(
    "state",
    [
        "done",
        "leased",
        "training",
        *get_args(assigning.ClosedReason)[1:],
        "gone",
        "unreachable",
        "logged-out",
    ],
)
def test_every_reason_for_having_no_task_has_its_words(client: Client, state: str) -> None:
    project = make.project("p")
    client.force_login(make.member(project))

    assert f'id="state-{state}"' in client.get("/p/p/annotate/").content.decode()
