"""Answering at the edges: people who left, other tabs at the same moment, odd keys, very long work."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from annotate import tasks
from annotate.models import Assignment, Membership, Project, Submission
from tests import make
from tests.api.caller import Caller, answers

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "wake", lambda *_, **__: None)


@pytest.fixture
def project() -> Project:
    made = make.project("edges")
    for _ in range(3):
        make.task(make.conversation(made, candidates=2))
    return made


@pytest.fixture
def annotator(project: Project) -> Caller:
    return Caller(make.member(project))


@pytest.mark.parametrize("role", [None, "reviewer", "manager"])
def test_who_no_longer_annotates_neither_reads_nor_changes_earlier_work(
    annotator: Caller, role: str | None
) -> None:
    done = annotator.claim("edges")
    annotator.submit(done, answers(done))
    held = annotator.claim("edges")
    before = list(Assignment.objects.order_by("pk").values())
    membership = Membership.objects.filter(user=annotator.user)
    membership.update(role=role) if role else membership.delete()

    lease = {"lease": 1}
    calls = [
        annotator.call("POST", f"assignments/{done['id']}/reopen"),
        annotator.call("GET", f"assignments/{done['id']}"),
        annotator.call("GET", f"assignments/{held['id']}"),
        annotator.call("PUT", f"assignments/{held['id']}/draft", {**lease, "base": 0, "body": {}}),
        annotator.call("POST", f"assignments/{held['id']}/skip", lease),
        annotator.submit(held, answers(held)),
    ]

    assert [one.status_code for one in calls] == [404] * 6
    assert list(Assignment.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("key", ["\0", "a\0b", "\ud800", "\x7f"])
def test_a_key_that_cannot_be_stored_is_refused(annotator: Caller, key: str) -> None:
    document = annotator.claim("edges")

    answer = annotator.submit(document, answers(document), key)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "idempotency_key"


def test_work_held_for_months_can_be_submitted(annotator: Caller) -> None:
    document = annotator.claim("edges")
    Assignment.objects.update(claimed_at=timezone.now() - timedelta(days=40))

    answer = annotator.submit(document, {**answers(document), "active_ms": 2**63 - 1})

    assert answer.status_code == 200
    assert Submission.objects.get().active_ms == 2**31 - 1


@pytest.mark.django_db(transaction=True)
def test_tabs_that_reopen_at_once_fill_both_hands_and_no_more(project: Project) -> None:
    for _ in range(4):
        person = make.member(project)
        tabs = [Caller(person) for _ in range(3)]
        done = []
        for tab in tabs:
            document = tab.claim("edges")
            tab.submit(document, answers(document))
            done.append(document["id"])

        got = at_once([reopening(tab, uid) for tab, uid in zip(tabs, done, strict=True)])

        assert sorted(got) == [200, 200, 409]
        held = Assignment.objects.filter(annotator=person, status="active")
        assert sorted(held.values_list("hand", flat=True)) == [1, 2]
        Membership.objects.filter(user=person).delete()
        project.batches.get().tasks.update(overlap=40, open_slots=20)


def reopening(tab: Caller, uid: str) -> Callable[[], Any]:
    return lambda: tab.call("POST", f"assignments/{uid}/reopen").status_code


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Make the calls in threads of their own, together, and return what they answered."""
    start = threading.Barrier(len(calls))
    got: list[Any] = []

    def run(call: Callable[[], Any]) -> None:
        start.wait()
        try:
            got.append(call())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got
