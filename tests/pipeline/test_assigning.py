"""Claiming: order, hands, leases, and what happens when everybody comes at once."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from annotate.models import Assignment, Membership, Project, Review, Task, User
from annotate.pipeline import assigning
from annotate.pipeline.assigning import Claimant, Held, NothingToClaim, claim
from tests import make

pytestmark = pytest.mark.django_db


def claimant(user: User, project: Project, languages: list[str] | None = None, team: str = "") -> Claimant:
    return Claimant(user.pk, project.pk, languages or [], team)


def held(user: User, project: Project, **options: object) -> Held:
    found = claim(claimant(user, project), **options)  # type: ignore[arg-type]
    assert isinstance(found, Held)
    return found


def test_a_claim_takes_one_slot_and_a_lease() -> None:
    project = make.project(overlap=3)
    task = make.task(make.conversation(project))
    person = make.member(project)

    got = held(person, project)

    assert got.task_id == task.pk
    assert got.lease_number == 1
    assert got.lease_expires_at > timezone.now() + timedelta(minutes=29)
    task.refresh_from_db()
    assert task.open_slots == 2


def test_claiming_again_returns_the_live_one() -> None:
    project = make.project()
    make.task(make.conversation(project))
    make.task(make.conversation(project))
    person = make.member(project)

    first, second = held(person, project), held(person, project)

    assert first.uid == second.uid
    assert second.lease_number == 1


def test_after_gives_a_second_one_and_never_a_third() -> None:
    project = make.project()
    for _ in range(3):
        make.task(make.conversation(project))
    person = make.member(project)

    first = held(person, project)
    second = held(person, project, after=first.uid)
    again = held(person, project, after=first.uid)

    assert second.uid != first.uid
    assert again.uid == second.uid
    assert Assignment.objects.filter(annotator=person, status="active").count() == 2


def test_nobody_gets_a_task_twice_and_the_end_is_called_done() -> None:
    project = make.project()
    task = make.task(make.conversation(project), overlap=3)
    person = make.member(project)
    make.submission(task, person)

    found = claim(claimant(person, project))

    assert isinstance(found, NothingToClaim)
    assert found.state == "done"


def test_tasks_held_by_others_are_called_leased() -> None:
    project = make.project()
    make.task(make.conversation(project), overlap=1)
    held(make.member(project), project)

    found = claim(claimant(make.member(project), project))

    assert isinstance(found, NothingToClaim)
    assert found.state == "leased"
    assert 5 <= found.retry_after <= 300


def test_a_paused_batch_is_told_from_a_closed_one() -> None:
    project = make.project()
    make.task(make.conversation(project))
    person = make.member(project)
    project.batches.update(state="paused")
    make.batch(project, state="closed")

    assert claim(claimant(person, project)) == NothingToClaim("closed", 300, "paused")
    make.batch(project, languages=["zh-Hans"])
    assert claim(claimant(person, project)) == NothingToClaim("closed", 300, "paused")
    project.batches.exclude(languages=["zh-Hans"]).update(state="closed")
    assert claim(claimant(person, project)) == NothingToClaim("closed", 300, "elsewhere")
    project.batches.update(state="closed")
    assert claim(claimant(person, project)) == NothingToClaim("closed", 300, "closed")


def test_an_expired_slot_is_taken_over_and_its_holder_lapses() -> None:
    project = make.project()
    task = make.task(make.conversation(project), overlap=1)
    slow, quick = make.member(project), make.member(project)
    first = held(slow, project)
    Assignment.objects.filter(pk=first.id).update(lease_expires_at=timezone.now() - timedelta(seconds=1))

    second = held(quick, project)

    assert second.task_id == task.pk
    assert Assignment.objects.get(pk=first.id).status == "lapsed"
    task.refresh_from_db()
    assert task.open_slots == 0


def test_taking_a_lapsed_task_up_again_revives_row_and_draft_with_a_higher_number() -> None:
    project = make.project()
    task = make.task(make.conversation(project), overlap=2)
    person = make.member(project)
    old = make.assignment(task, person, draft={"ratings": []}, draft_sequence=4)
    Assignment.objects.filter(pk=old.pk).update(status="lapsed", closed_at=timezone.now())

    got = held(person, project)

    assert got.id == old.pk
    assert got.lease_number == 2
    assert got.draft == '{"ratings": []}'


def test_smaller_ranks_come_first_even_when_they_arrive_late() -> None:
    project = make.project()
    ordinary = [make.task(make.conversation(project)) for _ in range(3)]
    person = make.member(project)
    make.submission(ordinary[0], person)
    urgent = make.task(make.conversation(project), rank=-5)

    assert held(person, project).task_id == urgent.pk


def test_after_the_last_task_the_search_wraps_to_the_head() -> None:
    project = make.project()
    early, late = (make.task(make.conversation(project)) for _ in range(2))
    person = make.member(project)
    make.submission(late, person)

    assert held(person, project).task_id == early.pk


def test_batches_serve_their_languages_and_teams_only() -> None:
    project = make.project()
    project.batches.update(state="closed")
    chinese = make.batch(project, languages=["zh-Hans"], priority=1)
    team = make.batch(project, teams=["blue"])
    in_chinese = make.task(make.conversation(project), batch=chinese)
    for_blue = make.task(make.conversation(project), batch=team)

    speaker = claim(claimant(make.member(project), project, ["zh-Hans"]))
    blue = claim(claimant(make.member(project), project, [], "blue"))
    neither = claim(claimant(make.member(project), project, ["en"], "red"))

    assert isinstance(speaker, Held)
    assert speaker.task_id == in_chinese.pk
    assert isinstance(blue, Held)
    assert blue.task_id == for_blue.pk
    assert isinstance(neither, NothingToClaim)
    assert neither.state == "closed"


def test_shown_order_is_a_permutation_of_the_conversations_responses() -> None:
    project = make.project()
    conversation = make.conversation(project, turns=3, candidates=3)
    make.task(conversation)

    got = held(make.member(project), project)

    ids = [one.pk for turn in conversation.turns.all() for one in turn.responses.all()]
    assert sorted(got.shown_order) == sorted(ids)


@pytest.mark.parametrize("people", [1, 20])
def test_a_claim_costs_the_same_however_many_people(people: int, django_assert_num_queries: object) -> None:
    project = make.project(overlap=1)
    for _ in range(people + 1):
        make.task(make.conversation(project))
    for _ in range(people):
        held(make.member(project), project)
    person = make.member(project)

    with django_assert_num_queries(2):  # type: ignore[operator]
        held(person, project)


@pytest.mark.django_db(transaction=True)
def test_everybody_at_once_gets_each_slot_exactly_once_and_nobody_is_told_none_left() -> None:
    project = make.project(overlap=2)
    for _ in range(10):
        make.task(make.conversation(project), overlap=2)
    people = [make.member(project) for _ in range(20)]
    start = threading.Barrier(len(people))
    got: list[Held | NothingToClaim] = []

    def run(person: User) -> None:
        start.wait()
        got.append(claim(claimant(person, project)))
        connection.close()

    threads = [threading.Thread(target=run, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connections.close_all()

    assert all(isinstance(one, Held) for one in got)
    per_task = Counter(one.task_id for one in got if isinstance(one, Held))
    assert set(per_task.values()) == {2}
    assert not Task.objects.filter(open_slots__gt=0).exists()


@pytest.mark.django_db(transaction=True)
def test_one_person_in_many_tabs_holds_one_task() -> None:
    project = make.project(overlap=1)
    for _ in range(12):
        make.task(make.conversation(project))
    person = make.member(project)
    start = threading.Barrier(8)
    got: list[Held | NothingToClaim] = []

    def run() -> None:
        start.wait()
        got.append(claim(claimant(person, project)))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connections.close_all()

    assert Assignment.objects.filter(annotator=person, status="active").count() <= 2
    assert sum(task.overlap - task.open_slots for task in Task.objects.all()) == len(
        {one.uid for one in got if isinstance(one, Held)}
    )


@pytest.mark.django_db
def test_what_another_tab_took_in_between_is_renewed_and_not_called_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = make.project()
    ada = make.member(project)
    for _ in range(2):
        make.task(make.conversation(project))
    first = held(ada, project)
    real_take = assigning._take
    other_tab: list[Held | None] = []

    def beaten_by_the_other_tab(mine: Claimant, parameters: dict[str, object]) -> Held | None:
        other_tab.append(real_take(mine, parameters))
        monkeypatch.setattr(assigning, "_take", real_take)
        return None

    monkeypatch.setattr(assigning, "_take", beaten_by_the_other_tab)

    prefetched = claim(claimant(ada, project), after=first.uid)

    assert isinstance(prefetched, Held)
    assert other_tab[0] is not None
    assert prefetched.uid == other_tab[0].uid


@pytest.mark.django_db(transaction=True)
def test_one_person_in_many_tabs_costs_a_task_that_many_may_have_one_slot() -> None:
    project = make.project(overlap=30)
    for _ in range(15):
        task = make.task(make.conversation(project), overlap=30)
        person = make.member(project)
        start = threading.Barrier(8)

        def run(person: User = person, start: threading.Barrier = start) -> None:
            connection.ensure_connection()
            start.wait()
            claim(claimant(person, project))
            connection.close()

        threads = [threading.Thread(target=run) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        task.refresh_from_db()
        assert (task.open_slots, Assignment.objects.get(task=task).lease_number) == (29, 1)
        Task.objects.update(open_slots=0)
    connections.close_all()


def test_who_reviewed_a_conversation_is_not_asked_about_it() -> None:
    project = make.project()
    task = make.task(make.conversation(project))
    person = make.member(project)
    Review.objects.create(project=project, conversation=task.conversation, reviewer=person)

    found = claim(claimant(person, project))

    assert isinstance(found, NothingToClaim)
    assert found.state == "done"


def test_members_of_other_projects_are_unaffected() -> None:
    here, there = make.project(), make.project()
    make.task(make.conversation(here))
    person = make.member(there)

    found = claim(claimant(person, there))

    assert isinstance(found, NothingToClaim)
    assert Membership.objects.filter(project=here).count() == 0
