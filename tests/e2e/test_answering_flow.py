"""The way through a task: nothing missing is skipped, one key an answer, a look at contradictions, turn by turn."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Assignment, Batch, Comparison, Note, Project, Rating, Submission, User
from tests import make
from tests.e2e.screen import Workbench
from tests.e2e.test_accessibility import check, shape

pytestmark = pytest.mark.django_db(transaction=True)


# Two responses with ratings on the dimensions a and b, and on one of another scope that must not count.
CONTRADICTIONS = """async ({left, right, preference, dimension}) => {
    const { contradictions } = await import("/static/js/consistency.js");
    const scale = (key, scope = "local") => ({ key, scope, minimum: 0, maximum: 3 });
    const rating = (response, key, scope) =>
        ({ kind: "rating", key: `r|${response}|${key}`, dimension: scale(key, scope) });
    const questions = [
        ...Object.keys(left).flatMap((key) => [rating("l", key), rating("r", key)]),
        rating("l", "whole", "global"),
        { kind: "comparison", key: "c", scope: "local", pair: { responses: ["l", "r"] },
          dimension: dimension && scale(dimension) },
    ];
    const given = new Map([["c", preference]]);
    const value = (number) => ({ value: number ?? 3, state: number === null ? "defaulted" : "rated" });
    for (const [name, side] of [["l", { ...left, whole: 0 }], ["r", { ...right, whole: 3 }]]) {
        for (const [key, number] of Object.entries(side)) given.set(`r|${name}|${key}`, value(number));
    }
    return contradictions(questions, (key) => given.get(key)).map((one) => one.higher);
}"""


def current(bench: Workbench) -> str:
    return bench.page.locator(".question.is-current").get_attribute("data-key") or ""


def presses(bench: Workbench, value: str) -> list[str]:
    """Return the keys that answer the current row on and on, without any that only moves."""
    pressed = []
    while bench.page.locator("#missing:not(.is-complete)").count():
        row = bench.page.locator(".question.is-current")
        compared = "question-comparison" in (row.get_attribute("class") or "")
        key = "3" if compared else "x" if row.locator("button", has_text="n/a").count() else value
        bench.press(key)
        pressed.append(key)
    return pressed


def test_five_turns_with_two_candidates_take_one_key_an_answer_and_one_to_submit(
    bench: Workbench, project: Project
) -> None:
    make.task(make.conversation(project, turns=5, candidates=2, images=True))
    bench.open()

    pressed = [*presses(bench, "2"), "Control+Enter"]
    bench.press(pressed[-1])

    expect(bench.page.locator("#done")).to_have_text("1")
    assert len(pressed) == 40 + 5 + 5 + 1
    assert (Rating.objects.count(), Comparison.objects.count()) == (45, 5)


@pytest.mark.usefixtures("two_turns")
def test_n_walks_all_that_is_missing_in_order_and_around_and_skips_nothing(bench: Workbench) -> None:
    bench.open()
    everything = [one.get_attribute("data-key") for one in bench.page.locator('[data-required=""]').all()]
    assert len(everything) == 23
    walked = []
    for _ in range(24):
        bench.press("n")
        walked.append(current(bench))
    assert walked == [*everything, everything[0]]

    bench.press("2")
    here = current(bench)
    assert here == everything[1]
    bench.press("n")
    assert current(bench) == here, "the row one stands on is missing: it comes first"
    bench.press("n", "N")
    assert current(bench) == here
    bench.press("N")
    assert current(bench) == everything[-1]


@pytest.mark.usefixtures("two_turns")
def test_a_contradiction_is_asked_about_once_and_both_can_be_kept(bench: Workbench) -> None:
    bench.open().answer_everything("3", "4")  # all equal: nothing to ask
    first, second = bench.row("Text quality"), bench.row("Text quality", column=1)
    second.get_by_role("radio", name="1:").click()
    overall = bench.page.locator(".question-comparison:visible").first
    overall.get_by_role("radio", name="B is slightly better").click()
    dialog = bench.page.locator("#consistency")

    bench.press("Control+Enter")
    expect(dialog).to_contain_text("Turn 1: you rated A higher (mean 3 against 2) and prefer B.")
    expect(dialog.get_by_role("button", name="Keep both and submit")).to_be_focused()
    bench.press("Escape")
    expect(dialog).to_have_count(0)
    expect(overall).to_have_class(re.compile("is-current"))
    expect(overall.locator("[aria-checked=true]")).to_be_focused()
    assert Submission.objects.count() == 0

    first.get_by_role("radio", name="2:").click()  # now one apart: not wide
    bench.press("Control+Enter")
    expect(dialog).to_have_count(0)
    expect(bench.page.get_by_role("heading", name="All done")).to_be_visible()

    bench.press("b")
    expect(bench.page.locator("#missing")).to_have_class(re.compile("is-complete"))
    bench.row("Text quality").get_by_role("radio", name="3:").click()
    bench.press("Control+Enter")
    expect(dialog).to_be_visible()
    bench.press("Enter")
    expect(bench.page.locator("#done")).to_have_text("1")
    expect(bench.page.get_by_role("heading", name="All done")).to_be_visible()
    assert Submission.objects.count() == 2


@pytest.mark.usefixtures("two_turns")
def test_the_same_contradiction_is_not_asked_about_again(bench: Workbench) -> None:
    bench.open().answer_everything("3", "5")
    bench.row("Text quality", column=1).get_by_role("radio", name="0:").click()
    bench.press("Control+Enter", "Escape", "Control+Enter")

    expect(bench.page.locator("#done")).to_have_text("1")


@pytest.mark.parametrize(
    ("left", "right", "preference", "dimension", "asks"),
    [
        ({"a": 3, "b": 2}, {"a": 1, "b": 2}, 1, None, 1),
        ({"a": 3, "b": 2}, {"a": 1, "b": 2}, -1, None, 0),  # the higher one is preferred
        ({"a": 3, "b": 2}, {"a": 1, "b": 3}, 1, None, 0),  # better on one: a weighing explains it
        ({"a": 3, "b": 2}, {"a": 2, "b": 1}, 1, None, 0),  # no gap is wide
        ({"a": 3, "b": 2}, {"a": 1, "b": 3}, 1, "a", 1),  # that dimension alone
        ({"a": 3}, {"a": 1}, 0, None, 0),
        ({"a": 0}, {"a": 2}, -2, None, 1),
        ({"a": None}, {"a": 0}, 1, None, 0),
    ],
)
def test_what_is_asked_about_is_what_would_be_flagged(  # noqa: PLR0913, PLR0917 - one case
    page: Page,
    live_server: LiveServer,
    left: dict[str, int | None],
    right: dict[str, int | None],
    preference: int,
    dimension: str | None,
    asks: int,
) -> None:
    page.goto(f"{live_server.url}/log-in/")
    found: list[int] = page.evaluate(
        CONTRADICTIONS,
        {"left": left, "right": right, "preference": preference, "dimension": dimension},
    )

    assert found == ([0 if preference > 0 else 1] if asks else [])


@pytest.mark.usefixtures("two_turns")
def test_required_texts_are_rows_that_n_reaches_and_enter_writes(bench: Workbench) -> None:
    Batch.objects.update(required_texts=["critique", "refinement", "reason", "remark"])
    bench.open()
    expect(bench.page.locator("#count")).to_contain_text("0 of 34")
    box = bench.page.get_by_role("textbox", name="Critique of A").first
    expect(box).to_have_attribute("aria-required", "true")
    assert bench.page.locator("details .question-note").count() == 0, (
        "what must be written is not folded away"
    )

    bench.answer_everything("2", "4")
    assert (
        bench.page.locator(".question-note textarea").evaluate_all("all => all.map((one) => one.value)")
        == ["Well"] * 11
    )
    bench.press("c", "Control+a", "Delete", "Control+Enter")
    expect(bench.page.locator("#announce")).to_have_text("1 missing")
    bench.press("Enter")
    bench.page.keyboard.type("n 1 2 3")
    bench.press("Control+Enter")

    expect(bench.page.locator("#done")).to_have_text("1")
    assert sorted(Note.objects.values_list("kind", "scope").distinct()) == [
        ("critique", "global"),
        ("critique", "local"),
        ("reason", "local"),
        ("refinement", "local"),
    ]
    assert Note.objects.filter(text="n 1 2 3").count() == 1


@pytest.mark.parametrize("tie", [1, 0])
@pytest.mark.parametrize("scale", [1, 2, 3])
def test_every_scale_has_a_key_for_each_choice_and_says_for_whom_it_is(
    bench: Workbench, project: Project, scale: int, tie: int
) -> None:
    make.task(make.conversation(project, candidates=2))
    Batch.objects.update(preference_scale=scale, tie_allowed=bool(tie))
    bench.open()
    row = bench.page.locator(".question-comparison:visible")
    names = row.get_by_role("radio").evaluate_all("all => all.map((one) => one.getAttribute('aria-label'))")
    values = [value for value in range(-scale, scale + 1) if value or tie]
    assert len(names) == len(values)
    for name, value in zip(names, values, strict=True):
        assert name.startswith("A " if value < 0 else "B " if value else "Equally")
    assert len(set(names)) == len(names)

    row.get_by_role("radio").first.focus()
    for digit, value in enumerate(values, start=1):
        bench.press(str(digit))
        expect(row.locator("[aria-checked=true]")).to_have_attribute("data-value", str(value))
        expect(row.locator(".scale-said")).to_have_text(names[digit - 1])
        row.get_by_role("radio").first.focus()
    bench.press(str(len(values) + 1))
    expect(row.locator("[aria-checked=true]")).to_have_attribute("data-value", str(scale))


@pytest.mark.usefixtures("two_turns")
def test_turn_by_turn_shows_what_comes_next_only_after_going_on_and_fixes_what_was(
    bench: Workbench, ada: User
) -> None:
    Batch.objects.update(turn_by_turn=True)
    bench.open()
    turns = bench.page.locator(".turn:visible")
    expect(turns).to_have_count(1)
    bench.press("]", "Control+Enter")
    expect(turns).to_have_count(1)
    while bench.page.locator(".turn:visible .question-rating:visible:not(.is-answered)").count():
        bench.press("x" if bench.page.locator(".is-current button", has_text="n/a").count() else "2")
    bench.press("4")
    expect(turns).to_have_count(1)
    bench.press("n")
    expect(bench.page.get_by_role("button", name="Go on: Turn 2").first).to_be_focused()
    expect(bench.page.locator("#submit")).to_contain_text("Go on: Turn 2")

    bench.press("Control+Enter")

    expect(turns).to_have_count(2)
    expect(bench.page.locator(".turn").nth(1).locator(".is-current")).to_have_count(1)
    expect(bench.page.locator(".turn.is-fixed")).to_contain_text("fixed")
    bench.row("Text quality").get_by_role("radio", name="0:").click(force=True)
    bench.press("1")
    expect(bench.row("Text quality").locator("[aria-checked=true]")).to_have_text("2")
    bench.press("z")
    expect(bench.row("Text quality").locator("[aria-checked=true]")).to_have_text("2")

    bench.wait_saved()
    draft = Assignment.objects.get(annotator=ada).draft
    assert draft is not None
    assert draft["seen"] == 2
    bench.open()
    expect(turns).to_have_count(2)
    bench.answer_everything_open()
    bench.press("Control+Enter")
    expect(bench.page.locator(".turn-whole")).to_be_visible()
    assert Submission.objects.count() == 0
    bench.answer_everything()
    bench.press("Control+Enter")
    expect(bench.page.get_by_role("heading", name="All done")).to_be_visible()
    bench.press("b")
    expect(bench.page.locator(".turn.is-fixed")).to_have_count(2)


@pytest.mark.usefixtures("two_turns")
def test_a_second_tab_never_closes_a_turn_again(
    bench: Workbench, context: BrowserContext, live_server: LiveServer, ada: User
) -> None:
    Batch.objects.update(turn_by_turn=True)
    other = Workbench(context.new_page(), live_server.url, "p")
    bench.open()
    other.open()
    bench.answer_everything_open()
    bench.press("Control+Enter")
    bench.wait_saved()
    expect(other.page.locator(".turn:visible")).to_have_count(2)

    with other.page.expect_response("**/draft"):
        other.press("n", "3")
    other.wait_saved()

    draft = Assignment.objects.get(annotator=ada).draft
    assert draft is not None
    assert draft["seen"] == 2
    assert 3 in [one["value"] for one in draft["ratings"]]
    expect(other.page.locator(".turn:visible")).to_have_count(2)


@pytest.mark.usefixtures("two_turns")
def test_the_levels_of_the_current_row_open_in_full_where_they_are_docked(bench: Workbench) -> None:
    bench.page.set_viewport_size({"width": 360, "height": 740})
    bench.open()
    panel = bench.page.locator(".panel")
    small = panel.bounding_box()

    bench.press("a")

    large = panel.bounding_box()
    assert small
    assert large
    assert large["height"] > small["height"] + 40
    whole = "one => one.scrollHeight <= one.clientHeight + 1 || getComputedStyle(one).overflowY === 'auto'"
    assert bench.page.locator("#panel").evaluate(whole)
    expect(bench.page.locator("#enlarge")).to_have_attribute("aria-expanded", "true")
    bench.press("Escape")
    assert panel.bounding_box() == small
    bench.page.locator("#enlarge").click()
    expect(bench.page.locator("#enlarge")).to_have_attribute("aria-expanded", "true")


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 360)])
@pytest.mark.usefixtures("two_turns")
def test_all_that_a_batch_may_ask_is_accessible(
    bench: Workbench, context: BrowserContext, live_server: LiveServer, theme: str, width: int
) -> None:
    shape(bench.page, live_server, theme, width)
    Batch.objects.update(turn_by_turn=True, step_labels=True, required_texts=["critique", "reason"])
    bench.open().press("e", "-", "e")
    bench.answer_everything_open("3", "3")
    bench.row("Text quality").get_by_role("radio", name="0:").click()
    bench.press("Control+Enter")
    keep = bench.page.get_by_role("button", name="Keep both and go on")
    expect(keep).to_be_visible()
    check(bench.page)
    keep.click()
    expect(bench.page.locator(".turn:visible")).to_have_count(2)
    bench.press("a")
    check(bench.page)
