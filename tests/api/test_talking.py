"""Problems, questions and guidelines as a program calls them: Alice asks, Bob works beside her, a lead answers."""

from __future__ import annotations

from typing import Any

import pytest

from annotate.models import Inquiry, Membership, ProblemReport, Task
from annotate.pipeline import guiding, inquiring
from tests import make
from tests.api.caller import Caller

pytestmark = pytest.mark.django_db
Role = Membership.Role


@pytest.fixture
def task() -> Task:
    project = make.project("p", overlap=4)
    return make.task(make.conversation(project, turns=2, candidates=2))


@pytest.fixture
def alice(task: Task) -> Caller:
    return Caller(make.member(task.batch.project))


@pytest.fixture
def bob(task: Task) -> Caller:
    return Caller(make.member(task.batch.project))


@pytest.fixture
def lead(task: Task) -> Caller:
    return Caller(make.member(task.batch.project, Role.REVIEWER))


@pytest.fixture
def stranger() -> Caller:
    return Caller(make.user())


def ask(caller: Caller, text: str = "Is a sketch an image?", **about: object) -> Any:
    return caller.call("POST", "projects/p/inquiries", {"text": text, **about})


def list_of(caller: Caller) -> dict[str, Any]:
    answer = caller.call("GET", "projects/p/inquiries")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def answer_as(lead: Caller, inquiry: str, text: str = "Yes, it is.") -> None:
    inquiring.write(Inquiry.objects.get(uid=inquiry), lead.user.pk, text)


def test_a_problem_is_stored_and_told_twice_the_same(alice: Caller) -> None:
    document = alice.claim("p")
    path = f"assignments/{document['id']}/problem"

    first = alice.call("POST", path, {"kind": "harmful", "text": "blood"})
    second = alice.call("POST", path, {"kind": "other"})

    assert first.status_code == second.status_code == 200
    assert first.json() == second.json() == {"status": "reported"}
    assert ProblemReport.objects.get().text == "blood"


def test_the_report_that_closes_a_task_is_answered_like_any_other(
    alice: Caller, bob: Caller, task: Task
) -> None:
    said = []
    for caller in (alice, bob):
        document = caller.claim("p")
        said.append(caller.call("POST", f"assignments/{document['id']}/problem", {"kind": "broken"}).content)
        skipped = caller.call("POST", f"assignments/{document['id']}/skip", {"lease": 1})
        assert skipped.status_code == 200

    assert said[0] == said[1]
    task.refresh_from_db()
    assert task.open_slots == 0


@pytest.mark.parametrize("body", [{"kind": "dull"}, {"kind": "other", "text": "x" * 2001}, {}])
def test_a_malformed_report_is_refused(alice: Caller, body: dict[str, str]) -> None:
    document = alice.claim("p")

    assert alice.call("POST", f"assignments/{document['id']}/problem", body).status_code == 422


def test_nobody_reports_on_another_persons_assignment(alice: Caller, bob: Caller, stranger: Caller) -> None:
    document = alice.claim("p")

    for other in (bob, stranger):
        answer = other.call("POST", f"assignments/{document['id']}/problem", {"kind": "broken"})
        assert answer.status_code == 404


def test_a_question_and_its_answer_come_back_without_a_name(alice: Caller, lead: Caller) -> None:
    document = alice.claim("p")
    made = ask(alice, assignment=document["id"], dimension="text_quality")
    assert made.status_code == 201
    assert list_of(alice)["unseen"] == 0

    answer_as(lead, made.json()["id"])

    found = list_of(alice)
    [thread] = found["own"]
    assert found["unseen"] == 1
    assert (thread["assignment"], thread["dimension"]) == (document["id"], "text_quality")
    assert (thread["unseen"], thread["resolved"]) == (True, False)
    assert [(one["author"], one["text"]) for one in thread["messages"]] == [
        ("you", "Is a sketch an image?"),
        ("lead", "Yes, it is."),
    ]
    for name in (lead.user.username, alice.user.username, str(lead.user.uid)):
        assert name not in str(found)


def test_seeing_the_answer_takes_the_mark_away_until_the_next(alice: Caller, lead: Caller) -> None:
    inquiry = ask(alice).json()["id"]
    answer_as(lead, inquiry)
    assert alice.call("GET", "projects/p/inquiries/unseen").json() == {"unseen": 1}
    shown = list_of(alice)["own"][0]["messages"][-1]["id"]

    answer_as(lead, inquiry, "Meanwhile, one more thing.")
    seen = alice.call("POST", f"inquiries/{inquiry}/seen", {"message": shown})
    assert seen.json() == {"unseen": 1}, "what came after the shown message was not seen"

    shown = list_of(alice)["own"][0]["messages"][-1]["id"]
    assert alice.call("POST", f"inquiries/{inquiry}/seen", {"message": shown}).json() == {"unseen": 0}


def test_writing_on_opens_a_resolved_question(alice: Caller) -> None:
    inquiry = ask(alice).json()["id"]
    inquiring.resolve(Inquiry.objects.get().pk, resolved=True)

    assert alice.call("POST", f"inquiries/{inquiry}/messages", {"text": "But why?"}).status_code == 201

    assert Inquiry.objects.get().resolved_at is None


def test_the_same_question_sent_twice_is_asked_once(alice: Caller) -> None:
    assert ask(alice).json() == ask(alice).json()
    assert Inquiry.objects.count() == 1


def test_others_see_nothing_of_it(alice: Caller, bob: Caller, stranger: Caller) -> None:
    inquiry = ask(alice).json()["id"]

    assert list_of(bob) == {"unseen": 0, "own": [], "published": []}
    assert stranger.call("GET", "projects/p/inquiries").status_code == 404
    assert ask(stranger).status_code == 404
    message = {"message": str(Inquiry.objects.get().messages.get().uid)}
    for other in (bob, stranger):
        assert other.call("POST", f"inquiries/{inquiry}/messages", {"text": "Me too"}).status_code == 404
        assert other.call("POST", f"inquiries/{inquiry}/seen", message).status_code == 404


def test_a_published_answer_reaches_everybody_of_the_project_and_nobody_else(
    bob: Caller, lead: Caller, task: Task
) -> None:
    inquiring.publish(
        task.batch.project_id, lead.user.pk, question="Sketches?", answer="Images.", dimension_id=None
    )
    elsewhere = Caller(make.member(make.project("q")))

    [found] = list_of(bob)["published"]
    assert (found["question"], found["answer"], found["dimension"]) == ("Sketches?", "Images.", None)
    assert elsewhere.call("GET", "projects/q/inquiries").json()["published"] == []
    assert bob.call("POST", f"inquiries/{found['id']}/messages", {"text": "Spam"}).status_code == 404


@pytest.mark.parametrize(
    ("about", "code"),
    [({"dimension": "beauty"}, "unknown_dimension"), ({"text": " \n"}, "empty_text")],
)
def test_a_malformed_question_is_refused(alice: Caller, about: dict[str, str], code: str) -> None:
    answer = ask(alice, **{"text": "What?", **about})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == code


def test_one_cannot_ask_about_another_persons_assignment(alice: Caller, bob: Caller) -> None:
    document = alice.claim("p")

    assert ask(bob, assignment=document["id"]).status_code == 422


@pytest.mark.parametrize("size", [1, 8])
def test_the_list_costs_the_same_whatever_its_length(
    alice: Caller, lead: Caller, size: int, django_assert_num_queries: Any
) -> None:
    for number in range(size):
        answer_as(lead, ask(alice, f"Question {number}?").json()["id"])
        inquiring.publish(
            Inquiry.objects.latest("pk").project_id, lead.user.pk, question="a", answer="b", dimension_id=None
        )
    with django_assert_num_queries(6):  # the token, the membership, own and published, messages of both
        list_of(alice)
    with django_assert_num_queries(3):
        alice.call("GET", "projects/p/inquiries/unseen")


@pytest.fixture
def guideline(task: Task) -> None:
    texts = {"en": {"case": "A **case**.", "why": "Because."}}
    example = guiding.Example("style_coherence", -1, texts)
    guiding.publish(
        task.batch.project_id, guiding.NewGuideline({"en": "# Read <b>me</b>"}, examples=[example]), by=None
    )


@pytest.mark.usefixtures("guideline")
def test_guidelines_come_rendered_and_are_kept_by_their_tag(alice: Caller, stranger: Caller) -> None:
    answer = alice.call("GET", "projects/p/guidelines/1")

    found = answer.json()
    assert found["texts"]["en"].startswith("<h3")
    assert "<b>" not in found["texts"]["en"]
    [example] = found["examples"]
    assert (example["dimension"], example["value"]) == ("style_coherence", -1)
    assert "<strong>case</strong>" in example["texts"]["en"]["case"]
    assert "no-store" not in answer["Cache-Control"]
    again = alice.call("GET", "projects/p/guidelines/1", **{"if-none-match": f"W/{answer['ETag']}"})
    assert again.status_code == 304
    assert again.content == b""
    assert stranger.call("GET", "projects/p/guidelines/1").status_code == 404
    assert alice.call("GET", "projects/p/guidelines/2").status_code == 404


@pytest.mark.usefixtures("guideline")
def test_reading_is_confirmed_and_never_taken_back(alice: Caller, task: Task) -> None:
    guiding.publish(task.batch.project_id, guiding.NewGuideline({"en": "Newer"}), by=None)

    assert alice.call("POST", "projects/p/guidelines/2/seen").json() == {"guideline_seen": 2}
    assert alice.call("POST", "projects/p/guidelines/1/seen").json() == {"guideline_seen": 2}
    assert alice.call("POST", "projects/p/guidelines/3/seen").status_code == 404

    assert Membership.objects.get(user=alice.user).guideline_seen == 2
