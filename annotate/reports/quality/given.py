"""What people rated, as columns: the latest word of everybody on each item, of work that no flag asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from annotate.reports.quality.columns import read
from annotate.reports.sql import IS_WORK, latest

Ints = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class GivenRatings:
    """One row a rating of state ``rated`` by a person working here; inside ids. All columns have the same length."""

    conversation: Ints
    turn: Ints
    response: Ints
    dimension: Ints
    annotator: Ints
    submission: Ints
    value: Ints

    def of(self, which: npt.NDArray[Any]) -> GivenRatings:
        """Return some of the rows, or all in another order."""
        return GivenRatings(*(getattr(self, name)[which] for name in _COLUMNS))

    @property
    def item(self) -> Ints:
        """A number for each response and dimension."""
        return self.response * (int(self.dimension.max(initial=0)) + 1) + self.dimension


_COLUMNS = {
    "conversation": "i8",
    "turn": "i2",
    "response": "i8",
    "dimension": "i8",
    "annotator": "i8",
    "submission": "i8",
    "value": "i2",
}

_SOURCE = f"""
    FROM annotate_submission submission JOIN annotate_task task ON task.id = submission.task_id
    JOIN annotate_batch batch ON batch.id = task.batch_id
    WHERE batch.project_id = %(project)s AND submission.origin = 'live' AND {IS_WORK} AND task.follows_id IS NULL"""

_RATINGS = f"""
WITH latest AS ({latest("submission.id, submission.annotator_id, task.conversation_id", _SOURCE)})
SELECT DISTINCT ON (rating.response_id, rating.dimension_id, latest.annotator_id)
       latest.conversation_id AS conversation, turn.number AS "turn", rating.response_id AS response,
       rating.dimension_id AS dimension, latest.annotator_id AS annotator, latest.id AS submission,
       coalesce(rating.value, 0) AS "value", rating.state = 'rated' AS rated
FROM latest JOIN annotate_rating rating ON rating.submission_id = latest.id
JOIN annotate_response response ON response.id = rating.response_id
JOIN annotate_turn turn ON turn.id = response.turn_id
ORDER BY rating.response_id, rating.dimension_id, latest.annotator_id, latest.id DESC
"""  # noqa: S608 - no value is pasted in


def given_ratings(project_id: int) -> GivenRatings:
    """Return the project's ratings in one statement; 38 bytes a rating."""
    found = read(_RATINGS, {"project": project_id}, {**_COLUMNS, "rated": "?"})
    rated = found.pop("rated")
    return GivenRatings(**{name: column[rated] for name, column in found.items()})
