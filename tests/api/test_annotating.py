"""The calls of the annotation screen, as a program sees them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from annotate.models import Assignment, Batch, Membership, Rating, Submission, Task
from tests import make
from tests.api.caller import Caller, answers

pytestmark = pytest.mark.django_db


@pytest.fixture
def task() -> Task:
    project = make.project("p", overlap=2)
    return make.task(make.conversation(project, turns=2, candidates=2))


@pytest.fixture
def annotator(task: Task) -> Caller:
    return Caller(make.member(task.batch.project))


def test_a_claim_answers_all_that_the_screen_needs(annotator: Caller) -> None:
    document = annotator.claim("p")

    assert [len(turn["candidates"]) for turn in document["turns"]] == [2, 2]
    assert document["turns"][0]["parent"] is None
    assert document["turns"][1]["parent"] in {one["id"] for one in document["turns"][0]["candidates"]}
    assert document["turns"][0]["content"] == [
        {"type": "text", "text": "Question 1?", "html": "<p>Question 1?</p>"}
    ]
    assert [path["whole"] for path in document["paths"]].count(True) == 1
    assert len(document["pairs"]) == 2
    assert len(document["rubric"]["dimensions"]) == 9
    assert document["draft"] == {"sequence": 0, "body": None}
    assert {one["rule"] for one in document["image_notices"]} == {"no_image"}


def test_images_carry_url_and_size() -> None:
    project = make.project("pics")
    make.task(make.conversation(project, images=True))

    document = Caller(make.member(project)).claim("pics")

    part = document["turns"][0]["candidates"][0]["content"][1]
    assert part["url"].startswith("/images/")
    assert (part["width"], part["height"], part["alt"]) == (64, 48, "A picture")


@pytest.mark.parametrize("names", [[], ["Question 1", "picture"]])
def test_masked_names_are_nowhere_in_the_content(
    names: list[str], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    project = make.project("secret", masked_names=names)
    make.task(make.conversation(project, images=True))
    caller = Caller(make.member(project))
    make.task(make.conversation(project))
    caller.claim("secret")

    with django_assert_num_queries(4):
        document = caller.claim("secret")

    (turn,) = document["turns"]
    shown = turn["content"] + turn["candidates"][0]["content"]
    assert [one.get("text", one.get("alt")) for one in shown] == (
        ["[name]?", "Answer 1.0", "A [name]"] if names else ["Question 1?", "Answer 1.0", "A picture"]
    )
    assert ("Question 1" in shown[0]["html"]) == (not names)


def test_answers_are_stored_and_the_task_is_over(annotator: Caller, task: Task) -> None:
    document = annotator.claim("p")

    answer = annotator.submit(document, answers(document))

    assert answer.status_code == 200, answer.content
    assert answer.json()["revision"] == 1
    stored = Submission.objects.get()
    assert stored.ratings.count() == 4 * 4 + 5
    assert stored.comparisons.count() == 2
    assert stored.notes.get().text == "Clear."
    assert stored.active_ms <= 1000
    assert Assignment.objects.get().status == "submitted"
    answer = annotator.call("POST", "projects/p/claim")
    assert (answer.headers["Queue-State"], "Queue-Reason" in answer.headers) == ("done", False)
    Batch.objects.update(state="paused")
    answer = annotator.call("POST", "projects/p/claim")
    assert (answer.headers["Queue-State"], answer.headers["Queue-Reason"]) == ("closed", "paused")


def test_pairs_are_stored_lower_id_left_whatever_side_was_shown(annotator: Caller) -> None:
    document = annotator.claim("p")

    annotator.submit(document, answers(document))

    shown = {tuple(pair["responses"]) for pair in document["pairs"]}
    for row in Submission.objects.get().comparisons.select_related("left", "right"):
        as_shown = (str(row.left.uid), str(row.right.uid)) in shown
        assert row.left_id < row.right_id
        assert row.preference == (-1 if as_shown else 1)


def test_the_same_key_and_body_answer_the_same_even_after_the_lease_is_gone(annotator: Caller) -> None:
    document = annotator.claim("p")
    body = answers(document)

    first = annotator.submit(document, body, key="k")
    Assignment.objects.update(lease_number=9)
    second = annotator.submit(document, body, key="k")

    assert second.status_code == 200
    assert second.json() == first.json()
    assert Submission.objects.count() == 1


def test_the_same_key_with_another_body_is_a_conflict(annotator: Caller) -> None:
    document = annotator.claim("p")
    annotator.submit(document, answers(document), key="k")

    answer = annotator.submit(document, answers(document, value=1), key="k")

    assert answer.status_code == 409
    assert answer.json()["errors"][0]["code"] == "key_reused"


def change(  # noqa: C901, PLR0912 - one case per way to be wrong
    body: dict[str, Any], where: str, document: dict[str, Any], other: dict[str, Any]
) -> None:
    """Spoil a good body in one way."""
    first = body["ratings"][0]
    match where:
        case "foreign_response":
            first["response"] = other["turns"][0]["candidates"][0]["id"]
        case "off_scale":
            next(one for one in body["ratings"] if one["state"] == "rated")["value"] = 4
        case "missing_rating":
            body["ratings"].remove(first)
        case "missing_comparison":
            body["comparisons"] = []
        case "unknown_dimension":
            first["dimension"] = "beauty"
        case "repeated":
            body["ratings"].append(dict(first))
        case "value_and_state":
            next(one for one in body["ratings"] if one["state"] == "rated")["value"] = None
        case "applicable":
            one = next(one for one in body["ratings"] if one["dimension"] == "text_quality")
            one.update(value=None, state="not_applicable")
        case "no_default":
            one = next(one for one in body["ratings"] if one["dimension"] == "text_quality")
            one.update(value=3, state="defaulted")
        case "empty_note":
            body["notes"][0]["text"] = "\u200b \u2060"
        case "not_a_pair":
            body["comparisons"][0]["left"] = body["comparisons"][0]["right"]
        case "note_target":
            body["notes"][0]["response"] = None
        case "foreign_image":
            body["notes"][0].update(kind="image", image=document["id"])
        case "wrong_scope":
            one = next(one for one in body["ratings"] if one["dimension"] == "helpfulness")
            one["response"] = document["turns"][0]["candidates"][0]["id"]


@pytest.mark.parametrize(
    "code",
    [
        "foreign_response",
        "off_scale",
        "missing_rating",
        "missing_comparison",
        "unknown_dimension",
        "repeated",
        "value_and_state",
        "applicable",
        "no_default",
        "empty_note",
        "not_a_pair",
        "note_target",
        "foreign_image",
        "wrong_scope",
    ],
)
def test_a_wrong_body_is_refused_by_name_and_keeps_the_draft(
    annotator: Caller, task: Task, code: str
) -> None:
    make.task(make.conversation(task.batch.project))
    document = annotator.claim("p")
    other = annotator.claim("p", after=document["id"])
    annotator.call(
        "PUT", f"assignments/{document['id']}/draft", {"lease": 1, "base": 0, "body": {"notes": []}}
    )
    body = answers(document)
    change(body, code, document, other)

    answer = annotator.submit(document, body)

    assert answer.status_code == 422
    assert code in {error["code"] for error in answer.json()["errors"]}
    assert not Submission.objects.exists()
    assert Assignment.objects.get(uid=document["id"]).draft == {"notes": []}


@pytest.mark.parametrize(
    ("spoil", "path"),
    [
        ({"lease": "1"}, "lease"),
        ({"ratings": [{"response": "x", "dimension": "text_quality", "value": 1}]}, "ratings[0].response"),
        ({"surprise": 1}, ""),
        ({"ratings": {}}, "ratings"),
    ],
)
def test_a_body_of_the_wrong_form_names_the_place(
    annotator: Caller, spoil: dict[str, Any], path: str
) -> None:
    document = annotator.claim("p")

    answer = annotator.submit(document, {**answers(document), **spoil})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == path


@pytest.mark.parametrize("value", ['"2"', "2.0", "true", "1e999"])
def test_a_value_is_a_json_integer_and_nothing_like_it(annotator: Caller, value: str) -> None:
    document = annotator.claim("p")
    body = json.dumps(answers(document)).replace('"value": 2', f'"value": {value}', 1)

    answer = annotator.client.post(
        f"/api/v1/assignments/{document['id']}/submit",
        body,
        content_type="application/json",
        headers={"idempotency-key": "k"},
    )

    assert answer.status_code in (400, 422)
    assert not Submission.objects.exists()


def test_a_submit_needs_a_key(annotator: Caller) -> None:
    document = annotator.claim("p")

    answer = annotator.call("POST", f"assignments/{document['id']}/submit", answers(document))

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "Idempotency-Key"


def test_a_late_submit_counts_until_someone_took_the_task(annotator: Caller) -> None:
    document = annotator.claim("p")
    Assignment.objects.update(lease_expires_at=timezone.now() - timedelta(hours=2))

    assert annotator.submit(document, answers(document)).status_code == 200


def test_a_submit_after_someone_took_the_task_is_a_conflict_and_keeps_the_draft(task: Task) -> None:
    Task.objects.update(overlap=1, open_slots=1)
    slow, quick = Caller(make.member(task.batch.project)), Caller(make.member(task.batch.project))
    document = slow.claim("p")
    slow.call("PUT", f"assignments/{document['id']}/draft", {"lease": 1, "base": 0, "body": {"notes": []}})
    Assignment.objects.update(lease_expires_at=timezone.now() - timedelta(hours=2))
    quick.claim("p")

    answer = slow.submit(document, answers(document))

    assert answer.status_code == 409
    assert answer.json()["errors"][0]["code"] == "lease_taken"
    assert Assignment.objects.get(uid=document["id"]).draft == {"notes": []}


def test_drafts_are_kept_in_order_and_a_stale_one_gets_the_stored_one(annotator: Caller) -> None:
    document = annotator.claim("p")
    path = f"assignments/{document['id']}/draft"

    first = annotator.call("PUT", path, {"lease": 1, "base": 0, "body": {"notes": ["a"]}})
    stale = annotator.call("PUT", path, {"lease": 1, "base": 0, "body": {"notes": ["b"]}})

    assert first.json()["sequence"] == 1
    assert stale.status_code == 409
    assert stale.json()["draft"] == {"sequence": 1, "body": {"notes": ["a"]}}
    assert annotator.call("GET", f"assignments/{document['id']}").json()["draft"]["body"] == {"notes": ["a"]}


def test_skipping_opens_the_slot_for_someone_else(annotator: Caller, task: Task) -> None:
    document = annotator.claim("p")

    answer = annotator.call(
        "POST", f"assignments/{document['id']}/skip", {"lease": 1, "reason": "Too blurry"}
    )

    assert answer.status_code == 200
    task.refresh_from_db()
    assert task.open_slots == task.overlap
    assert Assignment.objects.get().skip_reason == "Too blurry"
    assert annotator.call("POST", "projects/p/claim").status_code == 204


def test_reopened_work_comes_back_with_its_answers_and_makes_a_second_revision(annotator: Caller) -> None:
    document = annotator.claim("p")
    body = answers(document)
    annotator.submit(document, body, key="first")

    again = annotator.call("POST", f"assignments/{document['id']}/reopen").json()
    draft = again["draft"]["body"]
    replay = annotator.submit(document, body, key="first")
    second = annotator.submit(again, {**draft, "lease": again["lease"]["number"]}, key="second")

    assert again["lease"]["number"] == 2
    assert len(draft["ratings"]) == len(body["ratings"])
    assert replay.json()["revision"] == 1
    assert second.json()["revision"] == 2
    assert Rating.objects.count() == 2 * len(body["ratings"])


def test_narrowed_tasks_ask_and_take_only_what_is_contested(task: Task) -> None:
    response = task.conversation.turns.order_by("number")[0].responses.order_by("id")[0]
    task.asks = [{"kind": "rating", "response": str(response.uid), "dimension": "text_quality"}]
    task.save()
    caller = Caller(make.member(task.batch.project))
    document = caller.claim("p")
    wanted = {"response": str(response.uid), "dimension": "text_quality", "value": 1, "state": "rated"}
    unasked = {**wanted, "dimension": "context_coherence"}

    too_much = caller.submit(document, {"lease": 1, "ratings": [wanted, unasked]})
    enough = caller.submit(document, {"lease": 1, "ratings": [wanted]})

    assert document["pairs"] == []
    assert too_much.json()["errors"][0]["code"] == "not_asked"
    assert enough.status_code == 200


def test_somebody_elses_assignment_is_not_found(annotator: Caller, task: Task) -> None:
    document = annotator.claim("p")
    stranger = Caller(make.member(task.batch.project))
    path = f"assignments/{document['id']}"

    assert stranger.call("GET", path).status_code == 404
    assert stranger.call("PUT", f"{path}/draft", {"lease": 1, "base": 0, "body": {}}).status_code == 404
    assert stranger.submit(document, answers(document)).status_code == 404
    assert stranger.call("POST", f"{path}/skip", {"lease": 1}).status_code == 404
    assert stranger.call("POST", f"{path}/reopen").status_code == 404


def test_only_annotators_of_the_project_claim(task: Task) -> None:
    reviewer = Caller(make.member(task.batch.project, Membership.Role.REVIEWER))
    stranger = Caller(make.user())

    assert reviewer.call("POST", "projects/p/claim").status_code == 404
    assert stranger.call("POST", "projects/p/claim").status_code == 404
    assert stranger.call("POST", "projects/none/claim").status_code == 404


def test_without_a_valid_token_nothing_is_answered(task: Task) -> None:
    answer = Client(headers={"authorization": "Token nonsense"}).post("/api/v1/projects/p/claim")

    assert answer.status_code == 401
    assert answer.json()["errors"][0]["code"] == "authentication_failed"


@pytest.mark.parametrize("turns", [1, 5])
def test_claim_and_submit_cost_the_same_however_long_the_conversation(
    turns: int, django_assert_num_queries: Any
) -> None:
    project = make.project("long")
    for _ in range(2):
        make.task(make.conversation(project, turns=turns, candidates=2, images=True))
    caller = Caller(make.member(project))
    caller.submit((first := caller.claim("long")), answers(first))

    with django_assert_num_queries(5):
        document = caller.claim("long")
    # Inside the test's transaction BEGIN and COMMIT are SAVEPOINT and RELEASE: counted all the same.
    with django_assert_num_queries(6):
        assert caller.submit(document, answers(document)).status_code == 200
