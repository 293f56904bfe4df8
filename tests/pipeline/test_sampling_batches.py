"""Batches that hold a sample: by what there is to learn, or of old items under a new rubric."""

from __future__ import annotations

import io
import json
from typing import Any

import msgspec
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotate.formats.rubric import BUILT_IN, read_rubric
from annotate.models import Batch, Project, Response, Score, ScorerRun, Task
from annotate.pipeline import planning
from annotate.pipeline.assigning import Claimant, Held, claim
from annotate.pipeline.planning import Bridge, Selection
from annotate.refusal import Refusal
from annotate.reports.quality.selection import By, scores
from tests import judging, make

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make.project("p")


def scored(
    project: Project, scorer: str, *deltas: float, steps: bool = False, trained: bool = True
) -> ScorerRun:
    """Return a run that gives the two candidates of each conversation in turn scores this far apart."""
    run = ScorerRun.objects.create(
        project=project, scorer=scorer, model=scorer, revision="1", configuration_sha256="", trained=trained
    )
    responses = list(Response.objects.filter(turn__conversation__project=project).order_by("turn", "id"))
    for number, response in enumerate(responses[: 2 * len(deltas)]):
        delta = deltas[number // 2]
        Score.objects.create(
            run=run,
            response=response,
            value=delta if number % 2 else 0.0,
            step_values=[0.5] if steps else None,
        )
    return run


def plan(*words: str) -> Any:
    out = io.StringIO()
    call_command("plan", "p", *words, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_models_that_disagree_score_high_and_close_calls_too(project: Project) -> None:
    same, apart = (make.conversation(project, candidates=2).pk for _ in range(2))
    unscored = make.conversation(project).pk
    scored(project, "rm", 4.0, 1.0)
    scored(project, "prm", 0.4, -0.1, steps=True)
    by_models = scores(project.pk, By.DISAGREEMENT).values
    assert by_models[apart] > by_models[same]
    assert unscored not in by_models
    close = scores(project.pk, By.LOW_MARGIN).values
    assert close[apart] > close[same]


def test_untrained_scores_choose_nothing(project: Project) -> None:
    make.conversation(project, candidates=2)
    scored(project, "demo", 1.0, trained=False)
    with pytest.raises(Refusal, match="trained model"):
        planning.select(make.batch(project), Selection(By.LOW_MARGIN, 1))


def test_people_who_disagree_score_high(project: Project) -> None:
    tasks = [make.task(make.conversation(project, candidates=2)) for _ in range(2)]
    judging.disputed(tasks[0], 3, 3)
    judging.disputed(tasks[1], 0, 3)
    found = scores(project.pk, By.LOW_AGREEMENT).values
    assert found == {tasks[0].conversation_id: 0.0, tasks[1].conversation_id: 1.0}


def test_a_sample_keeps_its_probabilities_and_says_how_it_was_drawn(project: Project) -> None:
    for _ in range(10):
        make.conversation(project, candidates=2)
    scored(project, "rm", *(float(number) for number in range(10)))
    batch = make.batch(project)
    report = planning.select(batch, Selection(By.LOW_MARGIN, 4, 0.2, seed=7))
    batch.refresh_from_db()
    assert (report.drawn.chosen, report.drawn.population, report.drawn.scored) == (4, 10, 10)
    assert batch.selection is not None
    assert (batch.selection["by"], batch.selection["seed"]) == ("low-margin", 7)
    chances = list(batch.tasks.values_list("probability", flat=True))
    assert len(chances) == 4
    assert all(0.08 <= one < 1 for one in chances)
    assert planning.unplanned(batch) == 0
    with pytest.raises(Refusal, match="tasks already"):
        planning.select(batch, Selection(By.RANDOM, 2))


def test_the_same_seed_draws_the_same_and_the_order_is_not_that_of_the_scores(project: Project) -> None:
    for _ in range(30):
        make.conversation(project, candidates=2)
    scored(project, "rm", *(float(number) for number in range(30)))
    orders = []
    for seed in (1, 1, 2):
        batch = make.batch(project)
        planning.select(batch, Selection(By.LOW_MARGIN, 15, seed=seed))
        orders.append(list(batch.tasks.order_by("rank", "id").values_list("conversation", flat=True)))
    assert orders[0] == orders[1] != orders[2]
    assert orders[0] != sorted(orders[0])
    assert set(Task.objects.values_list("rank", flat=True)) == {0}


def test_what_is_held_out_is_drawn_for_no_other_batch(project: Project) -> None:
    held_out = make.conversation(project)
    make.task(held_out, batch=make.batch(project, purpose=Batch.Purpose.HOLDOUT))
    free = make.conversation(project)
    batch = make.batch(project)
    assert planning.select(batch, Selection(By.RANDOM, 5)).drawn.population == 1
    assert batch.tasks.get().conversation == free


@pytest.mark.parametrize(
    ("budget", "random", "seed", "code"),
    [
        (0, 0.2, 1, "budget_refused"),
        (1, 0.01, 1, "random_refused"),
        (1, 1.5, 1, "random_refused"),
        (1, 0.2, -1, "seed_refused"),
    ],
)
def test_a_draw_that_cannot_be_is_refused(
    project: Project, budget: int, random: float, seed: int, code: str
) -> None:
    with pytest.raises(Refusal) as refused:
        planning.select(make.batch(project), Selection(By.RANDOM, budget, random, seed))
    assert refused.value.problems[0].code == code


def test_a_sample_costs_as_many_statements_for_four_as_for_forty(project: Project) -> None:
    for _ in range(40):
        make.conversation(project, candidates=2)
    scored(project, "rm", *(float(number) for number in range(40)))
    counts = []
    for budget in (4, 40):
        with CaptureQueriesContext(connection) as queries:
            planning.select(make.batch(project), Selection(By.LOW_MARGIN, budget))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_command_draws_into_a_batch_of_its_own_and_a_dry_run_keeps_nothing(project: Project) -> None:
    for _ in range(6):
        make.conversation(project, candidates=2)
    words = ("--batch", "pilot", "--select", "random", "--budget", "2", "--random", "20%", "--seed", "3")
    dry = plan(*words, "--dry-run")
    assert not Batch.objects.filter(name="pilot").exists()
    done = plan(*words)
    assert done == dry | {"dry_run": False}
    assert done["selection"]["seed"] == 3
    assert [one.probability for one in Task.objects.all()] == pytest.approx([1 / 3, 1 / 3])
    with pytest.raises(CommandError, match="--budget"):
        plan("--batch", "other", "--select", "random")
    with pytest.raises(CommandError, match="tasks already"):
        plan(*words)


@pytest.fixture
def bridging(project: Project) -> Batch:
    """Return an empty batch of purpose bridge by the rubric's second version."""
    second = make.rubric(msgspec.structs.replace(read_rubric(BUILT_IN / "intermt.yaml"), version=2))
    return make.batch(project, purpose=Batch.Purpose.BRIDGE, rubric=second, overlap=2)


def test_a_bridge_asks_answered_items_again_by_the_new_rubric(project: Project, bridging: Batch) -> None:
    answered = [make.task(make.conversation(project, turns=2, candidates=2)) for _ in range(4)]
    for task in answered:
        judging.submit(task, make.member(project))
    make.task(make.conversation(project))
    report = planning.bridge(bridging, Bridge(project.batches.get(is_default=True), 0.5, seed=5))
    tasks = list(bridging.tasks.all())
    assert (report.drawn.population, report.drawn.chosen, len(tasks)) == (4, 2, 2)
    assert {one.probability for one in tasks} == {0.5}
    assert {one.conversation_id for one in tasks} < {one.conversation_id for one in answered}
    assert [one.open_slots for one in tasks] == [2, 2]
    original = Task.objects.get(batch__is_default=True, conversation=tasks[0].conversation_id)
    columns = ("response", "whole", "position")
    assert list(tasks[0].paths.values_list(*columns)) == list(original.paths.values_list(*columns))
    assert planning.unplanned(bridging) == 0
    assert planning.plan(bridging).created["tasks"] == 0


def test_work_on_a_bridge_is_marked_as_such(project: Project, bridging: Batch) -> None:
    judging.submit(make.task(make.conversation(project), overlap=1), make.member(project))
    planning.bridge(bridging, Bridge(project.batches.get(is_default=True), 1.0))
    person = make.member(project)
    project.batches.filter(is_default=True).update(state="closed")
    assert isinstance(claim(Claimant(person.pk, project.pk, [], "")), Held)
    assert person.assignments.get().purpose == "bridge"


def test_a_bridge_that_leads_nowhere_is_refused(project: Project, bridging: Batch) -> None:
    default = project.batches.get(is_default=True)
    cases = [
        (default, Bridge(default), "not_a_bridge"),
        (bridging, Bridge(bridging), "same_rubric"),
        (bridging, Bridge(make.project().batches.get()), "other_project"),
        (bridging, Bridge(default, 0), "share_refused"),
        (bridging, Bridge(default), "nothing_answered"),
    ]
    for batch, wanted, code in cases:
        with pytest.raises(Refusal) as refused:
            planning.bridge(batch, wanted)
        assert refused.value.problems[0].code == code


def test_the_command_bridges_into_a_batch_by_the_projects_rubric(project: Project, bridging: Batch) -> None:
    judging.submit(make.task(make.conversation(project)), make.member(project))
    Project.objects.update(rubric=bridging.rubric)
    done = plan("--batch", "again", "--bridge", "default", "--share", "10%")
    made = Batch.objects.get(name="again")
    assert (made.purpose, made.rubric, done["selection"]["chosen"]) == ("bridge", bridging.rubric, 1)
    assert made.selection is not None
    assert made.selection["batch"] == "default"
