"""Every page of the shell under axe: light and dark, wide and 360 pixels."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Membership, MessagePart, User
from tests import make
from tests.e2e.conftest import let_in

pytestmark = pytest.mark.django_db(transaction=True)
# The rules behind WCAG 2.2 A and AA, and what axe's makers recommend besides.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SHAPES = [("light", 1440), ("dark", 1440), ("light", 360), ("dark", 360)]


def check(page: Page) -> None:
    """Assert that axe finds nothing and that the page does not scroll sideways."""
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")


def shape(page: Page, live_server: LiveServer, theme: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.context.add_cookies([{"name": "theme", "value": theme, "url": live_server.url}])


@pytest.mark.parametrize(("theme", "width"), SHAPES)
def test_pages_outside_the_work(page: Page, live_server: LiveServer, theme: str, width: int) -> None:
    shape(page, live_server, theme, width)
    for path in ("/log-in/", "/nowhere/"):
        page.goto(live_server.url + path)
        check(page)
    page.goto(live_server.url + "/log-in/")
    page.get_by_role("button", name="Log in").click()
    check(page)

    ada = make.user()
    let_in(page.context, live_server, ada)
    page.goto(live_server.url)
    page.get_by_label("Language and theme").click()
    check(page)
    for role in Membership.Role.values:
        Membership.objects.create(project=make.project(), user=ada, role=role, team="a team")
    page.goto(live_server.url)
    check(page)
    page.goto(live_server.url + "/password/")
    page.get_by_role("button", name="Change password").click()
    check(page)


@pytest.mark.parametrize(("theme", "width"), SHAPES)
def test_the_annotation_screen(
    page: Page, live_server: LiveServer, context: BrowserContext, theme: str, width: int
) -> None:
    shape(page, live_server, theme, width)
    project = make.project("p")
    conversation = make.conversation(project, candidates=2)
    turn = conversation.turns.get(number=1)
    MessagePart.objects.create(turn=turn, position=1, kind="image", caption="A lost sketch")
    make.task(conversation)
    let_in(context, live_server, make.member(project))
    page.goto(f"{live_server.url}/p/p/annotate/")
    expect(page.locator(".question").first).to_be_visible()
    for key in ("2", "x", "u", "1", "o", "n"):
        page.keyboard.press(key)
    for fold in page.locator("details.fold").all():
        fold.evaluate("fold => { fold.open = true; }")
    check(page)
    if (theme, width) in SHAPES[1:3]:
        return
    for key, dialog in (("?", "#keys"), ("s", "#skip-dialog")):
        page.keyboard.press(key)
        expect(page.locator(dialog)).to_be_visible()
        check(page)
        page.keyboard.press("Escape")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_page_with_nothing_to_do(page: Page, live_server: LiveServer, theme: str) -> None:
    shape(page, live_server, theme, 800)
    project = make.project("p")
    let_in(page.context, live_server, make.member(project))
    page.goto(f"{live_server.url}/p/p/annotate/")
    expect(page.get_by_role("heading", name="All done")).to_be_visible()

    check(page)


def test_the_administration_keeps_the_content_policy(page: Page, live_server: LiveServer) -> None:
    let_in(page.context, live_server, User.objects.create_superuser("root", password="correct horse"))
    project = make.project("p")
    for path in ("", "annotate/project/", f"annotate/project/{project.pk}/change/", "annotate/user/add/"):
        page.goto(f"{live_server.url}/admin/{path}")
        expect(page.locator("#site-name")).to_be_visible()


# Whether the focused element is what a person sees at its middle: nothing sticky lies over it (WCAG 2.4.11).
UNCOVERED = """() => {
  const box = document.activeElement.getBoundingClientRect();
  const there = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return Boolean(there) && (document.activeElement.contains(there) || there.contains(document.activeElement));
}"""


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (720, 450), (360, 740)])
def test_what_has_the_focus_is_never_covered(
    page: Page, live_server: LiveServer, context: BrowserContext, width: int, height: int
) -> None:
    """720 by 450 is what is left of 1440 by 900 at a zoom of 200 %."""
    page.set_viewport_size({"width": width, "height": height})
    project = make.project("p")
    make.task(make.conversation(project, turns=2, candidates=2))
    let_in(context, live_server, make.member(project))
    page.goto(f"{live_server.url}/p/p/annotate/")
    expect(page.locator(".question").first).to_be_visible()

    covered = []
    for number in range(23):
        page.keyboard.press("n")
        if not page.evaluate(UNCOVERED):
            covered.append(number)
        row = page.locator(".question.is-current")
        page.keyboard.press("x" if row.locator("button", has_text="n/a").count() else "2")

    assert covered == []
    expect(page.locator("#missing")).to_have_class(re.compile("is-complete"))
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")


def test_controls_read_as_sentences(page: Page, live_server: LiveServer, context: BrowserContext) -> None:
    project = make.project("p")
    make.task(make.conversation(project, candidates=2))
    let_in(context, live_server, make.member(project))
    page.goto(f"{live_server.url}/p/p/annotate/")

    quality = page.get_by_role("article").first.get_by_role("radiogroup", name="Text quality")
    expect(quality.get_by_role("radio", name="3: ")).to_have_attribute("aria-checked", "false")
    expect(page.get_by_role("radio", name="A is slightly better").first).to_be_visible()
    expect(page.get_by_label("Critique of A").first).to_be_visible()
