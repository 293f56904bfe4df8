"""A batch filled with a sample on its page: looked at, then drawn; refused where it cannot be."""

from __future__ import annotations

import msgspec
import pytest
from django.test import Client
from django.urls import reverse

from annotate.formats.rubric import BUILT_IN, read_rubric
from annotate.models import Batch, Membership, Project
from tests import judging, make

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(client: Client) -> Project:
    """Return a project of five conversations; the client is its manager."""
    made = make.project("p", overlap=2)
    for _ in range(5):
        make.conversation(made, candidates=2)
    client.force_login(make.member(made, Membership.Role.MANAGER))
    return made


def address(batch: Batch, name: str = "manage-batch-sample") -> str:
    return reverse(name, args=["p", batch.uid])


def test_a_sample_is_looked_at_and_then_drawn_with_the_same_seed(client: Client, project: Project) -> None:
    batch = make.batch(project)
    assert 'id="sample"' in client.get(address(batch, "manage-batch")).content.decode()
    given = {"select": "random", "budget": "2", "random": "20", "seed": ""}
    seen = client.post(address(batch), {**given, "preview": "1"})
    assert "2 of 5" in seen.content.decode()
    assert batch.tasks.count() == 0
    seed = seen.context["sample"]["seed"].value()
    client.post(address(batch), {**given, "seed": seed})
    batch.refresh_from_db()
    assert batch.tasks.count() == 2
    assert batch.selection is not None
    assert batch.selection["seed"] == int(seed)
    page = client.get(address(batch, "manage-batch")).content.decode()
    assert 'id="sample"' not in page
    assert "Chance of each" in page
    client.post(address(batch), given)
    assert batch.tasks.count() == 2


def test_what_is_wrong_stands_at_its_field(client: Client, project: Project) -> None:
    batch = make.batch(project)
    for given, field in (
        ({"select": "random", "budget": "0", "random": "20"}, "budget"),
        ({"select": "random", "budget": "1", "random": "1"}, "random"),
        ({"select": "low-margin", "budget": "1", "random": "20"}, "select"),
    ):
        answer = client.post(address(batch), given)
        assert answer.status_code == 422
        assert list(answer.context["sample"].errors) == [field]


def test_old_items_are_asked_again_from_the_page_of_a_bridge(client: Client, project: Project) -> None:
    second = make.rubric(msgspec.structs.replace(read_rubric(BUILT_IN / "intermt.yaml"), version=2))
    batch = make.batch(project, purpose=Batch.Purpose.BRIDGE, rubric=second)
    default = project.batches.get(is_default=True)
    given = {"bridge": default.pk, "share": "50", "seed": "1"}
    assert "Nobody has answered" in client.post(address(batch), given).content.decode()
    for conversation in project.conversations.all():
        judging.submit(make.task(conversation, batch=default), make.member(project))
    shown = client.get(address(batch, "manage-batch"))
    assert list(shown.context["sample"].fields) == ["bridge", "share", "seed"]
    client.post(address(batch), given)
    assert batch.tasks.count() == 2
    assert "Asked again of" in client.get(address(batch, "manage-batch")).content.decode()


def test_practice_has_no_sample_and_strangers_find_nothing(client: Client, project: Project) -> None:
    batch = make.batch(project, purpose=Batch.Purpose.TRAINING)
    assert client.get(address(batch, "manage-batch")).context["sample"] is None
    client.force_login(make.member(project))
    assert client.post(address(batch), {"select": "random", "budget": "1", "random": "20"}).status_code == 404
