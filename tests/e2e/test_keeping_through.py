"""What is written stays through a minute without a line and through a change of the language."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, expect

from annotate.models import Assignment, User
from tests.e2e.screen import Workbench

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.usefixtures("two_turns")
def test_a_minute_without_a_line_in_the_middle_loses_nothing(
    bench: Workbench, context: BrowserContext, ada: User
) -> None:
    bench.page.clock.install()
    bench.open().press("2", "3")
    bench.wait_saved()

    context.set_offline(True)
    bench.press("1", "c")
    bench.page.keyboard.type("Written without a line.")
    bench.page.clock.run_for(60_000)
    expect(bench.page.locator("#saved")).to_have_attribute("data-state", "offline")
    context.set_offline(False)
    bench.page.wait_for_function("() => navigator.onLine")
    bench.page.clock.run_for(31_000)
    bench.wait_saved()

    draft = Assignment.objects.get(annotator=ada).draft
    assert draft is not None
    assert sorted(one["value"] for one in draft["ratings"]) == [1, 2, 3]
    assert [one["text"] for one in draft["notes"]] == ["Written without a line."]


@pytest.mark.usefixtures("two_turns")
def test_the_language_can_be_switched_in_the_middle_of_the_work(bench: Workbench) -> None:
    bench.open().press("2", "c")
    bench.page.keyboard.type("Half a wor")
    bench.page.get_by_label("Language and theme").click()
    bench.page.get_by_role("button", name="简体中文").click()

    expect(bench.page.locator("#submit")).to_contain_text("提交")
    expect(bench.page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(bench.page.locator("textarea").first).to_have_value("Half a wor")
    expect(bench.page.locator("#missing")).to_contain_text("22")
    expect(bench.page.locator(".question.is-answered")).to_have_count(1)
    expect(bench.page.locator("#panel")).to_contain_text(re.compile("局部|视觉|上下文|文本"))
