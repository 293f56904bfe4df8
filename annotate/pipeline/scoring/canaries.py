"""Canaries: before a model that was just loaded scores anything, it repeats a few scores of its run.

Kernels, drivers and libraries change what a model says while its name, revision and settings stay the same. A score
that differs by more than rounding does then belongs to another model than the one that was calibrated: the run stops,
and every link of that model version is closed until a check is passed again.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence

from django.db import connection, transaction

from annotate.models import Calibration, CanaryCheck, Score, ScorerRun
from annotate.pipeline.scoring import attempts, taking, workers
from annotate.pipeline.scoring.isolating import guarded
from annotate.pipeline.scoring.residence import MismatchError, Resident
from annotate.reports.quality.canaries import lock_version
from annotate.stats.gates import CANARY
from inference.types import Result

log = logging.getLogger(__name__)

CANARIES = 8
# How far rounding alone may take a score, as a share of the middle half of the run's scores, and at least. In half
# precision the shape of a batch moves a reward by 0.7 % of its range and another attention kernel by 2 %; P(+) of a
# step moves by up to 0.03.
HALF, HALF_AT_LEAST = 0.1, 0.03
SINGLE, SINGLE_AT_LEAST = 0.001, 1e-4


def check(run: ScorerRun, resident: Resident) -> None:
    """Let the model repeat the run's first scores, once for each time it is loaded; store how far it is off.

    An untrained scorer has no links to close, a run without enough scores nothing to repeat. Raises MismatchError
    where the model says something else than it said; everything is closed and stored then.
    """
    if not run.trained or run.pk in resident.checked:
        return
    resident.checked.add(run.pk)
    known = {
        score.response_id: score
        for score in Score.objects.filter(run=run, dimension=None, value__isnull=False)
        .select_related("response__turn")
        .order_by("response")[:CANARIES]
    }
    if len(known) < CANARIES:
        return
    whole = taking.with_history({pk: score.response.turn.conversation_id for pk, score in known.items()})
    items = [item for one in whole.values() for item in taking.items(one)]
    with workers.at_work(run.pk), attempts.counted(run.pk, [attempts.LOADING]):
        results = guarded(lambda: resident.scorer(items))
    asked = [known[response.pk] for one in whole.values() for response in one.responses]
    found = _compare(run, list(zip(asked, results, strict=False)))
    if not found.passed:
        words = (
            f"The model on {workers.HOST} says something else than it said: of {found.responses} responses scored "
            f"again the largest change is {found.largest_change}, {found.tolerance:.4g} is rounding, "
            f"{found.errors} had no answer. Bring back what it ran on, or start a new run."
        )
        raise MismatchError(words)


def _compare(run: ScorerRun, pairs: Sequence[tuple[Score, Result]]) -> CanaryCheck:
    changes = [_change(score, result) for score, result in pairs]
    answered = [change for change in changes if change is not None]
    tolerance = _tolerance(run)
    errors = CANARIES - len(answered)
    found = CanaryCheck(
        run=run,
        responses=CANARIES,
        errors=errors,
        largest_change=max(answered, default=None),
        tolerance=tolerance,
        passed=not errors and max(answered) <= tolerance,
        host=workers.HOST[:255],
    )
    with transaction.atomic():
        found.save()
        if not found.passed:
            _close_links(run)
    log.info(
        "run %s: canaries %s, change %s", run.pk, "pass" if found.passed else "fail", found.largest_change
    )
    return found


def _change(score: Score, result: Result) -> float | None:
    """Return how far the answer is from the stored one at most; None without an answer of the same shape."""
    if result.error or result.value is None or score.value is None:
        return None
    steps = [step.score for step in result.steps or ()]
    old = [score.value, *(score.step_values or ())]
    if len(old) != 1 + len(steps) or not all(map(math.isfinite, (result.value, *steps))):
        return None
    return float(max(abs(new - before) for new, before in zip([result.value, *steps], old, strict=True)))


def _tolerance(run: ScorerRun) -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT percentile_cont(0.75) WITHIN GROUP (ORDER BY value)
                    - percentile_cont(0.25) WITHIN GROUP (ORDER BY value)
               FROM (SELECT value FROM annotate_score
                     WHERE run_id = %s AND dimension_id IS NULL AND value IS NOT NULL LIMIT 1000) sample""",
            [run.pk],
        )
        middle: float = cursor.fetchone()[0]
    share, least = (SINGLE, SINGLE_AT_LEAST) if run.dtype == "float32" else (HALF, HALF_AT_LEAST)
    return max(share * middle, least)


def _close_links(run: ScorerRun) -> None:
    lock_version(run, exclusive=True)  # a calibration that began before stores first, or reads the check
    same = {"run__scorer": run.scorer, "run__model": run.model, "run__revision": run.revision}
    links = list(Calibration.objects.select_for_update(of=("self",)).filter(is_current=True, **same))
    for link in links:
        link.gate_open, link.gate_reason = False, CANARY
        link.metrics = {**link.metrics, "gate": {**link.metrics.get("gate", {}), "code": "canary"}}
    Calibration.objects.bulk_update(links, ["gate_open", "gate_reason", "metrics"])
    log.warning("%s %s: %s links closed by a canary", run.model, run.revision, len(links))
