"""An audit and a second review by keyboard: until the reveal nothing tells them from a flagged conversation."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import AuditItem, Membership, Project, Review
from annotate.pipeline.auditing import audit_project
from tests import make
from tests.e2e.conftest import let_in
from tests.e2e.test_reviewing_keyboard import answer_all
from tests.pipeline.sittings import everything, flagged

pytestmark = pytest.mark.django_db(transaction=True)
TELLTALE = re.compile(r"flag|audit|random|drawn|second|another reviewer|disagree|wrong", re.IGNORECASE)

# What surrounds the questions: words, tags, classes and names of attributes; and of which kinds the questions are.
# Sorted, without the letters of answers (which one is A is drawn anew for every sitting) and without numbers: how
# many questions there are is drawn as well, in one way for all (tests/pipeline/test_sitting_forms.py).
AROUND = """() => {
    const page = document.querySelector("main").cloneNode(true);
    const kinds = new Set([...page.querySelectorAll("fieldset.question")].map((one) => one.dataset.kind));
    for (const one of page.querySelectorAll(".questions, .question-list li, dialog")) one.remove();
    const all = [...page.querySelectorAll("*")];
    const names = new Set(all.flatMap((one) => [one.tagName, ...one.getAttributeNames(), ...one.classList]));
    const words = new Set(page.innerText.match(/[^\\s\\d]{2,}/g));
    return { kinds: [...kinds].sort(), names: [...names].sort(), words: [...words].sort() };
}"""


@pytest.fixture(autouse=True)
def forgotten() -> None:
    cache.clear()


@pytest.fixture
def project() -> Project:
    """Return a project with a flagged conversation, and one of which labels were drawn by lot."""
    made = make.project("p", audit_share=1, second_review_share=1)
    flagged(made)
    return made


def sit_down(page: Page, address: str) -> dict[str, list[str]]:
    """Begin the next sitting by keyboard; return what surrounds its questions, and answer them blind."""
    page.goto(address)
    expect(page.get_by_role("button", name="Review the next conversation")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your own verdict first")).to_be_visible()
    page.wait_for_load_state()  # its script listens
    around: dict[str, list[str]] = page.evaluate(AROUND)
    assert not TELLTALE.search(" ".join(around["words"]))
    answer_all(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Labels and decision")).to_be_visible()
    page.wait_for_load_state()  # its script listens
    return around


def decide(page: Page) -> None:
    page.keyboard.press("o")
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("The review is finished.")).to_be_visible()


def test_before_the_reveal_all_sittings_are_alike(
    page: Page, live_server: LiveServer, context: BrowserContext, project: Project
) -> None:
    address = f"{live_server.url}/p/p/review/"
    first, second = (make.member(project, Membership.Role.REVIEWER) for _ in range(2))
    let_in(context, live_server, first)
    over_flags = sit_down(page, address)
    expect(page.get_by_role("heading", name="Why this was flagged")).to_be_visible()
    decide(page)

    drawn_by_lot(project)
    over_audit = sit_down(page, address)
    expect(page.get_by_text("These labels were drawn at random")).to_be_visible()
    decide(page)

    let_in(context, live_server, second)
    seconds = []
    for _ in range(2):
        seconds.append(sit_down(page, address))
        expect(page.get_by_text("Another reviewer has decided these questions before you.")).to_be_visible()
        decide(page)

    for other in (over_audit, *seconds):
        for what, found in over_flags.items():
            assert {*other[what]} ^ {*found} == set()
    sittings = [
        (one.reviewer, one.is_audit, one.second_of is not None) for one in Review.objects.order_by("pk")
    ]
    assert sittings[:2] == [(first, False, False), (first, True, False)]
    assert sittings[2:] == [(second, False, True)] * 2


def drawn_by_lot(project: Project) -> None:
    """Let one label of an undisputed conversation of the same shape wait for the audit."""
    audited = everything(project).conversation
    audit_project(project.pk)
    AuditItem.objects.exclude(conversation=audited).delete()
    kept = AuditItem.objects.filter(response__isnull=False).first()
    assert kept is not None
    AuditItem.objects.exclude(pk=kept.pk).delete()
