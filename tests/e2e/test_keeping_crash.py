"""Half a word is not lost: reload, a killed tab, a dead page, a server away, a log-in that ran out."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import BrowserContext, Error, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Assignment, User
from tests.e2e.screen import Workbench

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("two_turns")]

HALF = "It stops in the mid"


def begin_a_word(bench: Workbench) -> None:
    bench.open().press("2", "c")
    bench.page.keyboard.type(HALF)


def test_a_reload_in_the_middle_of_a_word_keeps_it(bench: Workbench) -> None:
    begin_a_word(bench)
    bench.open()

    expect(bench.page.locator("textarea").first).to_have_value(HALF)


def test_a_page_that_goes_away_sends_its_last_words(bench: Workbench) -> None:
    begin_a_word(bench)
    bench.page.goto("about:blank")

    deadline = time.monotonic() + 5
    while (draft := Assignment.objects.get().draft) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert draft is not None
    assert [one["text"] for one in draft["notes"]] == [HALF]


@pytest.mark.parametrize("end", ["closed", "crashed"])
def test_a_tab_that_dies_in_the_middle_of_a_word_keeps_it(
    bench: Workbench, context: BrowserContext, live_server: LiveServer, end: str
) -> None:
    """The server never hears of it; a tenth of a second is what a press may take to reach the disk."""
    context.route("**/draft", lambda route: route.abort())
    begin_a_word(bench)
    bench.page.wait_for_timeout(100)
    if end == "closed":
        bench.page.close(run_before_unload=False)
    else:
        with bench.page.expect_event("crash"), suppress(Error):
            bench.page.goto("chrome://crash", timeout=2000)

    again = Workbench(context.new_page(), live_server.url, "p").open()

    expect(again.page.locator("textarea").first).to_have_value(HALF)


def test_what_an_input_method_is_still_composing_counts(bench: Workbench, context: BrowserContext) -> None:
    bench.open().press("c")
    session = context.new_cdp_session(bench.page)
    session.send("Input.imeSetComposition", {"text": "回答太", "selectionStart": 3, "selectionEnd": 3})
    expect(bench.page.locator("#saved")).to_have_attribute("data-state", "unsaved")
    bench.wait_saved()

    draft = Assignment.objects.get().draft
    assert draft is not None
    assert [one["text"] for one in draft["notes"]] == ["回答太"]


def test_a_server_that_is_away_for_a_while_gets_everything_when_it_is_back(
    bench: Workbench, context: BrowserContext
) -> None:
    bench.open()
    context.route("**/api/**", lambda route: route.abort())
    bench.press("2", "c")
    bench.page.keyboard.type(HALF)
    expect(bench.page.locator("#saved")).to_have_attribute("data-state", "offline")
    bench.page.keyboard.type("dle")
    context.unroute("**/api/**")
    bench.wait_saved()

    draft = Assignment.objects.get().draft
    assert draft is not None
    assert draft["notes"][0]["text"] == f"{HALF}dle"


def test_after_a_new_log_in_in_another_tab_the_first_one_goes_on_by_itself(
    bench: Workbench, context: BrowserContext, ada: User
) -> None:
    bench.open()
    Session.objects.all().delete()
    begin = bench.page.locator("#trouble")
    bench.press("c")
    bench.page.keyboard.type(HALF)
    expect(begin).to_contain_text("You are logged out")
    with context.expect_page() as opened:
        begin.get_by_role("link", name="Log in").click()
    tab = opened.value
    tab.get_by_label("Username").fill(ada.username)
    tab.get_by_label("Password").fill("correct horse")
    tab.keyboard.press("Enter")
    tab.get_by_role("heading", name="My projects").wait_for()

    expect(begin).to_be_hidden()
    bench.wait_saved()
    draft = Assignment.objects.get().draft
    assert draft is not None
    assert draft["notes"][0]["text"] == HALF
