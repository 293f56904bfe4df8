"""A hidden repeat: one's own task once more, which neither the screen nor the server's answers tell from others."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Response, expect

from annotate.models import Assignment, Project, User
from annotate.pipeline import claim_statements
from tests import make
from tests.e2e.screen import Workbench
from tests.judging import candidates, rate, submit

pytestmark = pytest.mark.django_db(transaction=True)
CHANGING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)")


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return a project whose second claim hands out a repeat, two tasks being distance enough."""
    nearer = claim_statements.TAKE_AGAIN.replace("OFFSET 20", "OFFSET 2")
    assert nearer != claim_statements.TAKE_AGAIN
    monkeypatch.setattr(claim_statements, "TAKE_AGAIN", nearer)
    coins = iter([0.9, 0.1])
    monkeypatch.setattr("annotate.pipeline.assigning.random.random", lambda: next(coins, 0.9))
    return make.project("p", overlap=3, repeat_share=0.5)


def worked(project: Project, person: User) -> None:
    """Let the person have done three tasks some days ago, so that one of them may come again."""
    for _ in range(3):
        task = make.task(make.conversation(project, candidates=2))
        rate(submit(task, person), candidates(task)[0], text_quality=2)
    Assignment.objects.update(closed_at=timezone.now() - timedelta(days=3))


def shape(answer: Any) -> Any:
    """Return a document with what differs between any two tasks left out: ids, moments, the random order."""
    if isinstance(answer, dict):
        return {CHANGING.sub("…", key): shape(value) for key, value in answer.items()}
    if isinstance(answer, list):
        return sorted((shape(one) for one in answer), key=repr)
    return CHANGING.sub("…", answer) if isinstance(answer, str) else answer


def seen(bench: Workbench) -> list[str]:
    """Return the lines on the screen, each once; which answer is A is drawn anew for every task."""
    expect(bench.page.locator("#count")).to_contain_text("0 of ")
    expect(bench.page.locator("#panel")).not_to_be_empty()
    return sorted({*bench.page.locator("#workbench").inner_text().split("\n")})


def test_a_repeat_cannot_be_recognised(bench: Workbench, project: Project, ada: User) -> None:
    worked(project, ada)
    for _ in range(3):
        make.task(make.conversation(project, candidates=2))
    claimed: list[Any] = []

    def keep(response: Response) -> None:
        if response.url.endswith("/claim") and response.ok:
            claimed.append(shape(response.json()))

    bench.page.on("response", keep)
    bench.open()
    screens = []
    for done in ("4", "5"):
        screens.append(seen(bench))
        bench.answer_everything()
        bench.press("Control+Enter")
        expect(bench.page.locator("#done")).to_have_text(done)

    handed = Assignment.objects.filter(annotator=ada).order_by("pk").values_list("purpose", flat=True)
    assert list(handed)[3:5] == ["base", "repeat"]
    assert screens[0] == screens[1]
    assert claimed[0] == claimed[1]
