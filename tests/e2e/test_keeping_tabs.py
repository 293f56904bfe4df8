"""Two tabs of one person: both show the same, none overwrites the other unseen, a submit counts in both."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Assignment, Note, Project, Rating, Submission, User
from tests import make
from tests.e2e.conftest import let_in
from tests.e2e.screen import Workbench

pytestmark = pytest.mark.django_db(transaction=True)

# Tabs of two browsers: nothing but the server between them.
DEAF = "delete window.BroadcastChannel"


@pytest.fixture
def other(bench: Workbench, context: BrowserContext, live_server: LiveServer) -> Workbench:
    return Workbench(context.new_page(), live_server.url, "p")


def deafen(*tabs: Workbench) -> None:
    for tab in tabs:
        tab.page.add_init_script(DEAF)


@pytest.mark.usefixtures("two_turns")
def test_what_is_typed_in_one_tab_shows_in_the_other_before_it_is_saved(
    bench: Workbench, other: Workbench, context: BrowserContext
) -> None:
    bench.open()
    other.open()
    context.route("**/draft", lambda route: route.abort())

    bench.press("3", "c")
    bench.page.keyboard.type("Seen at onc")

    expect(other.page.locator("textarea").first).to_have_value("Seen at onc")
    assert other.chosen(other.row("Local image")) == "3"


@pytest.mark.usefixtures("two_turns")
def test_the_tab_that_only_listens_saves_nothing_twice(bench: Workbench, other: Workbench) -> None:
    bench.open()
    other.open()
    saves: list[str] = []
    other.page.on("request", lambda request: saves.append(request.url) if request.method == "PUT" else None)

    bench.press("3")
    bench.wait_saved()
    expect(other.page.locator("#saved")).to_have_attribute("data-state", "saved")

    assert saves == []
    assert Assignment.objects.get().draft_sequence == 1


@pytest.mark.usefixtures("two_turns")
def test_another_person_in_this_browser_hears_nothing_and_sends_nothing(
    bench: Workbench, project: Project, context: BrowserContext, live_server: LiveServer
) -> None:
    bench.open()
    eve = make.member(project)
    let_in(context, live_server, eve)
    other = Workbench(context.new_page(), live_server.url, "p").open()

    bench.press("c")
    bench.page.keyboard.type("Ada's own")

    expect(bench.page.locator("#trouble")).to_contain_text("Somebody else is logged in")
    expect(other.page.locator("textarea").first).to_have_value("")
    assert Assignment.objects.get(annotator=eve).draft is None


def test_a_submit_in_one_tab_is_said_in_the_other_which_goes_on(
    bench: Workbench, other: Workbench, project: Project
) -> None:
    for _ in range(2):
        make.task(make.conversation(project))
    bench.open().answer_everything()
    bench.wait_saved()
    other.open()

    bench.press("Control+Enter")

    expect(bench.page.locator("#count")).to_contain_text("0 of")
    expect(other.page.locator("#trouble")).to_have_text("Submitted in another tab.")
    expect(other.page.locator("#count")).to_contain_text("0 of")
    assert Submission.objects.count() == 1


@pytest.mark.usefixtures("two_turns")
def test_a_submit_takes_in_what_another_tab_has_saved(bench: Workbench, other: Workbench) -> None:
    deafen(bench, other)
    bench.open().answer_everything("2")
    bench.wait_saved()
    other.open().page.locator("textarea").first.fill("From the other tab")
    other.wait_saved()

    bench.press("Control+Enter")
    expect(bench.page.get_by_role("heading", name="All done")).to_be_visible()

    assert Note.objects.get().text == "From the other tab"
    assert Submission.objects.count() == 1


@pytest.mark.usefixtures("two_turns")
def test_where_both_tabs_changed_the_same_the_person_is_asked(
    bench: Workbench, other: Workbench, ada: User
) -> None:
    deafen(bench, other)
    bench.open().answer_everything("2")
    bench.wait_saved()
    other.open()
    bench.page.route("**/draft", lambda route: route.abort())
    bench.row("Text quality").get_by_role("radio", name="3:").click()
    other.row("Text quality").get_by_role("radio", name="1:").click()
    other.wait_saved()

    bench.press("Control+Enter")

    expect(bench.page.locator("#trouble")).to_contain_text("Another tab stored other answers")
    expect(bench.page.locator("#trouble")).to_contain_text("Turn 1 · L4 Text quality")
    assert bench.chosen(bench.row("Text quality")) == "3"
    assert not Submission.objects.exists()

    bench.page.unroute("**/draft")
    bench.press("Control+Enter")
    expect(bench.page.get_by_role("heading", name="All done")).to_be_visible()
    assert 3 in Rating.objects.filter(dimension__key="text_quality").values_list("value", flat=True)
    assert Assignment.objects.get(annotator=ada).status == "submitted"
