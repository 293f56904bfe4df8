"""F4: step labels that go against a process model, once per answer and person.

With an open link: "+" where at least `PLUS_AT` of people would say "−", and "−" where hardly anybody would. Without one
nothing: the bare values are not centred, and a follow-up cannot ask about steps.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

from annotate.models import Calibration, Flag, Scope, ScorerRun
from annotate.pipeline.flagging.doubts import Doubt, Found
from annotate.reports.labels.links import step_link
from annotate.reports.labels.scored_labels import ScoredSteps, scored_steps
from annotate.stats import steps


def doubt_steps(run: ScorerRun, links: list[Calibration], found: Found) -> None:
    """Add what the run holds against step labels; nothing where its link is closed."""
    link = links[0] if links else None
    if link is None or not link.gate_open:
        return
    labels = _of_annotators(scored_steps(run.pk, given=found.given))
    if not labels.value.size:
        return
    found.submissions.update(labels.submission.tolist())
    columns = (labels.value, labels.score, labels.index, labels.count, labels.language)
    wrong = step_link(link, labels.names.languages).wrong(steps.Steps(*columns))
    against = steps.contrary(labels.value, wrong)
    chance = np.where(labels.value > 0, 1 - wrong, wrong)
    found.doubts += _by_answer(run, link, labels, np.flatnonzero(against), chance)


def _of_annotators(labels: ScoredSteps) -> ScoredSteps:
    """Return the labels without reviewers' verdicts."""
    columns = [one.name for one in fields(labels) if one.name != "names"]
    return ScoredSteps(
        names=labels.names, **{name: getattr(labels, name)[~labels.review] for name in columns}
    )


def _by_answer(
    run: ScorerRun,
    link: Calibration,
    labels: ScoredSteps,
    rows: npt.NDArray[np.intp],
    chance: npt.NDArray[np.float64],
) -> list[Doubt]:
    order = rows[np.lexsort((labels.index[rows], labels.annotator[rows], labels.response[rows]))]
    answers: dict[tuple[int, int], list[int]] = {}
    for row in order.tolist():
        answers.setdefault((int(labels.response[row]), int(labels.annotator[row])), []).append(row)
    least = {key: min(float(chance[row]) for row in found) for key, found in answers.items()}
    ranked = {key: place for place, key in enumerate(sorted(least, key=least.__getitem__))}
    every = np.unique(np.stack((labels.response, labels.annotator)), axis=1).shape[1]
    return [
        Doubt(
            kind=Flag.Kind.MODEL_STEP,
            run=run,
            calibration=link,
            conversation=int(labels.conversation[found[0]]),
            scope=Scope.LOCAL,
            response=response,
            annotator=annotator,
            submission=int(labels.submission[found[0]]),
            chance=least[response, annotator],
            rank=ranked[response, annotator] / every,
            sources=frozenset((labels.names.sources[labels.source[found[0]]],)),
            label=tuple((int(labels.index[row]), int(labels.value[row])) for row in found),
            evidence={"steps": [_step(labels, row, chance) for row in found]},
        )
        for (response, annotator), found in answers.items()
    ]


def _step(labels: ScoredSteps, row: int, chance: npt.NDArray[np.float64]) -> dict[str, Any]:
    return {
        "index": int(labels.index[row]),
        "value": int(labels.value[row]),
        "score": round(float(labels.score[row]), 4),
        "probability": round(float(chance[row]), 4),
    }
