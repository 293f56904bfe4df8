"""Log-in and log-out, passwords, language and theme."""

from __future__ import annotations

import pytest
from django.test import Client

from annotate.models import User
from annotate.web.accounts import FAILURES_ALLOWED
from tests import make

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse"


def log_in(client: Client, name: str, password: str = PASSWORD, **more: str) -> int:
    return client.post("/log-in/", {"username": name, "password": password, **more}).status_code


def test_a_person_logs_in_and_lands_on_the_projects(client: Client) -> None:
    make.user("ada")

    answer = client.post("/log-in/", {"username": "ada", "password": PASSWORD}, follow=True)

    assert answer.redirect_chain == [("/", 302)]
    assert answer.context["user"].username == "ada"


def test_a_wrong_password_is_said_at_the_form_and_logs_nobody_in(client: Client) -> None:
    make.user("ada")

    answer = client.post("/log-in/", {"username": "ada", "password": "wrong"})

    assert answer.status_code == 200
    assert "correct username and password" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_the_named_source_of_imported_labels_cannot_log_in(client: Client) -> None:
    User.objects.create_user("upstream", password=PASSWORD, kind="source", is_active=False)

    assert log_in(client, "upstream") == 200


def test_after_ten_failures_even_the_right_password_waits(client: Client) -> None:
    make.user("ada")
    make.user("bob")
    for _ in range(FAILURES_ALLOWED):
        assert log_in(client, "ada", "wrong") == 200

    assert log_in(client, "ADA", PASSWORD) == 429
    assert log_in(client, "bob") == 302


def test_log_in_goes_back_to_the_page_that_asked_but_to_no_other_host(client: Client) -> None:
    make.user("ada")

    own = client.post("/log-in/", {"username": "ada", "password": PASSWORD, "next": "/p/x/annotate/"})
    client.logout()
    foreign = client.post("/log-in/", {"username": "ada", "password": PASSWORD, "next": "//evil.example/"})

    assert own["Location"] == "/p/x/annotate/"
    assert foreign["Location"] == "/"


def test_log_in_brings_the_language_of_the_person(client: Client) -> None:
    make.user("ada", language="zh-hans")
    log_in(client, "ada")

    assert "我的项目" in client.get("/").content.decode()


def test_logging_out_takes_a_post(client: Client) -> None:
    client.force_login(make.user())

    assert client.get("/log-out/").status_code == 405
    assert client.post("/log-out/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_a_new_password_counts_and_ends_other_sessions(client: Client) -> None:
    ada = make.user("ada")
    elsewhere = Client()
    for one in (client, elsewhere):
        one.force_login(ada)
    new = "battery staple 9"

    answer = client.post(
        "/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new}, follow=True
    )

    assert "Your password is changed." in answer.content.decode()
    assert client.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    ada.refresh_from_db()
    assert ada.check_password(new)


def test_a_weak_password_is_refused_with_its_reason(client: Client) -> None:
    ada = make.user("ada")
    client.force_login(ada)

    answer = client.post(
        "/password/", {"old_password": PASSWORD, "new_password1": "1234", "new_password2": "1234"}
    )

    assert "too short" in answer.content.decode()
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_the_chosen_language_stays_with_the_person_and_the_browser(client: Client) -> None:
    ada = make.user("ada")
    client.force_login(ada)

    answer = client.post("/language/", {"language": "zh-hans", "next": "/password/"})

    assert answer["Location"] == "/password/"
    assert "修改密码" in client.get("/password/").content.decode()
    ada.refresh_from_db()
    assert ada.language == "zh-hans"


def test_an_unknown_language_or_theme_is_refused(client: Client) -> None:
    assert client.post("/language/", {"language": "tlh"}).status_code == 400
    assert client.post("/theme/", {"theme": "pink"}).status_code == 400


def test_the_theme_is_kept_in_a_cookie_and_painted_by_the_server(client: Client) -> None:
    client.post("/theme/", {"theme": "dark", "next": "/log-in/"})

    assert 'data-theme="dark"' in client.get("/log-in/").content.decode()


def test_a_script_that_paints_the_theme_itself_gets_no_page(client: Client) -> None:
    answer = client.post("/theme/", {"theme": "light"}, headers={"x-requested-with": "fetch"})

    assert answer.status_code == 204
    assert answer.cookies["theme"].value == "light"


def test_a_switch_never_leads_to_another_host(client: Client) -> None:
    answer = client.post("/theme/", {"theme": "dark", "next": "https://evil.example/"})

    assert answer["Location"] == "/"


@pytest.mark.parametrize("other", ["  ada", "\uff41da", "ada\u3000", "\uff21DA"])
def test_another_spelling_of_the_name_brings_no_new_tries(client: Client, other: str) -> None:
    make.user("ada")
    for _ in range(FAILURES_ALLOWED):
        assert log_in(client, "ada", "wrong") == 200

    assert log_in(client, other) == 429
