"""Agreement on samples of unequal chances: what a draw by disagreement makes of it, and what weights mend."""

from __future__ import annotations

import numpy as np
import pytest

from annotate.models import Project
from annotate.pipeline.planning.selecting import Selection, select
from annotate.reports.quality.agreement import agreement_report
from annotate.reports.quality.sampled import sampled_agreement
from annotate.reports.quality.selection import By
from annotate.stats.sampling import effective
from tests import make
from tests.judging import candidates, prefer, rate, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make.project(overlap=2)


def test_weights_take_back_what_a_draw_by_disagreement_adds(project: Project) -> None:
    # In one conversation of five the models disagree, and so do people; elsewhere people agree three times of four.
    hard = {}
    outcome, process = make.scorer_run(project), make.scorer_run(project, scorer="prm")
    for number in range(300):
        conversation = make.conversation(project, candidates=2)
        hard[conversation.pk] = number % 5 == 0
        left, right = conversation.turns.get().responses.order_by("pk")
        for run, values in ((outcome, (0.0, 4.0)), (process, (4.0, 0.0) if number % 5 == 0 else (0.0, 4.0))):
            for response, value in zip((left, right), values, strict=True):
                make.score(run, response, value, steps=[value, value] if run == process else None)
    batch = make.batch(project, name="hard ones")
    select(batch, Selection(By.DISAGREEMENT, budget=120, random=0.3, seed=5))
    people = [make.member(project) for _ in range(2)]
    agreed = []
    for number, task in enumerate(batch.tasks.order_by("pk")):
        left, right = candidates(task)
        apart = hard[task.conversation_id] or number % 4 == 0
        agreed.append((not apart, task.probability))
        for person, side in zip(people, (1, -1 if apart else 1), strict=True):
            answers = submit(task, person)
            prefer(answers, left, right, side)
            rate(answers, left, text_quality=1 + side)
    (sample,) = sampled_agreement(project.pk)
    rated, compared = sample.questions
    found = compared.numbers["same_side"]

    assert (sample.batch, sample.by, sample.chosen, sample.population) == (
        "hard ones", "rm-prm-disagreement", 120, 300,
    )  # fmt: skip
    assert (rated.kind, rated.dimension, compared.scope, compared.dimension) == (
        "rating", "text_quality", "local", None,
    )  # fmt: skip
    said, weight = np.array([one for one, _ in agreed]), 1 / np.array([chance for _, chance in agreed])
    assert found.plain == pytest.approx(said.mean())
    assert found.value == pytest.approx((said * weight).sum() / weight.sum())
    # In the project it is 0.8 · 0.75 = 0.6, in the sample far less.
    assert found.plain is not None
    assert found.plain < 0.45
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.6 < found.high
    assert rated.numbers["exact"].value == pytest.approx(found.value)
    assert compared.conversations == 120
    assert compared.effective == pytest.approx(effective(weight))
    assert compared.effective < 110
    # The report as a whole still counts everything alike, and says so beside.
    whole = agreement_report(project.pk)
    assert whole.comparisons[0].same_side == pytest.approx(said.mean())
    assert whole.sampled == [sample]


def test_even_samples_bridges_and_unanswered_ones_need_no_weights(project: Project) -> None:
    for _ in range(4):
        make.conversation(project, candidates=2)
    batch = make.batch(project)
    select(batch, Selection(By.RANDOM, budget=2, seed=1))
    assert sampled_agreement(project.pk) == []

    batch.selection = {
        **(batch.__class__.objects.get(pk=batch.pk).selection or {}),
        "lowest": 0.1,
        "highest": 0.9,
    }
    batch.save()
    (sample,) = sampled_agreement(project.pk)
    assert sample.questions == []
    batch.purpose = "bridge"
    batch.save()
    assert sampled_agreement(project.pk) == []


def test_of_few_conversations_there_is_no_interval(project: Project) -> None:
    for _ in range(4):
        make.conversation(project, candidates=2)
    batch = make.batch(project)
    select(batch, Selection(By.RANDOM, budget=3, seed=1))
    people = [make.member(project) for _ in range(2)]
    for number, task in enumerate(batch.tasks.order_by("pk")):
        type(task).objects.filter(pk=task.pk).update(probability=(0.25, 0.5, 1)[number])
        for place, person in enumerate(people):
            rate(submit(task, person), candidates(task)[0], text_quality=2 if number else place)
    batch.refresh_from_db()
    batch.selection = {**(batch.selection or {}), "lowest": 0.25, "highest": 1}
    batch.save()
    ((question,),) = [one.questions for one in sampled_agreement(project.pk)]
    exact = question.numbers["exact"]

    assert exact.plain == pytest.approx(2 / 3)
    assert exact.value == pytest.approx((2 + 1) / (4 + 2 + 1))
    assert (exact.low, exact.high) == (None, None)
    assert question.effective == pytest.approx(7**2 / (16 + 4 + 1))
