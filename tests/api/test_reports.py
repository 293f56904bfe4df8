from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotate.models import ApiToken, Membership, Project, User
from annotate.pipeline import scoring
from tests import make
from tests.judging import candidates, disputed, prefer, rate, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make.project()


def ask(project: Project, name: str, person: User | None = None) -> Any:
    person = person or make.member(project, Membership.Role.MANAGER)
    token = ApiToken.issue(person, "test")
    return Client().get(reverse(name, args=[project.slug]), headers={"Authorization": f"Token {token}"})


def test_progress_counts_places_flags_and_people(project: Project) -> None:
    task = make.task(make.conversation(project, turns=2, candidates=2), overlap=2)
    make.task(make.conversation(project), overlap=3)
    disputed(task, 1, 2)
    make.assignment(task, make.member(project))
    answer = ask(project, "api-progress").json()

    work = answer["work"]
    assert (work["conversations"], work["responses"], work["tasks"]) == (2, 5, 2)
    assert (work["places"], work["submitted"], work["active"], work["open"]) == (7, 2, 1, 4)
    (batch,) = work["batches"]
    assert (batch["name"], batch["submitted"]) == ("default", 2)
    assert sum(day["submissions"] for day in work["days"]) == 2
    assert len(work["days"]) == 14
    assert answer["flags"]["open"] == 0
    assert sorted(one["submitted"] for one in answer["members"] if one["role"] == "annotator") == [0, 1, 1]


def test_agreement_is_by_dimension_and_defaults_are_left_out(project: Project) -> None:
    task = make.task(make.conversation(project, candidates=2))
    left, right = candidates(task)
    for value, preference in ((3, 1), (2, 3)):
        answers = submit(task, make.member(project))
        rate(answers, left, text_quality=value)
        rate(answers, right, text_quality=1)
        rate(answers, left, state="defaulted", style_coherence=3)
        prefer(answers, left, right, preference)
    answer = ask(project, "api-agreement").json()

    by_key = {one["dimension"]: one for one in answer["dimensions"]}
    assert list(by_key)[:2] == ["local_image_text_consistency", "visual_perceptual_quality"]
    quality = by_key["text_quality"]["agreement"]
    assert (quality["items"], quality["exact"], quality["within_one"]) == (2, 0.5, 1.0)
    assert quality["distribution"] == {"1": 2, "2": 1, "3": 1}
    assert quality["alpha"] is not None
    style = by_key["style_coherence"]
    assert style["agreement"]["items"] == 0
    assert style["agreement"]["undefined"] == "no_pairs"
    assert style["left_out"] == {"defaulted": 2}
    (pair,) = answer["comparisons"]
    assert (pair["scope"], pair["dimension"], pair["same_side"]) == ("local", None, 1.0)


def test_agreement_is_among_live_annotators_latest_answers(project: Project) -> None:
    task = make.task(make.conversation(project))
    (first,) = candidates(task)
    people = disputed(task, 0, 3)
    rate(submit(task, people[0]), first, text_quality=3)
    rate(submit(task, make.user(), origin="review"), first, text_quality=0)
    rate(submit(task, make.user(kind="source", is_active=False), origin="imported"), first, text_quality=0)
    answer = ask(project, "api-agreement").json()

    quality = next(one for one in answer["dimensions"] if one["dimension"] == "text_quality")["agreement"]
    assert (quality["items"], quality["pairs"], quality["exact"]) == (1, 1, 1.0)


def test_scorers_say_how_far_they_are_and_that_they_are_untrained(project: Project) -> None:
    make.conversation(project, candidates=2)
    make.conversation(project)
    run = scoring.start_run(project.pk, "demo")
    scoring.score_next_batch(run.pk, 2)
    (answer,) = ask(project, "api-scorers").json()["runs"]

    assert (answer["scored"], answer["errors"], answer["left"], answer["trained"]) == (2, 0, 1, False)


@pytest.mark.parametrize("name", ["api-progress", "api-agreement", "api-scorers"])
def test_only_managers_read_the_numbers(project: Project, name: str) -> None:
    for person in (make.member(project), make.member(project, Membership.Role.REVIEWER), make.user()):
        assert ask(project, name, person).status_code == 404
    assert Client().get(reverse(name, args=[project.slug])).status_code == 401


@pytest.mark.parametrize("name", ["api-progress", "api-agreement", "api-scorers"])
def test_an_empty_project_has_numbers_too(project: Project, name: str) -> None:
    assert ask(project, name).status_code == 200
