from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import QuerySet

from annotate.management import simulated_reviews
from annotate.models import (
    Assignment,
    Flag,
    GoldKey,
    Membership,
    Project,
    Rating,
    Review,
    Score,
    ScorerRun,
    StepLabel,
    Submission,
    Task,
    User,
)
from annotate.pipeline.simulating import Known, careless_answers
from annotate.refusal import Refusal
from annotate.reports.annotators.own_work import REPEAT_AFTER_HOURS, REPEAT_AFTER_TASKS
from annotate.reports.managers.gold import gold_results
from annotate.reports.quality.repeats import self_agreement
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_folders")]

SMALL = ("--annotators=4", "--conversations=6", "--turns=2", "--seed=7")


def simulate(*options: str) -> dict[str, Any]:
    out = StringIO()
    call_command("simulate", "world", "--create", "--json", *options, stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def answers() -> list[tuple[Any, ...]]:
    """Return every rating by what does not depend on the database's ids."""
    rows = Rating.objects.values_list(
        "submission__task__conversation__external_id",
        "submission__annotator__username",
        "response__identity",
        "dimension__key",
        "value",
    )
    return sorted((one, two, bytes(three), *rest) for one, two, three, *rest in rows)


def test_a_project_is_filled_and_marked() -> None:
    report = simulate(*SMALL, "--scorer=rm:0.73", "--scorer=prm:0.62")

    assert report == {
        "annotators": 4,
        "conversations": 6,
        "submissions": 18,
        "gold": 0,
        "repeats": 0,
        "scores": 48,
        "submissions_in_all": 18,
        "reviews": 0,
    }
    simulation = Project.objects.get(slug="world").simulation
    assert simulation is not None
    assert simulation["plan"]["seed"] == 7
    assert Rating.objects.count() == 18 * (4 * 4 + 5)
    assert not Task.objects.exclude(open_slots=0).exists()
    assert {run.configuration["simulated"] for run in ScorerRun.objects.all()} == {True}
    assert not Score.objects.filter(run__model="prm", step_values=None).exists()


def test_synthetic_annotators_are_members_and_nobody_can_be_one() -> None:
    simulate(*SMALL)

    people = User.objects.filter(memberships__project__slug="world")
    assert people.count() == 4
    assert not any(one.is_active or one.has_usable_password() for one in people)
    assert set(Membership.objects.values_list("role", flat=True)) == {"annotator"}
    assert not Assignment.objects.exclude(status="submitted").exists()


def test_the_same_again_adds_nothing_and_more_adds_so_many() -> None:
    few = (*SMALL, "--scorer=rm:0.73", "--submissions=10")
    simulate(*few)
    before = answers()

    again = simulate(*few)
    more = simulate(*few, "--more=5")

    assert (again["conversations"], again["submissions"], again["scores"]) == (0, 0, 0)
    assert (more["submissions"], more["submissions_in_all"]) == (5, 15)
    assert set(before) <= set(answers())


def test_what_was_stopped_half_way_ends_as_if_it_never_had() -> None:
    simulate(*SMALL, "--submissions=7")
    simulate(*SMALL)
    halting = answers()

    call_command("simulate", "other", "--create", *SMALL, stdout=StringIO())

    whole = [
        (one, two.replace("sim-other", "sim-world"), *rest)
        for one, two, *rest in answers()
        if "sim-other" in two
    ]
    assert halting == whole


def test_another_plan_is_refused_and_says_what_differs() -> None:
    simulate(*SMALL)

    with pytest.raises(CommandError, match="annotators 4"):
        simulate("--annotators=5", *SMALL[1:])


def test_where_people_have_worked_nothing_is_made_up() -> None:
    project = make.project("world")
    task = make.task(make.conversation(project))
    make.submission(task, make.member(project))

    with pytest.raises(CommandError, match="People have worked"):
        simulate(*SMALL)

    assert not User.objects.filter(username__startswith="sim-").exists()


def test_a_name_that_belongs_to_a_person_is_refused() -> None:
    make.user("sim-world-01")

    with pytest.raises(CommandError, match="sim-world-01"):
        simulate(*SMALL)


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("--annotators=0", "--annotators lies between"),
        ("--careless=9:0.4", "9 annotators are to be peculiar"),
        ("--careless=1:4", "--careless lies between 0 and 1"),
        ("--careless=one", "of the form N:SHARE"),
        ("--scorer=rm:0.95", "accuracy of rm"),
        ("--scorer=rm", "of the form NAME:ACCURACY"),
        ("--scorer=prm:0.3", "accuracy of prm"),
        ("--overlap=9", "--overlap lies between 1 and 4"),
        ("--follow-imported=2", "--follow-imported lies between"),
        ("--seed=-1", "--seed lies between"),
        ("--more=-3", "--more"),
        ("--gold=-1", "--gold lies between"),
        ("--repeats=5:1.5", "--repeats share lies between 0 and 1"),
        ("--repeats=5", "of the form N:SHARE"),
    ],
)
def test_what_makes_no_sense_is_said_in_words(option: str, says: str) -> None:
    with pytest.raises(CommandError, match=says):
        simulate(*SMALL, option)

    assert not Submission.objects.exists()


def test_without_a_project_and_without_create_the_command_says_what_there_is() -> None:
    with pytest.raises(CommandError, match="There is no project"):
        call_command("simulate", "nowhere")


def test_people_are_peculiar_in_the_order_that_was_asked_for() -> None:
    simulate(
        "--annotators=4", "--conversations=20", "--seed=7", "--always-top=1", "--harsh=1:-2", "--overlap=4"
    )

    def mean(number: int) -> float:
        values = Rating.objects.filter(
            submission__annotator__username=f"sim-world-{number:02}", state="rated"
        ).values_list("value", flat=True)
        return sum(one for one in values if one is not None) / len(values)

    assert mean(1) < mean(3) - 1  # harsh ones come first
    assert mean(2) == 3


def test_synthetic_reviewers_decide_what_waits_and_are_mostly_right() -> None:
    report = simulate(
        "--annotators=6", "--conversations=20", "--turns=2", "--seed=7", "--careless=1:0.6", "--reviews=12"
    )

    assert report["reviews"] == 12
    assert Review.objects.exclude(finished_at=None).count() == 12
    assert set(Flag.objects.filter(status="resolved").values_list("outcome", flat=True)) >= {
        "uphold",
        "change",
    }
    careless = Flag.objects.filter(annotator__username="sim-world-01", status="resolved")
    others = (
        Flag.objects.filter(status="resolved")
        .exclude(annotator=None)
        .exclude(annotator__in=careless.values("annotator"))
    )
    assert share_changed(careless) > share_changed(others)


def share_changed(flags: QuerySet[Flag]) -> float:
    return flags.filter(outcome="change").count() / flags.count()


def test_where_nothing_was_simulated_nobody_reviews() -> None:
    with pytest.raises(Refusal, match="was not simulated"):
        simulated_reviews.review(make.project(), 1)


MEASURED = ("--annotators=6", "--conversations=80", "--turns=1", "--seed=7", "--no-images")


def test_steps_are_labelled_and_scored_where_asked_for() -> None:
    simulate(*SMALL, "--steps", "--scorer=prm:0.9")
    project = Project.objects.get(slug="world")
    labels = list(
        StepLabel.objects.values_list("submission__task__conversation", "response", "index", "value")
    )
    known = {one.pk: Known.of(project, one) for one in project.conversations.all()}
    marked = [
        (value > 0) == known[conversation].step(response, index)
        for conversation, response, index, value in labels
        if value
    ]

    assert project.batches.get().step_labels
    assert {value for *_, value in labels} == {-1, 0, 1}
    assert sum(not value for *_, value in labels) / len(labels) == pytest.approx(0.10, abs=0.04)
    assert sum(marked) / len(marked) == pytest.approx(0.90, abs=0.04)
    counts = dict(Score.objects.values_list("response", "step_values__len"))
    assert all(index < counts[response] for _, response, index, _ in labels)
    assert {index for _, _, index, _ in labels} >= {0, 1, 2, 3}


def test_without_being_asked_nobody_labels_steps_and_nothing_is_repeated() -> None:
    simulate(*SMALL)

    assert not StepLabel.objects.exists()
    assert not Task.objects.exclude(reserved_for=None, is_gold=False).exists()


def test_gold_has_the_truth_as_its_key_and_is_answered_by_who_did_not_meet_the_conversation() -> None:
    report = simulate(*MEASURED, "--careless=1:0.9", "--gold=20")
    project = Project.objects.get(slug="world")
    results = {
        person.username: gold_results(project.pk)[person.pk]
        for person in User.objects.filter(username__startswith="sim-world-0")
    }
    careless = results.pop("sim-world-01")

    assert report["gold"] == 20 * 3
    assert sum(one.items for one in results.values()) + careless.items == 60
    assert GoldKey.objects.count() == 20
    assert set(GoldKey.objects.values_list("submission__annotator__is_active", flat=True)) == {False}
    for key in GoldKey.objects.select_related("task__conversation"):
        known = Known.of(project, key.task.conversation)
        for rating in key.submission.ratings.filter(state="rated").select_related("dimension"):
            assert rating.value == known.rating(rating.response_id, rating.dimension)
    held = list(Assignment.objects.values_list("task__conversation", "annotator"))
    assert len(held) == len(set(held))  # nobody met a conversation twice
    assert careless.exact is not None
    assert all(one.exact is not None and one.exact > careless.exact + 0.1 for one in results.values())


def test_hidden_repeats_come_later_and_keep_as_many_answers_as_is_known() -> None:
    report = simulate(*MEASURED, "--careless=1:1", "--noisy=1:2", "--always-top=1", "--repeats=8:0.9")
    project = Project.objects.get(slug="world")
    results = {
        person.username[-1]: self_agreement(project.pk)[person.pk]
        for person in User.objects.filter(username__startswith="sim-world-0")
    }

    assert report["repeats"] == 6 * 8
    assert {one.tasks for one in results.values()} == {8}
    assert results["1"].exact == pytest.approx(0.25, abs=0.15)  # anew at random, of four levels
    assert results["2"].exact == pytest.approx(0.80, abs=0.12)  # twice the usual noise
    assert results["3"].exact == 1
    careful = [results[one] for one in "456"]
    assert sum((one.exact or 0) for one in careful) / 3 == pytest.approx(0.90, abs=0.06)
    for task in Task.objects.exclude(reserved_for=None).select_related("follows"):
        (again,) = task.submissions.all()
        first = Submission.objects.get(task=task.follows, annotator=again.annotator)
        since = Submission.objects.to_work().filter(
            annotator=again.annotator, created_at__gt=first.created_at, created_at__lt=again.created_at
        )
        assert again.created_at - first.created_at >= timedelta(hours=REPEAT_AFTER_HOURS)
        assert since.count() >= REPEAT_AFTER_TASKS
        assert first.created_at < task.created_at < again.created_at


def test_gold_and_repeats_are_added_once() -> None:
    options = (*MEASURED, "--gold=5", "--repeats=3:0.9", "--submissions=150")
    first = simulate(*options)
    again = simulate(*options)
    more = simulate(*options, "--more=10")

    assert (first["submissions"], first["repeats"]) == (150, 18)
    assert (again["submissions"], again["gold"], again["repeats"]) == (0, 0, 0)
    assert (more["submissions"], more["submissions_in_all"], more["repeats"]) == (10, 160, 0)
    assert GoldKey.objects.count() == 5


def test_what_measures_people_is_no_label() -> None:
    simulate(*MEASURED, "--gold=10", "--repeats=5:0.5", "--careless=1:1")
    project = Project.objects.get(slug="world")
    careless = careless_answers(project)
    ratings = set(
        Rating.objects.filter(
            submission__in=Submission.objects.to_work(), submission__annotator__username="sim-world-01"
        ).values_list("submission", "response", "dimension")
    )

    assert careless.ratings == ratings  # all of them, and none of gold or repeats
    assert {submission for submission, *_ in careless.comparisons} == {one for one, *_ in ratings}
