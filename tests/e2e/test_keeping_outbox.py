"""Submitting without a line: the work waits, goes out by itself exactly once, and comes back if it is refused."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Dialog, Route, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Assignment, Project, Submission, User
from tests import make
from tests.e2e.screen import Workbench

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def three_tasks(project: Project) -> None:
    for _ in range(3):
        make.task(make.conversation(project))


def open_with_next(bench: Workbench) -> Workbench:
    """Open the screen and wait until the task after this one has been fetched."""
    with bench.page.expect_response(lambda answer: "after" in (answer.request.post_data or "")):
        bench.open()
    return bench


@pytest.mark.usefixtures("three_tasks")
def test_without_a_line_the_next_task_comes_and_the_submit_goes_out_later_once(
    bench: Workbench, context: BrowserContext
) -> None:
    open_with_next(bench).answer_everything()
    first = bench.page.locator("#work h2").first
    context.set_offline(True)
    bench.press("Control+Enter")

    expect(bench.page.locator("#count")).to_contain_text("0 of")
    expect(bench.page.locator("#waiting")).to_contain_text("1 task waits to be sent")
    expect(first).to_be_visible()
    assert not Submission.objects.exists()

    context.set_offline(False)
    expect(bench.page.locator("#done")).to_have_text("1")
    expect(bench.page.locator("#waiting")).to_be_hidden()
    assert Submission.objects.count() == 1


@pytest.mark.usefixtures("three_tasks")
def test_both_tasks_at_hand_can_be_done_without_a_line(bench: Workbench, context: BrowserContext) -> None:
    open_with_next(bench)
    context.set_offline(True)
    for _ in range(2):
        expect(bench.page.locator("#count")).to_contain_text("0 of")
        bench.answer_everything()
        bench.press("Control+Enter")

    expect(bench.page.get_by_role("heading", name="The server cannot be reached")).to_be_visible()
    expect(bench.page.locator("#waiting")).to_contain_text("2 tasks wait to be sent")

    context.set_offline(False)
    expect(bench.page.locator("#done")).to_have_text("2")
    expect(bench.page.locator("#count")).to_contain_text("0 of")
    assert Submission.objects.count() == 2


@pytest.mark.usefixtures("two_turns")
def test_a_submit_that_waited_goes_out_before_anything_else_when_the_screen_is_opened_again(
    bench: Workbench, context: BrowserContext, live_server: LiveServer
) -> None:
    bench.open().answer_everything()
    context.route("**/submit", lambda route: route.abort())
    bench.press("Control+Enter")
    expect(bench.page.locator("#waiting")).to_contain_text("1 task waits")
    bench.page.close(run_before_unload=False)
    context.unroute("**/submit")

    page = context.new_page()
    calls: list[str] = []
    page.on("request", lambda request: calls.append(request.url) if "/api/" in request.url else None)
    page.goto(f"{live_server.url}/p/p/annotate/")
    expect(page.get_by_role("heading", name="All done")).to_be_visible()

    assert calls[0].endswith("/submit")
    assert Submission.objects.count() == 1


@pytest.mark.usefixtures("two_turns")
def test_logging_out_counts_what_waits_to_be_sent(bench: Workbench, context: BrowserContext) -> None:
    bench.open().answer_everything()
    context.route("**/submit", lambda route: route.abort())
    bench.press("Control+Enter")
    expect(bench.page.locator("#waiting")).to_contain_text("1 task waits")
    questions: list[str] = []

    def refuse(dialog: Dialog) -> None:
        questions.append(dialog.message)
        dialog.dismiss()

    bench.page.on("dialog", refuse)
    bench.page.get_by_label("Account of").click()
    with bench.page.expect_event("dialog"):
        bench.page.get_by_role("button", name="Log out").click()

    assert "will be lost" in questions[0]


@pytest.mark.usefixtures("three_tasks")
def test_what_the_server_refuses_later_is_brought_back_with_the_problem(
    bench: Workbench, project: Project
) -> None:
    error = {"code": "off_scale", "detail": "It goes from 0 to 3.", "path": "ratings[0].value"}
    refusals: list[int] = []

    def refuse_once(route: Route) -> None:
        refusals.append(1)
        if len(refusals) > 1:
            return route.continue_()
        return route.fulfill(
            status=422, body=json.dumps({"errors": [error]}), content_type="application/json"
        )

    open_with_next(bench).answer_everything()
    bench.page.route("**/submit", refuse_once)
    bench.press("Control+Enter")

    expect(bench.page.locator("#trouble")).to_contain_text("The server did not take these answers")
    expect(bench.page.locator("#work .question-error:visible")).to_have_text("It goes from 0 to 3.")
    expect(bench.page.locator("#missing")).to_have_class("btn btn-small is-complete")

    bench.press("Control+Enter")
    expect(bench.page.locator("#done")).to_have_text("1")
    expect(bench.page.locator("#count")).to_contain_text("0 of")
    assert Submission.objects.count() == 1


@pytest.mark.usefixtures("three_tasks")
def test_why_a_task_came_back_is_said_until_the_person_has_gone_on_with_it(bench: Workbench) -> None:
    error = {"code": "off_scale", "detail": "It goes from 0 to 3.", "path": "ratings[0].value"}
    open_with_next(bench)
    bench.page.route("**/draft", lambda route: route.abort())
    bench.answer_everything()
    bench.page.route(
        "**/submit",
        lambda route: route.fulfill(
            status=422, body=json.dumps({"errors": [error]}), content_type="application/json"
        ),
    )
    bench.page.unroute("**/draft")
    with bench.page.expect_response("**/draft"):  # what was not stored before is stored now, by itself
        bench.press("Control+Enter")
    bench.wait_saved()
    expect(bench.page.locator("#trouble")).to_contain_text("The server did not take these answers")

    with bench.page.expect_response("**/draft"):
        bench.row("Text quality").get_by_role("radio", name="1:").click()
    expect(bench.page.locator("#trouble")).to_be_hidden()


@pytest.mark.usefixtures("three_tasks")
def test_a_submit_that_waited_too_long_keeps_its_texts_until_they_are_put_away(
    bench: Workbench, context: BrowserContext, ada: User
) -> None:
    open_with_next(bench).answer_everything()
    bench.press("c")
    bench.page.keyboard.type("Worth keeping")
    context.set_offline(True)
    bench.press("Control+Enter")
    expect(bench.page.locator("#count")).to_contain_text("0 of")
    Assignment.objects.filter(annotator=ada, hand=1).update(status="lapsed", closed_at=timezone.now())
    context.set_offline(False)

    kept = bench.page.locator("#kept")
    expect(kept).to_contain_text("someone else took this task")
    expect(kept.get_by_label("Your texts")).to_have_value("Worth keeping")
    bench.open()
    expect(kept.get_by_label("Your texts")).to_have_value("Worth keeping")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    kept.get_by_role("button", name="Copy my texts").click()
    expect(kept).to_contain_text("Copied")
    assert bench.page.evaluate("() => navigator.clipboard.readText()") == "Worth keeping"
    kept.get_by_role("button", name="Put away").click()
    bench.open()
    expect(kept).to_be_empty()
    assert not Submission.objects.exists()
