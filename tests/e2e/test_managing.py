"""From an invitation to annotated work, and from a setting to the screen, without a shell."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import (
    Assignment,
    Batch,
    Guideline,
    Inquiry,
    Membership,
    ProblemReport,
    Project,
    Submission,
    User,
)
from tests import make
from tests.e2e.conftest import PIXEL, let_in
from tests.e2e.screen import Workbench

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "battery staple 9"


@pytest.fixture
def boss(project: Project, page: Page, live_server: LiveServer) -> User:
    """Return the manager whose session the page has."""
    made = make.member(project, Membership.Role.MANAGER)
    let_in(page.context, live_server, made)
    page.context.route("**/images/*", lambda route: route.fulfill(body=PIXEL, content_type="image/png"))
    return made


def test_invite_join_annotate(
    page: Page, browser: Browser, live_server: LiveServer, project: Project, boss: User
) -> None:
    make.task(make.conversation(project, candidates=2))
    page.goto(f"{live_server.url}/p/p/manage/people/invitations/")
    page.get_by_label("Team").fill("red")
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_role("button", name="Copy")).to_be_visible()
    link = page.locator("#link-once").input_value()

    theirs = browser.new_context().new_page()
    theirs.goto(link)
    assert theirs.url == f"{live_server.url}/join/"
    theirs.get_by_label("Username").fill("ada")
    theirs.get_by_label("Password", exact=True).fill(PASSWORD)
    theirs.get_by_label("Password confirmation").fill(PASSWORD)
    theirs.get_by_role("button", name="Make the account and join").click()
    expect(theirs.get_by_text("work is waiting")).to_be_visible()
    theirs.get_by_role("link", name="Annotate P").click()
    screen = Workbench(theirs, live_server.url, "p")
    expect(theirs.locator(".question").first).to_be_visible()
    screen.answer_everything()
    theirs.keyboard.press("Control+Enter")
    expect(theirs.locator("#done")).to_have_text("1")
    theirs.context.close()

    page.goto(f"{live_server.url}/p/p/manage/people/?team=red")
    expect(page.get_by_role("row", name="ada")).to_contain_text("1")


def test_a_filter_narrows_the_table_while_it_is_typed(
    page: Page, live_server: LiveServer, project: Project, boss: User
) -> None:
    ada, bob = make.member(project, team="red"), make.member(project)
    page.goto(f"{live_server.url}/p/p/manage/people/")
    page.get_by_label("Name").press_sequentially(ada.username)
    page.wait_for_url(f"**/people/?name={ada.username}&*")
    expect(page.get_by_role("link", name=bob.username, exact=True)).to_have_count(0)
    page.locator("#sort-submitted").click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Submitted↓")
    expect(page.locator("#sort-submitted")).to_be_focused()
    page.get_by_label("Role").select_option("manager")
    expect(page.get_by_text("Nobody is like that.")).to_be_visible()
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Submitted↓")


def test_a_changed_scale_is_seen_in_the_preview_and_nothing_there_is_stored(
    page: Page, live_server: LiveServer, project: Project, boss: User
) -> None:
    first, second = (make.task(make.conversation(project, candidates=2)) for _ in range(2))
    batch = project.batches.get()
    page.goto(f"{live_server.url}/p/p/manage/batches/{batch.uid}/")
    page.get_by_label("Scale of comparisons").select_option("1")
    page.get_by_role("button", name="Save").click()
    assert Batch.objects.get().preference_scale == 1

    page.get_by_role("link", name="Preview as an annotator").click()
    expect(page.locator(".question-comparison .levels").first.locator("button")).to_have_count(3)
    screen = Workbench(page, live_server.url, "p")
    screen.answer_everything(comparison="1")
    screen.wait_saved()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#done")).to_have_text("1")
    expect(page.locator("#missing")).to_contain_text("missing")
    page.keyboard.press("b")
    expect(page.locator("#missing.is-complete")).to_be_visible()

    for task in (first, second):
        task.refresh_from_db()
        assert task.open_slots == task.overlap
    assert not Assignment.objects.exists()
    assert not Submission.objects.exists()


def test_in_the_preview_guidelines_questions_and_reports_work_and_nobody_hears_of_them(
    page: Page, live_server: LiveServer, project: Project, boss: User
) -> None:
    make.task(make.conversation(project, candidates=2))
    Guideline.objects.create(project=project, version=1, texts={"en": "Be *kind*."}, created_by=boss)
    page.goto(f"{live_server.url}/p/p/manage/preview/?batch={project.batches.get().uid}")
    expect(page.locator(".question:visible").first).to_be_visible()

    page.get_by_role("button", name="I have read them").click()
    expect(page.locator("#guide-notice")).to_be_hidden()
    page.keyboard.press("q")
    page.locator("#ask-text").fill("What is a hub?")
    page.locator("#ask-form [type=submit]").click()
    own = page.locator("#ask-own")
    expect(own).to_contain_text("What is a hub?")
    own.locator("summary").first.click()
    own.get_by_role("textbox").first.fill("And a rim?")
    own.get_by_role("button", name="Send").first.click()
    expect(own).to_contain_text("And a rim?")
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    page.locator("#problem-form [name=kind]").first.check()
    page.locator("#problem-form [type=submit]").click()
    expect(page.locator("#problem-dialog")).to_be_hidden()

    assert not Inquiry.objects.exists()
    assert not ProblemReport.objects.exists()
    assert Membership.objects.get(user=boss).guideline_seen == 0


@pytest.mark.usefixtures("boss")
@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 360)])
def test_pages_of_managers_are_accessible(
    page: Page, live_server: LiveServer, project: Project, theme: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.context.add_cookies([{"name": "theme", "value": theme, "url": live_server.url}])
    ada = make.member(project, team="red", languages=["en"])
    make.submission(make.task(make.conversation(project)), ada, active_ms=60_000)
    uid = project.batches.get().uid
    manage = "/p/p/manage"
    paths = ["people/", "people/invitations/", f"people/{ada.uid}/", "batches/", f"batches/{uid}/", "rubric/"]
    for path in ["/", "/projects/new/", *(f"{manage}/{one}" for one in [*paths, "settings/"]), "/join/"]:
        page.goto(live_server.url + path)
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
        assert found.violations_count == 0, (path, found.generate_report())
        assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth"), path
