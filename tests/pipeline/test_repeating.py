"""Hidden repeats: one's own task once more, after a while, as a task like any other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.utils import timezone

from annotate.models import Assignment, Project, Review, Submission, Task, User
from annotate.pipeline import claim_statements, reopening
from annotate.pipeline.assigning import Claimant, Held, NothingToClaim, claim
from annotate.pipeline.exporting.queries import measuring
from annotate.pipeline.flagging import flag_project
from annotate.reports.managers.progress import progress
from tests import make
from tests.judging import candidates, rate, submit

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(days=3)


@pytest.fixture(autouse=True)
def near(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two tasks be distance enough: twenty conversations say no more."""
    nearer = claim_statements.TAKE_AGAIN.replace("OFFSET 20", "OFFSET 2")
    assert nearer != claim_statements.TAKE_AGAIN
    monkeypatch.setattr(claim_statements, "TAKE_AGAIN", nearer)


@pytest.fixture
def project() -> Project:
    return make.project(overlap=3)


def worked(project: Project, *, tasks: int = 4, ago: timedelta = LONG_AGO) -> tuple[User, list[Task]]:
    """Return a person who did so many tasks a while ago, and the tasks; one more waits for everybody."""
    person = make.member(project)
    done = [make.task(make.conversation(project, turns=2, candidates=2)) for _ in range(tasks)]
    for task in done:
        rate(submit(task, person), candidates(task)[0], text_quality=2)
    Assignment.objects.filter(annotator=person).update(closed_at=timezone.now() - ago)
    make.task(make.conversation(project, turns=2, candidates=2))
    return person, done


def claimed(person: User, project: Project, *, coin: float = 0.1, **shares: Any) -> Held | NothingToClaim:
    shares = shares or {"repeat_share": 0.5}
    with mock.patch("annotate.pipeline.assigning.random.random", return_value=coin):
        return claim(Claimant(person.pk, project.pk, [], "", **shares))


def repeated(person: User, project: Project) -> Task:
    """Claim with the coin fallen and return the repeat's task."""
    found = claimed(person, project)
    assert isinstance(found, Held)
    task = Task.objects.get(pk=found.task_id)
    assert task.reserved_for == person
    return task


def test_a_repeat_is_a_task_of_its_own_with_all_that_the_original_shows(project: Project) -> None:
    person, done = worked(project)
    Task.objects.filter(pk__in=[one.pk for one in done]).update(asks=[], rank=7)

    task = repeated(person, project)

    assert task.follows in done[:2]
    assert task.follows is not None
    assert (task.overlap, task.open_slots, task.rank, task.asks) == (1, 0, 7, [])
    paths = [list(one.paths.values_list("response", "position", "whole")) for one in (task, task.follows)]
    assert paths[0] == paths[1] != []
    held = Assignment.objects.get(task=task)
    assert (held.purpose, held.status, held.annotator) == ("repeat", "active", person)
    assert sorted(held.shown_order) == sorted(one.pk for one in candidates(task))


def test_it_costs_as_many_statements_as_any_claim(project: Project, django_assert_num_queries: Any) -> None:
    person, _ = worked(project)
    with django_assert_num_queries(2):
        claimed(person, project)
    assert Task.objects.exclude(reserved_for=None).count() == 1


@pytest.mark.parametrize(
    "shares",
    [{"repeat_share": 0.05}, {"repeat_share": 0.5, "gated": True}, {"gold_share": 0.2, "repeat_share": 0.5}],
)
def test_the_coin_decides_and_gold_goes_first(project: Project, shares: dict[str, Any]) -> None:
    person, _ = worked(project)

    claimed(person, project, **shares)

    assert not Task.objects.exclude(reserved_for=None).exists()


def test_what_was_done_just_now_or_a_day_ago_but_nearby_is_not_repeated(project: Project) -> None:
    recent, _ = worked(project, ago=timedelta(hours=20))
    nearby, _ = worked(project, tasks=2)

    for person in (recent, nearby):
        found = claimed(person, project)
        assert isinstance(found, Held)
        assert not Task.objects.exclude(reserved_for=None).exists()
        assert Assignment.objects.get(pk=found.id).purpose == "base"


def test_each_task_once_a_person_and_not_what_was_skipped_repeated_or_closed(project: Project) -> None:
    person, done = worked(project, tasks=6)
    Assignment.objects.filter(task=done[0]).update(status="skipped")
    Task.objects.filter(pk=done[1].pk).update(closed_at=timezone.now(), open_slots=0)
    Review.objects.create(project=project, conversation=done[2].conversation, reviewer=person)

    task = repeated(person, project)

    assert task.follows == done[3]
    submit(task, person)
    Assignment.objects.filter(task=task).update(closed_at=timezone.now() - LONG_AGO)
    again = repeated(person, project)
    assert again.follows == done[4]


def test_a_paused_batch_repeats_nothing_and_neither_does_the_end_of_the_work(project: Project) -> None:
    person, done = worked(project)
    other = make.batch(project)
    Task.objects.filter(pk__in=[one.pk for one in done]).update(batch=other)
    other.state = "paused"
    other.save()
    claimed(person, project)
    assert not Task.objects.exclude(reserved_for=None).exists()

    Assignment.objects.filter(status="active").delete()
    other.state = "open"
    other.save()
    Task.objects.update(open_slots=0)
    found = claimed(person, project)
    assert isinstance(found, NothingToClaim)
    assert found.state == "done"


def test_nobody_else_gets_it_and_nobody_waits_for_it(project: Project) -> None:
    person, _ = worked(project)
    task = repeated(person, project)
    Task.objects.exclude(pk=task.pk).update(open_slots=0)
    Assignment.objects.filter(task=task).update(lease_expires_at=timezone.now() - timedelta(minutes=1))

    found = claimed(make.member(project), project)

    assert isinstance(found, NothingToClaim)
    assert found.state == "done"
    assert Assignment.objects.get(task=task).status == "active"


def test_one_that_was_fetched_ahead_goes_back_for_good_when_the_hand_is_needed(project: Project) -> None:
    person, done = worked(project)
    make.assignment(make.task(make.conversation(project)), person, draft_sequence=1)
    found = claim(Claimant(person.pk, project.pk, [], ""), after=Assignment.objects.latest("pk").uid)
    assert isinstance(found, Held)
    Assignment.objects.filter(pk=found.id).delete()
    with mock.patch("annotate.pipeline.assigning.random.random", return_value=0.1):
        claim(
            Claimant(person.pk, project.pk, [], "", repeat_share=0.5),
            after=Assignment.objects.filter(status="active").latest("pk").uid,
        )
    task = Task.objects.exclude(reserved_for=None).get()
    Assignment.objects.filter(task=task).update(hand=2)
    assert task.follows is not None
    mine = Assignment.objects.get(task=done[3], annotator=person)

    reopening.reopen(mine.uid, person.pk)

    assert Assignment.objects.get(task=task).status == "lapsed"
    Task.objects.filter(reserved_for=None).update(open_slots=0)
    Assignment.objects.filter(annotator=person, status="active").update(
        status="submitted", closed_at=timezone.now()
    )
    assert isinstance(claimed(person, project), NothingToClaim)


def test_the_place_in_the_queue_stays_where_it_was(project: Project) -> None:
    person, done = worked(project)
    task = repeated(person, project)
    submit(task, person)

    found = claimed(person, project, coin=0.9)

    assert isinstance(found, Held)
    assert found.task_id > done[-1].pk
    assert Assignment.objects.get(pk=found.id).purpose == "base"


def test_repeats_are_in_no_label_statistics(project: Project) -> None:
    person, _ = worked(project)
    before = progress(project.pk)
    task = repeated(person, project)
    assert task.follows is not None
    rate(submit(task, person), candidates(task)[0], text_quality=0)
    rate(submit(task.follows, make.member(project)), candidates(task)[0], text_quality=2)
    after = progress(project.pk)

    assert flag_project(project.pk, whole=True).created == 0
    assert Submission.objects.to_work().filter(task=task).count() == 0
    with connection.cursor() as cursor:
        cursor.execute(measuring(project.pk))
        assert cursor.fetchall() == [(str(task.submissions.get().uid),)]
    assert (after.tasks, after.submitted - before.submitted) == (before.tasks, 1)
