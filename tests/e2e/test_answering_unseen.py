"""What lies out of sight: no key answers it by accident, and none passes over it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from annotate.models import Project, Response
from tests import make
from tests.e2e.screen import Workbench

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tall(bench: Workbench, project: Project) -> Workbench:
    """Return the open screen with three turns, each taller than the window."""
    conversation = make.conversation(project, turns=3)
    for answer in Response.objects.filter(turn__conversation=conversation):
        make.text(answer, "Many words. " * 300, position=1)
    make.task(conversation)
    bench.page.set_viewport_size({"width": 800, "height": 700})
    return bench.open()


def test_the_first_step_leads_to_the_first_row_and_not_past_it(tall: Workbench) -> None:
    current = tall.page.locator(".question.is-current")
    first = current.get_attribute("data-key")
    expect(current).not_to_be_in_viewport()

    tall.press("j")

    expect(current).to_be_in_viewport()
    assert current.get_attribute("data-key") == first
    tall.press("j")
    assert current.get_attribute("data-key") != first


def test_the_space_bar_reads_an_unread_turn_and_answers_nothing_in_it(tall: Workbench) -> None:
    tall.press("2", "2", "2", "2")
    expect(tall.page.locator(".chip[aria-current]")).to_have_text("2")
    heading = tall.page.locator(".turn").nth(1).locator("h2")
    expect(heading).to_be_focused()

    tall.press("Space")

    expect(heading).not_to_be_in_viewport()
    expect(tall.page.locator("#count")).to_contain_text("4 of")
    tall.press("3")
    expect(tall.page.locator("#count")).to_contain_text("5 of")


def test_the_space_bar_chooses_nothing_in_a_row_that_was_scrolled_away(tall: Workbench) -> None:
    tall.press("j")
    tall.page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    expect(tall.page.locator(".question.is-current")).not_to_be_in_viewport()

    tall.press("Space")

    expect(tall.page.locator(".turn").first.locator("h2")).not_to_be_in_viewport()
    expect(tall.page.locator("#count")).to_contain_text("0 of")
    tall.press("j", "k", "Space")
    expect(tall.page.locator("#count")).to_contain_text("1 of")


def test_going_back_into_a_turn_that_was_answered_shows_the_row(tall: Workbench) -> None:
    tall.press("2", "2", "2", "2", "k")

    expect(tall.page.locator(".turn").first.locator(".question.is-current")).to_be_in_viewport()
    expect(tall.page.locator(".question.is-current [role=radio]:focus")).to_have_count(1)


def test_work_taken_up_again_begins_at_what_is_shown(bench: Workbench, project: Project) -> None:
    make.task(make.conversation(project, turns=2))
    make.task(make.conversation(project))
    bench.open()
    bench.answer_everything("2")
    bench.press("Control+Enter")
    expect(bench.page.locator("#done")).to_have_text("1")

    bench.press("b")

    expect(bench.page.locator("#missing")).to_have_class("btn btn-small is-complete")
    expect(bench.page.locator(".turn").first.locator(".question.is-current")).to_have_count(1)
    expect(bench.page.locator(".panel-where")).to_have_text("Turn 1 · Answer A")


@pytest.mark.usefixtures("two_turns")
def test_sending_with_something_missing_says_so_at_the_row_that_one_stands_on(bench: Workbench) -> None:
    bench.open().press("2", "n")
    missing = bench.page.locator(".question.is-current").get_attribute("data-key")

    bench.press("Control+Enter")

    row = bench.page.locator(".question.is-current")
    assert row.get_attribute("data-key") == missing
    expect(row.get_by_text("An answer is still missing here.")).to_be_visible()
    bench.press("2")
    expect(bench.page.get_by_text("An answer is still missing here.")).to_be_hidden()


@pytest.mark.usefixtures("two_turns")
def test_the_focus_stands_on_the_last_answer_once_it_is_given(bench: Workbench) -> None:
    bench.open()
    bench.answer_everything("2")

    expect(bench.page.locator(".question.is-current [role=radio]:focus")).to_have_attribute(
        "aria-checked", "true"
    )


@pytest.mark.usefixtures("two_turns")
def test_dialogs_are_sent_by_the_key_that_sends_everything(bench: Workbench) -> None:
    page = bench.open().page
    bench.press("q")
    page.keyboard.type("Is a frame of a film an image?")
    bench.press("Control+Enter")
    expect(page.locator("#ask-own")).to_contain_text("Is a frame of a film an image?")
    bench.press("Escape", "f")
    page.locator("#problem-dialog").get_by_label("Something else").check()
    page.locator("#problem-dialog").get_by_label("And skip this task").uncheck()
    page.locator("#problem-dialog textarea").fill("It is blurred.")

    bench.press("Control+Enter")

    expect(page.locator("#problem-dialog")).to_be_hidden()
    expect(page.locator("#flag")).to_have_class("btn btn-ghost btn-icon is-done")
