from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.stats.bradley_terry import Floats, Ints, components, is_bounded, strengths

# A. Agresti, Categorical Data Analysis (2nd edition, 2002), table 10.10: games won by row over column, American League
# 1987: Milwaukee, Detroit, Toronto, New York, Boston, Cleveland, Baltimore. H. Turner and D. Firth, "Bradley-Terry
# Models in R", Journal of Statistical Software 48 (2012), print the log strengths below, Baltimore's being 0.
BASEBALL = (
    (0, 7, 9, 7, 7, 9, 11),
    (6, 0, 7, 5, 11, 9, 9),
    (4, 6, 0, 7, 7, 8, 12),
    (6, 8, 6, 0, 6, 7, 10),
    (6, 2, 6, 7, 0, 7, 12),
    (4, 4, 5, 6, 6, 0, 6),
    (2, 4, 1, 3, 1, 7, 0),
)
ABILITIES = (1.5814, 1.4364, 1.2945, 1.2476, 1.1077, 0.6839, 0)

# Davidson (1970), example 2, brands of chocolate pudding: first, second, preferences for the first, the second, ties.
# The documentation of the R package PlackettLuce prints the worths and the tie parameter below, as the paper has them.
PUDDING = (
    *((0, 1, 19, 22, 16), (0, 2, 16, 19, 12), (1, 2, 19, 19, 10), (0, 3, 18, 23, 13), (1, 3, 23, 19, 9)),
    *((2, 3, 19, 20, 15), (0, 4, 13, 19, 18), (1, 4, 16, 20, 12), (2, 4, 16, 15, 17), (3, 4, 17, 14, 16)),
    *((0, 5, 18, 21, 12), (1, 5, 22, 20, 12), (2, 5, 13, 18, 10), (3, 5, 14, 19, 18), (4, 5, 11, 21, 12)),
)
WORTHS = (0.1388, 0.1730, 0.1617, 0.1654, 0.1587, 0.2024)
TIE = 0.7468


def table(rows: object) -> tuple[Ints, Floats]:
    found = np.array(rows)
    return found[:, :2], found[:, 2:].astype(float)


def league() -> tuple[Ints, Floats]:
    teams = range(len(BASEBALL))
    return table([(i, j, BASEBALL[i][j], BASEBALL[j][i], 0) for i in teams for j in teams if i < j])


def test_without_ties_it_is_what_turner_and_firth_print() -> None:
    pairs, counts = league()
    found = strengths(pairs, counts, 7, prior=np.inf)

    assert found.logs - found.logs[-1] == pytest.approx(ABILITIES, abs=5e-5)
    assert found.logs.sum() == pytest.approx(0)
    assert found.tie == 0


def test_with_ties_it_is_what_davidson_prints() -> None:
    found = strengths(*table(PUDDING), 6, prior=np.inf)
    worths = np.exp(found.logs)

    assert worths / worths.sum() == pytest.approx(WORTHS, abs=6e-5)
    assert found.tie == pytest.approx(TIE, abs=6e-5)


def test_two_models_by_hand() -> None:
    # As many parameters as free shares: p1 : p2 : v sqrt(p1 p2) = 12 : 3 : 6.
    found = strengths(*table([(0, 1, 12, 3, 6)]), 2, prior=np.inf)

    assert found.logs[0] - found.logs[1] == pytest.approx(np.log(4))
    assert found.tie == pytest.approx(6 / np.sqrt(12 * 3))


COUNTS = st.lists(st.tuples(*[st.integers(0, 30)] * 3), min_size=3, max_size=3)


@given(COUNTS)
def test_turning_a_pair_round_changes_nothing_and_who_wins_more_is_stronger(
    counts: list[tuple[int, int, int]],
) -> None:
    rows = [(*pair, *count) for pair, count in zip([(0, 1), (0, 2), (1, 2)], counts, strict=True)]
    turned = [(j, i, lost, won, tied) for i, j, won, lost, tied in rows]
    found, other = strengths(*table(rows), 3), strengths(*table(turned), 3)

    assert found.logs == pytest.approx(other.logs, abs=1e-6)
    assert found.tie == pytest.approx(other.tie, rel=1e-6)
    assert np.isfinite(found.logs).all()
    if all(sum(count) == sum(counts[0]) for count in counts):
        score = np.zeros(3)
        for i, j, won, lost, tied in rows:
            score[i] += won + tied / 2
            score[j] += lost + tied / 2
        stronger = [(a, b) for a in range(3) for b in range(3) if score[a] > score[b]]
        assert all(found.logs[a] >= found.logs[b] - 1e-6 for a, b in stronger)


def test_a_one_sided_win_is_finite_and_grows_with_the_number_of_wins() -> None:
    few = strengths(*table([(0, 1, 5, 0, 0)]), 2).logs[0]
    many = strengths(*table([(0, 1, 500, 0, 0)]), 2).logs[0]

    assert 0 < few < many < 10


def test_the_prior_moves_what_is_well_known_by_little() -> None:
    pairs, counts = league()
    free, held = strengths(pairs, counts, 7, prior=np.inf), strengths(pairs, counts, 7)

    assert held.logs == pytest.approx(free.logs, abs=0.012)


def test_many_sets_are_fitted_as_each_alone() -> None:
    pairs, counts = table(PUDDING)
    sets = np.stack([counts, counts[:, [1, 0, 2]], counts * 3] * 40)
    found = strengths(pairs, sets, 6)

    assert found.logs.shape == (120, 6)
    assert found.logs[:3] == pytest.approx(
        np.stack([strengths(pairs, one, 6).logs for one in sets[:3]]), abs=1e-6
    )
    assert found.logs[117:] == pytest.approx(found.logs[:3], abs=1e-6)


def test_what_nothing_links_is_not_compared() -> None:
    pairs = np.array([(0, 1), (2, 3)])
    counts = np.array([(9.0, 3, 0), (3, 9, 0)])
    found = strengths(pairs, counts, 5)

    assert len(set(components(pairs, 5).tolist())) == 3
    assert found.logs == pytest.approx([found.logs[0], -found.logs[0], -found.logs[0], found.logs[0], 0])


def test_strengths_are_bounded_when_every_part_has_won_against_the_rest() -> None:
    circle = np.array([(0, 1), (1, 2), (0, 2)])

    assert is_bounded(circle, np.array([(1.0, 0, 0), (1, 0, 0), (0, 1, 0)]), 3)
    assert not is_bounded(circle, np.array([(1.0, 0, 0), (1, 0, 0), (1, 0, 0)]), 3)
    assert is_bounded(circle, np.array([(1.0, 0, 0), (1, 0, 0), (1, 0, 1)]), 3)
    assert is_bounded(np.array([(0, 1)]), np.array([(1.0, 1, 0)]), 3), (
        "a model without comparisons hinders nobody"
    )


def test_known_strengths_are_found_again() -> None:
    random = np.random.default_rng(3)
    logs = np.array([-0.8, -0.2, 0.1, 0.9])
    pairs = np.array([(i, j) for i in range(4) for j in range(i + 1, 4)])
    worth = np.exp(logs)
    first, second = worth[pairs[:, 0]], worth[pairs[:, 1]]
    chances = np.stack([first, second, 0.6 * np.sqrt(first * second)], axis=1)
    chances /= chances.sum(axis=1, keepdims=True)
    counts = np.stack([random.multinomial(4000, one) for one in chances]).astype(float)
    found = strengths(pairs, counts, 4)

    assert found.logs == pytest.approx(logs, abs=0.06)
    assert found.tie == pytest.approx(0.6, abs=0.04)
