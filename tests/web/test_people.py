"""The managers' view of people: table, CSV, one person's page, invitations and joining by one."""

from __future__ import annotations

import csv
import io
import logging
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.http import urlsafe_base64_encode
from pytest_django import DjangoAssertNumQueries

from annotate.models import Invitation, Membership, Project, Submission, User
from annotate.web.managers.people import harmless
from tests import make

pytestmark = pytest.mark.django_db
Role = Membership.Role
PASSWORD = "battery staple 9"


@pytest.fixture
def project() -> Project:
    return make.project("p")


@pytest.fixture
def boss(project: Project, client: Client) -> User:
    """Return the manager whose session the client has."""
    made = make.member(project, Role.MANAGER)
    client.force_login(made)
    return made


def names(client: Client, query: str = "", **headers: str) -> list[str]:
    answer = client.get(f"/p/p/manage/people/?{query}", headers=headers)
    return re.findall(r'<th scope="row"><a [^>]*>([^<]+)', answer.content.decode())


def link_in(page: str) -> str:
    return re.search(r'id="link-once"[^>]*value="http://testserver([^"]+)"', page).group(1)  # type: ignore[union-attr]


def invited(client: Client, **terms: object) -> str:
    given = {"role": "annotator", "languages": "en", "team": "red", "uses": 1, "days": 7, **terms}
    return link_in(client.post("/p/p/manage/people/invitations/", given).content.decode())


def test_people_are_filtered_and_sorted_with_and_without_scripts(
    client: Client, project: Project, boss: User
) -> None:
    quick, slow = make.member(project, team="red"), make.member(project, languages=["en"])
    for person, active in ((quick, 60_000), (slow, 600_000)):
        make.submission(make.task(make.conversation(project)), person, active_ms=active)
    User.objects.filter(pk=boss.pk).update(username="boss")

    assert names(client, "sort=-pace") == [slow.username, quick.username, "boss"]
    assert names(client, "sort=pace") == [quick.username, slow.username, "boss"]
    assert names(client, "team=red") == [quick.username]
    assert names(client, "language=en") == [slow.username]
    assert names(client, "role=manager") == names(client, "name=BOS") == ["boss"]
    assert set(names(client, "recent=1")) == {quick.username, slow.username}
    assert names(client, "role=king&sort=nonsense&page=77") == names(client)
    part = client.get("/p/p/manage/people/?sort=-last", headers={"hx-request": "true"}).content.decode()
    assert "<html" not in part
    assert part.count('aria-sort="descending"') == 1


@pytest.mark.usefixtures("boss")
@pytest.mark.parametrize("size", [1, 6])
@pytest.mark.parametrize("sort", ["name", "pace"])
def test_the_table_takes_the_same_number_of_statements_whatever_its_length(
    client: Client,
    project: Project,
    size: int,
    sort: str,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(size):
        make.submission(make.task(make.conversation(project)), make.member(project))
    # Session, person, membership; members; held, skips, times, reviews; teams and languages.
    with django_assert_num_queries(12):
        client.get(f"/p/p/manage/people/?sort={sort}")


def test_the_csv_is_the_filtered_table_and_holds_no_formula(
    client: Client, project: Project, boss: User
) -> None:
    ada = make.member(project, team='=HYPERLINK("http://x")')
    User.objects.filter(pk=ada.pk).update(username="@ada")
    answer = client.get("/p/p/manage/people/people.csv?role=annotator")
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]

    (row,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    assert content.startswith(b"\xef\xbb\xbf")
    assert (row["name"], row["team"]) == ("'@ada", '\'=HYPERLINK("http://x")')
    assert [harmless(one) for one in ("+1", "-1", "\tx", "a=1", -1, None)] == [
        "'+1",
        "'-1",
        "'\tx",
        "a=1",
        -1,
        None,
    ]


def test_a_person_is_changed_and_taken_out_on_their_page(
    client: Client, project: Project, boss: User
) -> None:
    ada = make.member(project)
    page = reverse("manage-person", args=["p", ada.uid])
    assert ada.username in client.get(page).content.decode()

    client.post(page, {"role": "reviewer", "languages": "EN, zh-hans,en", "team": " red "})
    stored = ada.memberships.get()
    assert (stored.role, stored.languages, stored.team) == ("reviewer", ["en", "zh-hans"], "red")
    assert client.post(page, {"role": "reviewer", "languages": "!"}).status_code == 422
    client.post(f"{page}remove/")
    assert ada.memberships.exists()
    client.post(f"{page}remove/", {"sure": "1"})
    assert not ada.memberships.exists()
    assert (
        client.post(reverse("manage-person", args=["p", boss.uid]), {"role": "annotator"}).status_code == 422
    )


def test_a_forgotten_password_is_set_by_a_link_that_works_once(
    client: Client, project: Project, boss: User
) -> None:
    ada = make.member(project)
    answer = client.post(reverse("manage-person-reset", args=["p", ada.uid]))
    link = link_in(answer.content.decode())
    visitor = Client()
    form = visitor.get(link)["Location"]

    assert link.split("/")[-2] not in form
    visitor.post(form, {"new_password1": PASSWORD, "new_password2": PASSWORD})
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)
    assert "no longer valid" in Client().get(link, follow=True).content.decode()


def test_a_visitor_makes_an_account_by_a_link_and_is_in(client: Client, project: Project, boss: User) -> None:
    link = invited(client)
    visitor = Client()
    first = visitor.get(link)
    assert (first["Location"], first["Referrer-Policy"]) == ("/join/", "no-referrer")
    assert "invites you" in visitor.get("/join/").content.decode()

    account = {"username": "ada", "language": "zh-hans", "password1": PASSWORD, "password2": PASSWORD}
    assert (
        "too short"
        in visitor.post("/join/", {**account, "password1": "a", "password2": "a"}).content.decode()
    )
    answer = visitor.post("/join/", account, follow=True)

    made = Membership.objects.get(user__username="ada")
    assert (made.role, made.languages, made.team) == ("annotator", ["en"], "red")
    assert made.user.language == "zh-hans"
    assert answer.context["user"] == made.user
    assert client.get("/p/p/manage/people/invitations/").content.decode().count("used up") == 1


def test_a_person_with_an_account_joins_by_a_post_alone(client: Client, project: Project, boss: User) -> None:
    link = invited(client)
    ada = make.user()
    visitor = Client()
    visitor.force_login(ada)
    visitor.get(link, follow=True)
    assert not ada.memberships.exists()
    visitor.post("/join/")
    assert ada.memberships.get().project == project


def test_a_member_is_told_so_and_uses_nothing_up(client: Client, project: Project, boss: User) -> None:
    link = invited(client)
    visitor = Client()
    visitor.force_login(make.member(project))

    assert "already" in visitor.get(link, follow=True).content.decode()
    assert Invitation.objects.get().uses_left == 1


def test_a_dead_link_gets_a_kind_page_and_guesses_are_limited(
    client: Client, project: Project, boss: User
) -> None:
    link = invited(client)
    client.post(reverse("manage-invitation-withdraw", args=["p", Invitation.objects.get().uid]))
    answers = [Client().get(link, follow=True) for _ in range(11)]

    assert "no longer valid" in answers[0].content.decode()
    assert [one.status_code for one in answers] == [410] * 10 + [429]


def test_the_secret_is_neither_stored_nor_logged(
    client: Client, project: Project, boss: User, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        link = invited(client)
        visitor = Client()
        visitor.get(link, follow=True)
        visitor.post("/join/", {"username": "!"})
    secret = link.split("/")[2]
    assert len(secret) >= 43
    assert secret not in caplog.text
    assert secret not in str(dict(visitor.session))
    assert secret not in str(Invitation.objects.values().get())


@pytest.mark.parametrize("role", ["annotator", "reviewer", None])
def test_only_managers_of_the_project_reach_these_pages(project: Project, role: str | None) -> None:
    ada = make.member(project)
    client = Client()
    client.force_login(
        make.member(project, Role(role)) if role else make.member(make.project(), Role.MANAGER)
    )
    for name in ("", "people.csv", "invitations/", f"{ada.uid}/"):
        assert client.get(f"/p/p/manage/people/{name}").status_code == 404
    for name in ("invitations/", f"{ada.uid}/", f"{ada.uid}/remove/", f"{ada.uid}/reset/"):
        assert client.post(f"/p/p/manage/people/{name}", {"sure": "1"}).status_code == 404
    assert not Invitation.objects.exists()
    assert Submission.objects.count() == 0


def test_a_link_is_withdrawn_in_two_steps_while_somebody_could_join_by_it(
    client: Client, project: Project, boss: User
) -> None:
    invited(client)
    page = client.get("/p/p/manage/people/invitations/").content.decode()
    assert page.index("<details><summary") < page.index("/withdraw/") < page.index("Yes, withdraw it")

    Invitation.objects.update(uses_left=0)
    assert "Yes, withdraw it" not in client.get("/p/p/manage/people/invitations/").content.decode()


@pytest.mark.parametrize(
    "change", ["the maker is taken out", "the person gets a second project", "another maker is named"]
)
def test_a_password_link_is_worth_what_its_maker_may_still_do(
    client: Client, project: Project, boss: User, change: str
) -> None:
    ada, other = make.member(project), make.member(project, Membership.Role.MANAGER)
    link = link_in(client.post(reverse("manage-person-reset", args=["p", ada.uid])).content.decode())
    match change:
        case "the maker is taken out":
            boss.memberships.all().delete()
        case "the person gets a second project":
            Membership.objects.create(project=make.project(), user=ada, role="reviewer")
        case _:
            key = link.split("/")[-3]
            link = link.replace(key, urlsafe_base64_encode(f"{ada.pk}.{other.pk}".encode()))

    assert "no longer valid" in Client().get(link, follow=True).content.decode()


def test_a_good_link_opens_where_others_have_guessed(client: Client, project: Project, boss: User) -> None:
    link = invited(client)
    answers = [Client().get("/join/guess/", follow=True) for _ in range(11)]

    assert answers[-1].status_code == 429
    assert "invites you" in Client().get(link, follow=True).content.decode()
