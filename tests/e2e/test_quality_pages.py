"""The managers' pages of numbers on a project that has some: at a zoom of 200 %, on a phone, and on paper."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Membership, Project, User
from annotate.pipeline import reporting
from annotate.pipeline.calibrating import calibrate
from annotate.pipeline.flagging import flag_project
from annotate.pipeline.simulating import Plan, ScorerPlan, simulate
from tests import make
from tests.e2e.conftest import let_in
from tests.e2e.test_accessibility import RULES

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = (
    *("agreement", "results", "annotators", "judges", "calibration"),
    *("models", "bridge", "flags", "throughput", "forecast"),
)
# Of what is not scrolled in a box of its own, whatever lies beyond the edge of the window or the sheet.
BEYOND = """() => [...document.querySelectorAll("main *")]
    .filter((one) => one.checkVisibility() && !one.closest(".table-wrap, .tabs"))
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
    .map((one) => one.outerHTML.slice(0, 120))"""
# Columns that a sheet of paper would cut off: nobody scrolls there.
CUT_OFF = """() => [...document.querySelectorAll(".table-wrap")]
    .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth)
    .map((one) => one.outerHTML.slice(0, 120))"""


@pytest.fixture
def manager() -> User:
    """Return a manager of a small simulated project whose reports are computed."""
    project = make.project("p")
    simulate(project, Plan(conversations=12, annotators=4, scorers=(ScorerPlan("rm", 0.73),), seed=7))
    calibrate(project.pk)
    flag_project(project.pk)
    reporting.refresh(project.pk)
    return make.member(Project.objects.get(), Membership.Role.MANAGER)


def come(context: BrowserContext, live_server: LiveServer, manager: User, theme: str) -> None:
    let_in(context, live_server, manager)
    context.add_cookies([{"name": "theme", "value": theme, "url": live_server.url}])


@pytest.mark.parametrize(
    ("theme", "width", "scale"), [("light", 640, 2), ("dark", 360, 1)], ids=["zoom", "phone"]
)
def test_nothing_is_cut_off_and_axe_finds_nothing(  # noqa: PLR0913, PLR0917 - fixtures
    browser: Browser, live_server: LiveServer, manager: User, theme: str, width: int, scale: int
) -> None:
    """640 pixels of twice the density are what is left of 1280 at a zoom of 200 %."""
    context = browser.new_context(viewport={"width": width, "height": 800}, device_scale_factor=scale)
    come(context, live_server, manager, theme)
    page = context.new_page()
    complaints = {}
    for name in PAGES:
        page.goto(live_server.url + reverse(f"manage-{name}", args=["p"]))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        found = Axe().run(page, options=RULES)
        if found.violations_count:
            complaints[name] = found.generate_report()
        elif beyond := page.evaluate(BEYOND):
            complaints[name] = beyond
    context.close()

    assert complaints == {}


def test_on_paper_there_is_no_navigation_and_every_column(
    page: Page, live_server: LiveServer, manager: User
) -> None:
    """688 pixels are what a sheet A4 has between its margins."""
    come(page.context, live_server, manager, "dark")
    page.set_viewport_size({"width": 688, "height": 1000})
    page.emulate_media(media="print")
    complaints = {}
    for name in PAGES:
        page.goto(live_server.url + reverse(f"manage-{name}", args=["p"]))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for gone in (".appbar", "nav", "button", "a.btn"):
            expect(page.locator(gone).locator("visible=true")).to_have_count(0)
        if beyond := page.evaluate(BEYOND) + page.evaluate(CUT_OFF):
            complaints[name] = beyond
    # What is dark on the screen is light on paper.
    assert page.evaluate("() => getComputedStyle(document.documentElement).colorScheme") == "light"
    assert complaints == {}
