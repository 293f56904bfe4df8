"""Being there and being away: the lease, the time at work, a pause, and coming back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Assignment, Project, Submission, User
from tests import make
from tests.e2e.screen import Workbench

pytestmark = pytest.mark.django_db(transaction=True)


def move(bench: Workbench, seconds: int) -> None:
    """Be at work for so many seconds of the page's clock, one sign of life a second."""
    for number in range(seconds):
        bench.page.clock.run_for(1000)
        bench.page.mouse.move(100 + number % 2, 100)


@pytest.mark.usefixtures("two_turns")
def test_a_pause_covers_the_work_says_until_when_and_any_key_goes_on(bench: Workbench) -> None:
    bench.open().press("p")
    cover = bench.page.get_by_role("dialog", name="Paused")

    expect(cover).to_be_visible()
    expect(cover).to_contain_text(re.compile(r"stays yours until \d\d:\d\d"))
    bench.press("3")
    expect(cover).to_be_hidden()
    assert bench.page.locator("[aria-checked=true]").count() == 0
    bench.press("3")
    assert bench.page.locator("[aria-checked=true]").count() == 1


@pytest.mark.usefixtures("two_turns")
def test_time_at_work_leaves_out_pauses_and_sleep_and_survives_a_reload(bench: Workbench, ada: User) -> None:
    bench.page.clock.install()
    bench.open()
    move(bench, 10)
    bench.press("p")
    bench.page.clock.run_for(20_000)
    bench.press("p")
    bench.page.clock.fast_forward(3600_000)
    move(bench, 5)
    bench.open()
    move(bench, 5)
    bench.press("3")
    bench.page.clock.run_for(1000)
    bench.wait_saved()

    draft = Assignment.objects.get(annotator=ada).draft
    assert draft is not None
    assert 17_000 <= draft["active_ms"] <= 23_000


def test_on_waking_a_task_that_was_taken_is_noticed_at_once(
    bench: Workbench, project: Project, ada: User
) -> None:
    for _ in range(2):
        make.task(make.conversation(project))
    bench.page.clock.install()
    bench.open()
    Assignment.objects.filter(annotator=ada).update(status="lapsed", closed_at=timezone.now())

    bench.page.clock.fast_forward(3 * 3600_000)

    expect(bench.page.locator("#trouble")).to_contain_text("someone else took this task")
    assert Assignment.objects.filter(annotator=ada, status="active").count() == 1


@pytest.mark.usefixtures("two_turns")
def test_coming_back_renews_a_lease_that_ran_out_and_nobody_took(bench: Workbench, ada: User) -> None:
    bench.page.clock.install()
    bench.open()
    Assignment.objects.filter(annotator=ada).update(lease_expires_at=timezone.now() - timedelta(hours=1))

    with bench.page.expect_response(lambda answer: "/assignments/" in answer.url):
        bench.page.clock.fast_forward(3 * 3600_000)

    assert Assignment.objects.get(annotator=ada).lease_expires_at > timezone.now()


@pytest.mark.usefixtures("two_turns")
def test_the_way_back_is_there_after_a_reload(bench: Workbench, ada: User) -> None:
    bench.open().answer_everything("3")
    bench.press("Control+Enter")
    expect(bench.page.get_by_role("heading", name="All done")).to_be_visible()
    bench.page.goto(bench.address)
    expect(bench.page.get_by_role("heading", name="All done")).to_be_visible()

    bench.press("b")

    expect(bench.page.locator("#missing")).to_have_class(re.compile("is-complete"))
    assert Assignment.objects.get(annotator=ada).status == "active"


def test_a_submitted_task_is_changed_from_the_list_of_own_work(
    bench: Workbench, project: Project, context: BrowserContext, live_server: LiveServer
) -> None:
    for _ in range(3):
        make.task(make.conversation(project))
    bench.open().answer_everything("3")
    bench.press("Control+Enter")
    expect(bench.page.locator("#done")).to_have_text("1")
    bench.page.locator(".own-progress").click()
    bench.page.get_by_role("link", name="View").click()
    expect(bench.page.get_by_role("heading", name="My answers")).to_be_visible()
    expect(bench.page.locator(".candidate")).to_contain_text("Text quality")
    bench.page.get_by_role("link", name="My work").last.click()

    bench.page.get_by_role("button", name="Change").click()

    expect(bench.page.locator("#missing")).to_have_class(re.compile("is-complete"))
    bench.press("Control+Enter")
    expect(bench.page.locator("#count")).to_contain_text("0 of")
    assert sorted(Submission.objects.values_list("revision", flat=True)) == [1, 2]
