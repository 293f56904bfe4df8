"""From new responses to stored scores; the one stage that speaks with the inference library.

The database is the queue: a response without a Score of the run is work. A batch locks the
conversations it works on (``FOR NO KEY UPDATE SKIP LOCKED``, which hinders neither imports nor
annotators), so that any number of workers share a run without scoring anything twice; a worker that
dies lets go of its locks and its batch is taken up again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.utils import timezone

from annotate.models import Conversation, Image, MessagePart, Response, Score, ScorerRun, Turn
from annotate.refusal import Refusal
from annotate.reports.scorers import RunProgress, scorer_runs
from inference import configuration, types
from inference.scorers import load
from inference.steps import SPLITTER_VERSION

log = logging.getLogger(__name__)

Status = ScorerRun.Status
BATCH = 32  # responses scored at once

# Up to which conversation this process found everything scored, by run: where to look first. Only a
# hint: when nothing is found from there on, the search begins anew.
_looked_up_to: dict[int, int] = {}


@lru_cache(maxsize=1)
def _configurations() -> dict[str, configuration.Configuration]:
    """Return the scorers that can be run here: SCORERS_FILE's, and the built-in ones that need no folder."""
    file = Path(settings.SCORERS_FILE) if settings.SCORERS_FILE else None
    return {key: one for key, one in configuration.known(file).items() if getattr(one, "model", True)}


def scorers() -> list[str]:
    """Return the names of the scorers there are."""
    return sorted(_configurations())


@lru_cache(maxsize=2)
def _scorer(key: str) -> types.Scorer:
    """Return the scorer, loaded once per process: a model stays in memory."""
    return load(key, _configurations()[key])


def start_run(project_id: int, scorer_key: str, by: int | None = None) -> ScorerRun:
    """Return the project's run of this scorer as it is now, made or set to work again.

    The same model, revision, configuration, dtype and image budget is the same run: only what it has
    not scored yet is left to do. ``by`` is the id of the person who asks. Raises Refusal for a scorer
    that does not exist.
    """
    if scorer_key not in scorers():
        detail = f"There is no scorer “{scorer_key}”. Known are: {', '.join(scorers())}."
        raise Refusal.because("unknown_scorer", detail, "scorer")
    info = _scorer(scorer_key).describe()
    configuration = {"splitter_version": SPLITTER_VERSION}
    run, created = ScorerRun.objects.get_or_create(
        project_id=project_id,
        scorer=info.key,
        model=info.model,
        revision=info.revision,
        configuration_sha256=_sha256(configuration),
        dtype=info.dtype,
        image_budget=info.image_budget,
        defaults={"configuration": configuration, "trained": info.trained, "created_by_id": by},
    )
    if not created and run.status != Status.RUNNING and _unscored(run).exists():
        _set_status(run, Status.RUNNING)
    log.info("run %s of scorer %s %s", run.pk, info.key, "created" if created else "resumed")
    return run


def _sha256(configuration: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(configuration, sort_keys=True).encode()).hexdigest()


def _unscored(run: ScorerRun) -> QuerySet[Response]:
    return Response.objects.filter(turn__conversation__project=run.project_id).unscored_by(run.pk)


def _set_status(run: ScorerRun, status: ScorerRun.Status, error: str = "") -> None:
    run.status, run.error = status, error
    run.save(update_fields=["status", "error", "updated_at"])
    log.info("run %s is %s", run.pk, status)


def score_next_batch(run_id: int, size: int = BATCH) -> int:
    """Score up to ``size`` responses that nobody else is at, and return how many; 0: nothing to take.

    Candidates of a conversation stay together. What is wrong with one response is stored as its
    error; a scorer that breaks down as a whole leaves the run ``failed`` with the reason, stores
    nothing and raises. Safe to run twice, at once, and to be killed.
    """
    run = ScorerRun.objects.get(pk=run_id)
    try:
        with transaction.atomic():
            responses = _take(run, size)
            if responses:
                started = time.perf_counter()
                results = _scorer(run.scorer)([_item(response) for response in responses])
                _check(responses, results)
                _store(run, responses, results, (time.perf_counter() - started) / len(responses))
    except (OSError, RuntimeError, MemoryError, ValueError) as error:
        _set_status(run, Status.FAILED, f"{type(error).__name__}: {error}"[:2000])
        raise
    # A batch that is not full may also mean that others are at the rest.
    unfinished = len(responses) == size or _unscored(run).exists()
    status = Status.RUNNING if unfinished else Status.DONE
    if run.status != status:
        _set_status(run, status)
    return len(responses)


_NEXT = """
SELECT id FROM (
    SELECT id, sum(unscored) OVER (ORDER BY id) - unscored AS before FROM (
        SELECT conversation.id, waiting.unscored FROM annotate_conversation conversation
        CROSS JOIN LATERAL (
            SELECT count(*) AS unscored
            FROM annotate_turn turn JOIN annotate_response response ON response.turn_id = turn.id
            WHERE turn.conversation_id = conversation.id AND NOT EXISTS (
                SELECT FROM annotate_score score
                WHERE score.run_id = %(run)s AND score.response_id = response.id)) waiting
        WHERE conversation.project_id = %(project)s AND conversation.id >= %(first)s AND waiting.unscored > 0
        ORDER BY conversation.id LIMIT %(size)s) found) counted
WHERE before < %(size)s ORDER BY id
"""


def _take(run: ScorerRun, size: int) -> list[Response]:
    """Lock conversations with unscored responses and return those responses with their history.

    Candidates are looked up first and locked then, so that no more is locked than fills the batch;
    what is unscored is read after the lock, so that what others did in between is not done again.
    """
    first = _looked_up_to.get(run.pk, 0)
    began_at = first
    while True:
        found = _next_conversations(run, size, first)
        if not found and not began_at:
            _looked_up_to.pop(run.pk, None)
            return []
        if not found:
            first = began_at = 0
            continue
        locked = Conversation.objects.filter(pk__in=found).select_for_update(skip_locked=True, no_key=True)
        responses = _unscored(run).filter(turn__conversation__in=[one.pk for one in locked])
        ordered = responses.order_by("turn__conversation", "turn__number", "pk")
        if taken := dict(ordered.values_list("pk", "turn__conversation")[:size]):
            _looked_up_to[run.pk] = found[0]
            return _with_history(taken)
        first = found[-1] + 1


def _next_conversations(run: ScorerRun, size: int, first: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, {"project": run.project_id, "run": run.pk, "first": first, "size": size})
        return [pk for (pk,) in cursor.fetchall()]


def _with_history(taken: dict[int, int]) -> list[Response]:
    """Return the responses (given with their conversation) with all that stands above them.

    Four statements for any number.
    """
    parts = Prefetch("parts", MessagePart.objects.select_related("image").order_by("position"))
    turns = Turn.objects.filter(conversation__in=set(taken.values())).prefetch_related(
        parts, Prefetch("responses", Response.objects.prefetch_related(parts))
    )
    responses = {response.pk: response for turn in turns for response in turn.responses.all()}
    for turn in turns:
        if turn.parent_id is not None:
            turn.parent = responses[turn.parent_id]
        for response in turn.responses.all():
            response.turn = turn
    return [responses[pk] for pk in taken]


def _check(responses: list[Response], results: list[types.Result]) -> None:
    """Refuse answers that do not match the questions: a score on the wrong response would stay unseen."""
    if [result.id for result in results] != [response.pk for response in responses]:
        raise ValueError("the scorer's answers are not in the order of its items")


def _item(response: Response) -> types.Item:
    messages: list[types.Message] = []
    at: Response | None = response
    while at is not None:
        messages.append(types.Message("assistant", _content(at)))
        messages.append(types.Message("user", _content(at.turn)))
        at = at.turn.parent
    return types.Item(id=response.pk, messages=tuple(reversed(messages)))


def _content(owner: Turn | Response) -> tuple[types.Part, ...]:
    """Return a message as the library takes it: a picture where it stands, its caption as text after it."""
    content: list[types.Part] = []
    for part in owner.parts.all():
        if part.image is not None:
            content.append(types.Image(source=_file(part.image)))
        if words := part.text or part.caption:
            content.append(types.Text(words))
    return tuple(content)


def _file(image: Image) -> Path | bytes:
    """Return where the picture lies, or its bytes where the store has no paths; b"" for a lost one.

    The scorer then says so as the item's error.
    """
    try:
        return Path(default_storage.path(image.file))
    except NotImplementedError:
        try:
            with default_storage.open(image.file) as file:
                return bytes(file.read())
        except FileNotFoundError:
            return b""


def _store(run: ScorerRun, responses: list[Response], results: list[types.Result], seconds: float) -> None:
    """Insert one row per result; what another worker stored meanwhile stays as it is."""
    rows = [_row(run, response, result, seconds) for response, result in zip(responses, results, strict=True)]
    Score.objects.bulk_create(rows, ignore_conflicts=True)
    ScorerRun.objects.filter(pk=run.pk).update(updated_at=timezone.now())


def _row(run: ScorerRun, response: Response, result: types.Result, seconds: float) -> Score:
    row = Score(run=run, response=response, tokens=result.tokens or 0, seconds=seconds)
    if result.error is not None:
        row.error_code, row.error_detail = result.error.code[:64], result.error.detail
        return row
    if result.value is None or not math.isfinite(result.value):
        row.error_code, row.error_detail = "not_a_number", f"the scorer answered {result.value}"
        return row
    row.value = result.value
    if result.steps is not None:
        row.step_values = [step.score for step in result.steps]
        row.step_first = [step.first for step in result.steps]
        row.step_last = [step.last for step in result.steps]
        row.splitter_version = SPLITTER_VERSION
    return row


def progress(run_id: int) -> RunProgress:
    """Return how many responses the run has scored, failed on and left to do."""
    run = ScorerRun.objects.get(pk=run_id)
    return next(one for one in scorer_runs(run.project_id) if one.id == run.uid)


def retry_errors(run_id: int) -> int:
    """Forget the run's errors, so that these responses are scored again; return how many they were.

    This also sets a run that broke down to work again.
    """
    with transaction.atomic():
        run = ScorerRun.objects.select_for_update(no_key=True).get(pk=run_id)
        count, _ = Score.objects.filter(run=run).exclude(error_code="").delete()
        if count or run.status == Status.FAILED:
            _set_status(run, Status.RUNNING)
    return count


def pending_runs() -> list[int]:
    """Return the ids of the runs that have responses to score, those that broke down left out."""
    unscored = Response.objects.filter(
        ~Exists(Score.objects.filter(run=OuterRef(OuterRef("pk")), response=OuterRef("pk"))),
        turn__conversation__project=OuterRef("project"),
    )
    runs = ScorerRun.objects.exclude(status=Status.FAILED).filter(Exists(unscored))
    return list(runs.order_by("pk").values_list("pk", flat=True))
