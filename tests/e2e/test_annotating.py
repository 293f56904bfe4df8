"""A day at the annotation screen: keyboard, pictures, notes, and what comes next."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Assignment, Comparison, MessagePart, Note, Project, Rating, Submission, User
from tests import make
from tests.e2e.screen import Workbench

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_tasks_are_done_by_keyboard_alone_without_loading_a_page(
    page: Page, live_server: LiveServer, project: Project
) -> None:
    for _ in range(2):
        make.task(make.conversation(project, turns=2, candidates=2))
    ada = make.member(project)
    page.goto(f"{live_server.url}/log-in/")
    page.keyboard.type(ada.username)
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Annotate P").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".question").first).to_be_visible()
    loads = []
    page.on("framenavigated", lambda _frame: loads.append(1))
    bench = Workbench(page, live_server.url, "p")

    for done in (1, 2):
        expect(page.locator("#count")).to_contain_text("0 of 23")
        bench.answer_everything("1")
        bench.press("Control+Enter")
        expect(page.locator("#done")).to_have_text(str(done))

    expect(page.get_by_role("heading", name="All done")).to_be_visible()
    assert loads == []
    assert Submission.objects.count() == 2
    assert Rating.objects.filter(state="rated", value=1).count() == 2 * (2 * 4 + 3)
    assert Rating.objects.filter(state="not_applicable", value=None).count() == 2 * (2 * 4 + 2)


@pytest.mark.usefixtures("two_turns")
def test_a_preference_is_stored_for_the_side_it_was_given_to(bench: Workbench, ada: User) -> None:
    bench.open().answer_everything("2")  # in a comparison, 2 is "A is better", whoever A is
    shown = Assignment.objects.get(annotator=ada).shown_order
    bench.press("Control+Enter")
    expect(bench.page.locator("#done")).to_have_text("1")

    for row in Comparison.objects.all():
        left_is_a = shown.index(row.left_id) < shown.index(row.right_id)
        assert row.preference == (-2 if left_is_a else 2)


@pytest.mark.usefixtures("two_turns")
def test_digits_in_a_text_never_rate_and_escape_leads_back(bench: Workbench) -> None:
    bench.open().press("j", "k", "3", "c")
    bench.page.keyboard.type("3 of 2 steps, n j k ? z")
    bench.press("Escape", "1")

    expect(bench.page.locator("textarea").first).to_have_value("3 of 2 steps, n j k ? z")
    assert bench.page.locator("[aria-checked=true]").all_inner_texts() == ["3", "1"]


@pytest.mark.usefixtures("two_turns")
def test_keys_of_an_input_method_are_left_alone(bench: Workbench) -> None:
    bench.open()
    bench.page.evaluate(
        """() => document.body.dispatchEvent(
            new KeyboardEvent("keydown", { key: "3", isComposing: true, bubbles: true }))"""
    )

    assert bench.page.locator("[aria-checked=true]").count() == 0


@pytest.mark.usefixtures("two_turns")
def test_undo_clear_and_walking_across_candidates(bench: Workbench) -> None:
    bench.open().press("3", "2", "z")
    assert bench.page.locator("[aria-checked=true]").all_inner_texts() == ["3"]

    bench.press("k", "Backspace")
    assert bench.page.locator("[aria-checked=true]").count() == 0

    bench.press("l")
    expect(bench.row("Local image", column=1)).to_have_class(re.compile("is-current"))
    bench.press("ArrowLeft")
    expect(bench.row("Local image", column=0)).to_have_class(re.compile("is-current"))


@pytest.mark.usefixtures("two_turns")
def test_the_anchors_of_the_current_row_are_in_sight(bench: Workbench) -> None:
    bench.open().press("j", "j")
    name = bench.page.locator(".question.is-current .question-name").inner_text()

    expect(bench.page.locator("#panel h2")).to_contain_text(name.split(" ", 1)[1])
    expect(bench.page.locator("#panel .anchors li")).to_have_count(5)


def test_a_skip_gives_its_reason_and_brings_the_next(bench: Workbench, project: Project, ada: User) -> None:
    for _ in range(2):
        make.task(make.conversation(project))
    bench.open().press("s", "ArrowDown")
    bench.page.get_by_label("In your words").fill("Greek to me")
    bench.page.get_by_role("button", name="Skip it").click()
    expect(bench.page.locator("#announce")).to_contain_text("Skipped")

    assert Assignment.objects.get(annotator=ada, status="skipped").skip_reason == "language: Greek to me"
    assert Assignment.objects.get(annotator=ada, status="active")


@pytest.mark.usefixtures("two_turns")
def test_the_last_task_can_be_taken_up_again_and_changed(bench: Workbench) -> None:
    bench.open().answer_everything("3", "4")
    bench.press("Control+Enter")
    expect(bench.page.get_by_role("heading", name="All done")).to_be_visible()

    bench.press("b")
    expect(bench.page.locator("#missing")).to_have_class(re.compile("is-complete"))
    bench.row("Text quality").get_by_role("radio", name="0:").click()
    bench.press("Control+Enter")
    expect(bench.page.get_by_role("heading", name="All done")).to_be_visible()

    assert list(Submission.objects.order_by("revision").values_list("revision", flat=True)) == [1, 2]
    assert Rating.objects.filter(submission__revision=2, value=0).count() == 1


def test_pictures_open_large_and_a_missing_one_is_said(bench: Workbench, project: Project) -> None:
    conversation = make.conversation(project, images=True)
    turn = conversation.turns.get()
    MessagePart.objects.create(turn=turn, position=1, kind="image", caption="A lost sketch")
    make.task(conversation)
    bench.open()

    expect(bench.page.locator(".picture-missing")).to_contain_text("Image missing")
    expect(bench.page.locator(".picture-missing")).to_contain_text("A lost sketch")
    assert bench.page.locator("#work img").get_attribute("width") == "64"

    bench.press("i")
    expect(bench.page.locator("#zoom")).to_be_visible()
    expect(bench.page.locator("#zoom-caption")).to_have_text("A picture")
    bench.press("+", "Escape")
    expect(bench.page.locator("#zoom")).to_be_hidden()


def test_a_default_is_offered_accepted_and_told_from_a_rating(bench: Workbench, project: Project) -> None:
    make.task(make.conversation(project, images=True))
    bench.open().answer_everything("2")
    row = bench.row("Style coherence", turn=1)
    expect(row.locator(".question-rule")).to_contain_text("3 is offered as the default")

    row.get_by_role("radio", name="Accept the default 3").click()
    bench.press("Control+Enter")
    expect(bench.page.locator("#done")).to_have_text("1")

    assert Rating.objects.get(dimension__key="style_coherence").state == "defaulted"
    assert Rating.objects.get(dimension__key="text_quality").state == "rated"


def test_notes_of_every_kind_are_stored_where_they_belong(bench: Workbench, project: Project) -> None:
    make.task(make.conversation(project, candidates=2, images=True))
    bench.open().answer_everything()
    for fold in bench.page.locator("details.fold").all():
        fold.locator("summary").first.click()
    for number, box in enumerate(bench.page.locator("#work textarea").all()):
        box.fill(f"note {number}")
    bench.press("Control+Enter")
    expect(bench.page.locator("#done")).to_have_text("1")

    kinds = sorted(Note.objects.values_list("kind", "scope"))
    assert kinds == [
        ("critique", "global"),
        ("critique", "local"),
        ("critique", "local"),
        ("image", "local"),
        ("image", "local"),
        ("reason", "local"),
        ("refinement", "local"),
        ("refinement", "local"),
    ]


def test_when_others_hold_the_rest_it_says_so_and_looks_again(bench: Workbench, project: Project) -> None:
    task = make.task(make.conversation(project), overlap=1)
    held = make.assignment(task, make.member(project), lease_expires_at=timezone.now() + timedelta(minutes=5))
    bench.page.goto(bench.address)
    expect(bench.page.get_by_role("heading", name="Others are working on the rest")).to_be_visible()

    held.delete()
    task.open_slots = 1
    task.save()
    bench.page.get_by_role("button", name="Look again").click()

    expect(bench.page.locator(".question").first).to_be_visible()


def test_the_next_task_is_at_hand_before_it_is_needed(bench: Workbench, project: Project, ada: User) -> None:
    for _ in range(3):
        make.task(make.conversation(project))
    bench.open()
    assert Assignment.objects.filter(annotator=ada).count() == 1
    with bench.page.expect_response("**/claim"):
        bench.answer_everything()
    assert Assignment.objects.filter(annotator=ada, status="active").count() == 2
    bench.page.route("**/claim", lambda route: route.abort())

    bench.press("Control+Enter")

    expect(bench.page.locator("#done")).to_have_text("1")
    expect(bench.page.locator("#count")).to_contain_text("0 of")


@pytest.mark.usefixtures("two_turns")
def test_it_speaks_chinese_with_the_anchors_too(
    bench: Workbench, context: BrowserContext, live_server: LiveServer
) -> None:
    context.add_cookies([{"name": "django_language", "value": "zh-hans", "url": live_server.url}])
    bench.open()

    expect(bench.page.locator("#submit")).to_contain_text("提交")
    expect(bench.page.locator("#panel")).to_contain_text("局部图文一致性")
    assert bench.page.locator("html").get_attribute("lang") == "zh-Hans"
