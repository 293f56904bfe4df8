"""Links from a difference of scores to what people prefer, by scope, dimension and stratum; and the cold start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from annotate.models import Calibration, Dimension
from annotate.pipeline.calibrating.storing import Fits, Key, prior_tau, scope_of, sha256_of
from annotate.reports.labels.links import Strata, preference_parameters, strata_of
from annotate.reports.labels.scored_labels import ScoredPairs, score_gaps, scored_pairs
from annotate.stats import coldstart, gates, preference
from annotate.stats.conformal import in_calibration_fold
from annotate.stats.reliability import reliability

PREFERENCE = Calibration.Question.PREFERENCE
# Below so many labels a link is what was believed before, and no more than provisional.
FITTED_FROM = 50

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Labels:
    """Base labels of one scope and dimension, all on one scale, in the order of their ids."""

    preference: npt.NDArray[np.int64]
    delta: npt.NDArray[np.float64]
    stratum: npt.NDArray[np.int64]
    conversation: npt.NDArray[np.int64]
    scale: int
    ties: bool


def fit_preferences(fits: Fits) -> None:
    """Fit all preference links of a run."""
    pairs = scored_pairs(fits.run.pk, given=fits.given, base_alone=True)
    strata = strata_of(pairs)
    gaps = score_gaps(fits.run.pk).delta
    cold = coldstart.tau_from_scores(gaps)
    dimensions = {one.pk: one for one in Dimension.objects.filter(pk__in=np.unique(pairs.dimension).tolist())}
    overall = 0
    for whole, number, rows in _questions(pairs):
        labels = _labels(pairs, strata, rows)
        scope, dimension = scope_of(whole=whole), dimensions.get(number)
        tau = prior_tau(fits.run, scope, dimension) or cold
        if tau is not None and labels.preference.size >= FITTED_FROM:
            _fit(fits, (scope, dimension), strata.names, labels, tau)
        if dimension is None and not whole:
            overall = labels.preference.size
    if cold is not None and overall < gates.LEAST_PAIRS:
        _begin_cold(fits, cold, gaps, overall)


def _questions(pairs: ScoredPairs) -> Iterator[tuple[bool, int, Rows]]:
    """Yield (whole, dimension, rows) for every question there are labels on."""
    ordered = np.lexsort((pairs.right, pairs.left, pairs.submission))
    code = pairs.dimension[ordered] * 2 + pairs.whole[ordered]
    for one in np.unique(code).tolist():
        yield bool(one % 2), one // 2, ordered[code == one]


def _labels(pairs: ScoredPairs, strata: Strata, rows: Rows) -> _Labels:
    """Return the rows on one scale: where batches differ in theirs, winners and ties alone."""
    given = pairs.preference[rows].astype(np.int64)
    scales, ties = np.unique(pairs.scale[rows]), pairs.ties[rows]
    mixed = scales.size > 1 or (ties.any() and not ties.all())
    return _Labels(
        np.sign(given) if mixed else given,
        pairs.delta[rows],
        strata.of_row[rows],
        pairs.conversation[rows],
        1 if mixed else int(scales[0]),
        bool(ties.any()),
    )


def _fit(
    fits: Fits, question: tuple[str, Dimension | None], names: list[str], labels: _Labels, tau: float
) -> None:
    scope, dimension = question
    present = np.unique(labels.stratum)
    stratum = np.searchsorted(present, labels.stratum)
    keys: list[Key] = [
        (PREFERENCE, scope, dimension.pk if dimension else None, names[one]) for one in present.tolist()
    ]
    columns = (labels.preference, labels.delta, labels.stratum, labels.conversation)
    sha256 = sha256_of(
        columns, labels.scale, labels.ties, tau, names, [fits.decided.get(key) for key in keys]
    )
    # Strata share strength: any new label is another fit of all of them.
    held = [fits.holds(key, sha256) for key in keys]
    if all(held):
        return
    fits.kept.difference_update(keys)
    link, chance = _linked(labels, stratum, present.size, tau)
    for place, key in enumerate(keys):
        rows = np.flatnonzero(stratum == place)
        takes_side = rows[labels.preference[rows] != 0]
        agrees = _agrees(labels.preference[takes_side], labels.delta[takes_side])
        found = gates.accuracy(agrees, labels.conversation[takes_side])
        fits.add(
            key,
            sha256,
            gates.gate(found, gates.LEAST_PAIRS, *fits.decided.get(key, (0, 0))),
            link="ordinal",
            stage=Calibration.Stage.FITTED,
            parameters=preference_parameters(link, link.taus[place], scale=labels.scale, ties=labels.ties),
            sample_size=rows.size,
            conversations=np.unique(labels.conversation[rows]).size,
            metrics=_metrics(chance[takes_side], labels.preference[takes_side], labels.delta[takes_side]),
        )


def _agrees(given: npt.NDArray[np.int64], delta: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray((np.sign(given) * np.sign(delta) + 1) / 2, dtype=np.float64)


def _linked(
    labels: _Labels, stratum: npt.NDArray[np.int64], strata: int, tau: float
) -> tuple[preference.PreferenceLink, npt.NDArray[np.float64]]:
    """Return the link of all labels, and P(right | a side) of each label from a link that never saw its fold."""

    def fitted(rows: npt.NDArray[np.bool_] | slice) -> preference.PreferenceLink:
        return preference.fit(
            labels.preference[rows],
            labels.delta[rows],
            stratum[rows],
            strata=strata,
            scale=labels.scale,
            ties=labels.ties,
            tau=tau,
        )

    fold = in_calibration_fold(labels.conversation)
    chance = np.zeros(labels.delta.size)
    for held in (fold, ~fold):
        if held.any():
            link = fitted(~held)
            chance[held] = link.right_wins(link.position(labels.delta[held], stratum[held]))
    return fitted(slice(None)), chance


def _metrics(
    chance: npt.NDArray[np.float64], given: npt.NDArray[np.int64], delta: npt.NDArray[np.float64]
) -> dict[str, Any]:
    """Return what the pages show: reliability, and how often people go against the score beside how often expected.

    The diagram is drawn for the side that the score prefers, so that it does not hang on which side was left.
    """
    ahead = np.where(delta < 0, 1 - chance, chance)
    follows = np.where(delta < 0, given < 0, given > 0)
    found = reliability(ahead, follows)
    return {
        "reliability": asdict(found) if found else None,
        "disagreement": float(1 - follows.mean()) if follows.size else None,
        "expected_disagreement": float(1 - ahead.mean()) if ahead.size else None,
    }


def _begin_cold(fits: Fits, tau: float, gaps: npt.NDArray[np.float64], labels: int) -> None:
    """Note what scores alone say of the overall preference, until there are labels enough for a gate."""
    key: Key = (PREFERENCE, scope_of(whole=False), None, "")
    sha256 = sha256_of((gaps,), "cold", labels >= FITTED_FROM)
    if fits.holds(key, sha256):
        return
    fits.add(
        key,
        sha256,
        gates.Gate(False, "few_labels", labels, gates.LEAST_PAIRS),
        link="cold_start",
        stage=Calibration.Stage.PROVISIONAL,
        parameters={
            "tau": tau,
            "common_tau": tau,
            "thresholds": [0.0],
            "scale": 1,
            "ties": False,
            "standing_out": coldstart.standing_out(gaps),
            "pairs": gaps.size,
        },
        sample_size=0,
        metrics={},
    )
