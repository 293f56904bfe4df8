"""Reading at the annotation screen: long conversations and messages, images, warnings, whole paths."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Route, expect

from annotate.models import Conversation, MessagePart, Project, Response, Task, TaskPath
from annotate.pipeline import importing
from tests import make
from tests.e2e.conftest import PIXEL
from tests.e2e.screen import Workbench
from tests.pipeline import importing_files as files

pytestmark = pytest.mark.django_db(transaction=True)

TOP = "one => one.getBoundingClientRect().top"


def take(project: Project, folder: Path, *items: dict[str, Any]) -> None:
    report = importing.import_file(
        project, files.write(folder / "items.json", list(items)), images=None, options=importing.Options()
    )
    assert not report.is_failure, report.as_dict()


def answers(folder: Path, project: Project, *texts: str) -> None:
    """Import one turn whose candidates say these texts."""
    turn = files.turn("q1", len(texts))
    for candidate, text in zip(turn["candidates"], texts, strict=True):
        candidate["content"] = text
    take(project, folder, files.native("c", [turn]))


def drawn(image: Locator) -> tuple[float, ...]:
    """Return where an image of the dialog lies: scale and offset as they are painted."""
    found = image.evaluate("one => getComputedStyle(one).transform")
    return tuple(round(float(one), 1) for one in found.removeprefix("matrix(").removesuffix(")").split(","))


def test_of_sixty_turns_the_finished_ones_far_away_fold_and_open_again(
    bench: Workbench, project: Project
) -> None:
    make.task(make.conversation(project, turns=60))
    page = bench.open().page
    turns = page.locator(".turn")
    expect(page.locator(".strip-where")).to_have_text("Turn 1 of 60")
    chips = page.locator(".chip")

    for _ in range(3):  # the first three turns
        bench.press("x", "x", "2", "2")
    expect(page.locator(".is-folded")).to_have_count(2)
    expect(chips.nth(0)).to_have_accessible_name("Turn 1: All answered")
    expect(chips.nth(3)).to_have_accessible_name("Turn 4: 4 missing")
    expect(chips.nth(3)).to_have_attribute("aria-current", "step")
    line = turns.nth(0).locator(".turn-line")
    expect(line).to_have_accessible_name(re.compile(r"Open Turn 1: User: Question 1\? \(All answered\)"))

    line.focus()
    top = line.evaluate(TOP)
    page.keyboard.press("Enter")
    expect(line).to_have_attribute("aria-expanded", "true")
    expect(turns.nth(0).get_by_text("Answer 1.0")).to_be_visible()
    assert line.evaluate(TOP) == pytest.approx(top, abs=2)

    bench.press("n")
    for _ in range(12):
        bench.press("z")
    expect(turns.nth(0)).not_to_have_class(re.compile("is-folded"))
    expect(bench.row("Local image")).to_have_class(re.compile("is-current"))
    expect(page.locator("#missing")).to_contain_text("245 missing")


def test_folding_does_not_move_what_is_being_read(bench: Workbench, project: Project) -> None:
    make.task(make.conversation(project, turns=9))
    page = bench.open().page
    for _ in range(2):
        bench.press("x", "x", "2", "2")
    # Turn 1 is still open, above; entering turn 4 by the mouse folds it out of sight.
    row = page.locator(".turn").nth(3).locator(".question").nth(1)
    row.evaluate("one => one.scrollIntoView({ block: 'center' })")
    page.wait_for_timeout(300)
    top = row.evaluate(TOP)

    row.locator("button").nth(1).click()
    assert row.evaluate(TOP) == pytest.approx(top, abs=2)

    expect(page.locator(".turn").nth(0)).to_have_class(re.compile("is-folded"))
    assert row.evaluate(TOP) == pytest.approx(top, abs=2)


def test_a_missing_answer_in_a_folded_turn_is_said_and_led_to(bench: Workbench, project: Project) -> None:
    make.task(make.conversation(project, turns=9))
    page = bench.open().page
    fifth = page.locator(".turn").nth(4)
    fifth.locator(".turn-line").click()

    expect(fifth.locator(".turn-line")).to_have_accessible_name(re.compile("4 missing"))
    for _ in range(4):
        bench.press("]")
    expect(fifth.locator(".question.is-current")).to_be_visible()

    page.locator(".chip").nth(7).click()
    expect(page.locator(".turn").nth(7).locator(".question.is-current")).to_be_in_viewport()


def test_an_answer_of_two_hundred_kilobytes_is_cut_and_opens_beside_the_other(
    bench: Workbench, project: Project, tmp_path: Path
) -> None:
    long = "\n\n".join(f"Paragraph {n} with **words**." for n in range(6500))
    answers(tmp_path, project, long, "a" * 100_000)
    page = bench.open().page
    height = page.evaluate("innerHeight")
    messages = page.locator(".candidate .message")
    assert len(long) > 190_000
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for column in (0, 1):
        assert messages.nth(column).evaluate("one => one.clientHeight") <= 3 * height
    rows = [bench.row("Local image", column) for column in (0, 1)]
    assert rows[0].evaluate(TOP) == rows[1].evaluate(TOP)

    button = page.get_by_role("button", name=re.compile(r"^Show all \(26,000 words\)$"))
    button.focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text("Paragraph 6499 with")).to_be_visible()
    for column in (0, 1):
        assert messages.nth(column).evaluate("one => one.clientHeight") > 3 * height
    assert rows[0].evaluate(TOP) == rows[1].evaluate(TOP)
    expect(page.get_by_role("button", name="Show less")).to_have_count(2)


def test_what_is_too_wide_wraps_or_scrolls_by_itself(
    bench: Workbench, project: Project, tmp_path: Path
) -> None:
    code = "```\n" + "x" * 100_000 + "\n```\n\n```\n" + "a rather wide line of code " * 12 + "\n```"
    table = "|" + "a column|" * 20 + "\n|" + "-|" * 20 + "\n|" + "a_cell_of_the_table|" * 20
    formula = "$$\n" + "+".join(f"x_{{{n}}}^2" for n in range(80)) + "\n$$"
    answers(tmp_path, project, code, f"{table}\n\n{formula}")
    page = bench.open().page

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    blocks = page.locator(".turn:not(.turn-whole) pre")
    assert blocks.nth(0).evaluate("one => one.scrollWidth <= one.clientWidth")
    for wide, name in (
        (blocks.nth(1), "Code"),
        (page.locator(".wide").first, "Table"),
        (page.locator(".math-block").first, "Formula"),
    ):
        assert wide.evaluate("one => one.scrollWidth > one.clientWidth"), name
        expect(wide).to_have_attribute("tabindex", "0")
        expect(wide).to_have_accessible_name(name)


def test_arabic_runs_from_right_to_left_with_its_list_and_table(
    bench: Workbench, project: Project, tmp_path: Path
) -> None:
    answers(
        tmp_path, project, "مرحبا، كيف (a)؟\n\n1. واحد\n\n|عمود|آخر|\n|-|-|\n|أ|ب|", "In English\n\n- one"
    )
    page = bench.open().page
    first = page.locator(".turn:not(.turn-whole) .candidate").filter(has_text="واحد")

    for block in ("p", "ol", "li", "table", "td"):
        assert first.locator(block).first.evaluate("one => getComputedStyle(one).direction") == "rtl", block
    cells = first.locator("td")
    assert cells.nth(0).bounding_box()["x"] > cells.nth(1).bounding_box()["x"]  # type: ignore[index]
    other = page.locator(".turn:not(.turn-whole) .candidate").filter(has_text="In English")
    assert other.locator("ul").evaluate("one => getComputedStyle(one).direction") == "ltr"


def test_images_keep_their_place_stand_in_a_grid_and_can_be_tried_again(
    bench: Workbench, project: Project
) -> None:
    conversation = make.conversation(project)
    response = Response.objects.get()
    for position in range(1, 31):
        image = make.image(project, width=640, height=480)
        MessagePart.objects.create(
            response=response, position=position, kind="image", image=image, caption=f"Picture {position}"
        )
    make.task(conversation)
    fails = [True]

    def serve(route: Route) -> None:
        if fails[0]:
            route.abort()
        else:
            route.fulfill(body=PIXEL, content_type="image/png")

    bench.page.context.route("**/images/*", serve)
    page = bench.open().page
    captions = page.locator(".gallery figcaption")
    assert captions.all_inner_texts() == [f"Picture {n}" for n in range(1, 31)]
    broken = page.locator(".picture-broken").first
    expect(broken).to_contain_text("could not be loaded")
    expect(broken).to_contain_text("Picture 1")
    before = broken.bounding_box()

    fails[0] = False
    broken.get_by_role("button", name="Try again").click()
    opened = page.locator(".picture").first.locator(".picture-open")
    expect(opened).to_be_focused()

    assert before is not None
    assert opened.bounding_box() == pytest.approx(before, abs=2)


def test_two_images_are_compared_in_step_by_keyboard(bench: Workbench, project: Project) -> None:
    make.task(make.conversation(project, turns=2, candidates=2, images=True))
    page = bench.open().page
    bench.press("j")
    dialog = page.locator("#zoom")
    stages = dialog.locator(".zoom-stage")

    bench.press("i")
    expect(dialog).to_be_visible()
    bench.press("v")

    expect(stages.nth(0)).to_have_accessible_name("Turn 1 · Answer A · Image 1")
    expect(stages.nth(1)).to_have_accessible_name("Turn 1 · Answer B · Image 1")
    assert "model" not in dialog.inner_html()
    images = [stage.locator("img") for stage in (stages.nth(0), stages.nth(1))]
    fitted = drawn(images[0])
    bench.press(*["+"] * 12)
    larger = drawn(images[0])
    assert larger[0] > 3 * fitted[0]
    assert drawn(images[1]) == pytest.approx(larger, abs=1)
    bench.press("ArrowRight", "ArrowDown")
    moved = drawn(images[0])
    assert (moved[4] < larger[4], moved[5] < larger[5]) == (True, True)
    assert drawn(images[1]) == pytest.approx(moved, abs=1)

    bench.press("0")
    assert drawn(images[1]) == pytest.approx(fitted, abs=1)
    stages.nth(1).focus()
    bench.press("PageDown")
    expect(stages.nth(1)).to_have_accessible_name("Turn 2 · Answer A · Image 1")
    expect(stages.nth(0)).to_have_accessible_name("Turn 1 · Answer A · Image 1")

    bench.press("Escape")
    expect(page.locator(".question.is-current button").first).to_be_focused()


def pictures(bench: Workbench) -> list[str]:
    """Return the addresses of the pictures that the page asks for from now on, as they come."""
    found: list[str] = []
    bench.page.on("request", lambda one: found.append(one.url) if "/images/" in one.url else None)
    return found


def test_pictures_of_the_next_task_come_ahead_unless_it_warns_of_them(
    bench: Workbench, project: Project
) -> None:
    make.task(make.conversation(project))
    make.task(make.conversation(project, images=True), rank=1)
    asked_for = pictures(bench)
    page = bench.page
    with page.expect_request("**/images/*"):
        bench.open()
    assert len(asked_for) == 1

    Conversation.objects.update(content_warnings=["violence"])
    with page.expect_response(lambda one: "claim" in one.url and "after" in (one.request.post_data or "")):
        bench.open()
    page.wait_for_timeout(500)
    assert len(asked_for) == 1


def test_a_warned_of_task_covers_its_images_until_they_are_asked_for(
    bench: Workbench, project: Project
) -> None:
    make.task(make.conversation(project, candidates=2, images=True))
    Conversation.objects.update(content_warnings=["violence"])
    asked_for = pictures(bench)
    page = bench.open().page
    expect(page.get_by_role("region", name="Content warning")).to_contain_text("violence")
    covered = page.get_by_role("button", name="Covered image: show it")
    expect(covered).to_have_count(2)
    shape = covered.nth(0).bounding_box()
    page.wait_for_timeout(500)
    assert asked_for == []

    covered.nth(0).click()
    expect(covered).to_have_count(1)
    expect(page.locator("#zoom")).to_be_hidden()
    opened = page.locator(".picture-open:not(.is-covered)").first
    expect(opened.locator("img")).to_have_js_property("complete", value=True)
    assert len(asked_for) == 1
    assert opened.bounding_box() == shape

    bench.press("i")
    expect(page.locator("#zoom")).to_be_visible()
    bench.press("PageDown")
    cover = page.locator("#zoom .zoom-cover").first
    expect(cover).to_be_visible()
    page.wait_for_timeout(300)
    assert len(asked_for) == 1
    cover.click()
    large = page.locator("#zoom .zoom-stage img").first
    expect(large).to_be_visible()
    expect(large).to_have_js_property("naturalWidth", 1)
    assert len(asked_for) == 2
    bench.press("Escape", "w")
    expect(covered).to_have_count(0)
    bench.press("i")
    expect(page.locator("#zoom")).to_be_visible()
    bench.press("PageDown")
    expect(cover).to_be_hidden()


def two_whole_paths(project: Project) -> Task:
    """Return a task of three turns, the last with two whole paths that part there."""
    conversation = make.conversation(project, turns=3, candidates=1)
    last = Response.objects.get(turn__number=3)
    other = make.response(last.turn, "Another end.")
    task = make.task(conversation)
    assert TaskPath.objects.filter(task=task, response=other).exists()
    TaskPath.objects.filter(task=task).update(whole=True)
    return task


def test_two_whole_conversations_are_read_side_by_side(bench: Workbench, project: Project) -> None:
    two_whole_paths(project)
    page = bench.open().page
    for _ in range(3):
        bench.press("]")
    whole = page.locator(".turn-whole")

    columns = whole.locator(".candidate")
    assert sorted(columns.nth(n).locator(".message").last.inner_text().split("\n")[-1] for n in (0, 1)) == [
        "Another end.",
        "Answer 3.0",
    ]
    expect(columns.nth(0)).to_contain_text("Turn 3 · Answer")
    expect(whole.get_by_text("Answer 1.0")).to_have_count(0)
    rows = [columns.nth(n).locator(".question").first for n in (0, 1)]
    assert rows[0].evaluate(TOP) == rows[1].evaluate(TOP)

    whole.get_by_text("Turns 1–2 are the same").click()
    expect(whole.get_by_text("Answer 1.0")).to_have_count(1)
    expect(whole.get_by_text("Answer 2.0")).to_be_visible()
