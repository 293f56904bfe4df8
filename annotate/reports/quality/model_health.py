"""What is wrong with a scorer itself: style that it overpays, source models that it misjudges."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotate.models import Calibration, Scope, ScorerRun
from annotate.reports.labels.columns import read
from annotate.reports.labels.given_labels import GivenLabels
from annotate.reports.labels.links import preference_link, strata_of
from annotate.reports.labels.scored_labels import ScoredPairs, scored_pairs
from annotate.stats import health
from annotate.stats.bootstrap import LEAST_CONVERSATIONS
from annotate.stats.health import Estimate

NAME = "model-health"
# Conversations drawn for it at most: beyond them intervals are narrower than anybody needs.
MOST_PAIRS = 40_000

_STYLE = """
SELECT response_id AS response, sum(length(text)) AS length,
       sum(regexp_count(text, '^#{1,6} ', 1, 'n')) AS headers,
       sum(regexp_count(text, '^\\s*([-*+]|[0-9]+[.)]) ', 1, 'n')) AS lists,
       sum(regexp_count(text, '\\*\\*[^*]+\\*\\*')) AS bold, count(image_id) AS images
FROM annotate_messagepart WHERE response_id = ANY(%(responses)s) GROUP BY response_id
"""
FEATURES = ("length", "headers", "lists", "bold", "images")


@dataclass(frozen=True, slots=True)
class RunHealth:
    """One run. ``style`` are coefficients beside the score, of standardised differences (below 0: overpaid).

    ``sources`` say how much oftener answers of a source win than the scorer has it. ``undefined`` is "", ``few_pairs``
    (fewer than `annotate.stats.health.LEAST_PAIRS` with a winner), ``few_conversations`` (ten are needed), or
    ``no_link`` (no link to take the scale from).
    """

    id: uuid.UUID
    scorer: str
    model: str
    revision: str
    pairs: int
    style: list[Estimate]
    sources: list[Estimate]
    undefined: str


@dataclass(frozen=True, slots=True)
class ModelHealthReport:
    """Every trained run of the project, the oldest first."""

    runs: list[RunHealth]


def model_health(project_id: int) -> ModelHealthReport:
    """Return what people's overall preferences of responses say about each trained run; four statements a run."""
    runs = list(ScorerRun.objects.filter(project=project_id, trained=True).order_by("pk"))
    given = GivenLabels(project_id, runs)
    return ModelHealthReport([run_health(run, given) for run in runs])


def run_health(run: ScorerRun, given: GivenLabels) -> RunHealth:
    """Return one run's health, from labels that no flag has asked for."""
    links = Calibration.objects.filter(
        run=run,
        is_current=True,
        question=Calibration.Question.PREFERENCE,
        stage=Calibration.Stage.FITTED,
        scope=Scope.LOCAL,
        dimension=None,
    )
    by_stratum = {one.stratum: one for one in links}
    if not by_stratum:
        return RunHealth(run.uid, run.scorer, run.model, run.revision, 0, [], [], "no_link")
    pairs = scored_pairs(run.pk, given=given, base_alone=True)
    position, chance = _expected(pairs, by_stratum)
    asked = ~pairs.whole & (pairs.dimension == 0) & (pairs.preference != 0) & np.isfinite(chance)
    rows = _drawn(np.flatnonzero(asked), pairs.conversation)
    if rows.size < health.LEAST_PAIRS:
        return RunHealth(run.uid, run.scorer, run.model, run.revision, rows.size, [], [], "few_pairs")
    won, conversation = pairs.preference[rows] > 0, pairs.conversation[rows]
    if np.unique(conversation).size < LEAST_CONVERSATIONS:
        return RunHealth(run.uid, run.scorer, run.model, run.revision, rows.size, [], [], "few_conversations")
    return RunHealth(
        run.uid,
        run.scorer,
        run.model,
        run.revision,
        rows.size,
        health.style(won, position[rows], _features(pairs, rows), conversation),
        health.residuals(
            won,
            chance[rows],
            pairs.left_source[rows],
            pairs.right_source[rows],
            conversation,
            [name or "?" for name in pairs.names.sources],
        ),
        "",
    )


def _expected(
    pairs: ScoredPairs, by_stratum: dict[str, Calibration]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return each pair's position and P(the right one wins), nan where its stratum has no link."""
    strata = strata_of(pairs)
    position, chance = np.full(pairs.delta.size, np.nan), np.full(pairs.delta.size, np.nan)
    for place, name in enumerate(strata.names):
        if name in by_stratum:
            link, of_stratum = preference_link(by_stratum[name]), strata.of_row == place
            position[of_stratum] = link.position(pairs.delta[of_stratum])
            chance[of_stratum] = link.right_wins(position[of_stratum])
    return position, chance


def _drawn(rows: npt.NDArray[np.intp], conversation: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
    """Return the rows of so many conversations, the same ones every time, that about `MOST_PAIRS` are left."""
    every = -(-rows.size // MOST_PAIRS)
    return rows if every <= 1 else rows[conversation[rows] % every == 0]


def _features(pairs: ScoredPairs, rows: npt.NDArray[np.intp]) -> dict[str, npt.NDArray[np.float64]]:
    """Return the differences of style, right less left: the log ratio of lengths, the rest relative."""
    left, right = pairs.left[rows], pairs.right[rows]
    responses = np.unique(np.concatenate((left, right)))
    found = read(
        _STYLE, {"responses": responses.tolist()}, {"response": "i8", **dict.fromkeys(FEATURES, "i8")}
    )
    order = np.argsort(found["response"])
    known = found["response"][order]

    def of(name: str, response: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        places = np.minimum(np.searchsorted(known, response), known.size - 1)
        return np.where(known[places] == response, found[name][order][places], 0).astype(float)

    return {
        name: np.log((of(name, right) + 1) / (of(name, left) + 1))
        if name == "length"
        else health.relative(of(name, left), of(name, right))
        for name in FEATURES
    }
