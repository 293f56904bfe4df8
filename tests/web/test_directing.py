"""Projects, their settings, rubric and batches on the pages, and the preview that stores nothing."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from annotate import tasks
from annotate.formats.rubric import BUILT_IN, parse_rubric
from annotate.models import Batch, Membership, Project, Response, Rubric, User
from annotate.reports.managers.batches import batches
from annotate.reports.managers.progress import progress
from tests import make
from tests.pipeline import keys

pytestmark = pytest.mark.django_db
Role = Membership.Role
YAML = (BUILT_IN / "intermt.yaml").read_text()
SECOND = YAML.replace("version: 1", "version: 2", 1)


@pytest.fixture
def project() -> Project:
    return make.project("p", overlap=2)


@pytest.fixture
def boss(project: Project, client: Client) -> User:
    """Return the manager whose session the client has."""
    made = make.member(project, Role.MANAGER)
    client.force_login(made)
    return made


def form_of(batch: Batch, **changed: object) -> dict[str, object]:
    names = ["name", "purpose", "state", "priority", "overlap", "overlap_limit", "preference_scale"]
    switches = [name for name in ("tie_allowed", "reopen_allowed", "step_labels") if getattr(batch, name)]
    return {
        **{name: getattr(batch, name) for name in names},
        **dict.fromkeys(switches, "on"),
        "extra_share": f"{batch.extra_share * 100:g}",
        "rubric": batch.rubric_id,
        **changed,
    }


def test_a_manager_begins_a_project_and_manages_it(client: Client, boss: User) -> None:
    answer = client.post(
        "/projects/new/", {"name": "Second Try", "language": "EN", "rubric": "intermt", "overlap": 4}
    )

    made = Project.objects.get(slug="second-try")
    assert answer["Location"] == "/p/second-try/manage/"
    assert (made.overlap, made.language) == (4, "en")
    assert made.memberships.get().user == boss
    again = client.post("/projects/new/", {"name": "二", "language": "en", "rubric": "intermt", "overlap": 4})
    assert "no Latin letters" in again.content.decode()


def test_who_manages_nothing_begins_nothing(client: Client, project: Project) -> None:
    client.force_login(make.member(project))
    assert client.get("/projects/new/").status_code == 404
    assert "/projects/new/" not in client.get("/").content.decode()


def test_settings_are_stored_and_source_models_proposed(client: Client, project: Project, boss: User) -> None:
    make.conversation(project, candidates=2)
    given = {
        "name": "Q",
        "language": "en",
        "overlap": 5,
        "problem_limit": 3,
        "audit_share": "7.5",
        "second_review_share": "20",
        "daily_model_flags": "40",
        "masked_names": "GPT-9\n\n GPT-9 ",
    }
    proposed = client.post("/p/p/manage/settings/", {**given, "propose": "1"}).content.decode()
    assert "GPT-9\n GPT-9" not in proposed
    assert "model-0\nmodel-1" in proposed
    assert Project.objects.get().name == "P"

    client.post("/p/p/manage/settings/", given)
    stored = Project.objects.get()
    assert (stored.name, stored.overlap, stored.problem_limit, stored.masked_names) == ("Q", 5, 3, ["GPT-9"])
    assert (stored.audit_share, stored.second_review_share, stored.daily_model_flags) == (0.075, 0.2, 40)
    assert 'value="7.5"' in client.get("/p/p/manage/settings/").content.decode()
    assert client.post("/p/p/manage/settings/", {**given, "audit_share": 101}).status_code == 422
    assert client.post("/p/p/manage/settings/", {**given, "overlap": 99}).status_code == 422


def test_a_new_version_of_the_rubric_is_compared_then_stored_for_new_batches(
    client: Client, project: Project, boss: User
) -> None:
    changed = SECOND.replace("reads naturally", "reads beautifully", 1)
    assert changed != SECOND
    file = SimpleUploadedFile("next.yaml", changed.encode())
    shown = client.post("/p/p/manage/rubric/", {"file": file}).content.decode()
    assert "reads beautifully" in shown.split("is-new")[-1] or 'class="is-new"' in shown
    assert Rubric.objects.count() == 1

    client.post("/p/p/manage/rubric/", {"text": changed, "store": "1"})
    project.refresh_from_db()
    assert project.rubric.version == 2
    assert project.batches.get().rubric.version == 1
    client.post("/p/p/manage/rubric/use/", {"version": "1"})
    project.refresh_from_db()
    assert project.rubric.version == 1


def test_a_new_version_begins_as_the_text_of_the_present_one(
    client: Client, project: Project, boss: User
) -> None:
    page = client.get("/p/p/manage/rubric/")
    proposed = parse_rubric(page.context["form"].initial["text"], "page")
    assert proposed == parse_rubric(SECOND, "second")
    assert "version: 2" in page.content.decode()

    file = client.get("/p/p/manage/rubric/rubric.yaml")
    assert parse_rubric(file.content, "file") == parse_rubric(YAML, "first")
    assert "intermt-v1.yaml" in file["Content-Disposition"]


def test_what_is_wrong_with_a_new_version_stands_above_the_rubric(
    client: Client, project: Project, boss: User
) -> None:
    asked = client.get("/p/p/manage/rubric/").content.decode()
    assert asked.index("new-heading") < asked.index('class="dimension"') < asked.index('name="text"')
    refused = client.post("/p/p/manage/rubric/", {"text": "key: 1"}).content.decode()
    assert refused.index('role="alert"') < refused.index('name="text"') < refused.index('class="dimension"')


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SECOND.replace("scope: local", "scope: lokal", 1), "$.dimensions[0].scope"),
        ("a: &a [1]\nb: *a", "aliases"),
        ("[" * 5000, "not readable"),
        ("", "paste the text"),
    ],
)
def test_a_broken_rubric_is_refused_with_its_place(
    client: Client, project: Project, boss: User, text: str, words: str
) -> None:
    answer = client.post("/p/p/manage/rubric/", {"text": text})
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_new_batch_begins_with_the_default_ones_settings(
    client: Client, project: Project, boss: User
) -> None:
    Batch.objects.update(preference_scale=1, tie_allowed=False, required_texts=["reason"], teams=["red"])
    form = client.get("/p/p/manage/batches/new/").context["form"]
    assert (form["preference_scale"].value(), form["tie_allowed"].value()) == (1, False)
    assert (form["required_texts"].value(), form["teams"].value()) == (["reason"], "red")

    given = form_of(project.batches.get(), name="next", required_texts=["reason"], teams="red, blue")
    client.post("/p/p/manage/batches/new/", given)
    made = Batch.objects.get(name="next")
    assert (made.preference_scale, made.tie_allowed, made.teams) == (1, False, ["red", "blue"])
    assert not made.is_default
    assert client.post("/p/p/manage/batches/new/", given).status_code == 422


def test_what_is_locked_stays_even_when_sent(client: Client, project: Project, boss: User) -> None:
    batch = project.batches.get()
    make.assignment(make.task(make.conversation(project)), make.member(project))
    page = reverse("manage-batch", args=["p", batch.uid])
    assert "People have begun to answer" in client.get(page).content.decode()

    client.post(page, form_of(batch, preference_scale=1, state="paused", overlap=3, tasks_too="on"))
    batch.refresh_from_db()
    assert (batch.preference_scale, batch.state, batch.overlap) == (3, "paused", 3)
    assert batch.tasks.get().open_slots == 2


def test_planning_is_looked_at_then_done(
    client: Client, project: Project, boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        make.conversation(project, candidates=2)
    batch = make.batch(project)
    page = reverse("manage-batch-plan", args=["p", batch.uid])
    assert "Ratings of answers" in client.post(page, {"preview": "1"}).content.decode()
    assert batch.tasks.count() == 0
    client.post(page)
    assert batch.tasks.count() == 2

    woken: list[int] = []
    monkeypatch.setattr(tasks, "wake", lambda _task, *ids: woken.extend(ids))
    monkeypatch.setattr("annotate.web.managers.batches.AT_ONCE", 0)
    make.conversation(project)
    client.post(page)
    assert woken == [batch.pk]
    state = reverse("manage-batch-plan-state", args=["p", batch.uid])
    assert "every 2s" in client.get(state).content.decode()
    tasks.plan_batch(batch.pk)
    assert batch.tasks.count() == 3
    assert "every 2s" not in client.get(state).content.decode()


@pytest.mark.parametrize("size", [1, 5])
def test_the_list_of_batches_takes_the_same_number_of_statements(
    client: Client, project: Project, boss: User, size: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(size):
        make.submission(
            make.task(make.conversation(project), batch=make.batch(project)), make.member(project)
        )
    with django_assert_num_queries(8):
        client.get("/p/p/manage/batches/")


def test_the_preview_shows_a_task_and_stores_nothing(client: Client, project: Project, boss: User) -> None:
    first, second = (make.task(make.conversation(project, turns=2, candidates=2)) for _ in range(2))
    batch = project.batches.get()
    call = f"/api/v1/projects/p/preview?batch={batch.uid}"
    tables = [model for model in apps.get_app_config("annotate").get_models() if model is not User]
    before = {model: list(model._default_manager.order_by("pk").values()) for model in tables}

    assert "js/preview.js" in client.get(f"/p/p/manage/preview/?batch={batch.uid}").content.decode()
    shown = client.get(call).json()
    assert shown["id"] == str(first.uid)
    assert [len(turn["candidates"]) for turn in shown["turns"]] == [2, 2]
    assert client.get(f"{call}&after={first.uid}").json()["id"] == str(second.uid)
    assert client.get(f"{call}&task={second.uid}").json()["id"] == str(second.uid)
    assert client.get(f"{call}&conversation={second.conversation.uid}").json()["id"] == str(second.uid)
    assert client.get(f"{call}&after={second.uid}").status_code == 204
    assert client.get(f"{call}&task=x").status_code == 404
    assert client.get("/api/v1/projects/p/preview").status_code == 404
    assert {model: list(model._default_manager.order_by("pk").values()) for model in tables} == before


@pytest.mark.parametrize("role", ["annotator", "reviewer", None])
def test_only_managers_of_the_project_reach_these_pages(project: Project, role: str | None) -> None:
    batch = project.batches.get()
    client = Client()
    client.force_login(
        make.member(project, Role(role)) if role else make.member(make.project(), Role.MANAGER)
    )
    for name in (
        "settings/",
        "rubric/",
        "rubric/rubric.yaml",
        "batches/",
        "batches/new/",
        f"batches/{batch.uid}/",
        "preview/",
    ):
        assert client.get(f"/p/p/manage/{name}").status_code == 404
    for name in ("settings/", "rubric/", "rubric/use/", "batches/new/", f"batches/{batch.uid}/plan/"):
        assert client.post(f"/p/p/manage/{name}", {"name": "x"}).status_code == 404
    assert client.get(f"/api/v1/projects/p/preview?batch={batch.uid}").status_code == 404
    assert not Response.objects.exists()


def test_a_preview_without_tasks_leads_to_the_batch_that_lacks_them(
    client: Client, project: Project, boss: User
) -> None:
    shown = client.get("/p/p/manage/preview/", follow=True)
    assert shown.redirect_chain == [(f"/p/p/manage/batches/{project.batches.get().uid}/", 302)]
    assert "no task to preview yet" in shown.content.decode()


def test_an_overview_without_tasks_leads_to_what_is_next(
    client: Client, project: Project, boss: User
) -> None:
    empty = client.get("/p/p/manage/").content.decode()
    assert 'class="btn btn-primary" href="/p/p/import/"' in empty


def test_batches_and_overview_count_alike_gold_left_out(project: Project) -> None:
    keys.key(project, "gold")
    (row,), (told,) = batches(project.pk), progress(project.pk).batches

    assert row.tasks == told.tasks == 1
    assert (row.places, row.open, row.submitted) == (told.places, told.open, told.submitted)
