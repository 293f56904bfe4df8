"""A reviewer goes through two sittings without a mouse, and a reload loses nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Flag, Inquiry, Membership, Project, Review, Score, ScorerRun, Submission, User
from annotate.pipeline.flagging import flag_project
from annotate.steps import SPLITTER_VERSION
from tests import make
from tests.e2e.conftest import let_in
from tests.e2e.test_accessibility import SHAPES, check, shape
from tests.judging import candidates, prefer, rate, submit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project() -> Project:
    """Return a project with two flagged conversations, one of them with labelled steps and a process scorer."""
    made = make.project("p", audit_share=0, second_review_share=0)
    run = ScorerRun.objects.create(
        project=made,
        scorer="prm",
        model="tiny",
        revision="1",
        configuration_sha256="0",
        dtype="float64",
        trained=True,
    )
    for _ in range(2):
        task = make.task(make.conversation(made, candidates=2))
        left, right = candidates(task)
        left.parts.update(
            text="First we count.\n\nThen we add.", html="<p>First we count.</p><p>Then we add.</p>"
        )
        for values, preference in (((3, 1), 2), ((0, 1), -2)):
            answers = submit(task, make.member(made))
            rate(answers, left, text_quality=values[0], helpfulness=2)
            rate(answers, right, text_quality=values[1], helpfulness=2)
            prefer(answers, left, right, preference)
        answers.steps.create(response=left, index=0, value=1, splitter_version=SPLITTER_VERSION)
        Score.objects.create(
            run=run,
            response=left,
            value=0.6,
            step_values=[0.9, 0.3],
            step_first=[0, 1],
            step_last=[0, 1],
            splitter_version=SPLITTER_VERSION,
        )
    flag_project(made.pk)
    Flag.objects.create(
        project=made,
        conversation=task.conversation,
        kind="F4",
        fingerprint="steps",
        scope="local",
        response=left,
        annotator=answers.annotator,
        run=run,
        evidence={
            "annotator": 2,
            "scorer": "prm",
            "steps": [{"index": 1, "value": 1, "score": 0.3, "probability": 0.03}],
        },
        p_value=0.03,
        priority=1,
    )
    return made


@pytest.fixture
def reviewer(project: Project) -> User:
    return make.member(project, Membership.Role.REVIEWER)


@pytest.fixture
def sat(page: Page, live_server: LiveServer, context: BrowserContext, reviewer: User) -> Page:
    let_in(context, live_server, reviewer)
    page.goto(f"{live_server.url}/p/p/review/")
    return page


def focused(page: Page) -> Locator:
    return page.locator("fieldset.question:focus-within")


def answer_all(page: Page) -> int:
    """Answer question after question by its kind's keys; return how many there were."""
    answered = 0
    while not page.evaluate(
        "() => [...document.querySelectorAll('[data-question] .answered')].every((one) => !one.hidden)"
    ):
        kind = focused(page).get_attribute("data-kind")
        before = page.locator("[data-question] .answered:not([hidden])").count()
        page.keyboard.press({"rating": "2", "comparison": "1", "step": "+"}[str(kind)])
        expect(page.locator("[data-question] .answered:not([hidden])")).to_have_count(before + 1)
        answered += 1
        page.keyboard.press("n")
    return answered


def test_two_sittings_without_a_mouse(sat: Page, project: Project) -> None:
    for sitting in range(2):
        sat.keyboard.press("Enter")  # the button has the focus
        expect(sat.get_by_role("heading", name="Your own verdict first")).to_be_visible()
        sat.wait_for_load_state()  # its script listens
        review = Review.objects.get(finished_at=None)
        assert answer_all(sat) == len(review.asks)
        chosen = sat.locator("[data-kind=comparison] .option:has(:checked)")
        expect(chosen).to_contain_text(["A is much better"] * chosen.count())
        sat.keyboard.press("c")
        sat.keyboard.type("Please look at the second step? n j 2")
        sat.keyboard.press("Escape")
        expect(focused(sat)).to_have_count(1)
        sat.keyboard.press("Control+Enter")

        expect(sat.get_by_role("heading", name="Labels and decision")).to_be_visible()
        sat.wait_for_load_state()  # its script listens
        sat.keyboard.press("o")
        assert focused(sat).get_attribute("id") == "outcome"
        sat.keyboard.press("2")
        sat.keyboard.press("c")
        sat.keyboard.type(f"Sitting {sitting}")
        sat.keyboard.press("Control+Enter")
        expect(sat.get_by_text("The review is finished.")).to_be_visible()

    assert list(Review.objects.order_by("pk").values_list("outcome", "comment")) == [
        ("change", "Sitting 0"),
        ("change", "Sitting 1"),
    ]
    assert set(Review.objects.values_list("remark", flat=True)) == {"Please look at the second step? n j 2"}
    assert all(0 < one < 60_000 for one in Review.objects.values_list("active_ms", flat=True))
    blind = Review.objects.earliest("pk").blind
    assert blind is not None
    assert {one.value for one in blind.ratings.all()} == {2}
    # Which answer is A is drawn for every sitting.
    assert {abs(one.preference) for one in blind.comparisons.all()} == {3}
    assert {one.value for one in blind.steps.all()} == {1}
    assert not Flag.objects.filter(status="open").exists()


def test_a_reload_loses_nothing_and_what_is_stored_is_forgotten(sat: Page, project: Project) -> None:
    sat.keyboard.press("Enter")
    expect(sat.get_by_role("heading", name="Your own verdict first")).to_be_visible()
    sat.wait_for_load_state()  # its script listens
    count = answer_all(sat)
    sat.keyboard.press("c")
    sat.keyboard.type("Half a remark")
    sat.reload()
    expect(sat.locator("[data-question] .answered:not([hidden])")).to_have_count(count)
    expect(sat.locator("textarea[name=remark]")).to_have_value("Half a remark")
    sat.keyboard.press("Control+Enter")

    expect(sat.get_by_role("heading", name="Labels and decision")).to_be_visible()
    sat.wait_for_load_state()  # its script listens
    sat.keyboard.press("o")
    sat.keyboard.press("3")
    sat.reload()
    expect(sat.locator("#outcome input:checked")).to_have_value("ambiguous")
    assert sat.evaluate("() => Object.keys(sessionStorage).filter((one) => one.includes('verdict'))") == []


def test_keys_are_listed_and_leave_what_is_written_alone(sat: Page) -> None:
    sat.keyboard.press("Enter")
    expect(sat.get_by_role("heading", name="Your own verdict first")).to_be_visible()
    sat.wait_for_load_state()  # its script listens
    sat.keyboard.press("?")
    expect(sat.locator("#keys")).to_be_visible()
    sat.keyboard.press("2")
    sat.keyboard.press("Escape")
    expect(sat.locator("#keys")).to_be_hidden()
    expect(sat.locator("[data-question] .answered:not([hidden])")).to_have_count(0)
    first = focused(sat).get_attribute("id")
    sat.keyboard.press("ArrowDown")
    assert focused(sat).get_attribute("id") != first
    sat.keyboard.press("k")
    assert focused(sat).get_attribute("id") == first
    expect(sat.locator("[data-question] .answered:not([hidden])")).to_have_count(0)


def test_work_goes_back_with_the_remark_from_before_and_comes_back_answered(
    sat: Page, live_server: LiveServer, context: BrowserContext, reviewer: User
) -> None:
    sat.keyboard.press("Enter")
    expect(sat.get_by_role("heading", name="Your own verdict first")).to_be_visible()
    sat.wait_for_load_state()  # its script listens
    answer_all(sat)
    sat.keyboard.press("c")
    sat.keyboard.type("Is the sum right?")
    sat.keyboard.press("Control+Enter")
    expect(sat.get_by_role("heading", name="Labels and decision")).to_be_visible()
    sat.wait_for_load_state()  # its script listens
    sat.get_by_label("Annotator 1", exact=True).check()
    sat.keyboard.press("o")
    sat.keyboard.press("1")
    sat.keyboard.press("Control+Enter")
    expect(sat.get_by_text("Sent back by you")).to_be_visible()
    check(sat)

    thread = Inquiry.objects.get()
    context.clear_cookies()
    let_in(context, live_server, thread.asked_by)
    sat.goto(live_server.url)
    sat.get_by_role("link", name="A reviewer asks you to look at a task again").click()
    expect(sat.get_by_role("heading", name="Submitted and skipped")).to_be_visible()
    expect(sat.get_by_text("Is the sum right?")).to_be_visible()
    check(sat)
    body = sat.content()
    for secret in ("Text quality", "text_quality", "0.3", "flag", "F4", "Annotator 2", reviewer.username):
        assert secret not in body
    sat.get_by_label("Answer the reviewer").fill("Yes, I counted twice.")
    sat.get_by_role("button", name="Send").click()
    expect(sat.get_by_text("The reviewer sees your answer.")).to_be_visible()
    expect(sat.get_by_text("Is the sum right?")).to_be_hidden()

    context.clear_cookies()
    let_in(context, live_server, reviewer)
    sat.goto(f"{live_server.url}/p/p/review/")
    sat.get_by_role("link", name="answered").click()
    expect(sat.get_by_text("Yes, I counted twice.")).to_be_visible()
    assert Submission.objects.filter(origin="live").count() == 4


@pytest.mark.parametrize(("theme", "width"), SHAPES)
def test_a_sitting_under_axe(sat: Page, live_server: LiveServer, theme: str, width: int) -> None:
    shape(sat, live_server, theme, width)
    sat.reload()
    check(sat)
    sat.get_by_role("button", name="Review the next conversation").click()
    expect(sat.get_by_role("heading", name="Your own verdict first")).to_be_visible()
    sat.wait_for_load_state()  # its script listens
    check(sat)
    sat.keyboard.press("?")
    check(sat)
    sat.keyboard.press("Escape")
    sat.locator("[data-question] a").first.click()
    answer_all(sat)
    sat.keyboard.press("Control+Enter")
    expect(sat.get_by_role("heading", name="Labels and decision")).to_be_visible()
    sat.wait_for_load_state()  # its script listens
    for fold in sat.locator("main details").all():
        fold.evaluate("fold => { fold.open = true; }")
    expect(sat.locator(".strip-step")).to_have_count(2)
    expect(sat.locator(".strip-step").last).to_contain_text("Then we add.")
    expect(sat.locator(".strip-step").last).to_contain_text("▼")
    check(sat)
