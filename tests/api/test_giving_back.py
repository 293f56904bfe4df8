"""A task that was closed before its person began is said to be withdrawn, and can be given back."""

from __future__ import annotations

from typing import Any

import pytest

from annotate.models import Assignment, Batch, Project, Task
from annotate.pipeline import closing
from tests import make
from tests.api.caller import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    made = make.project("p", overlap=2)
    make.task(make.conversation(made))
    return made


def is_withdrawn(caller: Caller, document: dict[str, Any]) -> bool:
    found: bool = caller.call("GET", f"assignments/{document['id']}").json()["withdrawn"]
    return found


def give_back(caller: Caller, document: dict[str, Any]) -> Any:
    return caller.call("POST", f"assignments/{document['id']}/give-back")


def test_of_a_closed_task_that_was_not_begun_nothing_is_left_in_the_hand(project: Project) -> None:
    caller = Caller(make.member(project))
    document = caller.claim("p")
    assert document["withdrawn"] is False
    assert give_back(caller, document).json()["errors"][0]["code"] == "not_withdrawn"
    closing.close_task(Task.objects.get().pk)

    assert is_withdrawn(caller, document)
    assert give_back(caller, document).json() == {"status": "lapsed"}

    assert Assignment.objects.get().status == "lapsed"
    assert Task.objects.get().open_slots == 0
    closing.reopen_task(Task.objects.get().pk)
    assert caller.claim("p")["id"] == document["id"]


def test_of_a_paused_batch_the_slot_comes_free(project: Project) -> None:
    caller = Caller(make.member(project))
    document = caller.claim("p")
    Batch.objects.update(state="paused")

    assert give_back(caller, document).status_code == 200
    assert Task.objects.get().open_slots == 2


def test_what_was_begun_stays(project: Project) -> None:
    caller = Caller(make.member(project))
    document = caller.claim("p")
    caller.call("PUT", f"assignments/{document['id']}/draft", {"lease": 1, "base": 0, "body": {}})
    closing.close_task(Task.objects.get().pk)

    assert not is_withdrawn(caller, document)
    assert give_back(caller, document).status_code == 409
    assert Assignment.objects.get().status == "active"


def test_who_reported_the_task_is_not_told_that_others_did(project: Project) -> None:
    Project.objects.update(problem_limit=1)
    caller = Caller(make.member(project))
    document = caller.claim("p")
    caller.call("POST", f"assignments/{document['id']}/problem", {"kind": "broken"})
    assert Task.objects.get().closed_at is not None

    assert not is_withdrawn(caller, document)
    assert give_back(caller, document).status_code == 409


def test_another_persons_task_cannot_be_given_back(project: Project) -> None:
    document = Caller(make.member(project)).claim("p")
    Batch.objects.update(state="closed")

    assert give_back(Caller(make.member(project)), document).status_code == 409
    assert Assignment.objects.get().status == "active"
