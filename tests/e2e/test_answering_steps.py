"""Steps marked by keyboard: where the first error lies, what is counted, what comes back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from annotate.models import Assignment, Batch, MessagePart, Project, StepLabel, User
from tests import make
from tests.e2e.screen import Workbench

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def three_steps(project: Project) -> None:
    make.task(make.conversation(project, turns=1, candidates=2))
    Batch.objects.update(step_labels=True)
    words = "One **is**.\n\nTwo, $x^2$.\n\nThree."
    MessagePart.objects.filter(response__isnull=False).update(text=words)


def said(bench: Workbench, column: int = 0) -> str:
    return bench.page.locator(".candidate").nth(column).locator(".steps-said").inner_text()


def test_steps_are_marked_by_keyboard_and_the_last_one_leads_back(bench: Workbench, ada: User) -> None:
    bench.open()
    here = bench.page.locator(".question.is-current")
    bench.press("e")
    expect(here).to_have_attribute("data-mark", "")
    expect(here).to_contain_text("One is.")
    expect(here.locator("[role=radio]").first).to_be_focused()
    assert bench.page.locator(".question-step [aria-checked=true]").count() == 0, "unmarked is not neutral"

    bench.press("+", "m", "0")

    expect(here).to_have_class(re.compile("question-rating"))
    assert said(bench) == "3 of 3 steps marked · First error: step 2"
    expect(bench.page.locator(".is-first-error")).to_contain_text("Two")
    assert bench.page.locator(".candidate").first.locator(".step-text math").count() == 1

    bench.press("e", "j", "j", "k", "Backspace", "z", "k", "=", "-")
    assert said(bench) == "3 of 3 steps marked · First error: step 2"
    bench.press("k", "Backspace")
    assert said(bench) == "2 of 3 steps marked"
    bench.press("z", "e")
    expect(here).to_have_class(re.compile("question-rating"))

    bench.wait_saved()
    bench.open()
    assert said(bench) == "3 of 3 steps marked · First error: step 2"
    bench.answer_everything()
    bench.press("Control+Enter")
    expect(bench.page.get_by_role("heading", name="All done")).to_be_visible()
    order = Assignment.objects.get(annotator=ada).shown_order
    assert list(StepLabel.objects.order_by("index").values_list("response", "index", "value")) == [
        (order[0], 0, 1),
        (order[0], 1, -1),
        (order[0], 2, 0),
    ]

    bench.press("b")
    expect(bench.page.locator("#missing")).to_have_class(re.compile("is-complete"))
    assert said(bench) == "3 of 3 steps marked · First error: step 2"


def test_ratings_pass_the_steps_by_and_h_and_l_cross_them(bench: Workbench) -> None:
    bench.open()
    bench.page.locator(".steps summary").first.click()
    expect(bench.page.locator(".steps[open]")).to_have_count(2)
    bench.press("n")

    bench.press("2", "x", "2", "2")

    here = bench.page.locator(".question.is-current")
    expect(here).to_have_class(re.compile("question-rating"))
    expect(bench.page.locator(".candidate").nth(1).locator(".question.is-current")).to_have_count(1)
    bench.press("e", "j", "h")
    expect(bench.page.locator(".candidate").first.locator(".question-step.is-current")).to_contain_text("Two")


def test_a_click_marks_too_and_folding_is_remembered(bench: Workbench) -> None:
    bench.open()
    bench.page.locator(".steps summary").first.click()
    bench.page.locator(".question-step").nth(1).get_by_role("radio", name="−1: this step is wrong").click()
    assert said(bench) == "1 of 3 steps marked · First error: step 2"
    group = bench.page.get_by_role("radiogroup", name="Step 2 of 3").first
    expect(group).to_have_attribute("aria-describedby", re.compile("step-"))

    bench.wait_saved()
    bench.open()

    expect(bench.page.locator(".steps[open]")).to_have_count(2)
