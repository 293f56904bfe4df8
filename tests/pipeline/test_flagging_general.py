"""F5 and F6: flags on people and on scorers as such, for managers alone."""

from __future__ import annotations

import numpy as np
import pytest
from django.core.cache import cache

from annotate.models import Flag, Membership, Project, Score, ScorerRun, Submission, Task, User
from annotate.pipeline.calibrating import calibrate
from annotate.pipeline.flagging import flag_project
from annotate.pipeline.flagging.doubts import Found
from annotate.pipeline.flagging.general import look_at_people_and_models
from annotate.pipeline.flagging.preferences import doubt_preferences
from annotate.pipeline.simulating import Plan, ScorerPlan, simulate
from annotate.reports.closing_reasons import NO_LONGER
from annotate.reports.labels.given_labels import GivenLabels
from tests import make
from tests.judging import candidates, disputed, prefer, rate, submit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_marks() -> None:
    cache.clear()


def people_of(project: Project) -> list[int]:
    """Return the project's annotators by name, each with work of 100 seconds a task, the first with 20."""
    people = [make.member(project) for _ in range(6)]
    for number, person in enumerate(people):
        task = make.task(make.conversation(project))
        make.submission(task, person, active_ms=20_000 if number == 0 else 100_000)
    return [person.pk for person in people]


def at_risk(run: ScorerRun, people: list[int], dissenter: int) -> Found:
    """Return labels at risk by everybody, of which one person takes the unlikely side three times as often."""
    generator = np.random.default_rng(1)
    person = np.repeat(people, 300)
    chance = np.full(person.size, 0.12)
    event = generator.random(person.size) < np.where(person == dissenter, 0.4, 0.12)
    return Found(None, GivenLabels(run.project_id, [run]), at_risk={run.pk: (person, event, chance)})


def test_a_dissenter_is_named_only_beside_a_sign_that_needs_no_model() -> None:
    project = make.project()
    run = make.scorer_run(project)
    people = people_of(project)

    assert look_at_people_and_models(project, [run], at_risk(run, people, people[3])) == (0, 0)
    assert look_at_people_and_models(project, [run], at_risk(run, people, people[0])) == (1, 0)
    flag = Flag.objects.get()
    assert (flag.kind, flag.annotator_id, flag.run, flag.conversation) == ("F5", people[0], run, None)
    assert flag.evidence["signs"] == {"seconds_a_task": 20.0}
    assert flag.evidence["certainty"] > 0.95
    assert flag.evidence["against"] > 1.5 * flag.evidence["expected"]


def followed_up(project: Project, person: User, count: int) -> list[Task]:
    """Return tasks that others answered differently, each with a quick follow-up by this person, who is alone."""
    found = []
    for _ in range(count):
        task = make.task(make.conversation(project))
        disputed(task, 3, 3, 1)
        followup = make.task(task.conversation, follows=task)
        rate(make.submission(followup, person, active_ms=5_000), candidates(task)[0], text_quality=0)
        found.append(followup)
    return found


def test_who_is_asked_where_people_disagree_is_neither_hasty_nor_odd_for_it() -> None:
    project = make.project()
    run = make.scorer_run(project)
    people = people_of(project)
    suspect = people[3]
    followed_up(project, User.objects.get(pk=suspect), 30)
    flag_project(project.pk, whole=True)
    assert Flag.objects.filter(kind="F1", annotator=suspect).count() == 30

    assert look_at_people_and_models(project, [run], at_risk(run, people, suspect)) == (0, 0)


def test_answers_to_followups_are_not_at_risk() -> None:
    project = make.project(overlap=2)
    simulate(
        project,
        Plan(conversations=90, annotators=6, images=False, texts=0.0, scorers=(ScorerPlan("rm", 0.75),)),
    )
    calibrate(project.pk)
    run = ScorerRun.objects.get()
    links = list(run.calibrations.filter(question="preference", gate_open=True))
    person = make.member(project)

    def labels_at_risk() -> list[int]:
        found = Found(None, GivenLabels(project.pk, [run]))
        doubt_preferences(run, links, found)
        return [int(one) for one in found.at_risk[run.pk][0]]

    task = Task.objects.filter(conversation__project=project, conversation__language="en").earliest("pk")
    left, right = candidates(task)[:2]
    Score.objects.filter(response=left).update(value=90.0)
    Score.objects.filter(response=right).update(value=-90.0)
    prefer(submit(make.task(task.conversation, follows=task), person), left, right, 1)
    assert labels_at_risk().count(person.pk) == 0
    prefer(submit(task, person), left, right, 1)
    assert labels_at_risk().count(person.pk) == 1


def test_it_is_raised_once_and_closes_when_it_holds_no_longer() -> None:
    project = make.project()
    run = make.scorer_run(project)
    people = people_of(project)
    found = at_risk(run, people, people[0])
    look_at_people_and_models(project, [run], found)

    assert look_at_people_and_models(project, [run], found) == (0, 0)
    assert look_at_people_and_models(project, [run], Found(None, GivenLabels(project.pk, [run]))) == (0, 1)
    flag = Flag.objects.get()
    assert (flag.status, flag.closed_reason) == ("closed", NO_LONGER)
    assert look_at_people_and_models(project, [run], found) == (1, 0)
    assert Flag.objects.get().status == "open"


def test_haste_alone_names_nobody() -> None:
    project = make.project()
    run = make.scorer_run(project)
    people = people_of(project)

    assert look_at_people_and_models(project, [run], at_risk(run, people, -1)) == (0, 0)
    assert Submission.objects.count() == 6


def test_a_scorer_that_overpays_length_is_named_and_one_at_chance_is_not() -> None:
    project = make.project(overlap=2)
    plan = Plan(
        conversations=120, annotators=6, overlap=2, images=False, texts=0.0,
        seed=2, scorers=(ScorerPlan("greedy", 0.72, length=2.0), ScorerPlan("coin", 0.5)),
    )  # fmt: skip
    simulate(project, plan)
    calibrate(project.pk)
    flag_project(project.pk, whole=True)
    flags = Flag.objects.filter(project=project, kind="F6")

    assert "length" in [one.evidence["cause"] for one in flags.filter(run__model="greedy")]
    assert not flags.filter(run__model="coin").exists()
    assert all(one.evidence["high"] < 0 for one in flags if one.evidence["cause"] == "length")
    assert Membership.objects.filter(project=project).exists()
