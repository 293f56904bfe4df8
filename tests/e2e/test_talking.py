"""What stands beside the work: problems, questions to the lead with their answers, guidelines; by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Assignment, Inquiry, Membership, ProblemReport, Project, Task, User
from annotate.pipeline import guiding, inquiring
from tests import make
from tests.e2e.conftest import let_in
from tests.e2e.screen import Workbench

pytestmark = pytest.mark.django_db(transaction=True)


def publish(project: Project, text: str, changes: str = "") -> None:
    """Publish a version that the project's batch goes by."""
    texts = {"en": {"case": "A shelf with *two* mugs.", "why": "One mug is missing."}}
    examples = [guiding.Example("local_image_text_consistency", 1, texts)]
    new = guiding.NewGuideline({"en": text}, {"en": changes}, examples)
    guiding.publish(project.pk, new, by=None, batches=[project.batches.get().pk])


def test_two_reports_close_a_task_and_each_reporter_goes_on(
    bench: Workbench, browser: Browser, live_server: LiveServer, project: Project, ada: User
) -> None:
    bad, _good = (make.task(make.conversation(project)) for _ in range(2))
    ben = make.member(project)
    other = browser.new_context()
    let_in(other, live_server, ben)
    for one in (bench, Workbench(other.new_page(), live_server.url, "p")):
        one.open().press("f")
        one.page.get_by_label("It shows somebody’s personal data").check()
        one.page.get_by_label("Tell more").fill("a number plate")
        one.page.get_by_role("button", name="Report it").click()
        expect(one.page.locator("#announce")).to_contain_text("Skipped")

    bad.refresh_from_db()
    assert (bad.closed_at is None, bad.open_slots) == (False, 0)
    assert set(ProblemReport.objects.values_list("kind", "text")) == {("personal", "a number plate")}
    assert Assignment.objects.filter(task=bad, status="skipped").count() == 2
    assert not Assignment.objects.filter(task=bad, status="active").exists()
    assert Assignment.objects.filter(annotator__in=[ada, ben], status="active").count() == 2
    other.close()


@pytest.mark.usefixtures("two_turns")
def test_a_report_without_skipping_leaves_the_work_as_it_is(bench: Workbench) -> None:
    bench.open().press("2", "f")
    bench.page.get_by_label("I have had the same conversation before").check()
    bench.page.get_by_label("And skip this task").uncheck()
    bench.page.keyboard.press("Enter")
    expect(bench.page.locator("#announce")).to_contain_text("Reported")

    assert bench.page.locator("[aria-checked=true]").all_inner_texts() == ["2"]
    assert Task.objects.get().closed_at is None
    bench.press("1")
    assert bench.page.locator("[aria-checked=true]").all_inner_texts() == ["2", "1"]


@pytest.mark.usefixtures("two_turns")
def test_the_answer_comes_to_where_one_works(bench: Workbench, project: Project) -> None:
    lead = make.member(project, Membership.Role.MANAGER)
    bench.open().press("q")
    expect(bench.page.locator("#ask-text")).to_be_focused()
    bench.page.keyboard.type("Does a sketch count as an image? 3 q g f")
    bench.page.keyboard.press("Tab")
    bench.page.keyboard.press("Enter")
    expect(bench.page.locator(".ask-thread")).to_contain_text("waits for an answer")
    inquiry = Inquiry.objects.get()
    assert inquiry.dimension is not None
    assert (inquiry.dimension.key, inquiry.task_id) == ("local_image_text_consistency", Task.objects.get().pk)
    bench.press("Escape")
    assert bench.page.locator("[aria-checked=true]").count() == 0

    inquiring.write(inquiry, lead.pk, "Yes, <b>it does</b>.")
    inquiring.publish(project.pk, lead.pk, question="Sketches?", answer="They count.", dimension_id=None)
    bench.open()
    expect(bench.page.locator("#ask-count")).to_have_text("1")

    bench.press("q")
    expect(bench.page.locator(".ask-thread.is-unseen .ask-lead")).to_contain_text("Yes, <b>it does</b>.")
    expect(bench.page.locator("#ask-count")).to_have_text("")
    expect(bench.page.locator("#ask-published")).to_contain_text("Sketches?")
    assert lead.username not in bench.page.content()
    bench.page.get_by_label("Write back").first.fill("Thank you")
    bench.page.get_by_role("button", name="Send").first.click()
    expect(bench.page.locator(".ask-you")).to_have_count(2)
    assert inquiry.messages.count() == 3


@pytest.mark.usefixtures("two_turns")
def test_a_question_that_cannot_be_sent_keeps_its_words(bench: Workbench) -> None:
    bench.open().press("q")
    bench.page.keyboard.type("Where does this go?")
    bench.page.route("**/inquiries", lambda route: route.abort())
    bench.page.get_by_role("button", name="Ask", exact=True).click()

    expect(bench.page.locator("#ask-form [role=alert]")).to_contain_text("could not be sent")
    expect(bench.page.locator("#ask-text")).to_have_value("Where does this go?")


@pytest.mark.usefixtures("two_turns")
def test_worked_examples_are_a_key_away(bench: Workbench, project: Project) -> None:
    publish(project, "# Pictures\n\nLook twice.\n\n# Texts\n\nRead aloud.")
    bench.open()
    expect(bench.page.locator(".panel-examples")).to_contain_text("1 worked example")

    bench.press("g")
    expect(bench.page.locator(".guide-example").first).to_contain_text("One mug is missing.")
    bench.page.locator("#guide-filter").fill("aloud")
    expect(bench.page.get_by_text("Read aloud.")).to_be_visible()
    expect(bench.page.get_by_role("heading", name="Texts")).to_be_visible()
    expect(bench.page.get_by_text("Look twice.")).to_be_hidden()
    bench.page.locator("#guide-filter").fill("xyzzy")
    expect(bench.page.get_by_text("Nothing here holds these words.")).to_be_visible()
    bench.press("Escape", "Escape", "3")  # the first one empties the search

    assert bench.page.locator("[aria-checked=true]").all_inner_texts() == ["3"]
    expect(bench.page.locator(".panel-examples")).to_have_count(0)


@pytest.mark.usefixtures("two_turns")
def test_changed_guidelines_are_told_until_they_are_confirmed_and_hide_nothing(
    bench: Workbench, project: Project, ada: User
) -> None:
    publish(project, "One")
    Membership.objects.filter(user=ada).update(guideline_seen=1)
    bench.open()
    expect(bench.page.locator(".panel-examples")).to_be_visible()
    expect(bench.page.locator("#guide-notice")).to_be_hidden()
    bench.press("2")
    bench.wait_saved()

    publish(project, "Two", changes="Sketches **count** now.")
    bench.open()
    expect(bench.page.locator("#guide-notice")).to_contain_text("version 2")
    expect(bench.page.locator("#guide-changes strong")).to_have_text("count")
    assert bench.page.locator("[aria-checked=true]").all_inner_texts() == ["2"]
    bench.press("1")
    assert bench.page.locator("[aria-checked=true]").all_inner_texts() == ["2", "1"]

    bench.page.get_by_role("button", name="I have read them").click()
    expect(bench.page.locator("#guide-notice")).to_be_hidden()
    assert Membership.objects.get(user=ada).guideline_seen == 2
    with bench.page.expect_response("**/guidelines/2"):
        bench.open()
    expect(bench.page.locator("#guide-notice")).to_be_hidden()


@pytest.mark.usefixtures("two_turns")
def test_guidelines_are_scrolled_and_confirmed_where_they_are_read(
    bench: Workbench, project: Project, ada: User
) -> None:
    publish(project, "\n\n".join(f"Paragraph {number}." for number in range(90)))
    page = bench.open().page
    expect(page.locator("#guide-notice")).to_be_visible()
    bench.press("g")
    expect(page.get_by_text("Paragraph 89.")).to_be_attached()
    bench.press("PageDown")
    expect(page.get_by_text("Paragraph 0.")).not_to_be_in_viewport()
    assert page.evaluate("scrollY") == 0

    page.locator("#guide-dialog").get_by_role("button", name="I have read them").click()

    expect(page.locator("#guide-dialog")).to_be_hidden()
    expect(page.locator("#guide-notice")).to_be_hidden()
    assert Membership.objects.get(user=ada).guideline_seen == 1
    bench.press("g")
    expect(page.get_by_text("Paragraph 89.")).to_be_attached()
    expect(page.locator("#guide-foot")).to_be_hidden()


@pytest.mark.usefixtures("two_turns")
def test_the_drawers_pass_axe(bench: Workbench, project: Project) -> None:
    from tests.e2e.test_accessibility import check  # noqa: PLC0415

    publish(project, "# Pictures\n\nLook twice.")
    page: Page = bench.open().page
    expect(page.locator("#guide-notice")).to_be_visible()
    check(page)
    for key, dialog in (("g", "#guide-dialog"), ("q", "#ask-dialog"), ("f", "#problem-dialog")):
        page.keyboard.press(key)
        expect(page.locator(dialog)).to_be_visible()
        check(page)
        page.keyboard.press("Escape")
