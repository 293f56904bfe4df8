from __future__ import annotations

from typing import Any

import pytest
from django.db.models.functions import Now

from annotate.models import Assignment, Batch, Project, Rubric, Task
from annotate.pipeline import directing, planning
from annotate.refusal import Refusal
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make.project(overlap=2)


@pytest.fixture
def batch(project: Project) -> Batch:
    return project.batches.get()


def slots(task: Task) -> tuple[int, int]:
    task.refresh_from_db()
    return task.overlap, task.open_slots


def test_a_raised_overlap_opens_slots_and_leaves_closed_and_gold_tasks_alone(
    project: Project, batch: Batch
) -> None:
    begun, fresh, closed, gold = (make.task(make.conversation(project)) for _ in range(4))
    narrow = make.task(make.conversation(project), overlap=1)
    make.assignment(begun, make.member(project))
    Task.objects.filter(pk=closed.pk).update(closed_at="2026-01-01T00:00Z", open_slots=0)
    Task.objects.filter(pk=gold.pk).update(is_gold=True)

    changed = directing.change_batch(batch, {"overlap": 4, "overlap_limit": 6}, tasks_too=True)

    assert changed == 2
    assert [slots(one) for one in (begun, fresh, closed, gold)] == [(4, 3), (4, 4), (2, 0), (2, 2)]
    assert slots(narrow) == (1, 1)


def test_a_lowered_overlap_takes_no_work_from_anybody(project: Project, batch: Batch) -> None:
    full, begun, extra = (make.task(make.conversation(project)) for _ in range(3))
    for task, people in ((full, 2), (begun, 1)):
        for _ in range(people):
            make.assignment(task, make.member(project))
    Task.objects.filter(pk=extra.pk).update(overlap=3, open_slots=3)

    directing.change_batch(batch, {"overlap": 1}, tasks_too=True)

    assert [slots(one) for one in (full, begun, extra)] == [(2, 0), (1, 0), (3, 3)]


def test_without_the_wish_tasks_keep_their_overlap(project: Project, batch: Batch) -> None:
    task = make.task(make.conversation(project))
    assert directing.change_batch(batch, {"overlap": 4}) == 0
    assert slots(task) == (2, 2)


@pytest.mark.parametrize(
    ("name", "value"), [("preference_scale", 1), ("tie_allowed", False), ("step_labels", True)]
)
def test_what_gives_answers_their_meaning_is_locked_by_the_first_of_them(
    project: Project, batch: Batch, name: str, value: Any
) -> None:
    task = make.task(make.conversation(project))
    directing.change_batch(batch, {name: value})
    before = getattr(Batch.objects.get(pk=batch.pk), name)
    make.assignment(task, make.member(project))

    with pytest.raises(Refusal) as refused:
        directing.change_batch(batch, {name: getattr(batch, name), "priority": 9})

    stored = Batch.objects.get(pk=batch.pk)
    assert refused.value.problems[0].path == name
    assert (getattr(stored, name), stored.priority) == (before, 0)
    directing.change_batch(batch, {name: before, "priority": 9})
    assert Batch.objects.get(pk=batch.pk).priority == 9


def test_a_draft_that_may_be_taken_up_again_locks_too(project: Project, batch: Batch) -> None:
    task = make.task(make.conversation(project))
    made = make.assignment(task, make.member(project))
    Assignment.objects.filter(pk=made.pk).update(status="lapsed", draft={"comparisons": []}, closed_at=Now())

    assert directing.is_begun(batch)
    with pytest.raises(Refusal):
        directing.change_batch(batch, {"preference_scale": 1})


def test_a_rubric_without_what_tasks_ask_for_is_refused(project: Project, batch: Batch) -> None:
    other = Rubric.objects.create(key="other", version=1, names={"en": "Other"}, sha256="0" * 64)
    asks = [{"kind": "rating", "response": "r", "dimension": project.rubric.dimensions.earliest("pk").key}]
    make.task(make.conversation(project), asks=asks)

    with pytest.raises(Refusal) as refused:
        directing.change_batch(batch, {"rubric": other})

    assert refused.value.problems[0].code == "rubric_lacks_asked"
    Task.objects.update(asks=None)
    directing.change_batch(batch, {"rubric": other})
    assert Batch.objects.get(pk=batch.pk).rubric == other


def test_a_name_is_taken_once(project: Project) -> None:
    values = {"name": "default", "rubric": project.rubric, "overlap": 2, "overlap_limit": 5}
    with pytest.raises(Refusal) as refused:
        directing.create_batch(project, values)
    assert refused.value.problems[0].path == "name"


def test_planning_goes_on_where_it_stopped(project: Project) -> None:
    for _ in range(3):
        make.conversation(project, candidates=2)
    batch = make.batch(project)

    assert [planning.plan_some(batch, 2) for _ in range(3)] == [2, 1, 0]
    assert planning.unplanned(batch) == 0
    assert batch.tasks.count() == 3
