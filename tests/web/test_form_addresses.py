"""Addresses that only take a form, asked for as a page."""

from __future__ import annotations

import pytest
from django.test import Client

from annotate.models import Membership, Project
from tests import make

pytestmark = pytest.mark.django_db
SOME = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def project(client: Client) -> Project:
    made = make.project("p")
    client.force_login(make.member(made, Membership.Role.MANAGER))
    return made


@pytest.mark.parametrize(
    ("address", "above"),
    [
        ("/language/", "/"),
        ("/p/p/manage/scoring/", "/p/p/manage/"),
        ("/p/p/manage/rubric/use/", "/p/p/manage/rubric/"),
        (f"/p/p/manage/people/invitations/{SOME}/withdraw/", "/p/p/manage/people/invitations/"),
        (f"/p/p/manage/problems/task/{SOME}/close/", "/p/p/manage/problems/"),
        (f"/p/p/manage/quality/keys/{SOME}/", "/p/p/manage/quality/"),
    ],
)
def test_a_browser_is_led_to_the_page_above(
    client: Client, project: Project, address: str, above: str
) -> None:
    answer = client.get(address, HTTP_ACCEPT="text/html", follow=True)
    assert answer.redirect_chain[-1] == (above, 302)
    assert answer.status_code == 200
    assert answer.content.decode().count("Nothing was stored") == 1


def test_a_form_sent_without_a_session_ends_at_its_page_after_the_log_in(
    client: Client, project: Project
) -> None:
    client.logout()
    sent = client.post("/p/p/manage/rubric/use/", {"version": "1"}, HTTP_ACCEPT="text/html")
    client.force_login(make.member(project, Membership.Role.MANAGER))
    asked = sent["Location"].split("next=")[1]
    assert client.get(asked, HTTP_ACCEPT="text/html")["Location"] == "/p/p/manage/rubric/"


def test_programs_are_told_which_methods_there_are(client: Client, project: Project) -> None:
    assert client.get("/p/p/manage/scoring/", HTTP_ACCEPT="application/json").status_code == 405
    assert client.put("/p/p/manage/rubric/", HTTP_ACCEPT="text/html").status_code == 405
