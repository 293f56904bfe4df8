"""What people rated, as columns: the latest word of everybody on each item, of work that no flag asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from annotate.reports.labels.columns import read
from annotate.reports.sql import IS_WORK, latest

Ints = npt.NDArray[np.integer[Any]]

# Whose answers count: those of people working here; or all that calibration may learn from, files' labels among them.
LIVE = "submission.origin = 'live'"
UNPROMPTED = """batch.purpose <> 'holdout'
      AND (submission.origin = 'imported' OR (submission.origin = 'live' AND assignment.purpose = 'base'))"""


@dataclass(frozen=True, slots=True)
class GivenRatings:
    """One row a rating of state ``rated``, by response, dimension and annotator; inside ids, columns of one length."""

    conversation: Ints
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
    "response": "i8",
    "dimension": "i8",
    "annotator": "i8",
    "submission": "i8",
    "value": "i2",
}

_RATINGS = """
WITH latest AS MATERIALIZED ({latest})
SELECT latest.conversation_id AS conversation, rating.response_id AS response, rating.dimension_id AS dimension,
       latest.annotator_id AS annotator, latest.id AS submission, coalesce(rating.value, 0) AS "value",
       rating.state = 'rated' AS rated
FROM latest JOIN annotate_rating rating ON rating.submission_id = latest.id
"""

_RESPONSES = """
SELECT response.id AS response, response.turn_id AS "turn", turn.number,
       dense_rank() OVER (ORDER BY response.source_model) AS source
FROM annotate_response response JOIN annotate_turn turn ON turn.id = response.turn_id
JOIN annotate_conversation conversation ON conversation.id = turn.conversation_id
WHERE conversation.project_id = %(project)s
"""


def given_ratings(project_id: int, whose: str = LIVE) -> GivenRatings:
    """Return the project's ratings in one statement; 42 bytes a rating."""
    source = f"""
    FROM annotate_submission submission JOIN annotate_task task ON task.id = submission.task_id
    JOIN annotate_batch batch ON batch.id = task.batch_id
    LEFT JOIN annotate_assignment assignment ON assignment.id = submission.assignment_id
    WHERE batch.project_id = %(project)s AND {IS_WORK} AND task.follows_id IS NULL AND {whose}"""
    statement = _RATINGS.format(
        latest=latest("submission.id, submission.annotator_id, task.conversation_id", source)
    )
    found = read(statement, {"project": project_id}, {**_COLUMNS, "rated": "?"}, everything=True)
    by_person = _numbered(found["response"], found["dimension"], found["annotator"])
    # Sorted here: the server would take longer for it than for all the rest.
    order = np.lexsort((found["submission"], by_person))
    by_person = by_person[order]
    is_last = np.r_[by_person[1:] != by_person[:-1], True][: len(order)]
    last = order[is_last & found["rated"][order]]
    return GivenRatings(**{name: found[name][last] for name in _COLUMNS})


def _numbered(*keys: Ints) -> Ints:
    """Return one number for each combination of keys, in their order: the last counts least."""
    number = np.zeros(len(keys[0]), dtype=np.int64)
    for key in keys:
        known = np.unique(key)
        number = number * max(1, len(known)) + np.searchsorted(known, key)
    return number


def of_responses(project_id: int, response: Ints, *names: Literal["turn", "number", "source"]) -> list[Ints]:
    """Return of each of these responses its turn's inside id, its turn's number, a number for its source model."""
    columns = {"response": "i8"} | {str(name): "i8" for name in names}
    found = read(_RESPONSES, {"project": project_id}, columns, everything=True)
    order = np.argsort(found["response"])
    places = order[np.searchsorted(found["response"], response, sorter=order)]
    return [found[name][places] for name in names]
