"""Work sent back: a reviewer's remark reaches the annotator, who changes the answer, and the reviewer sees it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Assignment, Membership, Project, Rating, User
from annotate.pipeline.flagging import flag_project
from tests import make
from tests.e2e.conftest import let_in
from tests.e2e.screen import Workbench
from tests.e2e.test_accessibility import check
from tests.e2e.test_reviewing_keyboard import answer_all
from tests.judging import disputed

pytestmark = pytest.mark.django_db(transaction=True)
REMARK = "Is the second sentence true? Please read it once more."


@pytest.fixture
def project() -> Project:
    return make.project("p", audit_share=0, second_review_share=0)


@pytest.fixture
def come(page: Page, live_server: LiveServer, context: BrowserContext) -> Callable[[User, str], None]:
    """Return what lets another person sit down at the same browser."""

    def change(person: User, path: str) -> None:
        context.clear_cookies()
        let_in(context, live_server, person)
        page.goto(live_server.url + path)

    return change


def send_back(page: Page, uid: UUID) -> None:
    """Go through a sitting by keyboard, with a remark, and send this work back."""
    expect(page.get_by_role("button", name="Review the next conversation")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your own verdict first")).to_be_visible()
    page.wait_for_load_state()  # its script listens
    answer_all(page)
    page.keyboard.press("c")
    page.keyboard.type(REMARK)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Labels and decision")).to_be_visible()
    page.wait_for_load_state()  # its script listens
    page.locator(f'input[name="send_back"][value="{uid}"]').press("Space")
    page.keyboard.press("o")
    page.keyboard.press("2")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("The review is finished.")).to_be_visible()


def test_an_answer_is_changed_after_a_remark_and_the_reviewer_sees_it(
    bench: Workbench, project: Project, ada: User, come: Callable[[User, str], None]
) -> None:
    task = make.task(make.conversation(project, candidates=2))
    page = bench.open().page
    bench.answer_everything("3", comparison="4")
    bench.press("Control+Enter")
    expect(page.locator("#done")).to_have_text("1")
    disputed(task, 0)
    flag_project(project.pk)
    held = Assignment.objects.get(annotator=ada)
    reviewer = make.member(project, Membership.Role.REVIEWER)
    come(reviewer, "/p/p/review/")
    send_back(page, held.uid)
    expect(page.get_by_role("row", name=REMARK)).to_contain_text("waits")

    come(ada, "/")
    page.get_by_role("link", name="A reviewer asks you to look at a task again").press("Enter")
    expect(page.get_by_text(REMARK)).to_be_visible()
    page.get_by_role("button", name="Change your answers").press("Enter")
    row = bench.row("Text quality")
    expect(row.locator("[aria-checked=true]")).to_have_text("3")
    bench.press("q")
    expect(page.get_by_role("paragraph").filter(has_text=REMARK)).to_be_visible()
    check(page)
    assert reviewer.username not in page.content()
    bench.press("Escape")
    row.locator("[aria-checked=true]").press("1")
    bench.press("Control+Enter")
    expect(page.get_by_role("heading", name="All done")).to_be_visible()
    page.goto(f"{bench.address}mine/")
    expect(page.get_by_role("heading", name="Submitted and skipped")).to_be_visible()
    expect(page.get_by_text(REMARK)).to_have_count(0)

    come(reviewer, "/p/p/review/")
    expect(page.get_by_role("row", name=REMARK)).to_contain_text("answers were changed")
    page.get_by_role("row", name=REMARK).get_by_role("link").first.press("Enter")
    thread = page.get_by_role("region", name="Sent back to")
    expect(thread).to_contain_text(REMARK)
    expect(thread).to_contain_text("answers were changed")
    levels = Rating.objects.filter(submission__assignment=held, dimension__key="text_quality")
    assert list(levels.order_by("submission", "value").values_list("value", flat=True)) == [3, 3, 1, 3]
