from __future__ import annotations

import numpy as np
import pytest

from annotate.stats import gates, persons, steps


def agreeing(accuracy: float, count: int, *, each: int = 4, seed: int = 0) -> gates.Accuracy:
    """Return the accuracy of a model over labels that come in conversations of so many."""
    generator = np.random.default_rng(seed)
    # Labels of one conversation rise and fall together: rows are worth less than they are many.
    base = np.repeat(generator.beta(accuracy * 8, (1 - accuracy) * 8, count // each), each)
    return gates.accuracy((generator.random(base.size) < base).astype(float), np.arange(base.size) // each)


def test_a_model_at_chance_hardly_ever_opens() -> None:
    opened = [gates.gate(agreeing(0.5, 400, seed=seed), 200).is_open for seed in range(100)]

    assert sum(opened) <= 1


def test_a_model_at_the_bound_opens_about_one_time_in_twenty() -> None:
    opened = [gates.gate(agreeing(0.55, 400, seed=seed), 200).is_open for seed in range(200)]

    assert sum(opened) <= 24


def test_a_good_model_opens_once_there_are_enough_labels() -> None:
    assert gates.gate(agreeing(0.73, 400), 200).is_open
    few = gates.gate(agreeing(0.9, 196), 200)
    assert (few.is_open, few.code) == (False, "few_labels")
    assert few.words() == "Only 196 labels; 200 are needed."


def test_bounds_come_from_conversations_not_from_rows() -> None:
    alone = gates.accuracy(np.tile([1.0, 1.0, 0.0], 100), np.arange(300))
    together = gates.accuracy(np.tile([1.0, 1.0, 0.0], 100), np.sort(np.arange(300) % 12))
    blocked = gates.accuracy(np.repeat(np.tile([1.0, 1.0, 0.0], 100), 20), np.arange(6000) // 20)
    assert alone.lower is not None
    assert together.lower is not None
    assert blocked.lower is not None

    assert alone.lower == pytest.approx(2 / 3 - 1.645 * np.sqrt(2 / 9 / 300), abs=0.01)
    assert blocked.lower == pytest.approx(alone.lower, abs=0.01)
    assert blocked.conversations == 300


def test_few_conversations_have_no_bound_and_nothing_has_nothing() -> None:
    assert gates.accuracy(np.ones(300), np.zeros(300, dtype=int)).lower is None
    nine, ten = (gates.accuracy(np.ones(300), np.arange(300) % many) for many in (9, 10))
    assert nine.lower is None
    closed = gates.gate(nine, 200)
    assert (closed.code, closed.is_open) == ("few_conversations", False)
    assert closed.words().startswith("Answers told apart come from fewer than 10 conversations")
    assert gates.gate(ten, 200).is_open
    assert gates.accuracy(np.zeros(0), np.zeros(0, dtype=int)).value is None


@pytest.mark.parametrize(
    ("right", "wrong", "is_open"),
    [(10, 39, True), (10, 40, False), (30, 20, True), (26, 24, True), (20, 30, False)],
)
def test_a_gate_closes_when_its_flags_prove_wrong(right: int, wrong: int, *, is_open: bool) -> None:
    found = gates.gate(agreeing(0.73, 400), 200, right, wrong)

    assert found.is_open is is_open
    assert found.code == ("open" if is_open else "imprecise")
    assert found.words()


def test_more_than_a_thousand_conversations_are_drawn_in_blocks() -> None:
    generator = np.random.default_rng(1)
    found = gates.accuracy((generator.random(50_000) < 0.6).astype(float), np.arange(50_000) // 5)
    assert found.lower is not None
    assert found.value is not None

    assert found.value - found.lower == pytest.approx(1.645 * np.sqrt(0.24 / 50_000), rel=0.15)


def step_labels(count: int, seed: int) -> steps.Steps:
    generator = np.random.default_rng(seed)
    index, number = generator.integers(0, 8, count), np.full(count, 8)
    domain = generator.integers(0, 2, count)
    score = 1 / (1 + np.exp(-generator.normal(1.5, 1.5, count)))
    logit = -0.5 - 1.0 * np.log(score / (1 - score)) + 0.8 * index / 7 + np.asarray([0.0, 1.0])[domain]
    value = np.where(generator.random(count) < 1 / (1 + np.exp(-logit)), -1, 1)
    value = np.where(generator.random(count) < 0.1, 0, value)
    return steps.Steps(value, score, index, number, domain)


def test_step_labels_teach_what_made_them() -> None:
    made = step_labels(20_000, 1)
    link = steps.fit(made, 2)
    assert link is not None

    assert link.coefficients[0] == pytest.approx(-1, abs=0.1)
    assert link.coefficients[1] == pytest.approx(0.8, abs=0.15)
    assert link.intercepts[1] - link.intercepts[0] == pytest.approx(1, abs=0.15)
    wrong = link.wrong(made)
    given = made.value != 0
    assert wrong[given].mean() == pytest.approx((made.value[given] < 0).mean(), abs=0.01)
    against = steps.contrary(made.value, wrong)
    assert 0 < against.mean() < 0.05
    assert not against[~given].any()


def test_steps_that_are_all_right_teach_nothing() -> None:
    made = step_labels(50, 2)
    assert steps.fit(made[made.value > 0], 2) is None


def test_every_right_and_wrong_step_of_an_answer_is_a_pair() -> None:
    agrees, rows = steps.ordered_pairs(
        np.asarray([1, -1, 1, -1, 1, 0]),
        np.asarray([0.9, 0.1, 0.1, 0.5, 0.5, 0.0]),
        np.asarray([7, 7, 7, 8, 8, 8]),
    )
    assert agrees.tolist() == [0.75, 0.5]
    assert rows.tolist() == [1, 3]
    empty = np.zeros(0)
    assert steps.ordered_pairs(empty.astype(int), empty, empty.astype(int))[0].size == 0


def test_a_dissenter_stands_out_and_chance_does_not() -> None:
    generator = np.random.default_rng(3)
    person = np.repeat(np.arange(12), 300)
    chance = generator.uniform(0.05, 0.2, person.size)
    event = generator.random(person.size) < np.where(person == 4, 2.5 * chance, chance)
    found = {one.person: one for one in persons.dissents(person, event, chance)}

    assert found[4].certainty > persons.CERTAINTY
    assert found[4].z > 5
    assert max(one.certainty for who, one in found.items() if who != 4) < 0.9


def test_few_labels_prove_nothing_about_a_person() -> None:
    person = np.concatenate((np.repeat(np.arange(9), 200), [9, 9]))
    event = np.concatenate((np.arange(1800) % 10 == 0, [True, True]))
    found = {one.person: one for one in persons.dissents(person, event, np.full(1802, 0.1))}

    assert found[9].certainty < persons.CERTAINTY


def test_how_often_somebody_is_the_odd_one_out() -> None:
    often, seldom = persons.more_often(60, 200, 100, 1000), persons.more_often(20, 200, 100, 1000)
    assert often is not None
    assert seldom is not None

    assert often > 0.95
    assert seldom < 0.2
    assert persons.more_often(0, 0, 1, 2) is None
