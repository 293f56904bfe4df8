"""A conversation that wants to be a program stays text, on the annotation screen and in the review."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from annotate.models import Membership, Project
from annotate.pipeline import importing, reviewing
from annotate.pipeline.flagging import flag_project
from tests import make
from tests.e2e.conftest import let_in
from tests.judging import disputed

pytestmark = pytest.mark.django_db(transaction=True)

HOSTILE = [
    "<script>window.ran = 1</script>",
    "<img src=x onerror='window.ran = 2'>",
    "<svg onload='window.ran = 3'><a xlink:href='javascript:window.ran=4'>x</a></svg>",
    "[a](javascript:window.ran=5) [b](&#x6a;avascript:window.ran=6) [c](data:text/html,<script>1</script>)",
    "![d](https://evil.example/pixel.png) <https://evil.example/\u202egnp.exe>",
    "[e](https://evil.example \"'onmouseover=window.ran=7 x='\")",
    "$\\href{javascript:window.ran=8}{x} \\unicode{<img src=x onerror=window.ran=9>} \\style{color:red}{y}$",
    "$$\\begin{matrix} \\text{</math><script>window.ran=10</script>} \\end{matrix}$$",
    "```html\n</code></pre><script>window.ran = 11</script>\n```",
    "<style>*{display:none}</style><form action=//evil.example><input name=createElement>",
    "<math><mtext><table><mglyph><style><img src onerror=window.ran=12>",
]


def fill(project: Project, folder: Path) -> None:
    """Import one conversation in which every text is hostile."""
    text: list[dict[str, Any]] = [{"type": "text", "text": "\n\n".join(HOSTILE)}]
    candidates = [{"id": name, "source_model": HOSTILE[0], "content": text} for name in ("a", "b")]
    turn = {"id": "t1", "parent": None, "content": text, "candidates": candidates}
    item = {"format": "annotate-conversation", "version": 1, "id": "x", "language": "en", "turns": [turn]}
    file = folder / "x.json"
    file.write_text(json.dumps([item]))
    report = importing.import_file(project, file, images=None, options=importing.Options())
    assert not report.is_failure, report.as_dict()


def test_hostile_text_stays_text(
    page: Page, context: BrowserContext, live_server: LiveServer, project: Project, tmp_path: Path
) -> None:
    fill(project, tmp_path)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    let_in(context, live_server, make.member(project))
    page.goto(f"{live_server.url}/p/p/annotate/")
    page.get_by_text("window.ran = 11").first.wait_for()
    assert_tame(page, asked, live_server.url)

    task = project.batches.get().tasks.get()
    disputed(task, 0, 3)
    flag_project(project.pk)
    reviewer = make.member(project, Membership.Role.REVIEWER)
    review = reviewing.next_review(project.pk, reviewer.pk)
    assert review is not None
    context.clear_cookies()
    let_in(context, live_server, reviewer)
    page.goto(f"{live_server.url}/p/p/review/{review.uid}/")
    page.get_by_text("window.ran = 11").first.wait_for()
    assert_tame(page, asked, live_server.url)


def assert_tame(page: Page, asked: list[str], own: str) -> None:
    """No script ran, no form or handler or foreign address came in, nothing was asked of other hosts."""
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None
    links = page.eval_on_selector_all("a[href]", "all => all.map(one => one.protocol)")
    assert set(links) <= {"http:", "https:", "mailto:"}
    assert page.locator("form[action*=evil], main style, [onerror], [onload], [onmouseover]").count() == 0
    assert [url for url in asked if not url.startswith(own)] == []
