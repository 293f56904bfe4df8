"""One more annotator before a reviewer, and only what is contested."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from annotate.models import Assignment, Flag, Project, Review, Task, User
from annotate.pipeline.assigning import Claimant, Held, NothingToClaim, claim
from annotate.pipeline.following_up import FollowUpReport
from tests import make
from tests.judging import candidates, disputed, prefer, rate, submit
from tests.pipeline import followups
from tests.pipeline.followups import answered, full, passed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh() -> None:
    cache.clear()


@pytest.fixture
def project() -> Project:
    return followups.project()


@pytest.fixture
def task(project: Project) -> Task:
    return full(make.task(make.conversation(project, candidates=2), overlap=2))


def test_one_more_person_is_asked_for_what_is_contested_and_for_nothing_else(
    project: Project, task: Task
) -> None:
    disputed(task, 0, 3)

    assert passed(project) == FollowUpReport(asked=1, withdrawn=0, waiting=1, open=0)
    flag = Flag.objects.get()
    followup = flag.followup
    assert followup is not None
    assert (followup.follows, followup.batch, followup.conversation) == (task, task.batch, task.conversation)
    assert (followup.overlap, followup.open_slots, followup.reserved_for) == (1, 1, None)
    assert followup.asks == [
        {"kind": "rating", "response": str(candidates(task)[0].uid), "dimension": "text_quality"}
    ]
    paths = [list(one.paths.values_list("response", "position", "whole")) for one in (task, followup)]
    assert paths[0] == paths[1] != []


def test_flags_of_one_task_share_a_follow_up_and_other_tasks_have_their_own(
    project: Project, task: Task
) -> None:
    people = disputed(task, 0, 3)
    left, right = candidates(task)
    for person, preference in zip(people, (2, -1), strict=True):
        prefer(task.submissions.get(annotator=person), left, right, preference)
    disputed(full(make.task(make.conversation(project))), 1, 3)

    assert passed(project) == FollowUpReport(asked=2, withdrawn=0, waiting=3, open=0)
    asks = Task.objects.get(follows=task).asks
    assert asks is not None
    assert {"kind": "comparison", "scope": "local", "left": str(left.uid), "right": str(right.uid)} in asks
    assert len(asks) == 2


def test_it_goes_to_somebody_new_as_extra_and_first(project: Project, task: Task) -> None:
    people = disputed(task, 0, 3)
    passed(project)
    make.task(make.conversation(project), overlap=9)
    known = make.member(project)
    other = make.batch(project, state="paused")
    make.submission(make.task(task.conversation, batch=other), known)
    reviewer = make.member(project)
    Review.objects.create(project=project, conversation=task.conversation, reviewer=reviewer)

    for person in (*people, known, reviewer):
        held = claim(Claimant(person.pk, project.pk, [], ""))
        assert isinstance(held, Held)
        assert Assignment.objects.get(pk=held.id).purpose == "base"
    held = claim(Claimant(make.member(project).pk, project.pk, [], ""))
    assert isinstance(held, Held)
    assert held.asks is not None
    assert Assignment.objects.get(pk=held.id).purpose == "extra"


def test_who_may_not_have_it_is_told_that_the_work_is_done(project: Project, task: Task) -> None:
    people = disputed(task, 0, 3)
    passed(project)

    found = claim(Claimant(people[0].pk, project.pk, [], ""))

    assert isinstance(found, NothingToClaim)
    assert found.state == "done"


@pytest.mark.parametrize(
    ("values", "further", "reason"),
    [
        ((0, 3), 3, "0 stands alone, the others said 3."),
        ((0, 3), 1, "3 stands alone, the others said 0 to 1."),
        ((3, 3, 0), 2, "0 stands alone, the others said 2 to 3."),
    ],
)
def test_a_further_annotator_settles_it_where_one_is_left_alone(
    project: Project, task: Task, values: tuple[int, ...], further: int, reason: str
) -> None:
    disputed(task, *values)
    passed(project)
    answered(project, further)

    assert passed(project) == FollowUpReport(asked=0, withdrawn=0, waiting=0, open=0)
    assert {one.closed_reason for one in Flag.objects.all()} == {f"A further annotator settled it: {reason}"}
    assert passed(project, whole=True).open == 0


@pytest.mark.parametrize(("values", "further"), [((1, 3), 2), ((3, 3, 0), 0), ((0, 1, 3), 3)])
def test_what_is_contested_still_goes_to_one_more_up_to_the_limit_and_then_to_a_reviewer(
    project: Project, task: Task, values: tuple[int, ...], further: int
) -> None:
    project.batches.update(overlap_limit=len(values) + 2)
    disputed(task, *values)
    passed(project)
    answered(project, further)

    assert passed(project) == FollowUpReport(asked=1, withdrawn=0, waiting=1, open=0)
    project.batches.update(overlap_limit=len(values) + 1)
    answered(project, None)
    assert passed(project) == FollowUpReport(asked=0, withdrawn=0, waiting=0, open=1)


def test_opposite_preferences_are_settled_by_side_and_a_tie_takes_none(project: Project, task: Task) -> None:
    left, right = candidates(task)
    for preference in (3, -1):
        prefer(submit(task, make.member(project)), left, right, preference)
    passed(project)
    followup = Task.objects.get(follows=task)
    tied, sided = make.member(project), make.member(project)
    prefer(submit(followup, tied), left, right, 0)

    assert passed(project).waiting == 1
    prefer(submit(Task.objects.filter(follows=task).latest("pk"), sided), left, right, 1)
    assert passed(project) == FollowUpReport(asked=0, withdrawn=0, waiting=0, open=0)
    assert Flag.objects.get().closed_reason.endswith("-1 stands alone, the others said 0 to +3.")


def test_at_the_limit_it_is_open_at_once(project: Project, task: Task) -> None:
    project.batches.update(overlap_limit=3)
    disputed(task, 0, 3, 3)

    assert passed(project) == FollowUpReport(asked=0, withdrawn=0, waiting=0, open=1)


def test_without_a_budget_reviewers_are_next_and_no_open_place_is_waited_for(project: Project) -> None:
    project.batches.update(extra_share=0)
    disputed(make.task(make.conversation(project), overlap=1), 0, 3)

    assert passed(project) == FollowUpReport(asked=0, withdrawn=0, waiting=0, open=1)


def test_whom_a_follow_up_asked_could_not_say(project: Project, task: Task) -> None:
    disputed(task, 0, 3)
    passed(project)
    answered(project, None)

    assert passed(project) == FollowUpReport(asked=0, withdrawn=0, waiting=0, open=1)


def test_a_place_of_the_task_that_is_open_or_held_is_waited_for_first(project: Project) -> None:
    task = make.task(make.conversation(project), overlap=1)
    disputed(task, 0, 3)
    assert passed(project) == FollowUpReport(asked=0, withdrawn=0, waiting=1, open=0)

    third = make.member(project)
    make.assignment(task, third)
    assert passed(project, whole=True).waiting == 1
    rate(submit(task, third), candidates(task)[0], text_quality=0)
    assert passed(project) == FollowUpReport(asked=1, withdrawn=0, waiting=1, open=0)


def test_the_budget_counts_single_questions_and_the_widest_gaps_come_first(project: Project) -> None:
    gaps = [(1, 3), (0, 3), (0, 2)]
    tasks = [full(make.task(make.conversation(project))) for _ in gaps]
    for task, values in zip(tasks, gaps, strict=True):
        disputed(task, *values)
    for batch, share in ((project.batches, 0.2), (project.batches, 0.4)):
        batch.update(extra_share=share)  # of six answers: one question, then two
        passed(project, whole=True)
        assert Task.objects.get(follows=tasks[1]).asks is not None
    assert Task.objects.filter(follows__isnull=False).count() == 2
    assert Flag.objects.filter(status="open").count() == 1


def test_the_budget_goes_on_from_what_was_counted(project: Project, task: Task) -> None:
    project.batches.update(extra_share=0.5)
    disputed(task, 0, 3)
    passed(project)
    assert Task.objects.filter(follows=task).count() == 1
    second = full(make.task(make.conversation(project)))
    disputed(second, 0, 3)
    passed(project)

    assert Task.objects.filter(follows=second).count() == 1
    project.batches.update(extra_share=0.01)
    third = full(make.task(make.conversation(project)))
    disputed(third, 0, 3)
    assert passed(project).open == 1


def test_with_many_lying_ready_no_more_are_made(
    project: Project, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotate.reports.extra_questions.READY_AT_ONCE", 1)
    disputed(task, 0, 3)
    disputed(full(make.task(make.conversation(project))), 0, 3)

    assert passed(project) == FollowUpReport(asked=1, withdrawn=0, waiting=1, open=1)


def test_where_nobody_is_left_to_be_asked_it_is_open(project: Project, task: Task) -> None:
    disputed(task, 0, 3)
    User.objects.filter(memberships__project=project).exclude(
        pk__in=task.assignments.values("annotator")
    ).update(is_active=False)

    assert passed(project) == FollowUpReport(asked=0, withdrawn=0, waiting=0, open=1)


def test_an_optional_comparison_on_one_dimension_is_for_reviewers(project: Project, task: Task) -> None:
    left, right = candidates(task)
    for preference in (2, -2):
        prefer(submit(task, make.member(project)), left, right, preference, dimension="text_quality")

    assert passed(project) == FollowUpReport(asked=0, withdrawn=0, waiting=0, open=1)
