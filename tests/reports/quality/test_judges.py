from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from annotate.models import Batch, Project, ScorerRun, Task
from annotate.reports.quality.judges import Judge, judge_report
from tests import make
from tests.judging import candidates, prefer, rate, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make.project()


def scored(project: Project, *tasks: Task, trained: bool = True, falling: bool = False) -> ScorerRun:
    """Score all responses by their age, rising, or falling."""
    run = make.scorer_run(project, trained=trained)
    for task in tasks:
        for number, response in enumerate(candidates(task)):
            make.score(run, response, -number if falling else number)
    return run


def asked(project: Project, conversations: int = 1, **fields: Any) -> list[Task]:
    return [make.task(make.conversation(project, **fields)) for _ in range(conversations)]


def judge(project: Project) -> Judge:
    (found,) = judge_report(project.pk).judges
    return found


def test_a_judge_is_on_the_side_of_those_who_prefer_as_it_does(project: Project) -> None:
    first, second, third = asked(project, 3, candidates=2)
    for task, preference in ((first, 2), (second, -1), (third, 0)):
        left, right = candidates(task)
        prefer(submit(task, make.member(project)), left, right, preference)
    scored(project, first, second, third)
    found = judge(project).preferences

    assert (found.accuracy.value, found.accuracy.n) == (0.5, 2)
    assert (found.ties_as_half.value, found.ties_as_half.n) == (0.5, 3)
    assert found.accuracy.undefined == "few_conversations"


def test_each_turn_has_its_own_number(project: Project) -> None:
    (task,) = asked(project, turns=2, candidates=2)
    one, two, three, four = candidates(task)
    answers = submit(task, make.member(project))
    prefer(answers, one, two, 1)
    prefer(answers, three, four, -1)
    scored(project, task)

    assert [(one.turn, one.accuracy.value) for one in judge(project).preferences_by_turn] == [
        (1, 1.0),
        (2, 0.0),
    ]


def test_pearson_and_rated_pairs_are_by_dimension_and_what_nobody_rated_has_no_number(
    project: Project,
) -> None:
    (task,) = asked(project, candidates=3)
    for values in ((0, 1, 3), (1, 1, 2)):
        answers = submit(task, make.member(project))
        for response, value in zip(candidates(task), values, strict=True):
            rate(answers, response, text_quality=value)
    scored(project, task, falling=True)
    by_key = {one.dimension: one for one in judge(project).dimensions}
    whole = by_key["text_quality"].whole

    # r of (0, -1, -2, 0, -1, -2) with (0, 1, 3, 1, 1, 2): by hand, -4 / sqrt(4 x 16 / 3).
    assert whole.pearson.value == pytest.approx(-4 / (4 * 16 / 3) ** 0.5)
    assert whole.accuracy.value == 0.0
    assert whole.accuracy.n == 5
    assert whole.within_prompt.value is not None
    assert whole.within_prompt.value < -0.8
    assert by_key["context_coherence"].whole.pearson.undefined == "no_labels"
    assert not by_key["visual_perceptual_quality"].taught


def test_follow_ups_holdout_and_untrained_runs_are_left_out(project: Project) -> None:
    (task,) = asked(project, candidates=2)
    left, right = candidates(task)
    follow = make.task(task.conversation, follows=task)
    holdout = make.task(
        task.conversation, batch=make.batch(project, purpose=Batch.Purpose.HOLDOUT, name="kept apart")
    )
    for one in (follow, holdout):
        answers = submit(one, make.member(project))
        prefer(answers, left, right, 1)
        rate(answers, left, text_quality=1)
    scored(project, task)
    scored(project, task, trained=False)
    found = judge(project)

    assert found.preferences.accuracy.n == 0
    assert all(one.whole.pearson.n == 0 for one in found.dimensions)


def test_a_project_without_runs_has_the_published_table_alone(project: Project) -> None:
    report = judge_report(project.pk)

    assert report.judges == []
    judges = {one.name: one for one in report.published}
    # The published means over local and global dimensions.
    assert sum(list(judges["GPT-4o"].pearson.values())[:4]) / 4 == pytest.approx(0.242, abs=6e-4)
    assert sum(list(judges["GPT-4.1"].accuracy.values())[4:]) / 5 == pytest.approx(0.549, abs=6e-4)


def test_the_number_of_statements_does_not_grow(
    project: Project, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    tasks = asked(project, 6, turns=2, candidates=2)
    for task in tasks:
        answers = submit(task, make.member(project))
        for response in candidates(task):
            rate(answers, response, text_quality=2)
    scored(project, *tasks)

    with django_assert_max_num_queries(28):
        judge_report(project.pk)
