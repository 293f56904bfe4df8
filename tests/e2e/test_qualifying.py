"""Training and a qualification by keyboard: always-three fails, a good one passes and real work opens."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from annotate.models import Assignment, GoldKey, Membership, Project, Qualification, User
from annotate.pipeline.keying import make_key
from annotate.pipeline.qualifying import allow_again
from tests import make
from tests.e2e.screen import Workbench
from tests.pipeline import keys

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project() -> Project:
    return make.project("p", overlap=2, qualification_required=True)


def answer_like_the_key(bench: Workbench, made: GoldKey) -> None:
    """Give every rating the key's level, the rest anything, by keys alone."""
    levels = {
        (str(one.response.uid), one.dimension.key): one.value
        for one in made.submission.ratings.select_related("response", "dimension")
    }
    while bench.page.locator("#missing:not(.is-complete)").count():
        bench.press("n")
        row = bench.page.locator(".question.is-current")
        _, response, dimension = [*(row.get_attribute("data-key") or "").split("|"), "", ""][:3]
        level = levels.get((response, dimension))
        has_none = row.locator("button", has_text="n/a").count()
        bench.press("x" if level is None and has_none else "2" if level is None else str(level))


def test_training_shows_the_key_and_a_qualification_opens_real_work(
    bench: Workbench, page: Page, project: Project, ada: User
) -> None:
    lesson = make_key(keys.answered(project, images=True), "training", explanations={"en": "Mind the *hub*."})
    exam = keys.key(project, "qualification", images=True)
    real = make.task(make.conversation(project, candidates=2))
    bench.open().answer_everything("3")
    page.keyboard.press("Control+Enter")

    expect(page.get_by_role("heading", name="Your answers beside the key")).to_be_focused()
    expect(page.locator(".practice em", has_text="hub")).to_be_visible()
    expect(page.locator(".practice-sum")).to_contain_text("of 8 ratings are the same as the key's")
    page.get_by_text("Read the answer again").first.click()
    expect(page.locator(".practice-card .practice-text .part").first).to_be_visible()
    page.locator(".practice-card .picture-open").first.click()
    expect(page.locator("#zoom")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("heading", name="Your answers beside the key").focus()
    page.keyboard.press("Enter")

    # Always three: matched here and there, worth nothing.
    expect(page.locator(".question").first).to_be_visible()
    bench.answer_everything("3")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Not passed yet")).to_be_visible()
    assert page.locator(".practice-sum").count() == 0
    page.get_by_text("Item 1").click()
    expect(page.locator(".practice-item .practice-sum")).to_contain_text(
        "of 8 ratings are the same as the key's"
    )
    page.get_by_role("heading", name="Not passed yet").focus()
    expect(page.locator(".practice")).to_contain_text("Your agreement with the key is 0.00")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Look again")).to_be_visible()
    expect(page.get_by_role("heading", name="Training comes first")).to_have_count(0)
    expect(page.get_by_role("heading", name="Not passed yet")).to_be_visible()
    assert not Qualification.objects.get().passed

    allow_again(Membership.objects.get(user=ada))
    page.get_by_role("button", name="Look again").press("Enter")
    expect(page.locator(".question").first).to_be_visible()
    answer_like_the_key(bench, exam)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="You have passed the qualification")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".question").first).to_be_visible()
    assert Assignment.objects.filter(annotator=ada, task=real, status="active").exists()
    assert lesson.task.assignments.filter(annotator=ada, status="submitted").exists()


def test_gold_passes_like_any_other_task(bench: Workbench, page: Page, project: Project, ada: User) -> None:
    Project.objects.update(qualification_required=False, gold_share=0.5)
    for _ in range(3):
        keys.key(project, "gold")
        make.task(make.conversation(project, candidates=2))
    bench.open()
    for count in (1, 2, 3):
        expect(page.locator("#count")).to_contain_text("0 of")  # the next task stands there
        bench.answer_everything("2")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#done")).to_have_text(str(count))
        assert page.locator(".practice").count() == 0


def test_feedback_after_gold_is_shown_where_the_project_says_so(
    bench: Workbench, page: Page, project: Project, ada: User
) -> None:
    Project.objects.update(qualification_required=False, gold_share=0.5, gold_feedback=True)
    made = keys.key(project, "gold")
    make.assignment(made.task, ada, purpose="gold")
    bench.open().answer_everything("2")
    page.keyboard.press("Control+Enter")

    expect(page.get_by_role("heading", name="Your answers beside the key")).to_be_visible()
