"""Runs: one scorer in one configuration over one project. Nothing here loads a model."""

from __future__ import annotations

import logging

import msgspec
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from annotate.models import Response, Score, ScorerRun
from annotate.pipeline.scoring.configurations import configurations, scorers, sha256_of
from annotate.refusal import Refusal
from annotate.reports.managers.scorers import RunProgress, scorer_runs
from inference import scorers as kinds
from inference.configuration import ConfigurationError
from inference.steps import SPLITTER_VERSION
from inference.types import ScorerInfo

log = logging.getLogger(__name__)

Status = ScorerRun.Status
ERROR_LIMIT = 2000  # characters of an error that are kept
LONGEST = {"key": 64, "model": 200, "revision": 128, "dtype": 16, "image_budget": 64}  # as the columns are


def start_run(project_id: int, scorer_key: str, by: int | None = None) -> ScorerRun:
    """Return the project's run of this scorer as it is now, made or set to work again.

    The same model, revision, configuration, dtype and image budget is the same run: only what it has
    not scored yet is left to do. ``by`` is the id of the person who asks. Raises Refusal for a scorer
    that does not exist, or that cannot be described (no such folder, no answer from its server).
    """
    if scorer_key not in scorers():
        detail = f"There is no scorer “{scorer_key}”. Known are: {', '.join(scorers())}."
        raise Refusal.because("unknown_scorer", detail, "scorer")
    configuration = configurations()[scorer_key]
    info = _described(scorer_key)
    run, created = ScorerRun.objects.get_or_create(
        project_id=project_id,
        scorer=info.key,
        model=info.model,
        revision=info.revision,
        configuration_sha256=sha256_of(configuration),
        dtype=info.dtype,
        image_budget=info.image_budget,
        defaults={
            "configuration": {**msgspec.to_builtins(configuration), "splitter_version": SPLITTER_VERSION},
            "trained": info.trained,
            "created_by_id": by,
        },
    )
    if not created and run.status != Status.RUNNING and unscored(run).exists():
        set_status(run, Status.RUNNING)
    log.info("run %s of scorer %s %s", run.pk, info.key, "created" if created else "resumed")
    return run


def _described(key: str) -> ScorerInfo:
    try:
        info = kinds.describe(key, configurations()[key])
    except (ConfigurationError, OSError) as error:
        raise Refusal.because(
            "scorer_not_described", f"“{key}” cannot be started: {error}", "scorer"
        ) from error
    for name, longest in LONGEST.items():
        if len(getattr(info, name)) > longest:
            detail = f"“{key}” cannot be started: its {name} has more than {longest} characters."
            raise Refusal.because("scorer_not_described", detail, "scorer")
    return info


def unscored(run: ScorerRun) -> QuerySet[Response]:
    """Return the responses that the run has neither scored nor failed on."""
    return Response.objects.filter(turn__conversation__project=run.project_id).unscored_by(run.pk)


def set_status(run: ScorerRun, status: ScorerRun.Status, error: str = "") -> None:
    """Store the run's status and why."""
    run.status, run.error, run.updated_at = status, cleaned(error), timezone.now()
    run.save(update_fields=["status", "error", "updated_at"])
    log.info("run %s is %s", run.pk, status)


def settle(run: ScorerRun) -> bool:
    """Return whether the run has nothing left to do, and store that it is done then."""
    if unscored(run).exists():
        return False
    if run.status != Status.DONE:
        set_status(run, Status.DONE)
    return True


def cleaned(words: str) -> str:
    """Return words that PostgreSQL stores, whoever wrote them: no NUL, no lone surrogate, not too long."""
    return words[:ERROR_LIMIT].replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


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
            set_status(run, Status.RUNNING)
    return count


def pending_runs() -> list[int]:
    """Return the ids of the runs that have responses to score, those that broke down left out."""
    waiting = Response.objects.filter(
        ~Exists(Score.objects.filter(run=OuterRef(OuterRef("pk")), response=OuterRef("pk"))),
        turn__conversation__project=OuterRef("project"),
    )
    runs = ScorerRun.objects.exclude(status=Status.FAILED).filter(Exists(waiting))
    return list(runs.order_by("pk").values_list("pk", flat=True))
