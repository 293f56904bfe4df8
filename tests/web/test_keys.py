"""The manager's page of keys, gold and qualifications."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotate.models import GoldKey, Membership, Project, Qualification, Review, User
from annotate.pipeline.qualifying import evaluate
from tests import make
from tests.judging import candidates, rate, submit
from tests.pipeline import keys

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make.project("p")


@pytest.fixture
def visitor(client: Client, project: Project) -> Client:
    client.force_login(make.member(project, Membership.Role.MANAGER))
    return client


def shown(visitor: Client, query: str = "") -> str:
    answer = visitor.get("/p/p/manage/quality/" + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_only_managers_get_in(client: Client, project: Project) -> None:
    made = keys.key(project, "training")
    other = make.member(make.project(), Membership.Role.MANAGER)
    for person in (make.member(project), make.member(project, Membership.Role.REVIEWER), other):
        client.force_login(person)
        member = Membership.objects.filter(project=project).earliest("pk")
        assert client.get("/p/p/manage/quality/").status_code == 404
        for address in ("switches/", "keys/", f"keys/{made.uid}/", f"people/{member.uid}/"):
            assert client.post("/p/p/manage/quality/" + address, {"retire": "1"}).status_code == 404
    made.refresh_from_db()
    assert made.retired_at is None


def test_adjudicated_answers_are_offered_before_imported_and_these_before_annotators(
    visitor: Client, project: Project
) -> None:
    given = keys.answered(project)
    assert "What can become a key" in shown(visitor)
    assert str(given.uid) in shown(visitor)
    imported = submit(given.task, make.user(kind="source", is_active=False), origin="imported")
    rate(imported, candidates(given.task)[0], text_quality=2)
    assert str(imported.uid) in shown(visitor)
    reviewer = make.member(project, Membership.Role.REVIEWER)
    final = submit(given.task, reviewer, origin="review")
    rate(final, candidates(given.task)[0], text_quality=1)
    Review.objects.create(
        project=project, conversation=given.task.conversation, reviewer=reviewer, final=final, blind=final,
        outcome="uphold", revealed_at=final.created_at, finished_at=final.created_at,
    )  # fmt: skip
    page = shown(visitor)

    assert str(final.uid) in page
    assert str(given.uid) not in page
    assert str(given.uid) in shown(visitor, "?source=live")


def test_a_manager_makes_a_key_explains_and_retires_it(visitor: Client, project: Project) -> None:
    given = keys.answered(project)
    body = {"submission": str(given.uid), "use": "training", "explanation-en": "See the hub."}
    visitor.post("/p/p/manage/quality/keys/", body)
    made = GoldKey.objects.get()
    assert (made.task.batch.purpose, made.explanations) == ("training", {"en": "See the hub."})
    visitor.post(f"/p/p/manage/quality/keys/{made.uid}/", {"explanation-zh-hans": "看轮毂。"})
    made.refresh_from_db()
    assert made.explanations == {"zh-hans": "看轮毂。"}
    refused = visitor.post("/p/p/manage/quality/keys/", body, follow=True)
    assert "used for training already" in refused.content.decode()
    visitor.post(f"/p/p/manage/quality/keys/{made.uid}/", {"retire": "1"})
    made.refresh_from_db()
    assert made.retired_at is not None
    assert "retired" in shown(visitor)


def test_a_key_that_everybody_misses_is_marked(visitor: Client, project: Project) -> None:
    made = keys.key(project, "gold")
    for _ in range(3):
        keys.answer(made.task, make.member(project), shift=1)
    page = shown(visitor)

    assert "look at the key" in page
    assert "3 people." in page
    assert "0 % of 24 ratings" in page


def test_the_switches_are_stored_and_nonsense_is_refused(visitor: Client, project: Project) -> None:
    made = keys.key(project, "qualification")
    form = {"qualification_required": "on", "pass_mark": "0.7", "gold_percent": "5", "repeat_share": "2.5"}
    visitor.post("/p/p/manage/quality/switches/", form)
    project.refresh_from_db()
    made.task.batch.refresh_from_db()
    assert (project.qualification_required, project.gold_share, project.gold_feedback) == (True, 0.05, False)
    assert made.task.batch.pass_mark == 0.7
    assert project.repeat_share == 0.025
    assert 'name="repeat_share" value="2.5"' in visitor.get("/p/p/manage/quality/").content.decode()

    for wrong in ({"gold_percent": "80"}, {"repeat_share": "51"}, {"repeat_share": "often"}):
        assert visitor.post("/p/p/manage/quality/switches/", {**form, **wrong}).status_code == 422
    project.refresh_from_db()
    assert project.gold_share == 0.05


def act(visitor: Client, person: User, action: str) -> None:
    member = Membership.objects.get(user=person)
    address = reverse("manage-qualification", args=["p", member.uid])
    assert visitor.post(address, {"action": action}).status_code == 302


def test_people_are_shown_with_their_attempts_and_gold_and_qualified_by_hand(
    visitor: Client, project: Project
) -> None:
    person = make.member(project)
    keys.answer(keys.key(project, "qualification").task, person, constant=3)
    keys.answer(keys.key(project, "gold").task, person)
    evaluate(project.pk, person.pk)
    page = shown(visitor)
    assert "κ 0.00" in page
    assert "κ 1.00" in page
    assert "no interval, because there are fewer than ten gold items" in page

    act(visitor, person, "again")
    assert Qualification.objects.count() == 1
    act(visitor, person, "qualify")
    assert Membership.objects.get(user=person).qualified_at
    act(visitor, person, "take_back")
    assert Membership.objects.get(user=person).qualified_at is None


@pytest.mark.parametrize("many", [1, 6])
def test_the_page_costs_the_same_whatever_it_lists(
    visitor: Client, project: Project, many: int, django_assert_num_queries: Any
) -> None:
    for _ in range(many):
        person = make.member(project)
        keys.answer(keys.key(project, "qualification").task, person)
        keys.answer(keys.key(project, "gold").task, person)
    shown(visitor)

    with django_assert_num_queries(13):
        shown(visitor, "?source=live")
