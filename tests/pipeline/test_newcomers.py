"""Responses that come under turns already planned: asked about alone, beside anchors, never what is known."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotate.models import Batch, Conversation, Project, Response, Task, Turn
from annotate.pipeline import importing, planning
from annotate.pipeline.assigning import Claimant, claim
from annotate.questions import Questions, asked, dimensions_of, read_tree
from tests import judging, make
from tests.pipeline import importing_files as files

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make.project()


def answered(conversation: Conversation, *liked: int) -> Task:
    """Return the conversation's task, answered by one person who rates its first turn's candidates so."""
    task = make.task(conversation)
    submission = judging.submit(task, make.member(conversation.project))
    for response, value in zip(judging.candidates(task), liked, strict=False):
        judging.rate(submission, response, text_quality=value)
    return task


def named(asks: list[dict[str, str]] | None, kind: str) -> list[tuple[str, ...]]:
    assert asks is not None
    keys = ("response",) if kind == "rating" else ("left", "right")
    return sorted({tuple(ask[key] for key in keys) for ask in asks if ask["kind"] == kind})


def test_a_newcomer_is_rated_and_put_beside_the_best_and_the_median_sibling(project: Project) -> None:
    conversation = make.conversation(project, candidates=4)
    task = answered(conversation, 0, 3, 1, 2)
    new = make.response(Turn.objects.get(), "late", source_model="late")
    report = planning.plan(task.batch)

    (made,) = task.batch.tasks.exclude(pk=task.pk)
    _, best, median, _ = judging.candidates(task)[:4]
    assert named(made.asks, "rating") == [(str(new.uid),)]
    assert named(made.asks, "comparison") == sorted((str(one.uid), str(new.uid)) for one in (best, median))
    assert (report.newcomers, report.created) == (1, {"tasks": 1, "paths": 3})
    assert report.new_asks == Questions(local_ratings=4, local_comparisons=2)
    assert planning.plan(task.batch).created == {"tasks": 0, "paths": 0}


def test_what_a_bridge_asked_again_orders_no_siblings(project: Project) -> None:
    conversation = make.conversation(project, candidates=4)
    task = answered(conversation, 0, 3, 1, 2)
    first, best, median, last = judging.candidates(task)
    bridge = make.batch(project, rubric=make.second_version(), purpose="bridge")
    again = judging.submit(make.task(conversation, batch=bridge), make.member(project))
    for response, value in ((first, 3), (best, 0), (median, 0), (last, 0)):
        judging.rate(again, response, text_quality=value)
    judging.prefer(again, first, best, -3)
    new = make.response(Turn.objects.get(), "late", source_model="late")
    planning.plan(task.batch)

    (made,) = task.batch.tasks.exclude(pk=task.pk)
    assert named(made.asks, "comparison") == sorted((str(one.uid), str(new.uid)) for one in (best, median))


def test_a_new_version_of_the_rubric_orders_by_the_newest_answers_there_are(project: Project) -> None:
    conversation = make.conversation(project, candidates=4)
    task = answered(conversation, 0, 3, 1, 2)
    Batch.objects.filter(pk=task.batch.pk).update(rubric=make.second_version())
    new = make.response(Turn.objects.get(), "late", source_model="late")
    planning.plan(Batch.objects.get(pk=task.batch.pk))

    (made,) = task.batch.tasks.exclude(pk=task.pk)
    _, best, median, _ = judging.candidates(task)[:4]
    assert named(made.asks, "comparison") == sorted((str(one.uid), str(new.uid)) for one in (best, median))


def test_two_known_siblings_are_both_anchors_and_newcomers_do_not_meet(project: Project) -> None:
    task = answered(make.conversation(project, candidates=2))
    known = judging.candidates(task)
    new = [make.response(Turn.objects.get(), f"late {number}") for number in range(2)]
    planning.plan(task.batch)
    (made,) = task.batch.tasks.exclude(pk=task.pk)
    expected = sorted((str(one.uid), str(other.uid)) for one in known for other in new)
    assert named(made.asks, "comparison") == expected


def test_below_a_new_turn_the_newcomers_meet_and_the_history_is_only_shown(project: Project) -> None:
    task = answered(make.conversation(project, candidates=2))
    turn = make.turn(make.conversation(project), judging.candidates(task)[0])
    Turn.objects.filter(pk=turn.pk).update(conversation=task.conversation)
    new = [make.response(turn, f"late {number}") for number in range(2)]
    planning.plan(task.batch)
    (made,) = task.batch.tasks.filter(conversation=task.conversation).exclude(pk=task.pk)
    assert named(made.asks, "comparison") == [tuple(str(one.uid) for one in new)]
    assert set(read_tree(made.pk, content=False).responses) == {
        one.pk for one in (judging.candidates(task)[0], *new)
    }


def test_what_is_asked_is_in_the_tree_that_the_task_shows(project: Project) -> None:
    task = answered(make.conversation(project, turns=3, candidates=3))
    for turn in Turn.objects.all():
        make.response(turn, "late")
    planning.plan(task.batch)
    (made,) = task.batch.tasks.exclude(pk=task.pk)
    tree = read_tree(made.pk, content=False)
    required = asked(tree, dimensions_of(task.batch.rubric_id), made.asks)
    assert (len(required.ratings), len(required.comparisons)) == (3 * 4, 3 * 2)
    assert tree.whole == []


def test_an_import_under_answered_work_leaves_the_newcomer_to_planning(
    project: Project, tmp_path: Path
) -> None:
    options = importing.Options()

    def bring(candidates: int) -> importing.Report:
        file = files.write(tmp_path / "c.json", [files.native("c", [files.turn("q", candidates)])])
        return importing.import_file(project, file, images=None, options=options)

    assert bring(2).created.tasks == 1
    batch = project.batches.get()
    person = make.member(project)
    judging.submit(batch.tasks.get(), person)
    again = bring(3)
    assert (again.created.responses, again.created.tasks) == (1, 0)
    assert planning.unplanned(batch) == 1
    dry = planning.plan(batch, dry_run=True)
    assert (dry.newcomers, batch.tasks.count()) == (1, 1)
    assert planning.plan(batch).new_asks == dry.new_asks == Questions(local_ratings=4, local_comparisons=2)
    assert planning.plan_some(batch) == 0
    held = claim(Claimant(person.pk, project.pk, [], ""))
    assert getattr(held, "asks", None)


def test_a_whole_path_listed_later_is_asked_about_as_a_whole_alone(project: Project, tmp_path: Path) -> None:
    for item in (files.path(1, ("p", "r1")), files.path(2, ("p", "r2"))):
        file = files.write(tmp_path / "p.json", [item])
        importing.import_file(project, file, images=None, options=importing.Options())
        for task in Task.objects.filter(assignments=None):
            make.assignment(task, make.member(project))
    first, second = Task.objects.order_by("pk")
    assert first.asks is None
    assert second.asks is not None
    assert named(second.asks, "rating") == [(str(judging.candidates(first)[1].uid),)]
    assert {ask["dimension"] for ask in second.asks} == {
        one.key for one in dimensions_of(first.batch.rubric_id) if one.scope == "global"
    }
    report = planning.plan(first.batch)
    assert report.new_asks == Questions(local_ratings=4, local_comparisons=1)


def test_a_sample_gets_the_newcomers_of_its_own_conversations_with_their_probability(
    project: Project,
) -> None:
    inside, outside = (make.conversation(project, candidates=2) for _ in range(2))
    batch = make.batch(project, selection={"by": "random"})
    make.task(inside, batch=batch, probability=0.25)
    for turn in Turn.objects.all():
        make.response(turn, "late")
    report = planning.plan(batch)
    assert report.newcomers == 1
    assert batch.tasks.get(conversation=inside, asks__isnull=False).probability == 0.25
    assert not batch.tasks.filter(conversation=outside).exists()


@pytest.mark.parametrize("purpose", Batch.PRACTICE)
def test_practice_stays_as_it_was_keyed(project: Project, purpose: Batch.Purpose) -> None:
    conversation = make.conversation(project, candidates=2)
    batch = make.batch(project, purpose=purpose)
    make.task(conversation, batch=batch)
    make.response(Turn.objects.get(), "late")
    assert planning.unplanned(batch) == 0


def test_another_batch_does_not_repeat_the_paths_to_anchors(project: Project) -> None:
    task = answered(make.conversation(project, turns=2, candidates=2))
    make.response(Turn.objects.get(number=1), "late")
    planning.plan(task.batch)
    batch = make.batch(project)
    planning.plan(batch)
    ends = set(batch.tasks.get().paths.values_list("response", flat=True))
    assert ends == set(Response.objects.filter(followups=None).values_list("pk", flat=True))


def test_the_statements_do_not_grow_with_the_newcomers(project: Project) -> None:
    counts = []
    for number in (1, 20):
        for _ in range(number):
            task = answered(make.conversation(project, candidates=2))
            make.response(Turn.objects.get(conversation=task.conversation), "late")
        with CaptureQueriesContext(connection) as queries:
            planning.plan(project.batches.get())
        counts.append(len(queries))
    assert counts[0] == counts[1]
