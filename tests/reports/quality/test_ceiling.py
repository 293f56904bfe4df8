"""One person against the others, and a run against the same others on the same items."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from annotate.models import Dimension, Project, ScorerRun
from annotate.reports.labels.columns import read
from annotate.reports.quality import ceiling
from annotate.reports.quality.ceiling import DimensionCeiling, People, RunCeiling
from annotate.reports.quality.judges import judge_report
from tests import make
from tests.judging import candidates, prefer, rate, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make.project()


def beside(project: Project, run: ScorerRun) -> RunCeiling:
    dimensions = Dimension.objects.filter(rubric=project.rubric).order_by("position")
    return People(project.pk, list(dimensions)).beside(run)


def quality(found: RunCeiling) -> DimensionCeiling:
    return next(one for one in found.dimensions if one.dimension == "text_quality")


def test_each_person_and_the_run_are_held_against_the_same_others(project: Project) -> None:
    run, people = make.scorer_run(project), [make.member(project) for _ in range(3)]
    task = make.task(make.conversation(project, candidates=3))
    given = {0: (0, 1, 1), 1: (2, 1, 3), 2: (3, 3, 2)}
    scores = (1.0, 5.0, 4.0)
    for place, response in enumerate(candidates(task)):
        make.score(run, response, scores[place])
    for person, who in enumerate(people):
        answers = submit(task, who)
        for place, response in enumerate(candidates(task)):
            rate(answers, response, text_quality=given[place][person])
    found = quality(beside(project, run))

    own, mean, score = [], [], []
    hits: dict[str, list[float]] = {"person": [], "run": []}
    for person in range(3):
        rest = [one for one in range(3) if one != person]
        for place in range(3):
            own.append(given[place][person])
            mean.append(np.mean([given[place][one] for one in rest]))
            score.append(scores[place])
        for left, right in ((0, 1), (0, 2), (1, 2)):
            wanted = np.sign(np.mean([given[right][one] - given[left][one] for one in rest]))
            if wanted:
                for whose, said in (
                    ("person", given[right][person] - given[left][person]),
                    ("run", scores[right] - scores[left]),
                ):
                    hits[whose].append((1 + wanted * np.sign(said)) / 2)
    assert found.pearson.person.value == pytest.approx(np.corrcoef(own, mean)[0, 1])
    assert found.pearson.run.value == pytest.approx(np.corrcoef(score, mean)[0, 1])
    assert found.pearson.person.n == 9
    assert found.accuracy.person.value == pytest.approx(np.mean(hits["person"]))
    assert found.accuracy.run.value == pytest.approx(np.mean(hits["run"]))
    assert found.accuracy.person.n == len(hits["run"]) < 9
    assert found.accuracy.person.undefined == "few_conversations"


def test_preferences_are_held_against_the_side_of_most_others(project: Project) -> None:
    run = make.scorer_run(project)
    # Against the others of 1, 1, -2: undecided (1 and -2 are one each), undecided, and right: the third is wrong.
    # Of 1 and 0: one of the tie is right by half, the other has only a tie against it. One alone says nothing.
    for said in ((1, 1, -2), (3, 0), (2,)):
        task = make.task(make.conversation(project, candidates=2))
        left, right = candidates(task)
        make.score(run, left, 0.0)
        make.score(run, right, 1.0)
        for preference in said:
            prefer(submit(task, make.member(project)), left, right, preference)
    found = beside(project, run).preferences

    assert (found.person.value, found.person.n) == (0.25, 2)
    assert (found.run.value, found.run.n) == (1.0, 2)


def test_only_what_the_run_scored_and_what_one_version_asked_of_everybody_counts(project: Project) -> None:
    run = make.scorer_run(project)
    task = make.task(make.conversation(project, candidates=2))
    left, right = candidates(task)
    make.score(run, left, 0.0)
    newer = make.batch(project, rubric=make.second_version())
    bridge = make.batch(project, purpose="bridge")
    again = make.task(task.conversation, batch=newer), make.task(task.conversation, batch=bridge)
    for one in (task, *again, make.task(task.conversation, follows=task)):
        answers = submit(one, make.member(project))
        prefer(answers, left, right, 1)
        rate(answers, right, text_quality=1)
    assert beside(project, run).preferences.person.n == 0

    make.score(run, right, 1.0)
    assert beside(project, run).preferences.person.n == 0  # each by a version, or a purpose, of its own
    answers = submit(task, make.member(project))
    prefer(answers, left, right, 1)
    rate(answers, right, text_quality=2)
    found = beside(project, run)
    assert (found.preferences.person.value, found.preferences.person.n) == (1.0, 2)
    assert quality(found).pearson.person.n == 2


@contextmanager
def count_reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    reads: list[str] = []

    def counted(statement: str, *rest: Any, **named: Any) -> dict[str, Any]:
        reads.append(statement)
        return read(statement, *rest, **named)

    with monkeypatch.context() as patched:
        patched.setattr(ceiling, "read", counted)
        yield reads


def test_intervals_come_with_ten_conversations_and_people_are_read_once_for_all_runs(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, people = [make.scorer_run(project) for _ in range(2)], [make.member(project) for _ in range(2)]
    for number in range(12):
        task = make.task(make.conversation(project, candidates=2))
        left, right = candidates(task)
        for run in runs:
            make.score(run, left, 0.0)
            make.score(run, right, 1.0)
        for person in people:
            prefer(submit(task, person), left, right, 1 if number % 3 else -1)
    dimensions = list(Dimension.objects.filter(rubric=project.rubric))
    with count_reads(monkeypatch) as reads:
        everybody = People(project.pk, dimensions)
        found = [everybody.beside(run).preferences for run in runs]

    assert len(reads) == 2 + len(runs)
    for one in found:
        assert one.person.value == 1.0
        assert one.run.value == pytest.approx(2 / 3)
        assert one.run.low is not None
        assert one.run.low < 2 / 3 < (one.run.high or 0)
    assert [one.ceiling.preferences for one in judge_report(project.pk).judges] == found
