from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from annotate.models import AuditItem, Flag, Membership, Project, Review, Submission, Task, User
from annotate.pipeline.auditing import audit_project
from annotate.pipeline.flagging import flag_project
from annotate.pipeline.reviewing import Decision, decide, next_review, record_blind, reveal
from annotate.reports import closing_reasons
from annotate.reports.quality.flag_statistics import FlagStatistics, KindStatistics, flag_statistics
from annotate.reports.quality.model_faults import model_faults
from annotate.reports.reviewers.contested import contested
from tests import make
from tests.judging import candidates, disputed, prefer, rate, submit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgotten() -> None:
    cache.clear()


@pytest.fixture
def project() -> Project:
    return make.project("p", audit_share=0, second_review_share=0)


@pytest.fixture
def reviewer(project: Project) -> User:
    return make.member(project, Membership.Role.REVIEWER)


def review(project: Project, reviewer: User, blind: int, final: int | None = None, **fields: Any) -> Review:
    """Answer every question of the next sitting with ``blind``, then ``final``; it takes a minute."""
    found = next_review(project.pk, reviewer.pk)
    assert found is not None
    names = [one.name for one in contested(found).questions]
    record_blind(found.pk, dict.fromkeys(names, blind))
    reveal(found.pk)
    fields.setdefault("outcome", "uphold")
    decide(found.pk, Decision(verdicts=dict.fromkeys(names, blind if final is None else final), **fields))
    Review.objects.filter(pk=found.pk).update(active_ms=60_000)
    return found


def contradicted(project: Project, value: int) -> Task:
    """Return a task whose one odd rating, of an annotator alone against two, is ``value``."""
    task = make.task(make.conversation(project))
    disputed(task, 3 - value, 3 - value, value)
    flag_project(project.pk)
    return task


def one(statistics: FlagStatistics, kind: str, item: str = "rating") -> KindStatistics:
    (found,) = [row for row in statistics.kinds if (row.kind, row.item) == (kind, item)]
    return found


def test_upheld_is_the_same_level_and_contradicted_more_than_one_away(
    project: Project, reviewer: User
) -> None:
    for blind in (0, 1, 2, 3):
        contradicted(project, 0)
        review(project, reviewer, blind, outcome="change" if blind > 1 else "uphold")
    found = one(flag_statistics(project.pk), "F1")

    assert (found.raised, found.open, found.decided) == (4, 0, 4)
    assert (found.upheld.n, found.upheld.value) == (4, 1 / 4)
    assert found.contradicted.value == 2 / 4
    assert found.outcomes == {"uphold": 2, "change": 2}
    assert (found.corrected, found.minutes, found.minutes_per_corrected) == (2, 4.0, 2.0)
    assert found.anchored.value == 0
    assert (found.lift.value, found.lift.undefined) == (None, "no_cases")


def test_a_flag_of_which_nobody_stands_out_is_decided_but_not_judged(
    project: Project, reviewer: User
) -> None:
    disputed(make.task(make.conversation(project)), 0, 3)
    flag_project(project.pk)
    review(project, reviewer, 0)
    found = one(flag_statistics(project.pk), "F1")

    assert (found.decided, found.upheld.n, found.upheld.undefined) == (1, 0, "no_cases")


def test_the_label_is_the_one_that_the_reviewer_was_held_against(project: Project, reviewer: User) -> None:
    task = contradicted(project, 0)
    review(project, reviewer, 0)
    odd = Flag.objects.get().annotator
    assert odd is not None
    rate(submit(task, odd), candidates(task)[0], text_quality=3)

    assert one(flag_statistics(project.pk), "F1").upheld.value == 1


def test_preferences_are_upheld_on_the_same_side_and_ties_oppose_nobody(
    project: Project, reviewer: User
) -> None:
    for blind in (2, 0, -1):
        task = make.task(make.conversation(project, candidates=2))
        for preference in (1, -2, -2):
            left, right = candidates(task)
            prefer(submit(task, make.member(project)), left, right, preference)
        flag_project(project.pk)
        review(project, reviewer, blind)
    found = one(flag_statistics(project.pk), "F1", "comparison")

    assert found.upheld.value == pytest.approx(1 / 3)
    assert found.contradicted.value == pytest.approx(1 / 3)


def test_steps_count_once_a_response(project: Project, reviewer: User) -> None:
    for blind in (1, 0, -1):
        task = make.task(make.conversation(project))
        response = candidates(task)[0]
        response.parts.update(text="This.\n\nThat.")
        answers = submit(task, make.member(project))
        for index in (0, 1):
            answers.steps.create(response=response, index=index, value=1, splitter_version=1)
        Flag.objects.create(
            project=project,
            conversation=task.conversation,
            kind="F4",
            fingerprint=str(task.pk),
            scope="local",
            response=response,
            annotator=answers.annotator,
            evidence={"steps": [{"index": 0}, {"index": 1}]},
        )
        review(project, reviewer, blind)
    found = one(flag_statistics(project.pk), "F4", "step")

    assert found.upheld.n == 3
    assert found.upheld.value == pytest.approx(1 / 3)
    assert found.contradicted.value == pytest.approx(1 / 3)


def test_lift_is_over_the_label_errors_of_the_audit_each_weighted_by_its_chance(
    project: Project, reviewer: User
) -> None:
    for blind in (0, 3):
        contradicted(project, 0)
        review(project, reviewer, blind)
    Project.objects.update(audit_share=1.0)
    for value, dimensions in ((0, ["text_quality"]), (2, ["text_quality"]), (3, ["helpfulness"])):
        task = make.task(make.conversation(project))
        rate(
            submit(task, make.member(project)),
            candidates(task)[0],
            state="rated",
            **dict.fromkeys(dimensions, value),
        )
    audit_project(project.pk)
    AuditItem.objects.filter(conversation__flags__isnull=False).delete()
    AuditItem.objects.filter(dimension__key="helpfulness").update(probability=0.5)
    for _ in range(3):
        review(project, reviewer, 3)
    statistics = flag_statistics(project.pk)
    ratings = statistics.audit[0]

    assert (ratings.drawn, ratings.reviewed, ratings.label_errors.n) == (3, 3, 3)
    assert ratings.label_errors.value == pytest.approx(1 / 4)  # one of weight 1 among 1 + 1 + 2
    assert ratings.upheld.value == pytest.approx(2 / 4)
    assert one(statistics, "F1").lift.value == pytest.approx((1 / 2) / (1 / 4))
    assert statistics.audit[1].label_errors.undefined == "no_cases"


def test_audited_labels_that_still_wait_are_stood_for_by_others_like_them(
    project: Project, reviewer: User
) -> None:
    """All of the conversation with flags is reviewed and few of the others, which then weigh more."""
    alike = [make.task(make.conversation(project)) for _ in range(8)]
    for task in alike:
        rate(submit(task, make.member(project)), candidates(task)[0], text_quality=3)
    contradicted(project, 0)
    Project.objects.update(audit_share=1.0)
    audit_project(project.pk)
    seen: set[bool] = set()
    while len(seen) < 2:  # in what order the two sorts come is random
        seen.add(review(project, reviewer, 3).flags.exists())

    ratings = flag_statistics(project.pk).audit[0]

    # Against a blind 3: the flagged conversation's labels are 3, 3 and 0, the others' 3 each.
    assert ratings.drawn == 11
    assert ratings.upheld.value == pytest.approx(10 / 11)
    assert ratings.label_errors.value == pytest.approx(1 / 11)
    # The one flagged label was drawn as well, and contradicted: a precision that owes nothing to the queue's order.
    drawn = one(flag_statistics(project.pk), "F1").drawn_contradicted
    assert (drawn.n, drawn.value) == (1, 1)


def test_flags_on_steps_have_a_lift_over_the_audited_steps(project: Project, reviewer: User) -> None:
    Project.objects.update(audit_share=1.0)
    # Marks of one response's three steps; the reviewer calls all of them right.
    for marks, named in (((-1, 1, 0), None), ((1, 1, 1), None), ((-1, -1, 1), (0, 2))):
        task = make.task(make.conversation(project))
        response = candidates(task)[0]
        response.parts.update(text="This.\n\nThat.\n\nSo.")
        answers = submit(task, make.member(project))
        for index, mark in enumerate(marks):
            answers.steps.create(response=response, index=index, value=mark, splitter_version=1)
        if named is not None:
            Flag.objects.create(
                project=project,
                conversation=task.conversation,
                kind="F4",
                fingerprint="a",
                scope="local",
                response=response,
                annotator=answers.annotator,
                evidence={"steps": [{"index": index} for index in named]},
            )
    audit_project(project.pk)
    AuditItem.objects.filter(conversation__flags__isnull=False).update(probability=0.5)
    for _ in range(3):
        review(project, reviewer, 1)
    statistics = flag_statistics(project.pk)
    flags, steps = one(statistics, "F4", "step"), statistics.audit[2]

    assert (steps.item, steps.drawn, steps.reviewed, steps.label_errors.n) == ("step", 3, 3, 9)
    # One and none of three steps, and two of three that weigh twice as much.
    assert steps.label_errors.value == pytest.approx(5 / 12)
    assert steps.upheld.value == pytest.approx((1 + 3 + 2) / 12)
    assert (flags.contradicted.n, flags.contradicted.value) == (1, 1.0)
    assert flags.lift.value == pytest.approx((1 / 2) / (5 / 12))  # of the two steps that it names, one


def test_anchoring_counts_answers_that_changed_after_the_reveal(project: Project, reviewer: User) -> None:
    for final in (0, 3, 3):
        contradicted(project, 0)
        review(project, reviewer, 0, final)
    statistics = flag_statistics(project.pk)

    assert statistics.revised.value == pytest.approx(2 / 3)
    assert one(statistics, "F1").anchored.value == pytest.approx(2 / 3)
    assert one(statistics, "F1").upheld.value == 1


def test_two_reviewers_agreement_is_of_their_blind_verdicts(project: Project, reviewer: User) -> None:
    other = make.member(project, Membership.Role.REVIEWER)
    Project.objects.update(second_review_share=1.0)
    for first, second in ((0, 0), (3, 3), (1, 1), (2, 1)):
        contradicted(project, 0)
        review(project, reviewer, first, 3, outcome="change")
        review(project, other, second, 0, outcome="uphold")
    statistics = flag_statistics(project.pk)
    ratings, comparisons, _steps = statistics.agreement

    assert (statistics.reviews, statistics.seconds, statistics.seconds_differ) == (8, 4, 4)
    assert (ratings.pairs, ratings.exact.value) == (4, 3 / 4)
    # Values 0, 3, 1, 2 against 0, 3, 1, 1: observed 1; by chance (over all 16 pairings) 40 / 4.
    assert ratings.kappa == pytest.approx(1 - 1 / (40 / 4))
    assert (ratings.low, comparisons.undefined) == (None, "no_pairs")


def test_flags_about_people_and_models_have_no_sitting(project: Project) -> None:
    Flag.objects.create(
        project=project, kind="F5", fingerprint="a", annotator=make.member(project), evidence={}
    )
    found = one(flag_statistics(project.pk), "F5", "none")

    assert (found.raised, found.open, found.upheld.undefined) == (1, 1, "no_cases")


def test_page_api_and_command_show_the_same_numbers(project: Project, reviewer: User, capsys: Any) -> None:
    client = Client()
    client.force_login(make.member(project, Membership.Role.MANAGER))
    nothing = client.get(reverse("manage-flags", args=["p"])).content.decode()
    assert "No review is finished yet" in nothing
    assert '<svg class="plot' not in nothing
    contradicted(project, 0)
    review(project, reviewer, 2, outcome="change")
    answer = client.get("/api/v1/projects/p/flags").json()
    call_command("report", "p", "--json")
    printed = json.loads(capsys.readouterr().out)
    shown = client.get(reverse("manage-flags", args=["p"])).content.decode()

    assert answer == msgspec.to_builtins(flag_statistics(project.pk), str_keys=True)
    assert printed["flag_statistics"] == answer
    assert answer["kinds"][0]["minutes_per_corrected"] == 1.0
    assert ">1.0<" in shown
    for stranger in (reviewer, make.member(project)):
        client.force_login(stranger)
        assert client.get("/api/v1/projects/p/flags").status_code == 404
        assert client.get(reverse("manage-flags", args=["p"])).status_code == 404
        assert client.get("/api/v1/projects/p/flags/model-wrong").status_code == 404


def test_why_flags_closed_themselves_is_counted_and_said_in_the_readers_language(
    client: Client, project: Project
) -> None:
    task = make.task(make.conversation(project))
    people = disputed(task, 0, 3)
    flag_project(project.pk)
    rate(submit(task, people[0]), candidates(task)[0], text_quality=3)
    flag_project(project.pk)
    told = (
        closing_reasons.SETTLED.format(alone="+1", others="0 to +3"),
        closing_reasons.GATE_CLOSED.format(reason="Only 12 labels; 200 are needed."),
        closing_reasons.GATE_CLOSED.format(reason="Only 13 labels; 200 are needed."),
    )
    for number, reason in enumerate(told):
        Flag.objects.create(
            project=project, conversation=task.conversation, kind="F1" if number == 0 else "F2", scope="local",
            response=candidates(task)[0], fingerprint=f"closed {number}", evidence={}, status="closed",
            closed_reason=reason,
        )  # fmt: skip
    rows = {one.kind: one for one in flag_statistics(project.pk).kinds}

    assert rows["F1"].because == {"contradiction_gone": 1, "settled": 1}
    assert rows["F2"].because == {"gate_closed": 2}
    client.force_login(make.member(project, Membership.Role.MANAGER))
    address = reverse("manage-flags", args=["p"])
    assert "a further annotator settled it: 1" in client.get(address).content.decode()
    chinese = client.get(address, headers={"accept-language": "zh-hans"}).content.decode()
    assert "模型的闸门已关闭: 2" in chinese
    assert "settled it" not in chinese


def test_every_stored_reason_has_its_code_and_its_words() -> None:
    filled = {"alone": "1", "others": "2", "reason": "why"}
    for text, code in closing_reasons.CODES.items():
        assert closing_reasons.code_of(text.format(**filled)) == code
        assert closing_reasons.WORDS[code]
    assert closing_reasons.code_of("What an old version said.") == ""


@pytest.mark.parametrize("count", [1, 4])
def test_the_numbers_take_the_same_statements_whatever_there_is(
    project: Project, reviewer: User, count: int, django_assert_num_queries: Any
) -> None:
    for _ in range(count):
        contradicted(project, 0)
        review(project, reviewer, 0)
    with django_assert_num_queries(15):
        flag_statistics(project.pk)


def test_where_the_model_is_wrong_is_a_test_set_with_history_scores_and_decision(
    project: Project, reviewer: User
) -> None:
    task = make.task(make.conversation(project, turns=2, candidates=2))
    left, right = candidates(task)[2:]
    answers = submit(task, make.member(project))
    prefer(answers, left, right, 2)
    Flag.objects.create(
        project=project,
        conversation=task.conversation,
        kind="F2",
        fingerprint="a",
        scope="local",
        left=left,
        right=right,
        annotator=answers.annotator,
        evidence={"preference": 2, "delta": -3.0},
        p_value=0.02,
    )
    review(project, reviewer, 2, outcome="model_wrong", fault="length", comment="Longer is not better.")
    found = model_faults(project.pk)
    (item,) = found.items

    assert (found.total, item.fault, item.comment, item.preference) == (
        1,
        "length",
        "Longer is not better.",
        2,
    )
    assert [(one.role, one.content[0].text) for one in item.history] == [
        ("user", "Question 1?"),
        ("assistant", "Answer 1.0"),
        ("user", "Question 2?"),
    ]
    assert [one.content[0].text for one in item.responses] == ["Answer 2.0", "Answer 2.1"]
    assert flag_statistics(project.pk).model_faults == {"length": 1}
    assert Submission.objects.filter(origin="live").count() == 1
