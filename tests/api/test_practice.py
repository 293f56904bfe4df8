"""The calls after an item with a key: who may see the key, and how a qualification ends."""

from __future__ import annotations

from typing import Any

import pytest

from annotate import tasks
from annotate.models import Assignment, GoldKey, Membership, Note, Project, Qualification, User
from annotate.pipeline.keying import explain, retire
from annotate.pipeline.qualifying import allow_again
from tests import make
from tests.api.caller import Caller, answers
from tests.pipeline import keys

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "wake", lambda *_, **__: None)


def feedback(caller: Caller, assignment: Assignment | str) -> Any:
    uid = assignment if isinstance(assignment, str) else assignment.uid
    return caller.call("GET", f"assignments/{uid}/feedback")


def practised(made: GoldKey, **answer: int) -> tuple[User, Assignment]:
    person = make.member(made.task.batch.project)
    given = keys.answer(made.task, person, **answer)
    assert given.assignment is not None
    return person, given.assignment


def test_after_training_one_sees_ones_answers_beside_the_key_and_why() -> None:
    made = keys.key(make.project(), "training")
    explain(made, {"en": "Look at the *hub*, not the rim.", "zh-hans": "看轮毂。"})
    response = made.submission.ratings.earliest("pk").response
    Note.objects.create(
        submission=made.submission, kind="critique", scope="local", response=response, text="**Wrong** rim."
    )
    person, done = practised(made, constant=3)

    Project.objects.update(masked_names=["rim"])
    body = feedback(Caller(person), done).json()

    assert "rim" not in str(body)
    assert "<em>hub</em>" in body["explanation"]
    assert {one["distance"] for one in body["ratings"]} == {0, 1, 2, 3}
    assert body["ratings"][0]["own"] == {"value": 3, "state": "rated"}
    assert "<strong>Wrong</strong>" in body["notes"][0]["html"]
    assert body["finishes"] is False


def test_nobody_sees_the_key_before_submitting_or_of_somebody_elses_work() -> None:
    made = keys.key(make.project(), "training")
    person = make.member(made.task.batch.project)
    held = make.assignment(made.task, person)
    other, done = practised(made)

    assert feedback(Caller(person), held).status_code == 404
    assert feedback(Caller(person), done).status_code == 404
    assert feedback(Caller(other), done).status_code == 200
    Membership.objects.filter(user=other).update(role="reviewer")
    assert feedback(Caller(other), done).status_code == 404


def test_gold_answers_like_ordinary_work_unless_the_project_shows_it() -> None:
    project = make.project()
    person, gold = practised(keys.key(project, "gold"))
    ordinary = make.submission(make.task(make.conversation(project)), person).assignment
    assert ordinary is not None

    hidden, plain = feedback(Caller(person), gold), feedback(Caller(person), ordinary)
    assert (hidden.status_code, hidden.content) == (plain.status_code, plain.content) == (404, plain.content)
    Project.objects.update(gold_feedback=True)
    assert feedback(Caller(person), gold).status_code == 200
    assert feedback(Caller(person), ordinary).status_code == 404


def test_a_retired_key_is_shown_no_more() -> None:
    made = keys.key(make.project(), "training")
    person, done = practised(made)
    retire(made)

    assert feedback(Caller(person), done).status_code == 404


def exam(project: Project) -> Caller:
    keys.key(project, "qualification", turns=2)
    make.task(make.conversation(project, candidates=2))
    return Caller(make.member(project))


def key_answers(document: dict[str, Any]) -> dict[str, Any]:
    """Answer as the key does wherever it says something."""
    body = answers(document)
    made = GoldKey.objects.get(task__assignments__uid=document["id"])
    right = {
        (str(one.response.uid), one.dimension.key): one.value
        for one in made.submission.ratings.select_related("response", "dimension")
    }
    for one in body["ratings"]:
        if (one["response"], one["dimension"]) in right:
            one.update(value=right[one["response"], one["dimension"]], state="rated")
    return body


def test_submitting_the_last_item_qualifies_and_the_next_claim_is_real_work() -> None:
    project = make.project(qualification_required=True)
    caller = exam(project)
    document = caller.claim(project.slug)
    assert document["practice"] == "qualification"

    assert caller.submit(document, key_answers(document)).status_code == 200

    assert feedback(caller, document["id"]).json()["finishes"] is True
    own = caller.call("GET", f"projects/{project.slug}/qualification").json()
    assert (own["qualified"], own["latest"]["passed"], own["latest"]["kappa"]) == (True, True, 1)
    assert caller.claim(project.slug)["practice"] == ""


@pytest.mark.django_db(transaction=True)
def test_a_qualification_shows_no_key_before_its_attempt_is_over() -> None:
    project = make.project(qualification_required=True)
    for _ in range(2):
        keys.key(project, "qualification")
    caller = Caller(make.member(project))
    first = caller.claim(project.slug)
    caller.submit(first, answers(first))
    assert feedback(caller, first["id"]).status_code == 404

    last = caller.claim(project.slug)
    caller.submit(last, answers(last))

    assert feedback(caller, first["id"]).status_code == feedback(caller, last["id"]).status_code == 200
    latest = caller.call("GET", f"projects/{project.slug}/qualification").json()["latest"]
    assert latest["assignments"] == [first["id"], last["id"]]

    allow_again(Membership.objects.get(user=caller.user))
    again = caller.claim(project.slug)
    caller.submit(again, answers(again))
    assert [feedback(caller, one["id"]).status_code for one in (first, last)] == [404, 404]


def test_always_three_fails_and_the_queue_says_training() -> None:
    project = make.project(qualification_required=True)
    caller = exam(project)
    document = caller.claim(project.slug)
    caller.submit(document, answers(document, value=3))

    answer = caller.call("POST", f"projects/{project.slug}/claim", {})

    assert (answer.status_code, answer.headers["Queue-State"]) == (204, "training")
    own = caller.call("GET", f"projects/{project.slug}/qualification").json()
    assert (own["qualified"], own["latest"]["passed"]) == (False, False)
    assert own["latest"]["kappa"] == pytest.approx(0)


def test_the_same_submit_twice_is_one_attempt() -> None:
    project = make.project(qualification_required=True)
    caller = exam(project)
    document = caller.claim(project.slug)
    body = answers(document, value=3)
    for _ in range(2):
        assert caller.submit(document, body, key="once").status_code == 200

    assert Qualification.objects.count() == 1


def test_an_attempt_that_nobody_evaluated_is_found_by_the_next_claim() -> None:
    project = make.project(qualification_required=True)
    caller = exam(project)
    keys.answer(GoldKey.objects.get().task, caller.user)

    assert caller.claim(project.slug)["practice"] == ""


def test_a_claim_stays_within_six_statements_and_a_submit_within_eight(
    django_assert_max_num_queries: Any,
) -> None:
    project = make.project(qualification_required=True)
    for _ in range(3):
        keys.key(project, "qualification")
    caller = Caller(make.member(project))
    caller.submit((first := caller.claim(project.slug)), answers(first))
    with django_assert_max_num_queries(6):
        document = caller.claim(project.slug)
    with django_assert_max_num_queries(8):
        caller.submit(document, answers(document))
    last = caller.claim(project.slug)
    with django_assert_max_num_queries(8):
        caller.submit(last, answers(last, value=3))
    with django_assert_max_num_queries(6):
        answer = caller.call("POST", f"projects/{project.slug}/claim", {})
    assert answer.headers["Queue-State"] == "training"


def test_strangers_and_managers_have_no_qualification_of_their_own() -> None:
    project = make.project()
    manager = make.member(project, Membership.Role.MANAGER)

    for user in (make.user(), manager):
        answer = Caller(user).call("GET", f"projects/{project.slug}/qualification")
        assert answer.status_code == 404
