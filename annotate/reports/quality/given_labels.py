"""People's labels, as columns, whatever any scorer says of their items: read once for all runs of a project.

Of everybody's work the latest word on each item; labels that came with a file count as one more person's. What was
asked of everybody alike goes before what a bridge, a holdout batch or a follow-up asked the same person again: an
overall preference and a step do not say by which version of the rubric they were asked, and the answer by another
version would push the one that calibration learns from out of sight. ``single`` is by version.
A reviewer's blind verdict counts where the random audit drew the item, and nowhere else. `scored_labels` puts a run's
numbers beside them, and says what ``base`` means.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import Q

from annotate.models import Conversation, Dimension, Response, Score, ScorerRun
from annotate.reports.quality.columns import read
from annotate.reports.sql import IS_WORK, latest
from annotate.stats.beliefs import BY_WEAKEST_STEP, may_speak

Ints = npt.NDArray[np.int64]
Smalls = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Names:
    """What the codes in the columns stand for."""

    languages: list[str]
    sources: list[str]


@dataclass(frozen=True, slots=True)
class Spoken:
    """Dimensions of which a run may speak, of these the ones with a number of their own, and those by weakest step.

    ``process`` is whether it speaks of steps.
    """

    process: bool
    dimensions: list[int]
    dedicated: list[int]
    by_weakest: list[int]


_SUBMISSIONS = f"""
    FROM annotate_submission submission JOIN annotate_task task ON task.id = submission.task_id
    JOIN annotate_batch batch ON batch.id = task.batch_id
    LEFT JOIN annotate_assignment assignment ON assignment.id = submission.assignment_id
    WHERE batch.project_id = %(project)s AND {IS_WORK}
      AND (%(conversations)s::bigint[] IS NULL OR task.conversation_id = ANY(%(conversations)s))
      AND (submission.origin <> 'review'
           OR EXISTS (SELECT FROM annotate_review review WHERE review.blind_id = submission.id))"""

LATEST = f"""
WITH latest AS MATERIALIZED ({
    latest(
        "submission.id, submission.annotator_id, submission.created_at, task.conversation_id,"
        " submission.rubric_id, submission.origin = 'review' AS review, batch.preference_scale, batch.tie_allowed,"
        " batch.purpose NOT IN ('bridge', 'holdout') AND task.follows_id IS NULL"
        " AND (submission.origin <> 'live' OR assignment.purpose = 'base') AS base",
        _SUBMISSIONS,
    )
})"""

# An item that the audit drew, in the review whose blind verdict this is.
AUDITED = """EXISTS (
    SELECT FROM annotate_audititem item JOIN annotate_review review ON review.id = item.review_id
    WHERE review.blind_id = latest.id AND {same})"""

BASE = "given.base AND (flagged.at IS NULL OR given.review OR given.created_at < flagged.at) AS base"

_PAIRS = f"""{LATEST}, given AS (
    SELECT DISTINCT ON (comparison.scope, comparison.left_id, comparison.right_id, comparison.dimension_id,
                        latest.annotator_id)
           latest.*, comparison.scope, comparison.left_id, comparison.right_id, comparison.dimension_id,
           comparison.preference
    FROM latest JOIN annotate_comparison comparison ON comparison.submission_id = latest.id
    WHERE (comparison.dimension_id IS NULL OR comparison.dimension_id = ANY(%(dimensions)s))
      AND (NOT latest.review OR {
    AUDITED.format(
        same="item.scope = comparison.scope AND item.left_id = comparison.left_id"
        " AND item.right_id = comparison.right_id AND item.dimension_id IS NOT DISTINCT FROM"
        " comparison.dimension_id"
    )
})
    ORDER BY comparison.scope, comparison.left_id, comparison.right_id, comparison.dimension_id,
             latest.annotator_id, latest.base DESC, latest.id DESC
), flagged AS (
    SELECT scope, left_id, right_id, coalesce(dimension_id, 0) AS dimension_id, min(created_at) AS at
    FROM annotate_flag WHERE project_id = %(project)s AND left_id IS NOT NULL GROUP BY 1, 2, 3, 4
)
SELECT given.conversation_id AS conversation,
       array_position(%(languages)s::text[], conversation.language::text) - 1 AS "language",
       given.left_id AS "left", given.right_id AS "right", coalesce(given.dimension_id, 0) AS dimension,
       given.scope = 'global' AS "whole", given.annotator_id AS annotator, given.id AS submission, given.preference,
       given.preference_scale AS scale, given.tie_allowed AS ties, given.review, {BASE},
       count(*) OVER (PARTITION BY given.scope, given.left_id, given.right_id, given.dimension_id,
                                    given.rubric_id) = 1 AS single
FROM given JOIN annotate_conversation conversation ON conversation.id = given.conversation_id
LEFT JOIN flagged ON flagged.scope = given.scope AND flagged.left_id = given.left_id
                 AND flagged.right_id = given.right_id AND flagged.dimension_id = coalesce(given.dimension_id, 0)
"""  # noqa: S608 - no value is pasted in

_RATINGS = f"""{LATEST}, given AS (
    SELECT DISTINCT ON (rating.response_id, rating.dimension_id, latest.annotator_id)
           latest.*, rating.response_id, rating.dimension_id, rating.value, rating.state
    FROM latest JOIN annotate_rating rating ON rating.submission_id = latest.id
    WHERE rating.dimension_id = ANY(%(dimensions)s) AND (NOT latest.review OR {
    AUDITED.format(same="item.response_id = rating.response_id AND item.dimension_id = rating.dimension_id")
})
    ORDER BY rating.response_id, rating.dimension_id, latest.annotator_id, latest.base DESC, latest.id DESC
), flagged AS (
    SELECT response_id, dimension_id, min(created_at) AS at FROM annotate_flag
    WHERE project_id = %(project)s AND response_id IS NOT NULL AND dimension_id IS NOT NULL GROUP BY 1, 2
)
SELECT given.conversation_id AS conversation,
       array_position(%(languages)s::text[], conversation.language::text) - 1 AS "language",
       given.response_id AS response, given.dimension_id AS dimension, given.annotator_id AS annotator,
       given.id AS submission, given.value, given.review, {BASE}
FROM given JOIN annotate_conversation conversation ON conversation.id = given.conversation_id
LEFT JOIN flagged ON flagged.response_id = given.response_id AND flagged.dimension_id = given.dimension_id
WHERE given.state = 'rated'
"""  # noqa: S608

_PAIR_COLUMNS = {
    **dict.fromkeys(("conversation", "left", "right", "dimension", "annotator", "submission"), "i8"),
    **dict.fromkeys(("language", "preference", "scale"), "i2"),
    **dict.fromkeys(("whole", "ties", "review", "base", "single"), "?"),
}
_RATING_COLUMNS = {
    **dict.fromkeys(("conversation", "response", "dimension", "annotator", "submission"), "i8"),
    **dict.fromkeys(("language", "value"), "i2"),
    **dict.fromkeys(("review", "base"), "?"),
}


class GivenLabels:
    """What people said that some of these runs of one project may speak of, in some conversations or all.

    Each column is read when it is first asked for, and stays as it was then.
    """

    def __init__(
        self, project_id: int, runs: Iterable[ScorerRun], conversations: Sequence[int] | None = None
    ) -> None:
        self.project_id = project_id
        self.runs = list(runs)
        self.conversations = None if conversations is None else list(conversations)

    @cached_property
    def names(self) -> Names:
        """What the codes in the columns stand for."""
        return _names(self.project_id, self.conversations)

    @cached_property
    def pairs(self) -> dict[str, npt.NDArray[Any]]:
        """The columns of `ScoredPairs` that come from people."""
        return read(_PAIRS, self.parameters, _PAIR_COLUMNS, everything=self.conversations is None)

    @cached_property
    def ratings(self) -> dict[str, npt.NDArray[Any]]:
        """The columns of `ScoredRatings` that come from people."""
        return read(_RATINGS, self.parameters, _RATING_COLUMNS, everything=self.conversations is None)

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """What statements about these labels are given."""
        return {
            "project": self.project_id,
            "conversations": self.conversations,
            "languages": self.names.languages,
            "sources": self.names.sources,
            "dimensions": sorted({one for run in self.runs for one in spoken(run).dimensions}),
        }


def _names(project_id: int, conversations: Sequence[int] | None) -> Names:
    looked_at = Conversation.objects.filter(project=project_id)
    if conversations is not None:
        looked_at = looked_at.filter(pk__in=conversations)
    sources = Response.objects.filter(turn__conversation__in=looked_at)
    return Names(
        sorted(set(looked_at.values_list("language", flat=True).distinct())),
        sorted(set(sources.values_list("source_model", flat=True).distinct())),
    )


def spoken(run: ScorerRun) -> Spoken:
    """Return the dimensions of which the run may speak, and those for which it gives a number of their own."""
    process, dedicated = _speech(run.pk, run.updated_at)
    known = dict(
        Dimension.objects.filter(
            Q(rubric__batches__project=run.project_id) | Q(pk__in=dedicated)
        ).values_list("pk", "key")
    )
    return Spoken(
        process,
        [pk for pk, key in known.items() if may_speak(key, process=process, dedicated=pk in dedicated)],
        sorted(dedicated),
        [pk for pk, key in known.items() if key == BY_WEAKEST_STEP],
    )


@lru_cache(maxsize=256)
def _speech(run_id: int, _updated_at: datetime) -> tuple[bool, frozenset[int]]:
    """Return whether the run's scorer speaks of steps, and of which dimensions it gives a number of their own.

    It takes a look at all of the run's scores: remembered until there are new ones.
    """
    scores = Score.objects.filter(run=run_id, value__isnull=False)
    dedicated = scores.exclude(dimension=None).values_list("dimension", flat=True).distinct()
    return is_process(run_id), frozenset(one for one in dedicated if one is not None)


def is_process(run_id: int) -> bool:
    """Return whether the run's scorer speaks of steps."""
    return Score.objects.filter(run=run_id, value__isnull=False, step_values__isnull=False).exists()
