"""The link from a process model's step values to what people call wrong, all steps of a run together."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import numpy.typing as npt

from annotate.models import Calibration, Scope
from annotate.pipeline.calibrating.storing import Fits, Key, sha256_of
from annotate.reports.labels.links import step_parameters
from annotate.reports.labels.scored_labels import scored_steps
from annotate.stats import gates, steps
from annotate.stats.conformal import in_calibration_fold
from annotate.stats.reliability import reliability

STEP = Calibration.Question.STEP


def fit_steps(fits: Fits) -> None:
    """Fit the step link of a run: one for the project, with an intercept per language."""
    labels = scored_steps(fits.run.pk, given=fits.given, base_alone=True)
    order = np.lexsort((labels.index, labels.response, labels.submission))
    rows = order[labels.value[order] != 0]
    key: Key = (STEP, Scope.LOCAL, None, "")
    decided = fits.decided.get(key, (0, 0))
    given = steps.Steps(
        labels.value[rows], labels.score[rows], labels.index[rows], labels.count[rows], labels.language[rows]
    )
    conversation, languages = labels.conversation[rows], labels.names.languages
    columns = (given.value, given.score, given.index, given.count, given.domain, conversation)
    sha256 = sha256_of(columns, languages, decided)
    if rows.size < gates.LEAST_RATINGS or fits.holds(key, sha256):
        return
    link = steps.fit(given, len(languages))
    if link is None:
        return
    chance = _held_out(given, conversation, len(languages))
    seen = np.isfinite(chance)
    people = np.stack((labels.response[rows], labels.annotator[rows]))
    _, answer = np.unique(people, axis=1, return_inverse=True)
    agrees, at = steps.ordered_pairs(given.value, given.score, answer)
    found = replace(gates.accuracy(agrees, conversation[at]), count=rows.size)
    measured = reliability(chance[seen], given.value[seen] < 0)
    fits.add(
        key,
        sha256,
        gates.gate(found, gates.LEAST_RATINGS, *decided),
        link="logistic",
        stage=Calibration.Stage.FITTED,
        parameters=step_parameters(link, languages),
        sample_size=rows.size,
        conversations=np.unique(conversation).size,
        metrics={"pairs": agrees.size, "reliability": asdict(measured) if measured else None},
    )


def _held_out(
    given: steps.Steps, conversation: npt.NDArray[np.int64], languages: int
) -> npt.NDArray[np.float64]:
    """Return P("−") of each label from a link that never saw its fold; nan where that fold taught none."""
    chance = np.full(conversation.size, np.nan)
    fold = in_calibration_fold(conversation)
    for held in (fold, ~fold):
        other = steps.fit(given[~held], languages)
        if other is not None:
            chance[held] = other.wrong(given[held])
    return chance
