"""A real browser on a real server. Debian's chromium drives it; without one these tests are skipped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from annotate.models import Project, User
from annotate.web.joined_scripts import ENTRIES, joined
from tests import make
from tests.e2e.screen import Workbench

# Playwright's synchronous calls run an event loop in this thread, which makes Django's guard speak up.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8ffff3f0005fe02fea7d6a40b0000000049454e44ae426082"
)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in this folder, and skip it where there is no browser."""
    for item in items:
        if "tests/e2e/" in item.path.as_posix():
            item.add_marker(pytest.mark.e2e)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="needs chromium (apt-get install chromium)"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Launch the system's chromium."""
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": FLAGS}


@pytest.fixture(autouse=True)
def any_host(settings: Settings) -> None:
    """Let the live server answer under whatever name pytest-django gives it."""
    settings.ALLOWED_HOSTS = ["*"]


@pytest.fixture(scope="session")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of static files with the pages' scripts as `collectstatic` stores them."""
    folder = tmp_path_factory.mktemp("static")
    (folder / "js").mkdir()
    for entry in ENTRIES:
        (folder / "js" / entry).write_text(joined(entry), "utf-8")
    return folder


@pytest.fixture(autouse=True)
def joined_scripts(scripts: Path, settings: Settings) -> None:
    """Let the browser run what it will run in production: modules joined to one file a page."""
    settings.STATICFILES_DIRS = [scripts, *settings.STATICFILES_DIRS]


@pytest.fixture(autouse=True)
def complaints(page: Page) -> Iterator[list[str]]:
    """Collect what the browser complains of; a test fails on errors of scripts and on a breach of the policy."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on(
        "console",
        lambda message: found.append(message.text) if "Content Security Policy" in message.text else None,
    )
    yield found
    assert found == []


def let_in(context: BrowserContext, live_server: LiveServer, user: User) -> None:
    """Give the browser the session of this person."""
    client = Client()
    client.force_login(user)
    value = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": value, "url": live_server.url}])


@pytest.fixture
def project() -> Project:
    return make.project("p", overlap=2)


@pytest.fixture
def ada(project: Project) -> User:
    return make.member(project)


@pytest.fixture
def bench(page: Page, live_server: LiveServer, context: BrowserContext, ada: User) -> Workbench:
    """Return ada's screen, not opened yet; pictures are answered with a pixel."""
    let_in(context, live_server, ada)
    context.route("**/images/*", lambda route: route.fulfill(body=PIXEL, content_type="image/png"))
    return Workbench(page, live_server.url, "p")


@pytest.fixture
def two_turns(project: Project) -> None:
    make.task(make.conversation(project, turns=2, candidates=2))
