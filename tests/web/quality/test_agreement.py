"""Agreement on the page, by API and by command: the same numbers, from what is stored or at once."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotate import tasks
from annotate.models import ApiToken, Dimension, Membership, Project, Rubric, User
from annotate.pipeline.reporting import refresh
from annotate.reports.quality import stored
from tests import make
from tests.judging import candidates, prefer, rate, submit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Remember what is asked for in the background, in place of a broker."""
    sent: list[tuple[object, ...]] = []
    monkeypatch.setattr(tasks, "wake", lambda task, *ids: sent.append((task.name, *ids)))
    return sent


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


def judged(project: Project, conversations: int = 1) -> None:
    """Let two people rate and compare the two responses of each of so many conversations."""
    people = [make.member(project) for _ in range(2)]
    for number in range(conversations):
        task = make.task(make.conversation(project, candidates=2))
        left, right = candidates(task)
        for place, person in enumerate(people):
            answers = submit(task, person)
            rate(answers, left, text_quality=(number + place) % 4)
            rate(answers, right, text_quality=number % 4)
            rate(answers, left, state="defaulted", style_coherence=3)
            prefer(answers, left, right, (number + place) % 3 - 1)


def page(visitor: Client, project: Project, **query: str) -> str:
    answer = visitor.get(reverse("manage-agreement", args=[project.slug]), query)
    assert answer.status_code == 200
    return answer.content.decode()


def by_api(project: Project, manager: User) -> Any:
    headers = {"Authorization": f"Token {ApiToken.issue(manager, 'test')}"}
    return Client().get(reverse("api-agreement", args=[project.slug]), headers=headers)


def by_command(project: Project) -> Any:
    said = io.StringIO()
    call_command("report", project.slug, json=True, stdout=said)
    return json.loads(said.getvalue())["agreement"]


def rows(visitor: Client, project: Project) -> list[dict[str, str]]:
    answer = visitor.get(reverse("manage-agreement", args=[project.slug]), {"csv": "all"})
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_page_api_and_command_show_the_same_numbers(visitor: Client, project: Project, manager: User) -> None:
    judged(project, 12)
    said = by_command(project)
    answered = by_api(project, manager).json()
    assert answered == said

    in_file = {(one["question"], one["number"]): one for one in rows(visitor, project) if not one["by"]}
    found = next(one for one in said["dimensions"] if one["dimension"] == "text_quality")["agreement"]
    (pair,) = said["comparisons"]
    numbers = {("Text quality", name): found[name] for name in ("exact", "alpha", "kappa", "ac2")}
    numbers |= {
        ("Overall preference: two responses", name): pair[name] for name in ("same_side", "ties_as_half")
    }
    for key, number in numbers.items():
        assert float(in_file[key]["value"]) == number, key
    interval = found["intervals"]["alpha"]
    line = in_file["Text quality", "alpha"]
    assert (float(line["low"]), float(line["high"])) == (interval["low"], interval["high"])
    assert line["conversations"] == "12"

    shown = page(visitor, project)
    words = f"{found['alpha']:.2f} ({interval['low']:.2f} to {interval['high']:.2f})".replace("-", "−")
    assert words in shown


def test_what_is_shown_is_what_is_stored_and_says_of_when(
    visitor: Client, project: Project, manager: User
) -> None:
    judged(project)
    refresh(project.pk)
    judged(project)

    found = by_api(project, manager).json()
    (pair,) = found["comparisons"]
    assert pair["agreement"]["items"] == 1
    assert "As of" in page(visitor, project)
    assert by_command(project)["comparisons"][0]["agreement"]["items"] == 2


def test_a_large_project_is_computed_in_the_background(
    visitor: Client,
    project: Project,
    manager: User,
    woken: list[tuple[object, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged(project)
    monkeypatch.setattr(stored, "SMALL", 1)

    assert "being computed" in page(visitor, project)
    answer = by_api(project, manager)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert woken == [("annotate.tasks.refresh_report", project.pk, "agreement")] * 2
    tasks.refresh_report(project.pk, "agreement")
    assert "Text quality" in page(visitor, project)
    assert by_api(project, manager).status_code == 200


def test_an_empty_project_says_why_there_are_no_numbers(visitor: Client, project: Project) -> None:
    assert "not defined, because no item has answers by two people yet" in page(visitor, project)


def test_few_conversations_have_no_interval_and_the_page_says_so(visitor: Client, project: Project) -> None:
    judged(project, 3)
    shown = page(visitor, project)

    assert "no interval below 10 conversations" in shown
    assert "default accepted: 6" in shown


@pytest.mark.parametrize("number", ["alpha", "ac2", "exact", "same_side", "nonsense"])
@pytest.mark.parametrize("by", ["turn", "language", "source", "period", "nonsense"])
def test_every_number_is_shown_by_every_stratum(
    visitor: Client, project: Project, number: str, by: str
) -> None:
    judged(project, 2)

    assert 'id="plot-by-' in page(visitor, project, number=number, by=by)


def test_a_sample_drawn_by_a_score_is_weighed_beside_what_counts_it_like_the_rest(
    visitor: Client, project: Project
) -> None:
    judged(project, 12)
    assert "Samples drawn by a score" not in page(visitor, project)
    batch = project.batches.get()
    for number, task in enumerate(batch.tasks.order_by("pk")):
        type(task).objects.filter(pk=task.pk).update(probability=0.25 if number % 2 else 0.75)
    drawn = {"by": "low-margin", "chosen": 12, "population": 24, "lowest": 0.25, "highest": 0.75}
    batch.selection = drawn
    batch.save()
    said = page(visitor, project)

    assert "Samples drawn by a score" in said
    assert "12 of 24 conversations, drawn by low-margin with chances from 0.250 to 0.750." in said
    # Six weigh 4, six 4/3: (6 · 4 + 6 · 4/3)² / (6 · 16 + 6 · 16/9).
    assert "worth 9.6 of equal weight" in said
    assert "by one over its chance" in page(visitor, project, csv="sampled-0", number="exact")


def test_every_plot_can_be_taken_away(visitor: Client, project: Project) -> None:
    judged(project, 2)
    address = reverse("manage-agreement", args=[project.slug])
    answer = visitor.get(address, {"csv": "ratings"})

    assert answer["Content-Disposition"] == f'attachment; filename="{project.slug}-ratings.csv"'
    assert visitor.get(address, {"csv": "nonsense"}).status_code == 404


def test_the_page_takes_the_same_number_of_statements_whatever_it_shows(
    visitor: Client, project: Project, django_assert_num_queries: Any
) -> None:
    counts = []
    for size in (1, 4):
        judged(project, size)
        page(visitor, project)
        with CaptureQueriesContext(connection) as statements:
            page(visitor, project)
        counts.append(len(statements))
    assert counts[0] == counts[1]

    refresh(project.pk)
    with django_assert_num_queries(6):
        page(visitor, project)


@pytest.mark.parametrize("role", ["annotator", "reviewer", None])
def test_nobody_but_managers_sees_it(client: Client, project: Project, role: str | None) -> None:
    client.force_login(make.member(project, Membership.Role(role)) if role else make.user())

    assert client.get(reverse("manage-agreement", args=[project.slug])).status_code == 404


def test_a_dimension_has_the_name_that_the_projects_own_rubric_gives_it(
    visitor: Client, project: Project
) -> None:
    ours = Dimension.objects.filter(rubric=project.rubric).first()
    assert ours is not None
    other = Rubric.objects.create(key="other", version=1, names={"en": "Other"}, sha256="0" * 64)
    Dimension.objects.create(
        rubric=other,
        key=ours.key,
        code=ours.code,
        position=0,
        scope=ours.scope,
        minimum=ours.minimum,
        maximum=ours.maximum,
        texts={"en": {**ours.texts["en"], "name": "Called otherwise elsewhere"}},
    )

    assert "Called otherwise elsewhere" not in page(visitor, project)
