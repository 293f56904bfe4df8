"""Synthetic scorers: runs that are marked, and a score for every response."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any

import msgspec
import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from annotate.models import Project, Score, ScorerRun
from annotate.pipeline.copying import insert_values
from annotate.pipeline.simulating.plans import Plan, ScorerPlan
from annotate.pipeline.simulating.scenes import Columns, Scene, scenes
from annotate.stats.simulation import (
    Floats,
    Truth,
    correlation_of,
    generator,
    score_outcomes,
    score_steps,
)
from annotate.steps import SPLITTER_VERSION

SCORER = "simulated"
_CHUNK = 500
_SCORE_SD = 9.83  # of one response's outcome score, before its prompt's own level
_PROMPT_SD = 8.0  # scores of other prompts cannot be compared: each prompt has a level of its own
_USUAL_LENGTH, _LENGTH_SD = 4.0, 1.4  # steps of a synthetic answer
_COLUMNS = (
    "run_id", "response_id", "value", "error_code", "error_detail", "step_values", "step_first", "step_last",
    "splitter_version", "tokens", "seconds", "created_at",
)  # fmt: skip
_SCORED = "SELECT response_id FROM annotate_score WHERE run_id = %s AND response_id = ANY(%s)"


def score(project: Project, plan: Plan, columns: Columns) -> int:
    """Store every score of the plan's scorers that is missing; return how many were."""
    runs = [(_run(project, one, plan.seed), one) for one in plan.scorers]
    added: Counter[int] = Counter()
    for chunk in scenes(project.pk, _CHUNK) if runs else ():
        known = [(scene, scene.truth(plan.seed, columns.scopes)) for scene in chunk]
        for run, one in runs:
            with transaction.atomic():
                added[run.pk] += _score(run, one, plan.seed, known)
    for run, _ in runs:
        # A run that says it changed has its new scores looked for.
        if added[run.pk] or run.status != ScorerRun.Status.DONE:
            run.status = ScorerRun.Status.DONE
            run.save(update_fields=["status", "updated_at"])
    return added.total()


def _run(project: Project, plan: ScorerPlan, seed: int) -> ScorerRun:
    configuration = {"simulated": True, "seed": seed, **msgspec.to_builtins(plan)}
    canonical = json.dumps(configuration, sort_keys=True).encode()
    run, _ = ScorerRun.objects.get_or_create(
        project=project,
        scorer=SCORER,
        model=plan.name,
        revision=f"accuracy {plan.accuracy:g}",
        configuration_sha256=hashlib.sha256(canonical).hexdigest(),
        dtype="none",
        image_budget="",
        defaults={"configuration": configuration, "trained": True},
    )
    return run


def _score(run: ScorerRun, one: ScorerPlan, seed: int, chunk: list[tuple[Scene, Truth]]) -> int:
    ids = [response for scene, _ in chunk for response in scene.responses]
    with connection.cursor() as cursor:
        cursor.execute(_SCORED, [run.pk, ids])
        known = {pk for (pk,) in cursor.fetchall()}
    rows = [
        row
        for scene, truth in chunk
        if not known.issuperset(scene.responses)
        for row in _rows(run, one, generator(seed, "scores", one.name, scene.name), scene, truth)
        if row[1] not in known
    ]
    insert_values(Score, _COLUMNS, rows)
    return len(rows)


def _rows(
    run: ScorerRun, one: ScorerPlan, rng: np.random.Generator, scene: Scene, truth: Truth
) -> list[tuple[Any, ...]]:
    now = timezone.now()
    steps: list[Floats | None] = [None] * len(scene.responses)
    if one.process:
        by_step = [score_steps(rng, right, one.accuracy) for right in truth.right]
        values = np.array([float(given.mean()) if given.size else 0.5 for given in by_step])
        steps = [*by_step]
    else:
        values = _outcomes(rng, one, scene, truth)
    return [
        (
            run.pk, response, value, "", "", *_stepped(given), SPLITTER_VERSION if one.process else None,
            sum(map(len, words)), 0.0, now,
        )
        for response, value, given, words in zip(
            scene.responses, values.tolist(), steps, scene.steps, strict=True
        )
    ]  # fmt: skip


def _stepped(values: Floats | None) -> tuple[Any, Any, Any]:
    if values is None:
        return None, None, None
    places = list(range(len(values)))
    return values.tolist(), places, places


def _outcomes(rng: np.random.Generator, one: ScorerPlan, scene: Scene, truth: Truth) -> Floats:
    values = score_outcomes(rng, truth.worth[:, 0], correlation_of(one.accuracy))
    lengths = (np.array([len(words) for words in scene.steps]) - _USUAL_LENGTH) / _LENGTH_SD
    liked = np.array([(one.sources or {}).get(source, 0.0) for source in scene.sources])
    turns = list(dict.fromkeys(scene.turns))
    prompts = _PROMPT_SD * generator(0, "prompts", one.name, scene.name).standard_normal(len(turns))
    prompts = prompts[[turns.index(turn) for turn in scene.turns]]
    biased: Floats = values + _SCORE_SD * (one.length * lengths + liked) + prompts
    return biased
