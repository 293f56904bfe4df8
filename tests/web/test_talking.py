"""The leads' pages: problems, questions, guidelines; who may see them, what they do, what they cost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from annotate.models import Batch, Guideline, Inquiry, Membership, ProblemReport, Project, Task, User
from annotate.pipeline import closing, guiding, inquiring
from tests import make

pytestmark = pytest.mark.django_db
Role = Membership.Role


@pytest.fixture
def project() -> Project:
    return make.project("p", overlap=6)


@pytest.fixture
def task(project: Project) -> Task:
    return make.task(make.conversation(project, candidates=2))


def enter(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def manager(project: Project) -> Client:
    return enter(make.member(project, Role.MANAGER))


@pytest.fixture
def reviewer(project: Project) -> Client:
    return enter(make.member(project, Role.REVIEWER))


def reported(task: Task, text: str = "torn") -> ProblemReport:
    reporter = make.member(task.batch.project)
    return ProblemReport.objects.create(task=task, reporter=reporter, kind="broken", text=text)


def asked(task: Task, text: str = "Is a sketch an image?") -> Inquiry:
    asker = make.member(task.batch.project)
    held = make.assignment(task, asker)
    return inquiring.ask(
        task.batch.project, asker.pk, text=text, assignment=held.uid, dimension="helpfulness"
    )


@pytest.mark.parametrize(
    "path", ["manage/problems/", "manage/guidelines/", "manage/guidelines/new/", "questions/"]
)
def test_pages_are_for_those_who_lead(project: Project, manager: Client, reviewer: Client, path: str) -> None:
    assert manager.get(f"/p/p/{path}").status_code == 200
    assert reviewer.get(f"/p/p/{path}").status_code == (200 if path == "questions/" else 404)
    assert enter(make.member(project)).get(f"/p/p/{path}").status_code == 404
    assert enter(make.user()).get(f"/p/p/{path}").status_code == 404


def test_a_manager_reads_dismisses_closes_and_reopens(manager: Client, task: Task) -> None:
    report = reported(task, "<b>torn</b>")
    page = manager.get("/p/p/manage/problems/").content.decode()
    assert "&lt;b&gt;torn" in page
    assert report.reporter.username in page
    assert "Question 1?" in page
    assert "1 of 2 reports" in page

    manager.post(f"/p/p/manage/problems/task/{task.uid}/close/")
    task.refresh_from_db()
    assert task.open_slots == 0
    assert "closed: not handed out" in manager.get("/p/p/manage/problems/?state=closed").content.decode()

    manager.post(f"/p/p/manage/problems/task/{task.uid}/reopen/")
    task.refresh_from_db()
    assert (task.closed_at, task.open_slots) == (None, 6)
    assert "No problem reported" in manager.get("/p/p/manage/problems/?state=open").content.decode()


def test_dismissing_keeps_the_page_of_the_list(manager: Client, task: Task) -> None:
    report = reported(task)

    answer = manager.post(
        f"/p/p/manage/problems/report/{report.uid}/dismiss/", {"state": "open", "page": "2&x=//evil"}
    )

    assert answer["Location"] == "/p/p/manage/problems/?state=open&page=1"
    assert ProblemReport.objects.get().dismissed_at is not None


def test_nobody_decides_on_another_projects_task(task: Task, reviewer: Client) -> None:
    report = reported(task)
    other = enter(make.member(make.project("q"), Role.MANAGER))

    for client, slug in ((other, "q"), (other, "p"), (reviewer, "p")):
        assert client.post(f"/p/{slug}/manage/problems/task/{task.uid}/close/").status_code == 404
        assert client.post(f"/p/{slug}/manage/problems/report/{report.uid}/dismiss/").status_code == 404

    task.refresh_from_db()
    assert task.closed_at is None


@pytest.mark.parametrize("size", [1, 6])
def test_lists_cost_the_same_whatever_their_length(
    project: Project, manager: Client, size: int, django_assert_num_queries: Any
) -> None:
    for number in range(size):
        task = make.task(make.conversation(project))
        reported(task)
        asked(task, f"Question {number}?")
        guiding.publish(project.pk, guiding.NewGuideline({"en": "Text"}), by=None)
        inquiring.publish(project.pk, make.member(project).pk, question="a", answer="b", dimension_id=None)
    with django_assert_num_queries(8):  # session, person, membership, tabs; count, tasks, reports, who holds
        manager.get("/p/p/manage/problems/")
    with django_assert_num_queries(9):  # …; count, questions, dimensions, published, their messages
        manager.get("/p/p/questions/")
    with django_assert_num_queries(7):  # …; versions, who has read, batches
        manager.get("/p/p/manage/guidelines/")


def test_a_lead_answers_where_the_person_works_and_resolves(reviewer: Client, task: Task) -> None:
    inquiry = asked(task)
    page = reviewer.get(f"/p/p/questions/{inquiry.uid}/").content.decode()
    assert "Answer 1.0" in page
    assert inquiry.asked_by.username not in page, "reviewers know people by no name"

    answer = reviewer.post(f"/p/p/questions/{inquiry.uid}/", {"text": "Yes.", "resolve": ""})

    assert answer.status_code == 302
    inquiry.refresh_from_db()
    assert inquiry.resolved_at is not None
    assert [one.text for one in inquiry.messages.all()] == ["Is a sketch an image?", "Yes."]
    reviewer.post(f"/p/p/questions/{inquiry.uid}/settle/", {"reopen": ""})
    inquiry.refresh_from_db()
    assert inquiry.resolved_at is None
    assert reviewer.post(f"/p/p/questions/{inquiry.uid}/", {"text": " "}).status_code == 422


def test_the_task_is_shown_with_the_letters_that_the_person_sees(manager: Client, task: Task) -> None:
    inquiry = asked(task)
    held = task.assignments.get()
    held.shown_order = held.shown_order[::-1]
    held.save()

    page = manager.get(f"/p/p/questions/{inquiry.uid}/").content.decode()

    assert page.index("Answer 1.1") < page.index("Answer 1.0")


def test_a_published_answer_is_a_text_of_its_own(manager: Client, project: Project, task: Task) -> None:
    inquiry = asked(task, "Is ada's sketch an image?")
    words = {"question": "Are sketches images?", "answer": "Yes.", "dimension": "helpfulness"}

    assert manager.post(f"/p/p/questions/{inquiry.uid}/publish/", {**words, "answer": ""}).status_code == 422
    assert manager.post(f"/p/p/questions/{inquiry.uid}/publish/", words).status_code == 302

    inquiry.refresh_from_db()
    assert (inquiry.published, inquiry.resolved_at is not None) == (False, True)
    made = Inquiry.objects.get(published=True)
    assert made.task is None
    assert [one.text for one in made.messages.all()] == ["Are sketches images?", "Yes."]

    manager.post(f"/p/p/questions/published/{made.uid}/", {**words, "answer": "Always.", "dimension": ""})
    made.refresh_from_db()
    assert (made.messages.last().text, made.dimension) == ("Always.", None)  # type: ignore[union-attr]
    manager.post(f"/p/p/questions/published/{made.uid}/", {"withdraw": ""})
    assert not Inquiry.objects.filter(published=True).exists()
    assert manager.get(f"/p/p/questions/published/{inquiry.uid}/").status_code == 404


def sheet(count: int, **changes: str) -> dict[str, str]:
    """Return the form for a new version with this many filled examples."""
    values = {
        "text_en": "# Read me",
        "text_zh": "",
        "changes_en": "All of it",
        "changes_zh": "",
        "examples-TOTAL_FORMS": str(count),
        "examples-INITIAL_FORMS": "0",
    }
    for number in range(count):
        values |= {
            f"examples-{number}-dimension": "style_coherence",
            f"examples-{number}-value": "-1",
            f"examples-{number}-case_en": f"Case {number}",
            f"examples-{number}-why_en": "Because",
        }
    return {**values, **changes}


def test_a_version_is_looked_at_then_published_and_used(manager: Client, project: Project) -> None:
    batch = project.batches.get()
    shown = manager.post("/p/p/manage/guidelines/new/", sheet(2, preview=""))
    assert "<h3" in shown.content.decode()
    assert not Guideline.objects.exists()

    for _ in range(2):
        made = manager.post("/p/p/manage/guidelines/new/", sheet(2, publish="", batches=str(batch.uid)))
        assert made.status_code == 302

    assert "Case 1" in manager.get(made["Location"]).content.decode()
    assert Batch.objects.get(pk=batch.pk).guideline_version == 2
    manager.post(f"/p/p/manage/guidelines/use/{batch.uid}/", {"version": "1"})
    assert Batch.objects.get(pk=batch.pk).guideline_version == 1
    manager.post(f"/p/p/manage/guidelines/use/{batch.uid}/", {"version": "9"})
    assert Batch.objects.get(pk=batch.pk).guideline_version == 1


def test_a_new_version_starts_as_a_copy_of_the_newest(manager: Client) -> None:
    manager.post("/p/p/manage/guidelines/new/", sheet(3, publish=""))

    page = manager.get("/p/p/manage/guidelines/new/").content.decode()

    assert "# Read me" in page
    assert "Case 2" in page
    assert 'name="examples-TOTAL_FORMS" value="4"' in page


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text_en": " "}, "in one language at least"),
        ({"examples-0-value": "4"}, "from -1 to 3"),
        ({"examples-0-why_en": ""}, "both in the same language"),
        ({"examples-0-dimension": "beauty"}, "Select a valid choice"),
    ],
)
def test_bad_input_keeps_everything_typed(manager: Client, change: dict[str, str], message: str) -> None:
    answer = manager.post("/p/p/manage/guidelines/new/", sheet(2, publish="", **change))
    page = answer.content.decode()

    assert answer.status_code == 422
    assert message in page
    assert "All of it" in page
    assert "Case 0" in page
    assert "Case 1" in page
    assert not Guideline.objects.exists()


def test_one_more_example_and_one_less(manager: Client) -> None:
    page = manager.post("/p/p/manage/guidelines/new/", sheet(1, add="")).content.decode()
    assert 'name="examples-TOTAL_FORMS" value="2"' in page
    assert "Case 0" in page
    assert not re.search(r'class="errorlist', page)

    manager.post("/p/p/manage/guidelines/new/", sheet(2, **{"publish": "", "examples-0-DELETE": "on"}))

    assert [one.texts["en"]["case"] for one in Guideline.objects.get().examples.all()] == ["Case 1"]


def test_the_tabs_count_what_waits(manager: Client, task: Task) -> None:
    asked(task)
    reported(task)
    closed = make.task(make.conversation(task.batch.project))
    reported(closed)
    closing.close_task(closed.pk)

    overview = manager.get("/p/p/manage/").content.decode()
    page = manager.get("/p/p/questions/").content.decode()

    assert re.search(r"Review\s*<span[^>]*>2<", overview)
    assert re.search(r"Questions\s*<span[^>]*>1<", page)
    assert re.search(r"Problems\s*<span[^>]*>1<", page)
