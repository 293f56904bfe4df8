"""Pages for when something is wrong, and the operators' pages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils.formats import date_format
from django.utils.translation import override
from django.views.defaults import permission_denied, server_error

from annotate.models import ApiToken, Project, User
from annotate.web.admin import site
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root", password="correct horse"))
    return client


def anonymous(path: str) -> HttpRequest:
    return RequestFactory().get(path)


def test_an_unknown_address_gets_a_page_that_leads_back(client: Client) -> None:
    answer = client.get("/nowhere/")

    assert answer.status_code == 404
    assert "Nothing here" in answer.content.decode()


def test_a_broken_page_still_has_a_face_without_any_context() -> None:
    answer = server_error(anonymous("/"))

    assert answer.status_code == 500
    assert "Something broke" in answer.content.decode()


def test_a_refused_page_says_so() -> None:
    answer = permission_denied(anonymous("/"), PermissionError())

    assert "Not allowed" in answer.content.decode()


def test_a_stale_form_is_explained() -> None:
    client = Client(enforce_csrf_checks=True)

    answer = client.post("/log-in/", {"username": "a", "password": "b"})

    assert answer.status_code == 403
    assert "open for too long" in answer.content.decode()


def test_operators_find_every_table(operator: Client) -> None:
    tables = [
        model
        for model in apps.get_app_config("annotate").get_models()
        if not model.__name__.endswith("Event")
    ]

    assert {model for model in tables if not site.is_registered(model)} == set()
    for model in tables:
        assert operator.get(f"/admin/annotate/{model._meta.model_name}/").status_code == 200, model


def test_operators_cannot_rewrite_what_people_said(operator: Client) -> None:
    project = make.project()
    submission = make.submission(make.task(make.conversation(project)), make.member(project))

    page = operator.get(f"/admin/annotate/submission/{submission.pk}/change/")

    assert 'name="_save"' not in page.content.decode()
    assert (
        operator.post(f"/admin/annotate/submission/{submission.pk}/delete/", {"post": "yes"}).status_code
        == 403
    )


def test_operators_can_rename_a_project_and_revoke_a_token(operator: Client) -> None:
    project = make.project("p")
    ApiToken.issue(make.user(), "laptop")
    token = ApiToken.objects.get()
    form = operator.get(f"/admin/annotate/project/{project.pk}/change/").context["adminform"].form

    values = {**{key: value for key, value in form.initial.items() if value is not None}, "name": "Renamed"}
    changed = operator.post(f"/admin/annotate/project/{project.pk}/change/", values)
    operator.post(f"/admin/annotate/apitoken/{token.pk}/delete/", {"post": "yes"})

    assert changed.status_code == 302
    assert Project.objects.get().name == "Renamed"
    assert not ApiToken.objects.exists()


def test_the_administration_is_closed_to_others(client: Client) -> None:
    client.force_login(make.user())

    assert client.get("/admin/").status_code == 302


def test_english_days_are_written_in_the_one_order_that_nobody_reads_in_another() -> None:
    moment = datetime(2026, 12, 5, 16, 21, tzinfo=UTC)
    with override("en"):
        assert date_format(moment, "SHORT_DATETIME_FORMAT") == "2026-12-05 16:21"
        assert date_format(moment, "SHORT_DATE_FORMAT") == "2026-12-05"
    with override("zh-hans"):
        assert date_format(moment, "SHORT_DATETIME_FORMAT") == "2026年12月5日 16:21"
