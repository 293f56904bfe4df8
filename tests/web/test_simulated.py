"""Who sees a simulated project's numbers is told so: on the pages and in its releases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from annotate.models import Membership, Project
from tests import make

SAYS = "Annotators and scorers are made up"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_folders")]


@pytest.fixture
def project() -> Project:
    call_command(
        "simulate", "world", "--create", "--annotators=3", "--conversations=2", "--turns=1", "--json"
    )
    return Project.objects.get(slug="world")


@pytest.mark.parametrize(
    ("role", "names"),
    [
        ("manager", ["manage-project", "manage-people", "manage-batches", "manage-settings", "exports"]),
        ("reviewer", ["review-queue", "questions"]),
    ],
)
def test_every_page_of_a_lead_says_so(client: Client, project: Project, role: str, names: list[str]) -> None:
    client.force_login(make.member(project, Membership.Role(role)))

    for name in names:
        assert SAYS in client.get(reverse(name, args=[project.slug])).content.decode(), name


def test_a_project_of_people_does_not(client: Client) -> None:
    project = make.project()
    client.force_login(make.member(project, Membership.Role.MANAGER))

    assert SAYS not in client.get(reverse("manage-project", args=[project.slug])).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_release_says_so_in_its_manifest_and_on_its_card(project: Project, tmp_path: Path) -> None:
    call_command("export", "world", "--format=native", f"--out={tmp_path / 'release'}", "--json")

    assert json.loads((tmp_path / "release" / "manifest.json").read_text())["simulated"] is True
    card = (tmp_path / "release" / "README.md").read_text()
    assert "Simulated: synthetic annotators and scorers" in card
    assert "human-feedback" not in card
    about = json.loads((tmp_path / "release" / "project.json").read_text())["project"]
    assert about["simulation"]["plan"]["annotators"] == 3
