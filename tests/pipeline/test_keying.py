"""Tasks with a key: how they are made, who gets which, what they stay out of."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from django.db import connection, connections

from annotate.models import Assignment, Flag, GoldKey, Membership, Project, Review, Task, User
from annotate.pipeline import annotating, reopening
from annotate.pipeline.assigning import Held, NothingToClaim, claim
from annotate.pipeline.flagging import flag_project
from annotate.pipeline.keying import ROOM, explain, make_key, retire
from annotate.pipeline.planning import plan
from annotate.refusal import Refusal
from annotate.reports.managers.gold import gold_results
from annotate.reports.managers.progress import members, progress
from annotate.reports.quality.agreement import agreement_report
from tests import make
from tests.judging import candidates, prefer, rate
from tests.pipeline import keys

pytestmark = pytest.mark.django_db


def got(person: User, project: Project, gold_share: float = 0.0) -> Held:
    found = claim(keys.claimant(person, project, gold_share))
    assert isinstance(found, Held), found
    return found


def done(person: User, held: Held) -> None:
    Assignment.objects.filter(pk=held.id).update(status="submitted", closed_at=held.lease_expires_at)


def test_a_key_is_a_copy_of_the_task_with_room_for_everybody() -> None:
    project = make.project()
    source = keys.answered(project, turns=2)
    made = make_key(source, "training", explanations={"en": "Look at the *hub*.", "zh-hans": " "})
    paths = [(one.response_id, one.whole) for one in made.task.paths.all()]

    assert paths == [(one.response_id, one.whole) for one in source.task.paths.all()]
    assert (made.task.batch.purpose, made.task.batch.reopen_allowed) == ("training", False)
    assert made.task.open_slots == ROOM
    assert made.explanations == {"en": "Look at the *hub*."}


def test_keys_of_one_use_share_a_batch_and_a_qualification_has_a_mark() -> None:
    project = make.project()
    first, second = keys.key(project, "qualification"), keys.key(project, "qualification")

    assert first.task.batch == second.task.batch
    assert first.task.batch.pass_mark == 0.5


def test_what_people_learned_by_cannot_examine_them() -> None:
    project = make.project()
    source = keys.answered(project)
    make_key(source, "training")

    with pytest.raises(Refusal, match="used for training"):
        make_key(source, "qualification")
    make_key(source, "gold")
    with pytest.raises(Refusal, match="used for gold"):
        make_key(source, "gold")


def test_answers_without_a_rating_and_answers_to_a_key_make_no_key() -> None:
    project = make.project()
    empty = make.submission(make.task(make.conversation(project)), make.member(project))
    made = keys.key(project, "training")
    practised = keys.answer(made.task, make.member(project))

    for given in (empty, practised):
        with pytest.raises(Refusal):
            make_key(given, "gold")


def test_a_retired_key_is_given_to_nobody_and_skipping_it_opens_nothing() -> None:
    project = make.project(qualification_required=True)
    made = keys.key(project, "training")
    person = make.member(project)
    held = got(person, project)
    retire(made)
    annotating.skip(held.uid, person.pk, lease=held.lease_number, reason="")

    found = claim(keys.claimant(make.member(project), project))
    assert isinstance(found, NothingToClaim)
    assert found.state == "training"


def test_an_explanation_can_be_mended_and_a_foreign_language_is_refused() -> None:
    made = keys.key(make.project(), "training")
    explain(made, {"en": "Better."})

    made.refresh_from_db()
    assert made.explanations == {"en": "Better."}
    with pytest.raises(Refusal, match="Explanations are in"):
        explain(made, {"fr": "Mieux."})


def test_whoever_needs_a_qualification_gets_training_then_the_exam_and_no_real_work() -> None:
    project = make.project(qualification_required=True)
    exam, lesson = keys.key(project, "qualification"), keys.key(project, "training")
    person = make.member(project)

    first = got(person, project)
    done(person, first)
    second = got(person, project)
    done(person, second)
    last = claim(keys.claimant(person, project))

    assert [first.task_id, second.task_id] == [lesson.task_id, exam.task_id]
    assert isinstance(last, NothingToClaim)
    assert last.state == "training"


def test_without_the_gate_and_behind_it_only_real_work_is_given() -> None:
    project = make.project()
    keys.key(project, "training")
    real = Task.objects.get(gold_key=None)
    person = make.member(project)

    assert got(person, project).task_id == real.pk

    Project.objects.update(qualification_required=True)
    qualified = make.member(project, qualified_at=real.created_at)
    assert got(qualified, project).task_id == real.pk


def test_who_met_a_conversation_with_its_key_is_never_asked_for_labels_on_it() -> None:
    project = make.project(qualification_required=True)
    lesson = keys.key(project, "training")
    person = make.member(project)
    done(person, got(person, project))
    Membership.objects.filter(user=person).update(qualified_at=lesson.created_at)

    found = claim(keys.claimant(person, project))

    assert isinstance(found, NothingToClaim)
    assert found.state == "done"


def test_gold_comes_when_the_coin_falls_and_looks_like_base_work_to_the_queue() -> None:
    project = make.project()
    made = keys.key(project, "gold")
    waiting = make.task(make.conversation(project))
    person, other = make.member(project), make.member(project)

    gold, plain = got(person, project, gold_share=1.0), got(other, project, gold_share=0.0)

    assert gold.task_id == made.task_id
    assert Assignment.objects.get(pk=gold.id).purpose == "gold"
    assert Assignment.objects.get(pk=plain.id).purpose == "base"
    done(person, gold)
    # It was gold's conversation: the original is not given, the next one is, and not from elsewhere.
    assert got(person, project, gold_share=1.0).task_id == waiting.pk


def test_gold_is_never_a_conversation_that_one_has_had_or_reviewed_nor_the_end_of_the_work() -> None:
    project = make.project()
    source = keys.answered(project)
    made = make_key(source, "gold")
    make.task(make.conversation(project))
    expert, reviewer, finished = source.annotator, make.member(project), make.member(project)
    Review.objects.create(project=project, conversation=source.task.conversation, reviewer=reviewer)
    for task in Task.objects.filter(is_gold=False):
        if task.pk != source.task_id:
            make.submission(task, finished)
    Task.objects.filter(pk=source.task_id).update(open_slots=0)

    assert got(expert, project, 1.0).task_id != made.task_id
    assert got(reviewer, project, 1.0).task_id != made.task_id
    assert isinstance(claim(keys.claimant(finished, project, 1.0)), NothingToClaim)


def test_after_gold_the_work_goes_on_where_it_was() -> None:
    project = make.project()
    tasks = [make.task(make.conversation(project)) for _ in range(3)]
    keys.key(project, "gold")
    person = make.member(project)
    done(person, got(person, project))
    done(person, got(person, project, gold_share=1.0))

    assert got(person, project).task_id == tasks[1].pk


@pytest.mark.parametrize("gold_share", [0.0, 1.0])
def test_a_claim_costs_the_same_with_gold_and_without(
    gold_share: float, django_assert_num_queries: object
) -> None:
    project = make.project()
    for _ in range(3):
        make.task(make.conversation(project))
    keys.key(project, "gold")
    claimant = keys.claimant(make.member(project), project, gold_share)

    with django_assert_num_queries(2):  # type: ignore[operator]
        claim(claimant)


@pytest.mark.django_db(transaction=True)
def test_tabs_that_claim_gold_at_once_get_two_tasks_at_most_and_no_conversation_twice() -> None:
    project = make.project()
    for _ in range(4):
        keys.key(project, "gold")
    for _ in range(10):
        make.task(make.conversation(project))
    person = make.member(project)
    claimant = keys.claimant(person, project, 1.0)
    start = threading.Barrier(8)

    def run() -> None:
        connection.ensure_connection()
        start.wait()
        claim(claimant)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connections.close_all()

    held = Assignment.objects.filter(annotator=person)
    conversations = Counter(held.values_list("task__conversation", flat=True))
    assert 1 <= held.count() <= 2
    assert set(conversations.values()) == {1}
    gold = Task.objects.filter(is_gold=True)
    assert sum(ROOM - one.open_slots for one in gold) == held.filter(purpose="gold").count()


def test_practice_cannot_be_reopened_and_gold_only_while_its_key_is_never_shown() -> None:
    project = make.project()
    lesson, gold = keys.key(project, "training"), keys.key(project, "gold")
    person = make.member(project)
    for made in (lesson, gold):
        keys.answer(made.task, person)
    held = {one.task_id: one.uid for one in Assignment.objects.filter(annotator=person)}

    with pytest.raises(Refusal, match="does not allow"):
        reopening.reopen(held[lesson.task_id], person.pk)
    reopening.reopen(held[gold.task_id], person.pk)
    Assignment.objects.filter(uid=held[gold.task_id]).update(status="submitted", closed_at=gold.created_at)
    Project.objects.update(gold_feedback=True)
    with pytest.raises(Refusal, match="does not allow"):
        reopening.reopen(held[gold.task_id], person.pk)


def disagree(made: GoldKey) -> None:
    """Let two people contradict one another, and one of them contradict the own ratings."""
    first, second = (make.submission(made.task, make.member(made.task.batch.project)) for _ in range(2))
    left, right = candidates(made.task)[:2]
    rate(first, left, text_quality=0, context_coherence=0)
    rate(first, right, text_quality=3, context_coherence=3)
    prefer(first, left, right, -3)
    rate(second, left, text_quality=3, context_coherence=3)
    prefer(second, left, right, 3)


def test_answers_to_tasks_with_a_key_raise_no_flag_and_count_in_no_agreement() -> None:
    project = make.project()
    for use in ("training", "qualification", "gold"):
        disagree(keys.key(project, use))

    flag_project(project.pk, whole=True)

    assert not Flag.objects.exists()
    found = agreement_report(project.pk)
    assert {one.agreement.items for one in found.dimensions} == {0}
    # Each expert's own work on the original does count.
    assert {sum(one.agreement.distribution.values()) for one in found.dimensions if one.scope == "local"} == {
        6
    }


def test_the_same_answers_on_an_ordinary_task_do_raise_flags() -> None:
    project = make.project()
    made = keys.key(project, "gold")
    Task.objects.filter(pk=made.task_id).update(is_gold=False)
    disagree(GoldKey.objects.get())

    flag_project(project.pk, whole=True)

    assert Flag.objects.filter(kind="F0").exists()
    assert Flag.objects.filter(kind="F1").exists()


def test_progress_counts_real_places_alone_but_a_persons_work_whole() -> None:
    project = make.project(overlap=3)
    lesson, gold = keys.key(project, "training"), keys.key(project, "gold")
    person = make.member(project)
    keys.answer(lesson.task, person)
    keys.answer(gold.task, person)

    found = progress(project.pk)
    batches = {one.purpose: one for one in found.batches}

    assert (found.tasks, found.places, found.submitted, found.open) == (2, 6, 2, 4)
    assert (batches["training"].places, batches["training"].submitted, batches["training"].open) == (1, 1, 0)
    assert next(one for one in members(project.pk) if one.id == person.uid).submitted == 2


def test_planning_does_not_take_gold_for_the_conversations_task() -> None:
    project = make.project()
    source = keys.answered(project)
    other = make.batch(project)
    make_key(source, "gold")
    Task.objects.filter(is_gold=True).update(batch=other)

    assert plan(other).created["tasks"] == 1
    assert plan(other).tasks == 1


def test_gold_results_say_how_far_each_person_is_from_the_key() -> None:
    project = make.project()
    made = [keys.key(project, "gold") for _ in range(2)]
    good, lazy = make.member(project), make.member(project)
    for one in made:
        keys.answer(one.task, good)
        keys.answer(one.task, lazy, constant=3)

    found = gold_results(project.pk)

    assert set(found) == {good.pk, lazy.pk}
    assert (found[good.pk].items, found[good.pk].ratings, found[good.pk].exact) == (2, 16, 1)
    assert (found[good.pk].kappa, found[good.pk].interval, found[good.pk].undefined) == (1, None, "few_items")
    assert found[lazy.pk].kappa == 0


def test_with_ten_gold_tasks_there_is_an_interval_and_a_retired_key_leaves_it_again() -> None:
    project = make.project()
    person = make.member(project)
    made = [keys.key(project, "gold") for _ in range(10)]
    for number, one in enumerate(made):
        keys.answer(one.task, person, shift=number % 5 == 0)

    before = gold_results(project.pk)[person.pk]
    retire(made[0])
    after = gold_results(project.pk)[person.pk]

    assert before.kappa is not None
    assert before.interval is not None
    assert before.interval.low < before.kappa < before.interval.high
    assert (after.items, after.interval, after.undefined) == (9, None, "few_items")
