"""By what a sample of conversations may be drawn, and each conversation's score by it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from annotate.models import Score, ScorerRun
from annotate.refusal import Refusal
from annotate.reports.sql import IS_WORK, latest
from annotate.stats.informative import closeness, disagreement, mean_by


class By(StrEnum):
    """What makes a conversation worth asking about; the values are what the command takes."""

    DISAGREEMENT = "rm-prm-disagreement"
    LOW_MARGIN = "low-margin"
    LOW_AGREEMENT = "low-agreement"
    RANDOM = "random"


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores from 0 to 1 by conversation, those without one left out; ``runs`` gave them, by outside id."""

    values: dict[int, float] = field(default_factory=dict)
    runs: tuple[str, ...] = ()


def scores(project_id: int, by: By) -> Scores:
    """Return how much there is to learn from each conversation of a project.

    By disagreement of the models: the mean over pairs of siblings that an outcome and a process model both scored.
    By low margin: the mean over pairs of how undecided one model is. By low agreement: the mean over ratings and
    overall comparisons by two people or more of their squared distance, as a share of the widest one. Conversations
    without such a pair or item have no score. Refuses (``no_scores``) where no trained model has scored.
    """
    if by == By.RANDOM:
        return Scores()
    if by == By.LOW_AGREEMENT:
        return Scores(dict(_rows(_DISAGREEMENT, {"project": project_id})))
    outcome, process = _newest_run(project_id, process=False), _newest_run(project_id, process=True)
    chosen = [outcome, process] if by == By.DISAGREEMENT else [outcome or process]
    runs = [one for one in chosen if one is not None]
    if len(runs) < len(chosen):
        detail = (
            _(
                "This needs scores of a trained outcome model and of a trained process model: score with both first."
            )
            if by == By.DISAGREEMENT
            else _("This needs the scores of a trained model: score first.")
        )
        raise Refusal.because("no_scores", detail, "select")
    return Scores(_by_models(runs), tuple(str(one.uid) for one in runs))


def _newest_run(project_id: int, *, process: bool) -> ScorerRun | None:
    """Return the newest trained run that has scored; a process model is one that scores steps."""
    scored = Score.objects.filter(run=OuterRef("pk"), value__isnull=False, dimension=None)
    has_steps = Exists(scored.filter(step_values__isnull=False))
    runs = ScorerRun.objects.filter(Exists(scored), project=project_id, trained=True)
    return runs.filter(has_steps if process else ~has_steps).order_by("-id").first()


_DELTAS = """
SELECT turn.conversation_id, {columns}
FROM annotate_score lower JOIN annotate_response response ON response.id = lower.response_id
JOIN annotate_turn turn ON turn.id = response.turn_id
JOIN annotate_response sibling ON sibling.turn_id = turn.id AND sibling.id > response.id
JOIN annotate_score upper ON upper.response_id = sibling.id AND upper.run_id = lower.run_id
  AND upper.dimension_id IS NULL AND upper.value IS NOT NULL
{others}
WHERE lower.run_id = %(run0)s AND lower.dimension_id IS NULL AND lower.value IS NOT NULL
"""

_OTHERS = """
JOIN annotate_score other_lower ON other_lower.response_id = response.id AND other_lower.run_id = %(run1)s
  AND other_lower.dimension_id IS NULL AND other_lower.value IS NOT NULL
JOIN annotate_score other_upper ON other_upper.response_id = sibling.id AND other_upper.run_id = %(run1)s
  AND other_upper.dimension_id IS NULL AND other_upper.value IS NOT NULL
"""


def _by_models(runs: list[ScorerRun]) -> dict[int, float]:
    columns = ["upper.value - lower.value", "other_upper.value - other_lower.value"][: len(runs)]
    statement = _DELTAS.format(columns=", ".join(columns), others=_OTHERS if len(runs) > 1 else "")
    rows = _rows(statement, {f"run{number}": run.pk for number, run in enumerate(runs)})
    if not rows:
        return {}
    conversations, *deltas = (np.array(column) for column in zip(*rows, strict=True))
    values = disagreement(*deltas) if len(runs) > 1 else closeness(*deltas)
    return mean_by(conversations, values)


# Twice the variance of an item's values is the mean squared distance of two of them.
_DISAGREEMENT = f"""
WITH latest AS ({
    latest(
        "submission.id, submission.annotator_id, task.conversation_id, batch.preference_scale, submission.rubric_id",
        f'''FROM annotate_task task JOIN annotate_submission submission ON submission.task_id = task.id
    JOIN annotate_batch batch ON batch.id = task.batch_id
    WHERE batch.project_id = %(project)s AND submission.origin <> 'review' AND {IS_WORK}''',
    )
}), rated AS (
    SELECT DISTINCT ON (rating.response_id, rating.dimension_id, latest.annotator_id)
           latest.conversation_id, rating.response_id, rating.dimension_id, rating.state,
           (rating.value - dimension.minimum)::float / (dimension.maximum - dimension.minimum) AS value
    FROM latest JOIN annotate_rating rating ON rating.submission_id = latest.id
    JOIN annotate_dimension dimension ON dimension.id = rating.dimension_id
    ORDER BY rating.response_id, rating.dimension_id, latest.annotator_id, latest.id DESC
), compared AS (
    SELECT DISTINCT ON (comparison.scope, comparison.left_id, comparison.right_id, latest.rubric_id,
                        latest.annotator_id)
           latest.conversation_id, comparison.scope, comparison.left_id, comparison.right_id, latest.rubric_id,
           comparison.preference::float / (2 * latest.preference_scale) AS value
    FROM latest JOIN annotate_comparison comparison ON comparison.submission_id = latest.id
    WHERE comparison.dimension_id IS NULL
    ORDER BY comparison.scope, comparison.left_id, comparison.right_id, latest.rubric_id, latest.annotator_id,
             latest.id DESC
), item AS (
    SELECT conversation_id, 2 * var_samp(value) AS apart FROM rated WHERE state = 'rated'
    GROUP BY conversation_id, response_id, dimension_id HAVING count(*) > 1
    UNION ALL
    SELECT conversation_id, 2 * var_samp(value) FROM compared
    GROUP BY conversation_id, scope, left_id, right_id, rubric_id HAVING count(*) > 1
)
SELECT conversation_id, avg(apart) FROM item GROUP BY conversation_id
"""  # noqa: S608 - no value is pasted in


def _rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
