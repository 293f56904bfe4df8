from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from annotate.stats import conformal, persons, rating


def crowd(  # noqa: PLR0913
    seed: int,
    *,
    people: int = 20,
    each: int = 400,
    harsh: float = 0.0,
    careless: float = 0.0,
    share: float = 0.05,
) -> dict[str, np.ndarray]:
    """Return ratings of 0 to 3 by a crowd; the first person is harsher, the second answers at random so often."""
    generator = np.random.default_rng(seed)
    count = people * each
    person = np.repeat(np.arange(people), each)
    conversation = generator.integers(0, count // 10, count)
    quality = generator.normal(0, 1, count)
    score = 0.5 * quality + np.sqrt(0.75) * generator.normal(0, 1, count)
    felt = 1.9 + 0.8 * quality + generator.normal(0, 0.5, count) - harsh * (person == 0)
    value = np.clip(np.rint(felt), 0, 3)
    at_random = generator.random(count) < np.where(person == 1, careless, share)
    value = np.where(at_random, generator.integers(0, 4, count), value).astype(int)
    return {
        "value": value,
        "score": score,
        "person": person,
        "conversation": conversation,
        "random": at_random,
    }


def p_values(made: dict[str, np.ndarray]) -> np.ndarray:
    link = rating.fit(made["value"], made["score"], made["person"], made["conversation"], 0, 3)
    assert link is not None
    return link.p_values(made["value"], made["score"], made["person"])


def held_out(made: dict[str, np.ndarray]) -> rating.HeldOut:
    return rating.held_out(made["value"], made["score"], made["person"], made["conversation"], 0, 3)


def test_what_is_reported_of_a_map_never_saw_the_conversation() -> None:
    shares, gains = [], []
    for seed in range(40):
        made = crowd(300 + seed, each=20)
        generator = np.random.default_rng(seed)
        noise = {**made, "score": generator.normal(0, 1, made["score"].size)}
        found = held_out(noise)
        assert np.isfinite(found.far).all()
        gains.append(found.constant.mean() - found.far.mean())
        shares.append((held_out(made).p_values <= 0.05).mean())

    # A score of pure noise explains nothing of what was held out.
    assert np.mean(gains) < 0.002
    assert np.mean(shares) == pytest.approx(0.045, abs=0.015)


def test_the_constant_knows_how_harsh_everybody_is_too() -> None:
    made = crowd(4, harsh=1.5)
    harsh = made["person"] == 0
    found = held_out(made)
    centre = np.abs(made["value"] - np.median(made["value"]))

    assert found.far.mean() < found.constant.mean()
    assert found.constant[harsh].mean() < 0.8 * centre[harsh].mean()


@pytest.mark.parametrize("each", [20, 400], ids=["sigmoid", "isotonic"])
def test_at_a_nominal_rate_so_many_are_flagged_and_no_more(each: int) -> None:
    made = crowd(1, each=each)
    found = p_values(made)

    for nominal in (0.01, 0.05, 0.2):
        assert (found <= nominal).mean() <= nominal * 1.5 + 0.01
    assert (found <= 0.2).mean() > 0.05


def test_a_harsh_person_is_not_punished_for_being_harsh() -> None:
    made = crowd(2, harsh=0.8)
    harsh = made["person"] == 0
    link = rating.fit(made["value"], made["score"], made["person"], made["conversation"], 0, 3)
    assert link is not None
    blind = replace(link, offsets={})
    with_offset = (link.p_values(*(made[one][harsh] for one in ("value", "score", "person"))) <= 0.05).mean()
    without = (blind.p_values(*(made[one][harsh] for one in ("value", "score", "person"))) <= 0.05).mean()

    assert link.offsets[0] == pytest.approx(-0.7, abs=0.2)
    assert with_offset < 0.08
    by_person = {
        one.person: one.p for one in persons.unusual(made["person"], p_values(made), made["conversation"])
    }
    assert by_person[0] > 0.05
    assert without > with_offset * 1.5


@pytest.mark.parametrize(
    ("each", "careless", "caught"), [(120, 0.4, 0.73), (240, 0.4, 0.90), (240, 0.2, 0.51)]
)
def test_careless_people_are_caught_by_all_they_said(each: int, careless: float, caught: float) -> None:
    hits = []
    for seed in range(30):
        made = crowd(100 + seed, each=each, careless=careless, share=0.0)
        by_person = {
            one.person: one.p for one in persons.unusual(made["person"], p_values(made), made["conversation"])
        }
        hits.append(by_person[1] <= 0.05)

    assert np.mean(hits) > caught - 0.15


def test_nobody_careless_is_seldom_called_so() -> None:
    called = []
    for seed in range(30):
        made = crowd(200 + seed, each=120, careless=0.05)
        called += [
            one.p <= 0.05 for one in persons.unusual(made["person"], p_values(made), made["conversation"])
        ]

    assert np.mean(called) < 0.10


def moody(seed: int, *, careless: float = 0.0, people: int = 24) -> dict[str, np.ndarray]:
    """Return ratings in which all that a person says of one conversation hangs together, on 8 dimensions of 3 answers.

    A halo lifts or lowers a whole conversation, and a mood says how far its ratings scatter.
    """
    generator = np.random.default_rng(seed)
    conversations, each = 40, 24
    person = np.repeat(np.arange(people), conversations * each)
    conversation = np.tile(np.repeat(np.arange(conversations), each), people)
    quality = generator.normal(0, 1, conversations * each)[
        conversation * each + np.arange(person.size) % each
    ]
    sitting = person * conversations + conversation
    halo = generator.normal(0, 0.6, people * conversations)[sitting]
    mood = np.exp(generator.normal(0, 0.5, people * conversations))[sitting]
    value = np.rint(1.9 + 0.8 * quality + halo + mood * generator.normal(0, 0.5, person.size))
    at_random = (generator.random(person.size) < careless) & (person == 1)
    value = np.where(at_random, generator.integers(0, 4, person.size), np.clip(value, 0, 3)).astype(int)
    return {
        "value": value,
        "score": 0.5 * quality + np.sqrt(0.75) * generator.normal(0, 1, person.size),
        "person": person,
        "conversation": conversation,
    }


def named(made: dict[str, np.ndarray]) -> list[int]:
    """Return who is called unusual, as F3 does it."""
    people = persons.unusual(made["person"], p_values(made), made["conversation"])
    q_values = false_discovery_control([one.p for one in people])
    return [one.person for one, q in zip(people, q_values, strict=True) if q <= 0.10]


def test_halo_and_mood_call_somebody_unusual_in_one_project_of_ten_at_most() -> None:
    alarms = [bool(named(moody(seed))) for seed in range(60)]

    assert sum(alarms) <= 11  # binomial of 0.1: more once in 60


def test_who_is_careless_is_found_beside_halo_and_mood() -> None:
    assert sum(1 in named(moody(seed, careless=0.4)) for seed in range(20)) >= 16


def test_a_person_in_few_conversations_is_not_judged() -> None:
    person, conversation = np.repeat([0, 1], 90), np.tile(np.arange(90) % 9, 2)
    assert persons.unusual(person, np.linspace(0.01, 1, 180), conversation) == []
    (one, other) = persons.unusual(person, np.linspace(0.01, 1, 180), np.tile(np.arange(90) % 10, 2))
    assert (one.person, other.person, one.count) == (0, 1, 90)


def test_p_values_count_what_lies_as_far_or_farther() -> None:
    calibration = np.asarray([0.1, 0.2, 0.2, 0.9])

    assert conformal.p_values(calibration, np.asarray([0.0, 0.2, 0.5, 2.0])).tolist() == [1.0, 0.8, 0.4, 0.2]


def test_stored_quantiles_give_nearly_the_same_and_never_smaller() -> None:
    generator = np.random.default_rng(7)
    calibration, asked = generator.exponential(1, 5000), generator.exponential(1, 500)
    exact = conformal.p_values(calibration, asked)
    stored = conformal.p_from_quantiles(conformal.quantiles(calibration), 5000, asked)

    assert (stored >= exact - 1e-12).all()
    assert (stored - exact).max() < 0.0025


def test_offsets_shrink_and_few_answers_shrink_more() -> None:
    generator = np.random.default_rng(8)
    person = np.repeat([0, 1, 2, 3], [400, 400, 400, 3])
    truth = np.asarray([0.5, 0.0, -0.5, 0.5])
    found = conformal.offsets(truth[person] + generator.normal(0, 0.5, person.size), person)

    assert found[0] == pytest.approx(0.5, abs=0.1)
    assert abs(found[3]) < 0.5
    assert conformal.offset_of(found, np.asarray([99])).tolist() == [0.0]
    assert conformal.offsets(np.zeros(0), np.zeros(0, dtype=int)) == {}


def test_a_conversation_is_on_one_side_of_the_fold_for_ever() -> None:
    ids = np.arange(1000)
    first = conformal.in_calibration_fold(ids)

    assert (first == conformal.in_calibration_fold(ids[::-1])[::-1]).all()
    assert 430 < first.sum() < 570


def test_a_map_never_falls() -> None:
    for seed, each in ((9, 10), (10, 300)):
        made = crowd(seed, each=each)
        link = rating.fit(made["value"], -made["score"], made["person"], made["conversation"], 0, 3)
        assert link is not None
        assert (np.diff(link.expected) >= -1e-9).all()
        assert len(link.scores) <= rating.KNOTS


def test_one_conversation_calibrates_nothing() -> None:
    one = np.zeros(10, dtype=int)
    assert rating.fit(one, one.astype(float), one, one, 0, 3) is None
