"""Drafts, submissions and re-opened work that cross one another: nothing newer is ever overwritten unseen."""

from __future__ import annotations

from typing import Any

import pytest

from annotate.models import Assignment, Submission, Task
from annotate.pipeline import closing
from tests import make
from tests.api.caller import Caller, answers

pytestmark = pytest.mark.django_db


@pytest.fixture
def task() -> Task:
    return make.task(make.conversation(make.project("p", overlap=2), turns=2, candidates=2))


@pytest.fixture
def annotator(task: Task) -> Caller:
    return Caller(make.member(task.batch.project))


def save(caller: Caller, document: dict[str, Any], base: int, text: str) -> Any:
    body = {"lease": 1, "base": base, "body": {"notes": [{"text": text}]}}
    return caller.call("PUT", f"assignments/{document['id']}/draft", body)


def test_a_submission_built_on_an_older_draft_is_refused_with_the_stored_one(annotator: Caller) -> None:
    document = annotator.claim("p")
    save(annotator, document, 0, "From the other tab")

    answer = annotator.submit(document, {**answers(document), "base": 0})

    assert answer.status_code == 409
    assert answer.json()["errors"][0]["code"] == "draft_stale"
    assert answer.json()["draft"] == {"sequence": 1, "body": {"notes": [{"text": "From the other tab"}]}}
    assert not Submission.objects.exists()
    assert Assignment.objects.get().status == "active"


def test_a_submission_built_on_the_stored_draft_counts(annotator: Caller) -> None:
    document = annotator.claim("p")
    save(annotator, document, 0, "Mine")

    assert annotator.submit(document, {**answers(document), "base": 1}).status_code == 200


def test_a_submission_that_names_no_draft_counts_as_before(annotator: Caller) -> None:
    document = annotator.claim("p")
    save(annotator, document, 0, "Mine")

    assert annotator.submit(document, answers(document)).status_code == 200


def test_a_repeated_submission_gets_its_receipt_whatever_draft_there_is_now(annotator: Caller) -> None:
    document = annotator.claim("p")
    body = {**answers(document), "base": 0}
    first = annotator.submit(document, body, key="k")
    annotator.call("POST", f"assignments/{document['id']}/reopen")

    assert annotator.submit(document, body, key="k").json() == first.json()


def test_a_save_that_arrives_late_overwrites_nothing(annotator: Caller) -> None:
    document = annotator.claim("p")
    save(annotator, document, 0, "a")
    save(annotator, document, 1, "ab")

    late = save(annotator, document, 0, "a")

    assert late.status_code == 409
    assert Assignment.objects.get().draft == {"notes": [{"text": "ab"}]}
    assert save(annotator, document, 7, "from nowhere").status_code == 409


def test_the_way_back_is_open_while_the_next_task_lies_ready_untouched(annotator: Caller, task: Task) -> None:
    others = [make.task(make.conversation(task.batch.project)) for _ in range(2)]
    done = annotator.claim("p")
    annotator.submit(done, answers(done))
    shown = annotator.claim("p")
    ahead = annotator.claim("p", after=shown["id"])

    again = annotator.call("POST", f"assignments/{done['id']}/reopen")

    assert again.status_code == 200
    assert annotator.call("GET", f"assignments/{ahead['id']}").json()["status"] == "lapsed"
    assert annotator.call("GET", f"assignments/{shown['id']}").json()["status"] == "active"
    slots = Task.objects.filter(pk__in=[one.pk for one in others]).values_list("open_slots", flat=True)
    assert sorted(slots) == [1, 2]
    annotator.submit(again.json(), {**answers(done), "lease": 2})
    assert annotator.claim("p", after=shown["id"])["id"] == ahead["id"]


def test_begun_work_is_never_given_back_for_the_sake_of_another(annotator: Caller, task: Task) -> None:
    for _ in range(2):
        make.task(make.conversation(task.batch.project))
    done = annotator.claim("p")
    annotator.submit(done, answers(done))
    shown = annotator.claim("p")
    for one in (shown, annotator.claim("p", after=shown["id"])):
        save(annotator, one, 0, "begun")

    answer = annotator.call("POST", f"assignments/{done['id']}/reopen")

    assert answer.status_code == 409
    assert answer.json()["errors"][0]["code"] == "hands_full"
    assert Assignment.objects.filter(status="active").count() == 2


@pytest.mark.parametrize("kind", ["gold", "closed"])
def test_what_lies_ready_goes_back_alike_whatever_it_is(annotator: Caller, task: Task, kind: str) -> None:
    """A refusal would tell gold from other work; a task closed as a bad item is given back without a slot."""
    for _ in range(2):
        make.task(make.conversation(task.batch.project))
    done = annotator.claim("p")
    annotator.submit(done, answers(done))
    shown = annotator.claim("p")
    ahead = Assignment.objects.filter(uid=annotator.claim("p", after=shown["id"])["id"])
    if kind == "gold":
        ahead.update(purpose="gold")
    else:
        closing.close_task(ahead.get().task_id)

    assert annotator.call("POST", f"assignments/{done['id']}/reopen").status_code == 200
    assert ahead.get().status == "lapsed"
    assert Task.objects.get(pk=ahead.get().task_id).open_slots == (2 if kind == "gold" else 0)


def test_a_reason_to_skip_has_a_limit(annotator: Caller, task: Task) -> None:
    held = annotator.claim("p")
    answer = annotator.call("POST", f"assignments/{held['id']}/skip", {"lease": 1, "reason": "x" * 2001})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "reason"
