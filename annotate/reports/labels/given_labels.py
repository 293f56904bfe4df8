"""People's labels, as columns, whatever any scorer says of their items: read once for all runs of a project.

Of everybody's work the latest word on each item; labels that came with a file count as one more person's. What was
asked of everybody alike goes before what a bridge, a holdout batch or a follow-up asked the same person again: an
overall preference and a step do not say by which version of the rubric they were asked, and the answer by another
version would push the one that calibration learns from out of sight. ``single`` is by version.
A reviewer's blind verdict counts where the random audit drew the item from ordinary work, and nowhere else.
`scored_labels` puts a run's numbers beside them, and says what base labels are.
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
from annotate.reports.labels.columns import Columns, read
from annotate.reports.sql import IS_ORDINARY, IS_WORK
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

# Every revision with when the next one took its place, and the items that the audit drew, by blind verdict. Whoever
# sat twice has two verdicts; on one item the first counts, since the second comes after a reveal.
WORDS = f"""
WITH word AS MATERIALIZED (
    SELECT submission.id, submission.annotator_id, submission.created_at, task.conversation_id, submission.rubric_id,
           submission.origin = 'review' AS review, batch.preference_scale, batch.tie_allowed,
           submission.origin = 'review' OR ({IS_ORDINARY}) AS base,
           CASE WHEN submission.origin = 'review' THEN -submission.id ELSE submission.id END AS place,
           CASE WHEN submission.origin <> 'review' THEN lead(submission.created_at) OVER (
               PARTITION BY submission.task_id, submission.annotator_id, submission.origin
               ORDER BY submission.revision) END AS until
    {_SUBMISSIONS}
), audited AS MATERIALIZED (
    SELECT review.blind_id, item.scope, item.response_id, item.left_id, item.right_id,
           coalesce(item.dimension_id, 0) AS dimension_id
    FROM annotate_audititem item JOIN annotate_review review ON review.id = item.review_id
    JOIN annotate_submission submission ON submission.id = item.submission_id
    JOIN annotate_task task ON task.id = submission.task_id
    JOIN annotate_batch batch ON batch.id = task.batch_id
    LEFT JOIN annotate_assignment assignment ON assignment.id = submission.assignment_id
    WHERE item.project_id = %(project)s AND review.blind_id IS NOT NULL AND {IS_WORK} AND {IS_ORDINARY}
)"""  # noqa: S608

# What stands now.
STANDING = "WHERE word.until IS NULL"


def base(item: str) -> str:
    """Return the clauses for what stood when the first flag on its item was raised, or stands where none was."""
    return f"""LEFT JOIN flagged ON {item}
    WHERE word.base AND (word.review OR (
        word.created_at < coalesce(flagged.at, 'infinity')
        AND coalesce(word.until, 'infinity') >= coalesce(flagged.at, 'infinity')))"""


def _pairs(which: str) -> str:
    return f"""{WORDS}, flagged AS (
    SELECT scope, left_id, right_id, coalesce(dimension_id, 0) AS dimension_id, min(created_at) AS at
    FROM annotate_flag WHERE project_id = %(project)s AND left_id IS NOT NULL GROUP BY 1, 2, 3, 4
), given AS (
    SELECT DISTINCT ON (comparison.scope, comparison.left_id, comparison.right_id, comparison.dimension_id,
                        word.annotator_id)
           word.*, comparison.scope, comparison.left_id, comparison.right_id, comparison.dimension_id,
           comparison.preference
    FROM word JOIN annotate_comparison comparison ON comparison.submission_id = word.id {which}
      AND (comparison.dimension_id IS NULL OR comparison.dimension_id = ANY(%(dimensions)s))
      AND (NOT word.review OR EXISTS (
          SELECT FROM audited WHERE audited.blind_id = word.id AND audited.scope = comparison.scope
             AND audited.left_id = comparison.left_id AND audited.right_id = comparison.right_id
             AND audited.dimension_id = coalesce(comparison.dimension_id, 0)))
    ORDER BY comparison.scope, comparison.left_id, comparison.right_id, comparison.dimension_id,
             word.annotator_id, word.base DESC, word.place DESC
)
SELECT given.conversation_id AS conversation,
       array_position(%(languages)s::text[], conversation.language::text) - 1 AS "language",
       given.left_id AS "left", given.right_id AS "right", coalesce(given.dimension_id, 0) AS dimension,
       given.scope = 'global' AS "whole", given.annotator_id AS annotator, given.id AS submission, given.preference,
       given.preference_scale AS scale, given.tie_allowed AS ties, given.review,
       given.base AND NOT given.review AS ordinary,
       count(*) OVER (PARTITION BY given.scope, given.left_id, given.right_id, given.dimension_id,
                                    given.rubric_id) = 1 AS single
FROM given JOIN annotate_conversation conversation ON conversation.id = given.conversation_id
"""  # noqa: S608 - no value is pasted in


def _ratings(which: str) -> str:
    return f"""{WORDS}, flagged AS (
    SELECT response_id, dimension_id, min(created_at) AS at FROM annotate_flag
    WHERE project_id = %(project)s AND response_id IS NOT NULL AND dimension_id IS NOT NULL GROUP BY 1, 2
), given AS (
    SELECT DISTINCT ON (rating.response_id, rating.dimension_id, word.annotator_id)
           word.*, rating.response_id, rating.dimension_id, rating.value, rating.state
    FROM word JOIN annotate_rating rating ON rating.submission_id = word.id {which}
      AND rating.dimension_id = ANY(%(dimensions)s)
      AND (NOT word.review OR EXISTS (
          SELECT FROM audited WHERE audited.blind_id = word.id AND audited.response_id = rating.response_id
             AND audited.dimension_id = rating.dimension_id))
    ORDER BY rating.response_id, rating.dimension_id, word.annotator_id, word.base DESC, word.place DESC
)
SELECT given.conversation_id AS conversation,
       array_position(%(languages)s::text[], conversation.language::text) - 1 AS "language",
       given.response_id AS response, given.dimension_id AS dimension, given.annotator_id AS annotator,
       given.id AS submission, given.value, given.review
FROM given JOIN annotate_conversation conversation ON conversation.id = given.conversation_id
WHERE given.state = 'rated'
"""  # noqa: S608


_PAIRS, _RATINGS = _pairs(STANDING), _ratings(STANDING)
_BASE_PAIRS = _pairs(
    base(
        "flagged.scope = comparison.scope AND flagged.left_id = comparison.left_id"
        " AND flagged.right_id = comparison.right_id AND flagged.dimension_id = coalesce(comparison.dimension_id, 0)"
    )
)
_BASE_RATINGS = _ratings(
    base("flagged.response_id = rating.response_id AND flagged.dimension_id = rating.dimension_id")
)

_PAIR_COLUMNS = {
    **dict.fromkeys(("conversation", "left", "right", "dimension", "annotator", "submission"), "i8"),
    **dict.fromkeys(("language", "preference", "scale"), "i2"),
    **dict.fromkeys(("whole", "ties", "review", "ordinary", "single"), "?"),
}
_RATING_COLUMNS = {
    **dict.fromkeys(("conversation", "response", "dimension", "annotator", "submission"), "i8"),
    **dict.fromkeys(("language", "value"), "i2"),
    "review": "?",
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
        return self._read(_PAIRS, _PAIR_COLUMNS)

    @cached_property
    def base_pairs(self) -> dict[str, npt.NDArray[Any]]:
        """The same columns of the labels that calibration may learn from."""
        return self._read(_BASE_PAIRS, _PAIR_COLUMNS)

    @cached_property
    def ratings(self) -> dict[str, npt.NDArray[Any]]:
        """The columns of `ScoredRatings` that come from people."""
        return self._read(_RATINGS, _RATING_COLUMNS)

    @cached_property
    def base_ratings(self) -> dict[str, npt.NDArray[Any]]:
        """The same columns of the labels that calibration may learn from."""
        return self._read(_BASE_RATINGS, _RATING_COLUMNS)

    def _read(self, statement: str, columns: Columns) -> dict[str, npt.NDArray[Any]]:
        return read(statement, self.parameters, columns, everything=self.conversations is None)

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
