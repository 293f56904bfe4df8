"""F2: a preference that hardly anybody else would give, by what a scorer's numbers were found to mean.

t = P(the label's side | a side is taken) at most `SURPRISING`, on a stratum whose link is open. (The mid-p of the whole
scale is at most 1/2 on the losing side: at 0.20 it would flag one label in six. On winners alone t is the label's
probability.) Ties oppose nobody. Before there are labels for a gate, a cold start may ask for a second person where
the only label on a pair goes against one of the widest fifth of all gaps.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from annotate.models import Calibration, Flag, Scope, ScorerRun
from annotate.pipeline.flagging.doubts import SURPRISING, Doubt, Found
from annotate.reports.labels.links import preference_link, strata_of
from annotate.reports.labels.scored_labels import ScoredPairs, scored_pairs
from annotate.stats.gates import CANARY

Rows = npt.NDArray[np.intp]


def doubt_preferences(run: ScorerRun, links: list[Calibration], found: Found) -> None:
    """Add what the run holds against comparisons."""
    is_cold = Calibration.Stage.PROVISIONAL
    speaking = [one for one in links if one.gate_open or (one.stage == is_cold and one.gate_reason != CANARY)]
    if not speaking:
        return
    pairs = scored_pairs(run.pk, given=found.given)
    labels = np.flatnonzero(~pairs.review)
    _count(run, pairs, labels, found)
    strata = strata_of(pairs)
    places = {name: place for place, name in enumerate(strata.names)}
    whole, dimension = pairs.whole[labels], pairs.dimension[labels]
    for link in speaking:
        asked = (whole == (link.scope == Scope.GLOBAL)) & (dimension == (link.dimension_id or 0))
        if link.stage == Calibration.Stage.PROVISIONAL:
            rows = labels[asked & pairs.single[labels]]
            rows = rows[np.abs(pairs.delta[rows]) >= link.parameters["standing_out"]]
        else:
            rows = labels[asked & (strata.of_row[labels] == places.get(link.stratum, -1))]
            _at_risk(run, link, pairs, rows, found)
        found.doubts += _doubts(run, link, pairs, rows)


def _doubts(run: ScorerRun, link: Calibration, pairs: ScoredPairs, rows: Rows) -> Iterator[Doubt]:
    names = pairs.names.sources
    fitted = preference_link(link)
    chance = fitted.side(pairs.preference[rows].astype(int), fitted.position(pairs.delta[rows]))
    order = np.argsort(chance, kind="stable")
    surprising = order[: np.count_nonzero(chance <= SURPRISING)]
    for place, at in enumerate(surprising.tolist()):
        row = int(rows[at])
        preference = int(pairs.preference[row])
        yield Doubt(
            kind=Flag.Kind.MODEL_PREFERENCE,
            run=run,
            calibration=link,
            conversation=int(pairs.conversation[row]),
            scope=link.scope,
            left=int(pairs.left[row]),
            right=int(pairs.right[row]),
            dimension=link.dimension_id,
            annotator=int(pairs.annotator[row]),
            submission=int(pairs.submission[row]),
            chance=float(chance[at]),
            rank=place / rows.size,
            sources=frozenset(names[source] for source in (pairs.left_source[row], pairs.right_source[row])),
            provisional=link.stage == Calibration.Stage.PROVISIONAL,
            among=link.parameters.get("pairs", 0),
            label=("right" if preference > 0 else "left",),
            evidence={
                "preference": preference,
                "delta": round(float(pairs.delta[row]), 6),
                "probability": round(float(chance[at]), 4),
                "bin": _bin(link, 1 - float(chance[at])),
            },
        )


def _at_risk(run: ScorerRun, link: Calibration, pairs: ScoredPairs, rows: Rows, found: Found) -> None:
    """Add the labels at which this link is sure of a side, whichever side they took.

    Of what was asked of everybody alike: follow-ups are asked where somebody was surprising or people disagree.
    """
    fitted = preference_link(link)
    rows = rows[pairs.ordinary[rows] & (pairs.preference[rows] != 0)]
    taken = fitted.side(pairs.preference[rows].astype(int), fitted.position(pairs.delta[rows]))
    chance = np.minimum(taken, 1 - taken)
    sure = chance <= SURPRISING
    more = (pairs.annotator[rows][sure], taken[sure] <= SURPRISING, chance[sure])
    before = found.at_risk.get(run.pk, (np.zeros(0, np.int64), np.zeros(0, bool), np.zeros(0)))
    found.at_risk[run.pk] = (
        np.concatenate((before[0], more[0])),
        np.concatenate((before[1], more[1])),
        np.concatenate((before[2], more[2])),
    )


def _bin(link: Calibration, chance: float) -> dict[str, Any] | None:
    """Return the bin of the reliability diagram that a prediction of the other side falls into."""
    measured = link.metrics.get("reliability")
    if not measured:
        return None
    return dict(min(measured["bins"], key=lambda one: abs(one["predicted"] - chance)))


def _count(run: ScorerRun, pairs: ScoredPairs, rows: Rows, found: Found) -> None:
    """Count the labels by person and by source model: what a fair share is."""
    found.shares.labels[run.pk] = rows.size
    found.submissions.update(pairs.submission[rows].tolist())
    for person, count in zip(*np.unique(pairs.annotator[rows], return_counts=True), strict=True):
        found.shares.people[run.pk, int(person)] = int(count)
    left, right = pairs.left_source[rows], pairs.right_source[rows]
    for source, name in enumerate(pairs.names.sources):
        found.shares.sources[run.pk, name] = int(np.count_nonzero((left == source) | (right == source)))
