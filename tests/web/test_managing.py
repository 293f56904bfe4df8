from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotate import tasks
from annotate.models import Membership, Project, ScorerRun, User
from annotate.pipeline import scoring
from annotate.pipeline.flagging import flag_project
from annotate.web.managers.tabs import GROUPS, Group
from tests import make
from tests.judging import candidates, disputed, rate, submit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Remember which runs workers are woken for, in place of a broker."""
    runs: list[int] = []
    monkeypatch.setattr(tasks, "wake", lambda _task, *ids: runs.extend(ids))
    return runs


@pytest.fixture
def project() -> Project:
    return make.project()


@pytest.fixture
def manager(project: Project) -> User:
    return make.member(project, Membership.Role.MANAGER)


@pytest.fixture
def visitor(client: Client, manager: User) -> Client:
    client.force_login(manager)
    return client


def shown(visitor: Client, project: Project) -> str:
    answer = visitor.get(reverse("manage-project", args=[project.slug]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_project_says_so(visitor: Client, project: Project) -> None:
    page = shown(visitor, project)

    assert "There are no tasks yet." in page
    assert "No scorer has run yet." in page


def test_progress_flags_and_people_are_shown_with_their_numbers(visitor: Client, project: Project) -> None:
    task = make.task(make.conversation(project, candidates=2))
    disputed(task, 0, 3)
    flag_project(project.pk)
    page = shown(visitor, project)

    assert f"{task.open_slots + 2} places" in page
    assert "People disagree" in page
    assert "in one conversation" in page
    assert reverse("manage-people", args=[project.slug]) in page


def test_no_page_of_the_manager_tells_which_item_is_flagged(visitor: Client, project: Project) -> None:
    task = make.task(make.conversation(project))
    disputed(task, 0, 3)
    flag_project(project.pk)

    assert str(candidates(task)[0].uid) not in shown(visitor, project)


def test_scoring_is_started_and_its_errors_are_shown_and_tried_again(
    visitor: Client, project: Project, woken: list[int]
) -> None:
    make.conversation(project, images=True)
    answer = visitor.post(reverse("manage-start-scoring", args=[project.slug]), {"scorer": "demo"})
    run = ScorerRun.objects.get()
    assert answer.status_code == 302
    assert (run.created_by, woken) == (User.objects.get(memberships__role="manager"), [run.pk])
    while scoring.score_next_batch(run.pk, 8):
        pass

    page = shown(visitor, project)
    assert "missing_image" in page
    assert "untrained: says nothing about quality" in page
    visitor.post(reverse("manage-retry-scoring", args=[project.slug, run.uid]))
    assert woken == [run.pk, run.pk]
    assert scoring.progress(run.pk).left == 1


def test_an_unknown_scorer_is_refused_in_words(visitor: Client, project: Project) -> None:
    answer = visitor.post(
        reverse("manage-start-scoring", args=[project.slug]), {"scorer": "oracle"}, follow=True
    )

    assert "There is no scorer “oracle”." in answer.content.decode()


@pytest.mark.parametrize("role", ["annotator", "reviewer", None])
def test_nobody_but_managers_gets_in(project: Project, role: str | None) -> None:
    make.conversation(project)
    run = scoring.start_run(project.pk, "demo")
    person = make.member(project, Membership.Role(role)) if role else make.user()
    client = Client()
    client.force_login(person)

    assert client.get(reverse("manage-project", args=[project.slug])).status_code == 404
    assert client.post(reverse("manage-start-scoring", args=[project.slug])).status_code == 404
    assert client.post(reverse("manage-retry-scoring", args=[project.slug, run.uid])).status_code == 404


@pytest.mark.parametrize("size", [1, 4])
def test_the_page_takes_the_same_number_of_statements_whatever_it_shows(
    visitor: Client, project: Project, size: int, django_assert_num_queries: Any
) -> None:
    for _ in range(size):
        task = make.task(make.conversation(project, candidates=2))
        for value in (0, 3):
            answers = submit(task, make.member(project))
            for response in candidates(task):
                rate(answers, response, text_quality=value)
    flag_project(project.pk)
    scoring.start_run(project.pk, "demo")
    shown(visitor, project)

    with django_assert_num_queries(16):
        shown(visitor, project)


@pytest.mark.parametrize("group", GROUPS, ids=lambda one: str(one.label))
def test_every_page_leads_to_its_group_and_to_the_first_page_of_every_other(
    client: Client, project: Project, group: Group
) -> None:
    client.force_login(make.member(project, Membership.Role.MANAGER))
    near = {reverse(one.address, args=[project.slug]) for one in group.tabs}
    first = {reverse(one.tabs[0].address, args=[project.slug]) for one in GROUPS}
    for page in near:
        text = client.get(page).content.decode()
        assert f'<a href="{page}" aria-current="page">' in text
        assert all(f'href="{other}"' in text for other in near | first)


def test_a_reviewer_sees_no_tabs_of_managers(client: Client, project: Project) -> None:
    client.force_login(make.member(project, Membership.Role.REVIEWER))
    text = client.get(reverse("review-queue", args=[project.slug])).content.decode()
    assert reverse("manage-project", args=[project.slug]) not in text
