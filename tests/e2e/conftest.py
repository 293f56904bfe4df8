"""A real browser on a real server. Debian's chromium drives it; without one these tests are skipped."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from annotate.models import Project, User
from annotate.web.joined_scripts import ENTRIES, joined
from tests import make
from tests.e2e.screen import Workbench

# Playwright's synchronous calls run an event loop in this thread, which makes Django's guard speak up.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# How long something that will come is waited for: only a test that fails waits that long.
expect.set_options(timeout=20_000)

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


class Door:
    """Stands before the server's application and lets nobody in between two tests.

    A page that is being closed still sends what it holds. Such a request must not run into the emptying of
    the database (which deadlocks), nor into the next test (whose settings and database are not its own).
    """

    def __init__(self, application: Any) -> None:
        self.application = application
        self.is_open = False
        self.inside = 0
        self.changed = threading.Condition()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with self.changed:
            if not self.is_open:
                start_response("503 Service Unavailable", [("Content-Length", "0")])
                return []
            self.inside += 1
        try:
            return self.application(environ, start_response)  # type: ignore[no-any-return]
        finally:
            with self.changed:
                self.inside -= 1
                self.changed.notify_all()

    def open(self) -> None:
        with self.changed:
            self.is_open = True

    def shut(self) -> None:
        """Let nobody in any more, and wait for those who are inside."""
        with self.changed:
            self.is_open = False
            assert self.changed.wait_for(lambda: self.inside == 0, timeout=60), "a request never ended"


@pytest.fixture(autouse=True)
def door(request: pytest.FixtureRequest, any_host: None, joined_scripts: None) -> Iterator[None]:
    """Open the server to the browser once all is prepared, and shut it before anything is taken down."""
    if "live_server" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("transactional_db")
    httpd = request.getfixturevalue("live_server").thread.httpd
    if not isinstance(httpd.get_app(), Door):
        httpd.set_app(Door(httpd.get_app()))
    httpd.get_app().open()
    yield
    httpd.get_app().shut()


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
