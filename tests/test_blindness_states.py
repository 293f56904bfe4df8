"""The same in every state that an annotator can be in: every link that leads on from there is followed.

Each state is a line in STATES; the crawler starts at the pages and calls of annotators and goes wherever these
lead, to styles, scripts and pictures too.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.db.models import F
from django.test import Client
from django.utils import timezone

from annotate import tasks
from annotate.models import (
    ApiToken,
    Assignment,
    Batch,
    Flag,
    Membership,
    Project,
    Qualification,
    Score,
    Task,
    User,
)
from annotate.pipeline import reopening
from annotate.pipeline.closing import close_task
from annotate.pipeline.keying import make_key
from tests import make
from tests.judging import candidates, rate, submit
from tests.planted import SECRET, annotator_beside, project_full_of_secrets, secrets_in, told

pytestmark = pytest.mark.django_db

Change = Callable[[Project, User], object]
PLACES = "p|api/v1|images|static|log-in|join|language|theme|password"
LINK = re.compile(rf"""["'(](/(?:{PLACES})/[^"'()\s<>]*)""")
LIVE = Assignment.Status.ACTIVE


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "wake", lambda *_, **__: None)


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)


def nothing_left(_project: Project, person: User) -> None:
    given_back(_project, person)
    Task.objects.update(open_slots=0)


def left_with_others(project: Project, person: User) -> None:
    nothing_left(project, person)
    make.assignment(make.task(make.conversation(project), overlap=1), make.member(project))


def batches(**fields: Any) -> Change:
    """Return the change that gives every batch these fields, and the person nothing live."""

    def change(project: Project, person: User) -> None:
        nothing_left(project, person)
        project.batches.update(**fields)

    return change


def screens(**fields: Any) -> Change:
    """Return the change that gives every batch these fields, the live task staying."""
    return lambda project, _person: project.batches.update(**fields)


def examined(*, passed: bool | None) -> Change:
    """Return the change after which real work asks for an exam: not taken yet (None), failed or passed."""

    def change(project: Project, person: User) -> None:
        nothing_left(project, person)
        Project.objects.update(qualification_required=True)
        exam = make.batch(project, purpose=Batch.Purpose.QUALIFICATION, pass_mark=0.5)
        given = submit(make.task(make.conversation(project)), make.member(project))
        rate(given, candidates(given.task)[0], text_quality=3)
        make_key(given, "qualification", explanations={})
        if passed is not None:
            Qualification.objects.create(batch=exam, annotator=person, items=9, kappa=0.1, passed=passed)
        if passed:
            Membership.objects.filter(user=person).update(qualified_at=timezone.now())

    return change


def lease_lost(_project: Project, person: User) -> None:
    past = timezone.now() - timedelta(hours=1)
    Assignment.objects.filter(annotator=person, status=LIVE).update(status="lapsed", closed_at=past)


def given_back(_project: Project, person: User) -> None:
    mine = Assignment.objects.filter(annotator=person, status=LIVE)
    mine.update(status="skipped", skip_reason="other: no", closed_at=timezone.now())


def taken_up_again(_project: Project, person: User) -> None:
    done = Assignment.objects.filter(annotator=person, status="submitted", task__is_gold=False).earliest("pk")
    reopening.reopen(done.uid, person.pk)


def closed_as_bad(_project: Project, person: User) -> None:
    close_task(Assignment.objects.get(annotator=person, status=LIVE).task_id)


def asked_what_is_contested(project: Project, person: User) -> None:
    """Put a follow-up of somebody else's disputed task into the person's hand, and let it be the only one."""
    nothing_left(project, person)
    original = Task.objects.filter(is_gold=False).exclude(assignments__annotator=person).earliest("pk")
    response = candidates(original)[0]
    asks = [{"kind": "rating", "scope": "local", "response": str(response.uid), "dimension": "text_quality"}]
    follow_up = make.task(original.conversation, overlap=1, asks=asks, follows=original)
    make.assignment(follow_up, person, purpose=Assignment.Purpose.EXTRA)


def asked_again(project: Project, person: User) -> None:
    """Put a hidden repeat into the person's hand."""
    nothing_left(project, person)
    done = Task.objects.filter(assignments__annotator=person, is_gold=False).earliest("pk")
    twin = make.task(done.conversation, overlap=1, follows=done, reserved_for=person)
    make.assignment(twin, person, purpose=Assignment.Purpose.REPEAT)


def second_hand(project: Project, person: User) -> None:
    Task.objects.filter(pk=make.task(make.conversation(project)).pk).update(open_slots=F("overlap"))
    make.assignment(Task.objects.latest("pk"), person, hand=2)


def in_chinese(_project: Project, person: User) -> None:
    User.objects.filter(pk=person.pk).update(language="zh-hans")


def no_longer_there(_project: Project, person: User) -> None:
    Membership.objects.filter(user=person).delete()


STATES: dict[str, Change] = {
    "at work": lambda _project, _person: None,
    "with the next one fetched": second_hand,
    "turn by turn": screens(turn_by_turn=True),
    "with step labels and texts": screens(step_labels=True, required_texts=["critique", "reason", "remark"]),
    "in Chinese": in_chinese,
    "gold feedback on": lambda project, _person: Project.objects.filter(pk=project.pk).update(
        gold_feedback=True
    ),
    "all done": nothing_left,
    "the rest is with others": left_with_others,
    "paused": batches(state="paused"),
    "closed": batches(state="closed"),
    "for other languages": batches(languages=["zh-hans"]),
    "before the exam": examined(passed=None),
    "after a failed exam": examined(passed=False),
    "after a passed exam": examined(passed=True),
    "the lease lost": lease_lost,
    "given back": given_back,
    "taken up again": taken_up_again,
    "closed as a bad item": closed_as_bad,
    "asked only what is contested": asked_what_is_contested,
    "asked the same again": asked_again,
    "no longer a member": no_longer_there,
}


# The one thing of all that may be shown, and only there: a gold result, where the project shows gold results.
SHOWN = {"gold feedback on": f"{SECRET}-explanation"}


def crawled(person: User, shown: str = "") -> dict[str, int]:
    """Follow every link from the pages and calls of an annotator; return each address with its status.

    Fails at the first thing that was planted.
    """
    browser, program = Client(), Client(headers={"Authorization": f"Token {ApiToken.issue(person, 'x')}"})
    browser.force_login(person)
    waiting = ["/", "/p/blind/annotate/", "/p/blind/annotate/mine/"]
    claimed = program.post("/api/v1/projects/blind/claim", {}, content_type="application/json")
    waiting += links(checked("claim", claimed, shown))
    for held in Assignment.objects.filter(annotator=person):
        waiting.append(f"/api/v1/assignments/{held.uid}")
        waiting.append(f"/api/v1/assignments/{held.uid}/feedback")
        for call in ("draft", "submit", "skip", "give-back", "reopen", "problem", "feedback"):
            for send in (program.put, program.post):
                body = {"lease": 0, "base": 0, "body": {}, "ratings": [], "reason": "x", "kind": "nothing"}
                answer = send(f"/api/v1/assignments/{held.uid}/{call}", body, content_type="application/json")
                checked(call, answer, shown)
    seen: dict[str, int] = {}
    while waiting:
        address = waiting.pop()
        if address in seen or address.startswith(("/log-out", "/api/v1/schema")):
            continue
        if address.startswith("/static/"):
            seen[address] = 200 if checked_file(address) else 404
            continue
        answer = browser.get(address)
        seen[address] = answer.status_code
        waiting += links(checked(address, answer, shown))
    return seen


def checked(address: str, answer: Any, shown: str) -> str:
    said = told(answer)
    assert not secrets_in(said.replace(shown, "") if shown else said), address
    return said


def checked_file(address: str) -> bool:
    found = finders.find(address.removeprefix("/static/").partition("?")[0])
    if found is None:
        return False
    assert not secrets_in(Path(found).read_bytes().decode("utf-8", "replace")), address
    return True


def links(said: str) -> list[str]:
    return [one.partition("#")[0] for one in LINK.findall(unescape(said).replace("\\/", "/"))]


@pytest.mark.parametrize("state", STATES)
def test_in_no_state_does_a_link_lead_to_what_others_or_models_think(state: str) -> None:
    project = project_full_of_secrets()
    person = annotator_beside(project)
    STATES[state](project, person)

    seen = crawled(person, SHOWN.get(state, ""))

    assert seen["/"] == 200
    assert seen["/p/blind/annotate/"] == (404 if state == "no longer a member" else 200)
    assert any(one.startswith("/static/") and status == 200 for one, status in seen.items())
    assert not [one for one, status in seen.items() if status >= 500]


def test_the_order_of_claims_is_the_same_whatever_models_and_flags_say() -> None:
    """Two projects alike but for their scores and flags, which say the opposite: one order, to the last task."""
    orders = []
    for slug, sign in (("one", 1), ("other", -1)):
        project = make.project(slug, overlap=1)
        for number in range(12):
            conversation = make.conversation(project, candidates=2)
            type(conversation).objects.filter(pk=conversation.pk).update(external_id=str(number))
            make.task(conversation)
            plant_opinions(project, conversation, sign * number)
        orders.append(order_of_claims(project))

    assert orders[0] == orders[1]
    assert len(orders[0]) == 12


def plant_opinions(project: Project, conversation: Any, number: int) -> None:
    run, _new = project.scorer_runs.get_or_create(
        scorer="rm", model="rm", revision="1", configuration_sha256="0", dtype="float32", trained=True
    )
    task = Task.objects.get(conversation=conversation)
    left, right = candidates(task)
    Score.objects.create(run=run, response=left, value=number)
    Score.objects.create(run=run, response=right, value=-number)
    if number > 5:
        Flag.objects.create(
            project=project, conversation=conversation, kind="F2", fingerprint=str(conversation.pk), scope="local",
            left=left, right=right, evidence={}, priority=number,
        )  # fmt: skip


def order_of_claims(project: Project) -> list[str]:
    """Claim and submit as one person until nothing is left; return the conversations in the order they came."""
    person = make.member(project)
    client = Client(headers={"Authorization": f"Token {ApiToken.issue(person, 'x')}"})
    order: list[str] = []
    while True:
        answer = client.post(f"/api/v1/projects/{project.slug}/claim", {}, content_type="application/json")
        if answer.status_code == 204:
            return order
        held = Assignment.objects.select_related("task__conversation").get(uid=answer.json()["id"])
        order.append(held.task.conversation.external_id)
        Assignment.objects.filter(pk=held.pk).update(status="submitted", closed_at=timezone.now())


def test_the_crawler_would_find_it() -> None:
    project = project_full_of_secrets()
    person = annotator_beside(project)
    Membership.objects.filter(user=person).update(role=Membership.Role.MANAGER)

    with pytest.raises(AssertionError, match="/p/blind/"):
        crawled(person)


def test_the_crawler_comes_to_pictures_own_answers_and_guidelines() -> None:
    project = project_full_of_secrets()
    person = annotator_beside(project)

    seen = crawled(person)

    for piece in ("/images/", "/annotate/mine/", "/static/js/"):
        assert any(piece in one for one in seen), piece
    assert len([one for one, status in seen.items() if status == 200]) > 10
