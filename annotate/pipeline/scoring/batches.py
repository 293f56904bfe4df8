"""One batch: take conversations, ask the scorer, store what it says. What a worker does, over and over."""

from __future__ import annotations

import logging
import math
import time

from django.db import transaction
from django.db.models import Case, TextField, Value, When
from django.utils import timezone

from annotate.models import Response, Score, ScorerRun
from annotate.pipeline.scoring import attempts, canaries, residence, taking, workers
from annotate.pipeline.scoring.isolating import IN_A_ROW, Isolation, ScorerFailedError
from annotate.pipeline.scoring.residence import MismatchError, Resident
from annotate.pipeline.scoring.runs import Status, cleaned, set_status, settle
from inference import types
from inference.steps import SPLITTER_VERSION

log = logging.getLogger(__name__)

WORKER_DIED = "worker_died"
_HIGHEST_STEP = 32_767  # what the columns hold


def score_next_batch(run_id: int, size: int | None = None) -> int:
    """Score whole conversations that nobody else is at, about ``size`` responses; return how many.

    Without a size, as many as a batch should have with this scorer. 0: nothing to take, or no scorer to
    ask; the run's status and error then say which. What is wrong with a response, or what the scorer
    raised on it, is stored as its error. The run is ``failed`` when the scorer cannot be loaded, is not
    the run's, or fails on conversation after conversation; it stays as it is, with the reason, while a
    scorer cannot be reached. Safe to run twice, at once, and to be killed.
    """
    run = ScorerRun.objects.exclude(status=Status.FAILED).filter(pk=run_id).first()
    if run is None:
        return 0
    # A model is loaded for work only.
    if not residence.is_in(run) and settle(run):
        return 0
    try:
        resident = residence.take_in(run)
        canaries.check(run, resident)
        size = size or resident.batch_size()
        with transaction.atomic():
            taken = taking.take(run, size)
            count = _score(run, resident, taken) if taken else 0
    except types.UnavailableError as error:
        residence.leave()  # what comes back may be another one
        _cannot_reach(run, str(error))
        return 0
    except (MismatchError, ScorerFailedError) as error:
        set_status(run, Status.FAILED, str(error))
        return 0
    if run.status == Status.FAILED:
        residence.leave()
    # A batch that is not full may also mean that others are at the rest.
    elif (count >= size or not settle(run)) and run.status != Status.RUNNING:
        set_status(run, Status.RUNNING)
    return count


def _cannot_reach(run: ScorerRun, words: str) -> None:
    log.warning("run %s waits for its scorer: %s", run.pk, words)
    run.error = cleaned(words)
    run.save(update_fields=["error"])


def _score(run: ScorerRun, resident: Resident, taken: taking.Taken) -> int:
    """Score what can be scored together, store it, and return how many responses that were."""
    deaths = attempts.deaths(run.pk, taken)
    # One of these may be what kills workers: each is tried alone, after all that are above suspicion.
    chosen = [pk for pk in taken if not deaths[pk]] or [min(taken, key=deaths.__getitem__)]
    responses = [response for pk in chosen for response in taken[pk].responses]
    if deaths[chosen[0]] >= attempts.LIMIT:
        return _give_up(run, chosen[0], responses, deaths[chosen[0]])
    isolation = Isolation(resident.scorer, resident.failed_in_a_row)
    started = time.perf_counter()
    with workers.at_work(run.pk), attempts.counted(run.pk, chosen):
        results = isolation.score([taking.items(taken[pk]) for pk in chosen])
    seconds = time.perf_counter() - started
    resident.failed_in_a_row = isolation.failed_in_a_row
    resident.seconds_each = seconds / len(results)
    _store(run, responses, results, resident.seconds_each)
    workers.scored(len(results), seconds, resident.health())
    if isolation.is_broken:
        reason = f"It failed on {IN_A_ROW} conversations in a row, the last time with {isolation.words}"
        set_status(run, Status.FAILED, reason)
    return len(results)


def _give_up(run: ScorerRun, conversation: int, responses: list[Response], deaths: int) -> int:
    detail = f"{deaths} workers in a row ended while they scored this conversation; their logs may say why"
    error = types.ItemError(WORKER_DIED, detail)
    _store(run, responses, [types.Result(id=one.pk, error=error) for one in responses], 0)
    attempts.forget(run.pk, [conversation])
    log.error("run %s gives conversation %s up", run.pk, conversation)
    return len(responses)


def _store(run: ScorerRun, responses: list[Response], results: list[types.Result], seconds: float) -> None:
    """Insert one row per result; what another worker stored meanwhile stays as it is.

    Whoever has counted the run's scores sees by ``updated_at`` that there are others now.
    """
    rows = [
        _row(run, response, result, seconds) for response, result in zip(responses, results, strict=False)
    ]
    failed = When(status=Status.FAILED, then="error")
    with transaction.atomic():
        Score.objects.bulk_create(rows, ignore_conflicts=True)
        ScorerRun.objects.filter(pk=run.pk).update(
            updated_at=timezone.now(), error=Case(failed, default=Value("", TextField()))
        )


def _row(run: ScorerRun, response: Response, result: types.Result, seconds: float) -> Score:
    """Return what is stored, with an error in place of an answer that no column could hold."""
    row = Score(run=run, response=response, tokens=max(result.tokens or 0, 0), seconds=seconds)
    if error := result.error or _fault(result):
        row.error_code, row.error_detail = cleaned(error.code)[:64] or "unnamed", cleaned(error.detail)
        return row
    row.value = result.value
    if result.steps is not None:
        row.step_values = [step.score for step in result.steps]
        row.step_first = [step.first for step in result.steps]
        row.step_last = [step.last for step in result.steps]
        row.splitter_version = SPLITTER_VERSION
    return row


def _fault(result: types.Result) -> types.ItemError | None:
    steps = result.steps or ()
    for number in (result.value, *(step.score for step in steps)):
        if number is None or not math.isfinite(number):
            return types.ItemError("not_a_number", f"the scorer answered {number}")
    if steps and steps[-1].last > _HIGHEST_STEP:
        return types.ItemError("too_many_steps", f"step {steps[-1].last} is beyond {_HIGHEST_STEP}")
    return None
