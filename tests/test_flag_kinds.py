"""The figures of flags without a model, on steps and about models: counted as they say, on a small project."""

from __future__ import annotations

import numpy as np
import pytest

from annotate.models import Flag, StepLabel
from annotate.pipeline.simulating import Known, Plan, ScorerPlan
from annotate.stats.simulation import QUALITY, SOURCES, Floats, correlation_of, draw_truth, score_outcomes
from benchmarks import kinds
from benchmarks.worlds import FLAWS, World, even, models_plan
from tests import make


def test_a_row_counts_what_it_says() -> None:
    found = kinds.row("some", {(1,), (2,)}, {(2,), (3,), (4,)}, 10)

    assert found == ["some", "10", "20.0%", "3", "0.33", "0.50", "25.0%"]
    assert kinds.row("none", set(), set(), 0)[2:] == ["–", "0", "–", "–", "–"]


@pytest.mark.parametrize("accuracy", [0.66, 0.73])
def test_an_even_scorer_leaves_nothing_to_the_source_and_a_plain_one_does(accuracy: float) -> None:
    effects = np.array([list(SOURCES.values())] * 20_000).ravel()
    truth = draw_truth(3, b"even", effects=effects, dimensions={}, steps=[0] * len(effects))
    worth = truth.worth[:, 0]
    scores = score_outcomes(np.random.default_rng(3), worth, correlation_of(accuracy))
    extra = np.array([list(even(accuracy).values())] * 20_000).ravel() * 13.9 / np.sqrt(2)

    def slopes(score: Floats) -> tuple[float, float]:
        columns = np.column_stack((score, effects, np.ones(len(score))))
        slope, of_source, _ = np.linalg.lstsq(columns, worth, rcond=None)[0]
        return slope, of_source

    assert slopes(scores)[1] > 0.3
    assert abs(slopes(scores + extra)[1]) < 0.02
    assert np.std(worth) == pytest.approx(QUALITY, rel=0.02)


def test_every_sort_of_model_is_planted_as_it_says() -> None:
    plan = models_plan(1)
    by_name = {one.name: one for one in plan.scorers}

    assert len(by_name) == sum(flaw.count for flaw in FLAWS)
    assert by_name["length: 0.25 1"].length == 0.25
    paid = by_name["one source: 0.5 1"].sources or {}
    assert paid["sim-model-b"] - even(0.73)["sim-model-b"] == pytest.approx(0.5)
    assert by_name[FLAWS[-1].models[0]].sources is None


@pytest.mark.django_db
def test_flags_are_held_against_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotate.reports.settled.SETTLED_SECONDS", -1)
    monkeypatch.setattr(kinds, "PROCESSES", {"prm": 0.95})
    plan = Plan(
        seed=5,
        annotators=6,
        conversations=60,
        turns=3,
        careless=(2, 0.5),
        steps=True,
        images=False,
        texts=0,
        scorers=(ScorerPlan("prm", 0.95, process=True),),
    )
    world = World.of("small", plan, keep=False)
    rows = {line[0]: line[1:] for line in [*kinds.of_people(world), *kinds.of_steps(world)]}
    flags = Flag.objects.filter(project=world.project)

    gone = rows["F1, ratings: gone without labels given at random (cases: items)"]
    assert (
        gone[0] == "900"
    )  # without pictures: 60 times two dimensions of six answers, and three of the whole
    assert gone[4] == "1.00"
    assert int(gone[2].replace(",", "")) == flags.filter(kind="F1", response__isnull=False).count()
    random = rows["F1, ratings: who stands apart answered at random"]
    assert float(random[1].rstrip("%")) == pytest.approx(100 / 6, abs=2)
    (of_steps,) = (line for name, line in rows.items() if name.startswith("F4"))
    known = {one.pk: Known.of(world.project, one) for one in world.project.conversations.all()}
    marks = StepLabel.objects.exclude(value=0).values_list(
        "submission__task__conversation", "response", "index", "value"
    )
    wrong = [(value > 0) != known[c].step(response, index) for c, response, index, value in marks]
    assert of_steps[0] == f"{len(wrong):,}"
    assert of_steps[1] == f"{sum(wrong) / len(wrong):.1%}"
    assert int(of_steps[2]) == sum(
        len(one.evidence["steps"]) for one in flags.filter(kind="F4", status="open")
    )
    assert float(of_steps[3]) > 0.8


@pytest.mark.django_db
def test_models_are_counted_by_what_was_planted_in_them() -> None:
    project = make.project()
    runs = {
        one: make.scorer_run(project, scorer="simulated", model=one) for flaw in FLAWS for one in flaw.models
    }
    for name, evidence in (
        ("length: 0.25 1", {"cause": "length"}),
        (FLAWS[0].models[1], {"cause": "length"}),
        ("one source: 0.5 1", {"cause": "source", "source": "sim-model-a"}),
        ("one source: 0.5 1", {"cause": "source", "source": "sim-model-b"}),
        ("one source: 0.25 1", {"cause": "source", "source": "sim-model-a"}),
        (FLAWS[-1].models[0], {"cause": "source", "source": "sim-model-a"}),
    ):
        Flag.objects.create(
            project=project,
            kind="F6",
            fingerprint=f"{len(name)} {evidence.get('source', '')}",
            run=runs[name],
            evidence=evidence,
        )
    (length, source), by_flaw = kinds.of_models([World(project)])
    rows = {line[0]: line[1:] for line in by_flaw}

    # Nine models but the plain one: three overpay length, of which one is flagged, and so is one that does not.
    assert length[1:] == ["9", "33.3%", "2", "0.50", "0.33", "16.7%"]
    assert source[1:] == ["9", "22.2%", "2", "1.00", "1.00", "0.0%"]
    assert rows["one source: 0.5"] == ["1", "0%", "100%", "100%", "2.0"]
    assert rows["one source: 0.25"] == ["1", "0%", "100%", "0%", "1.0"]
    assert rows[FLAWS[0].name] == ["4", "25%", "0%", "–", "0.0"]
    assert rows[FLAWS[-1].name][2] == "100%"
