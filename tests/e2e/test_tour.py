"""The scripted tour: the product as `./run` starts it, from the first log-in to a release that loads.

An annotator submits two tasks by keyboard, a second one disagrees, the disagreement is flagged by the
workers, a reviewer rules blind and then decides, a manager publishes, `datasets` loads what came out.
"""

from __future__ import annotations

import time
import urllib.request
from pathlib import Path

import PIL.Image
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.running import ROOT, Product, product
from tests.e2e.screen import Workbench

SCREENSHOT = ROOT / "docs" / "images" / "workbench.webp"


def enter(browser: Browser, tour: Product, username: str) -> Page:
    """Log in as a demo person in a fresh browser context, by keyboard."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(tour.url)
    page.locator("input[name=username]").fill(username)
    page.locator("input[name=password]").fill(tour.accounts[username])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="My projects")).to_be_visible()
    return page


def submit_two(browser: Browser, tour: Product, username: str, value: str) -> None:
    """Annotate and submit two tasks, hands on the keyboard only."""
    page = enter(browser, tour, username)
    screen = Workbench(page, tour.url, "demo").open()
    done = int(page.locator("#done").inner_text())
    for count in (done + 1, done + 2):
        screen.answer_everything(value, comparison="1" if value == "3" else "7")
        page.keyboard.press("Control+Enter")
        # A contradiction between ratings and preferences is asked about once; keeping both is an answer.
        keep = page.locator("dialog[open] button.btn-primary")
        if keep.count():
            keep.press("Enter")
        expect(page.locator("#done")).to_have_text(str(count))
    page.context.close()


def verdict(page: Page) -> None:
    """Answer every question of a sitting with its first option, by keyboard."""
    for question in page.locator("fieldset.question:has(input[required])").all():
        first = question.locator("input[type=radio]").first
        if first.is_enabled():
            first.focus()
            page.keyboard.press("Space")


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> object:
    with product(tmp_path_factory.mktemp("tour") / "data") as running:
        yield running


def test_from_log_in_to_a_release_that_loads(browser: Browser, tour: Product, tmp_path: Path) -> None:
    take_the_readmes_picture(browser, tour)
    submit_two(browser, tour, "annotator1", "3")
    submit_two(browser, tour, "annotator2", "0")
    review(browser, tour)
    files = publish(browser, tour, tmp_path)
    load(files)


def take_the_readmes_picture(browser: Browser, tour: Product) -> None:
    """Make the README's picture anew beside the data; the committed one is looked at when it changes."""
    page = enter(browser, tour, "annotator1")
    screen = Workbench(page, tour.url, "demo").open()
    screen.press("n", *"3221", *"3232", "3", *"3223", *"2132", "5")
    screen.wait_saved()
    page.locator(".turn").nth(1).locator(".candidate img").first.scroll_into_view_if_needed()
    page.mouse.wheel(0, 260)
    page.wait_for_load_state("networkidle")
    fresh = tour.data.parent / "workbench.png"
    page.screenshot(path=fresh)
    page.context.close()

    with PIL.Image.open(SCREENSHOT) as committed, PIL.Image.open(fresh) as now:
        assert committed.size == now.size, f"make {SCREENSHOT} of {fresh} anew"


def review(browser: Browser, tour: Product) -> None:
    """Wait for the flags, give a verdict before seeing any label, then decide."""
    page = enter(browser, tour, "reviewer")
    deadline = time.monotonic() + 60
    page.goto(f"{tour.url}/p/demo/review/")
    start = page.get_by_role("button", name="Review the next conversation")
    while start.is_disabled() and time.monotonic() < deadline:
        time.sleep(1)
        page.reload()
    start.press("Enter")
    expect(page.get_by_role("heading", name="Your own verdict first")).to_be_visible()
    assert "Annotator 1" not in page.content()
    verdict(page)
    page.get_by_role("button", name="Record and show the labels").press("Enter")
    expect(page.get_by_role("heading", name="Labels and decision")).to_be_visible()
    assert "Annotator 1" in page.content()
    page.locator("input[name=outcome][value=change]").press("Space")
    page.get_by_role("button", name="Finish this review").press("Enter")
    expect(page.get_by_role("heading", name="Your latest reviews")).to_be_visible()
    page.context.close()


def publish(browser: Browser, tour: Product, folder: Path) -> Path:
    """Make a release on the page, wait for the worker, download every file with the session's right."""
    page = enter(browser, tour, "manager")
    page.goto(f"{tour.url}/p/demo/exports/")
    page.get_by_label("Name").fill("first")
    page.get_by_role("button", name="Make the release").press("Enter")
    card = page.locator("article.release")
    expect(card.locator(".badge", has_text="done")).to_be_visible(timeout=60_000)
    cookies = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())
    for link in card.locator("a[href*='/download/']").all():
        address = link.get_attribute("href") or ""
        target = folder / address.split("/download/")[1]
        target.parent.mkdir(parents=True, exist_ok=True)
        asked = urllib.request.Request(tour.url + address, headers={"Cookie": cookies})
        with urllib.request.urlopen(asked) as answer:
            target.write_bytes(answer.read())
    page.context.close()
    return folder


def load(folder: Path) -> None:
    """Load the release as its users do, offline."""
    import datasets  # noqa: PLC0415 - slow, and only here

    datasets.config.HF_HUB_OFFLINE = True
    cache = str(folder / "cache")
    ratings = datasets.load_dataset(str(folder), "ratings", split="train", cache_dir=cache)
    images = datasets.load_dataset(str(folder), "images", split="train", cache_dir=cache)
    reviews = datasets.load_dataset(str(folder), "reviews", split="train", cache_dir=cache)

    assert {0, 3} <= set(ratings["value"])
    assert images[0]["image"].size[0] > 0
    assert len(reviews) == 1
