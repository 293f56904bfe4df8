"""InterMT's own labels against a simulated second annotator: page, API and command say the same of them."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from annotate.models import ApiToken, Membership, Project, Rating, Submission, User
from annotate.pipeline import planning
from tests import make

FIDELITY = 0.8

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.intermt,
    pytest.mark.usefixtures("own_folders"),
    pytest.mark.skipif(not os.environ.get("INTERMT_DATA"), reason="INTERMT_DATA names no folder"),
]


@pytest.fixture
def project() -> Project:
    made = planning.create_project("intermt", "InterMT", overlap=2)
    file = str(Path(os.environ["INTERMT_DATA"]) / "crucial_step.json")
    call_command("import_conversations", "intermt", file, allow_missing_images=True, stdout=io.StringIO())
    call_command(
        "simulate",
        "intermt",
        "--annotators=2",
        "--overlap=2",
        f"--follow-imported={FIDELITY}",
        "--seed=3",
        stdout=io.StringIO(),
    )
    return made


@pytest.fixture
def manager(project: Project) -> User:
    return make.member(project, Membership.Role.MANAGER)


def by_command(project: Project) -> Any:
    said = io.StringIO()
    call_command("report", project.slug, json=True, stdout=said)
    return json.loads(said.getvalue())["agreement"]


def labels(project: Project, annotator: str | None) -> dict[tuple[int, int, int], int | None]:
    """Return the ratings of the newest imported submission of each task, or of an annotator, by item."""
    work = Submission.objects.filter(task__batch__project=project)
    own = work.filter(annotator__username=annotator) if annotator else work.filter(origin="imported")
    rows = Rating.objects.filter(submission__in=own.latest_revisions(), state="rated")
    return {
        (task, response, dimension): value
        for task, response, dimension, value in rows.values_list(
            "submission__task", "response", "dimension", "value"
        )
    }


def test_the_first_repeats_the_file_and_the_second_agrees_as_often_as_asked(project: Project) -> None:
    given = labels(project, None)
    first, second = (labels(project, f"sim-intermt-0{number}") for number in (1, 2))
    asked = given.keys() & first.keys()

    assert len(asked) > 250
    assert all(first[one] == given[one] for one in asked)
    assert sum(second[one] == given[one] for one in asked) / len(asked) == pytest.approx(FIDELITY, abs=0.07)


def test_page_api_and_command_say_the_same(project: Project, manager: User, client: Client) -> None:
    said = by_command(project)

    token = {"Authorization": f"Token {ApiToken.issue(manager, 'test')}"}
    assert client.get(reverse("api-agreement", args=[project.slug]), headers=token).json() == said

    client.force_login(manager)
    answer = client.get(reverse("manage-agreement", args=[project.slug]), {"csv": "all"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    shown = [row for row in rows if not row["by"] and row["number"] == "alpha" and row["value"]]
    alphas = [one["agreement"]["alpha"] for one in (*said["dimensions"], *said["comparisons"])]
    assert sorted(float(row["value"]) for row in shown) == sorted(one for one in alphas if one is not None)
    assert len(shown) > 5

    page = client.get(reverse("manage-agreement", args=[project.slug])).content.decode()
    found = next(one for one in said["dimensions"] if one["dimension"] == "text_quality")["agreement"]
    interval = found["intervals"]["alpha"]
    words = f"{found['alpha']:.2f} ({interval['low']:.2f} to {interval['high']:.2f})".replace("-", "−")
    assert words in page
    assert "Annotators and scorers are made up" in page
