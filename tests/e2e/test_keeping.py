"""What is written is never lost: drafts, two tabs, broken lines, refusals, lost answers."""

from __future__ import annotations

import json
import re

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Dialog, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Assignment, Project, Submission, Task, User
from annotate.pipeline import closing
from tests import make
from tests.e2e.screen import Workbench

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.usefixtures("two_turns")
def test_the_draft_lies_on_the_server_and_comes_back(bench: Workbench, ada: User) -> None:
    bench.open().press("2", "c")
    bench.page.keyboard.type("Too short.")
    bench.wait_saved()

    draft = Assignment.objects.get(annotator=ada).draft
    assert draft is not None
    assert [one["text"] for one in draft["notes"]] == ["Too short."]
    bench.open()
    expect(bench.page.locator("textarea").first).to_have_value("Too short.")


@pytest.mark.usefixtures("two_turns")
def test_two_tabs_keep_what_each_has_written(
    bench: Workbench, context: BrowserContext, live_server: LiveServer, ada: User
) -> None:
    other = Workbench(context.new_page(), live_server.url, "p")
    bench.open()
    other.open()

    bench.press("3")
    bench.wait_saved()
    other.press("]", "1")
    other.wait_saved()

    draft = Assignment.objects.get(annotator=ada).draft
    assert draft is not None
    assert sorted(one["value"] for one in draft["ratings"]) == [1, 3]
    assert sorted(other.page.locator("[aria-checked=true]").all_inner_texts()) == ["1", "3"]


@pytest.mark.usefixtures("two_turns")
def test_a_broken_line_loses_nothing(bench: Workbench, context: BrowserContext, ada: User) -> None:
    bench.open()
    context.set_offline(True)
    bench.press("2")
    expect(bench.page.locator("#saved")).to_have_attribute("data-state", "offline")

    context.set_offline(False)
    bench.wait_saved()

    assert Assignment.objects.get(annotator=ada).draft is not None


@pytest.mark.usefixtures("two_turns")
def test_what_was_never_sent_is_found_again_in_this_browser(
    bench: Workbench, context: BrowserContext, live_server: LiveServer
) -> None:
    bench.open()
    context.route("**/draft", lambda route: route.abort())
    bench.press("2", "c")
    bench.page.keyboard.type("Kept here.")
    expect(bench.page.locator("#saved")).to_have_attribute("data-state", "offline")
    bench.page.close(run_before_unload=False)

    context.unroute("**/draft")
    again = Workbench(context.new_page(), live_server.url, "p").open()

    expect(again.page.locator("textarea").first).to_have_value("Kept here.")
    again.wait_saved()


@pytest.mark.usefixtures("two_turns")
def test_logging_out_with_unsent_answers_asks_first(bench: Workbench, context: BrowserContext) -> None:
    bench.open()
    context.route("**/draft", lambda route: route.abort())
    bench.press("2")
    expect(bench.page.locator("#saved")).to_have_attribute("data-state", "offline")
    bench.page.get_by_label("Account of").click()
    questions: list[str] = []

    def answer(dialog: Dialog) -> None:
        questions.append(dialog.message)
        (dialog.dismiss if len(questions) == 1 else dialog.accept)()

    bench.page.on("dialog", answer)
    with bench.page.expect_event("dialog"):
        bench.page.get_by_role("button", name="Log out").click()
    expect(bench.page.locator(".question").first).to_be_visible()
    bench.page.get_by_role("button", name="Log out").click()
    bench.page.wait_for_url("**/log-in/**")

    assert len(questions) == 2
    assert "will be lost" in questions[0]


@pytest.mark.usefixtures("two_turns")
def test_submitting_too_early_leads_to_what_is_missing(bench: Workbench) -> None:
    bench.open().press("]", "Control+Enter")

    assert Submission.objects.count() == 0
    expect(bench.page.locator("#announce")).to_have_text("23 missing")
    expect(bench.page.locator(".question.is-current [role=radio]").first).to_be_focused()


@pytest.mark.usefixtures("two_turns")
def test_a_lost_answer_to_a_submit_is_asked_for_again_with_the_same_key(bench: Workbench) -> None:
    keys: list[str | None] = []

    def lose_the_first(route: Route) -> None:
        keys.append(route.request.headers.get("idempotency-key"))
        if len(keys) == 1:
            route.fetch()  # it arrives, its answer does not
            route.abort()
        else:
            route.continue_()

    bench.open().answer_everything()
    bench.page.route("**/submit", lose_the_first)
    bench.press("Control+Enter")
    expect(bench.page.get_by_role("heading", name="All done")).to_be_visible()

    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert Submission.objects.count() == 1


@pytest.mark.usefixtures("two_turns")
def test_what_the_server_refuses_is_said_at_its_control(bench: Workbench) -> None:
    error = {"code": "off_scale", "detail": "It goes from 0 to 3.", "path": "ratings[0].value"}
    bench.open().answer_everything()
    bench.page.route(
        "**/submit",
        lambda route: route.fulfill(
            status=422, body=json.dumps({"errors": [error]}), content_type="application/json"
        ),
    )

    bench.press("Control+Enter")

    expect(bench.row("Local image").locator(".question-error")).to_have_text("It goes from 0 to 3.")
    expect(bench.row("Local image").locator("[role=radiogroup]")).to_have_attribute(
        "aria-describedby", re.compile(".")
    )


def test_work_that_somebody_else_took_is_said_and_the_next_comes(
    bench: Workbench, project: Project, ada: User
) -> None:
    for _ in range(2):
        make.task(make.conversation(project))
    bench.open()
    Assignment.objects.filter(annotator=ada).update(status="lapsed", closed_at=timezone.now())

    bench.press("2")

    expect(bench.page.locator("#trouble")).to_contain_text("someone else took this task")
    expect(bench.page.locator("#count")).to_contain_text("0 of")


def fetched_ahead(bench: Workbench, project: Project) -> Page:
    """Answer the first of three tasks while the second lies ready."""
    for rank in range(3):
        make.task(make.conversation(project, candidates=2), rank=rank)
    page = bench.page
    with page.expect_response(lambda one: "claim" in one.url and "after" in (one.request.post_data or "")):
        bench.open()
    bench.answer_everything()
    bench.wait_saved()
    return page


def test_a_task_fetched_ahead_that_was_closed_meanwhile_goes_back(bench: Workbench, project: Project) -> None:
    page = fetched_ahead(bench, project)
    closing.close_task(Task.objects.get(rank=1).pk)

    page.keyboard.press("Control+Enter")

    expect(page.locator("#trouble")).to_contain_text("has just been closed")
    assert Assignment.objects.get(task__rank=1).status == "lapsed"
    assert Assignment.objects.get(task__rank=2).status == "active"
    expect(page.locator("#done")).to_have_text("1")


def test_what_was_begun_before_the_news_came_stays(bench: Workbench, project: Project) -> None:
    page = fetched_ahead(bench, project)
    closing.close_task(Task.objects.get(rank=1).pk)
    uid = Assignment.objects.get(task__rank=1).uid
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held:
            route.continue_()
        held.append(route)

    page.route(f"**/assignments/{uid}", hold)

    page.keyboard.press("Control+Enter")
    expect(page.locator("#count")).to_contain_text("0 of")
    bench.press("n", "2")
    held[0].continue_()

    expect(page.locator("#trouble")).to_contain_text("What you have begun is kept")
    expect(page.locator(".is-answered").first).to_be_visible()
    assert Assignment.objects.get(task__rank=1).status == "active"
