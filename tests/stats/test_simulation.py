"""What is drawn has the properties that were asked for: otherwise no figure measured with it means anything."""

from __future__ import annotations

import numpy as np
import pytest

from annotate.stats import simulation
from annotate.stats.simulation import Floats, Integers, Mood, Person, Truth, generator

RESPONSES = 4000
DIMENSIONS = {"clear": False, "true": False, "whole": True}


def truth(seed: int = 1, responses: int = RESPONSES) -> Truth:
    known = np.array(list(simulation.SOURCES.values()))
    rng = np.random.default_rng(0)
    effects = np.concatenate([rng.permutation(known)[:2] for _ in range(responses // 2)])
    return simulation.draw_truth(
        seed, b"world", effects=effects, dimensions=DIMENSIONS, steps=[4] * responses
    )


def pairs(responses: int = RESPONSES) -> Integers:
    return np.arange(responses).reshape(-1, 2)


def preferences(person: Person, world: Truth, name: int, *, tie: float = 0.0, scale: int = 1) -> Integers:
    rng = generator(1, "answers", name)
    mood = Mood.draw(rng, person, RESPONSES)
    right_first = np.arange(RESPONSES // 2) % 2 == 0
    scopes = np.zeros(RESPONSES // 2, dtype=np.int64)
    given = simulation.prefer(
        rng,
        mood,
        world.worth,
        pairs=pairs(),
        scopes=scopes,
        right_first=right_first,
        scale=scale,
        tie=tie,
    )
    return given.values


def ratings(person: Person, world: Truth, name: int, *, minimum: int = 0) -> simulation.Answers:
    rng = generator(1, "ratings", name)
    return simulation.rate(
        rng,
        Mood.draw(rng, person, RESPONSES),
        world.levels[:, 0],
        responses=np.arange(RESPONSES),
        is_global=np.zeros(RESPONSES, dtype=bool),
        minimum=np.full(RESPONSES, minimum),
        maximum=np.full(RESPONSES, 3),
    )


def gaps(worth: Floats) -> Floats:
    found: Floats = worth[pairs()[:, 1], 0] - worth[pairs()[:, 0], 0]
    return found


def test_the_same_seed_and_name_draw_the_same_and_another_seed_does_not() -> None:
    again, other = truth(), truth(seed=2)

    assert (truth().worth == again.worth).all()
    assert (truth().worth != other.worth).all()


def test_responses_added_later_leave_the_earlier_ones_as_they_are() -> None:
    few, many = truth(responses=6), truth(responses=8)

    assert (many.worth[:6] == few.worth).all()
    assert (many.levels[:6] == few.levels).all()
    assert all((a == b).all() for a, b in zip(few.right, many.right[:6], strict=True))


def test_two_careful_people_agree_on_73_percent_of_pairs() -> None:
    world = truth()
    shares = [
        float((preferences(Person(), world, one) == preferences(Person(), world, one + 100)).mean())
        for one in range(10)
    ]

    assert np.mean(shares) == pytest.approx(0.73, abs=0.012)


def test_one_label_in_five_is_on_the_minoritys_side() -> None:
    world = truth()
    wrong = [(preferences(Person(), world, one) != np.sign(gaps(world.worth))).mean() for one in range(10)]

    assert np.mean(wrong) == pytest.approx(0.195, abs=0.012)


def test_ties_are_given_where_asked_and_strength_stays_on_the_scale() -> None:
    values = preferences(Person(), truth(), 1, tie=0.4, scale=3)

    assert 0.08 < (values == 0).mean() < 0.14
    assert set(values.tolist()) == {-3, -2, -1, 0, 1, 2, 3}
    assert set(preferences(Person(), truth(), 1, scale=2).tolist()) == {-2, -1, 1, 2}


def test_a_noisy_person_agrees_less_and_one_who_guesses_half_the_time() -> None:
    world = truth()
    careful = preferences(Person(), world, 1)

    noisy = (preferences(Person(noise=3), world, 2) == careful).mean()
    guessing = (preferences(Person(careless=1), world, 3) == careful).mean()

    assert 0.55 < noisy < 0.68
    assert guessing == pytest.approx(0.5, abs=0.035)


def test_who_is_drawn_to_what_is_shown_first_prefers_it() -> None:
    values = preferences(Person(position=1.0), truth(), 1)
    right_first = np.arange(len(values)) % 2 == 0

    assert (values[right_first] > 0).mean() > 0.57
    assert (values[~right_first] > 0).mean() < 0.43


def test_ratings_have_the_usual_shape_and_a_harsh_person_gives_less() -> None:
    world = truth()
    careful, harsh = ratings(Person(), world, 1).values, ratings(Person(offset=-0.8), world, 2).values

    assert 0.4 < (careful == 3).mean() < 0.7
    assert careful.mean() - harsh.mean() == pytest.approx(
        0.7, abs=0.12
    )  # the ends of the scale take the rest
    assert np.corrcoef(careful, world.levels[:, 0])[0, 1] > 0.6


def test_the_share_of_careless_answers_is_what_was_asked_for() -> None:
    given = ratings(Person(careless=0.4), truth(), 1)

    assert given.careless.mean() == pytest.approx(0.4, abs=0.03)
    assert not ratings(Person(), truth(), 1).careless.any()


def test_who_gives_the_top_always_gives_nothing_else() -> None:
    assert (ratings(Person(always_top=True), truth(), 1).values == 3).all()


def test_a_dimension_has_one_truth_whatever_a_rubric_asks_beside_it() -> None:
    def drawn(*keys: str) -> Truth:
        asked = dict.fromkeys(keys, False)
        return simulation.draw_truth(1, b"world", effects=np.zeros(6), dimensions=asked, steps=[2] * 6)

    old, new = drawn("clear", "true"), drawn("new", "true", "clear", "more")

    assert (old.worth == new.worth).all()
    assert (old.levels == new.levels[:, [2, 1]]).all()


def test_a_scale_that_begins_below_zero_is_used_whole() -> None:
    assert set(ratings(Person(), truth(), 1, minimum=-1).values.tolist()) == {-1, 0, 1, 2, 3}


@pytest.mark.parametrize("accuracy", [0.73, 0.66, 0.61, 0.5])
def test_a_scorer_is_as_accurate_as_was_asked_for(accuracy: float) -> None:
    rng = generator(3, "scores")
    world = truth(responses=RESPONSES)
    scores = np.concatenate(
        [
            simulation.score_outcomes(rng, world.worth[:, 0], simulation.correlation_of(accuracy))
            for _ in range(10)
        ]
    ).reshape(10, -1)
    sided = [
        (np.sign(score[1::2] - score[::2]) == preferences(Person(), world, number)).mean()
        for number, score in enumerate(scores)
    ]

    assert np.mean(sided) == pytest.approx(accuracy, abs=0.012)


@pytest.mark.parametrize("accuracy", [0.81, 0.19])
def test_nobody_is_more_often_right_than_people_agree(accuracy: float) -> None:
    with pytest.raises(ValueError, match="between"):
        simulation.correlation_of(accuracy)


def test_a_step_scorer_is_as_accurate_as_was_asked_for() -> None:
    rng = generator(4, "steps")
    right = [one[1:] for one in truth().right]
    chances = np.concatenate([simulation.score_steps(rng, one, 0.62)[1:] for one in truth().right])
    flat = np.concatenate(right)

    best = max(
        ((chances[flat] > cut).mean() + (chances[~flat] <= cut).mean()) / 2
        for cut in np.linspace(0.5, 0.95, 46)
    )

    assert best == pytest.approx(0.62, abs=0.015)


def test_steps_are_labelled_mostly_right_a_tenth_neutral() -> None:
    flat = np.concatenate(truth().right)
    given = simulation.label_steps(generator(5, "labels"), Person(), flat).values

    assert (given == 0).mean() == pytest.approx(0.1, abs=0.01)
    assert (given[given != 0] == np.where(flat, 1, -1)[given != 0]).mean() == pytest.approx(0.9, abs=0.01)


def test_what_follows_a_label_equals_it_as_often_as_asked_and_stays_on_the_scale() -> None:
    labels = np.repeat(np.arange(4), 2000)
    given = simulation.repeat(
        generator(6, "near"), labels, np.zeros_like(labels), np.full_like(labels, 3), 0.8
    )

    assert (given == labels).mean() == pytest.approx(0.8, abs=0.02)
    assert np.abs(given - labels).max() == 1
    assert set(given.tolist()) == {0, 1, 2, 3}
