from __future__ import annotations

import json
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
    Membership,
    Project,
    Rating,
    Review,
    Score,
    ScorerRun,
    Submission,
    Task,
    User,
)
from annotate.refusal import Refusal
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
