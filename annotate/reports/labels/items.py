"""The answers of a project, reduced to what agreement is made of: which item was given which values.

A row is an item (a response, or a pair of them) and a question on it. What people said is a *pattern*: the state of
the answers and their values in ascending order. Of everybody the latest word on each item counts, among live answers
to work that was handed out before anybody knew how contested it is: hidden repeats, follow-ups on what people disagree
about, and old work asked again under a new rubric (bridge) would weigh what is contested, or the same minds, twice.

The rows of some conversations can be read alone and put in the place of older ones: a few megabytes hold the items of
millions of ratings, so that a pass after some submissions need not read all answers again.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from django.db import connection

from annotate.models import Rating
from annotate.reports.labels.columns import read
from annotate.reports.sql import IS_BASE_ONCE, latest

Ints = npt.NDArray[np.integer[Any]]
STATES = tuple(Rating.State.values)
EPOCH = "2000-01-01"
# A value takes one digit of this base, shifted above 0.
_BASE = 1024
_SHIFT = 512


class Question(NamedTuple):
    """What is asked: a rating on a dimension, or a comparison in a scope, overall (0) or on a dimension."""

    kind: str
    scope: str
    dimension: int


class Pattern(NamedTuple):
    """What people answered on one item: all of one state; in ascending order (of no meaning unless rated)."""

    state: str
    values: tuple[int, ...]


@dataclass(slots=True)
class Names:
    """What the codes in the columns stand for, by place."""

    questions: list[Question]
    patterns: list[Pattern]
    languages: list[str]
    sources: list[str]


@dataclass(slots=True)
class Items:
    """One row an item, question and state of answers; all columns are of one length.

    ``question``, ``pattern``, ``language`` and ``source`` are places in ``names``; ``other`` is the source of the
    second response of a pair, -1 for ratings. ``day`` (days since ``EPOCH``) is when the last of its
    answers was submitted.
    """

    names: Names
    conversation: Ints
    question: Ints
    pattern: Ints
    turn: Ints
    language: Ints
    source: Ints
    other: Ints
    day: Ints


_COLUMNS = {
    "conversation": "i8",
    "question": "i2",
    "pattern": "i4",
    "turn": "i2",
    "language": "i2",
    "source": "i2",
    "other": "i2",
    "day": "i2",
}

_OF_SOME = "(%(conversations)s::bigint[] IS NULL OR {column} = ANY(%(conversations)s))"

_SOURCE = f"""
    FROM annotate_submission submission JOIN annotate_assignment assignment
      ON assignment.id = submission.assignment_id
    JOIN annotate_task task ON task.id = submission.task_id
    JOIN annotate_batch batch ON batch.id = task.batch_id
    WHERE assignment.project_id = %(project)s AND submission.origin = 'live' AND {IS_BASE_ONCE}
      AND assignment.purpose = 'base'
      AND {_OF_SOME.format(column="task.conversation_id")}"""

_LATEST = latest(
    "submission.id, submission.annotator_id, submission.rubric_id,"
    f" (submission.created_at AT TIME ZONE 'UTC')::date - date '{EPOCH}' AS day",
    _SOURCE,
)

_ANSWERS = f"""
WITH latest AS MATERIALIZED ({_LATEST})
SELECT rating.response_id AS "left", 0::bigint AS "right", 0 AS scope, rating.dimension_id AS dimension,
       latest.annotator_id AS annotator, latest.id AS submission, latest.rubric_id AS rubric, latest.day,
       coalesce(rating.value, 0) AS "value", array_position(%(states)s::text[], rating.state::text) - 1 AS state
FROM latest JOIN annotate_rating rating ON rating.submission_id = latest.id
UNION ALL
SELECT comparison.left_id, comparison.right_id, CASE comparison.scope WHEN 'local' THEN 1 ELSE 2 END,
       coalesce(comparison.dimension_id, 0), latest.annotator_id, latest.id, latest.rubric_id, latest.day,
       comparison.preference, array_position(%(states)s::text[], 'rated') - 1
FROM latest JOIN annotate_comparison comparison ON comparison.submission_id = latest.id
"""  # noqa: S608 - no value is pasted in

_RESPONSES_OF = f"""
FROM annotate_response response JOIN annotate_turn turn ON turn.id = response.turn_id
JOIN annotate_conversation conversation ON conversation.id = turn.conversation_id
WHERE conversation.project_id = %(project)s AND {_OF_SOME.format(column="conversation.id")}
"""

_RESPONSES = f"""
SELECT response.id AS response, conversation.id AS conversation, turn.number AS turn,
       array_position(%(languages)s::text[], conversation.language::text) - 1 AS "language",
       array_position(%(sources)s::text[], response.source_model::text) - 1 AS source
{_RESPONSES_OF}
"""

_TOUCHED = """
SELECT DISTINCT task.conversation_id FROM annotate_submission submission
JOIN annotate_task task ON task.id = submission.task_id
JOIN annotate_batch batch ON batch.id = task.batch_id
WHERE submission.id > %s AND batch.project_id = %s
"""


def touched(project_id: int, through: int) -> list[int]:
    """Return the conversations with submissions of higher ids than this one."""
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED, [through, project_id])
        return [pk for (pk,) in cursor.fetchall()]


@dataclass(slots=True)
class Answers:
    """One row an answer, of each person the last on the item; all columns are of one length.

    ``question`` and ``state`` are places in ``questions`` and ``STATES``; ``left`` and ``right`` are places in the
    columns of ``responses``, -1 for the right one that a rating does not have. ``item`` numbers what was asked,
    and by which version of the rubric (``rubric``, an inside id).
    """

    questions: list[Question]
    languages: list[str]
    sources: list[str]
    responses: dict[str, Ints]
    question: Ints
    item: Ints
    rubric: Ints
    left: Ints
    right: Ints
    annotator: Ints
    value: Ints
    state: Ints
    day: Ints


def read_answers(project_id: int, conversations: Sequence[int] | None = None) -> Answers:
    """Return the answers on these conversations of the project, or on all."""
    wanted: dict[str, Any] = {
        "project": project_id,
        "conversations": None if conversations is None else list(conversations),
        "states": list(STATES),
    }
    with connection.cursor() as cursor:
        for name, column in (("languages", "conversation.language"), ("sources", "response.source_model")):
            cursor.execute(f"SELECT DISTINCT {column} {_RESPONSES_OF}", wanted)
            wanted[name] = sorted(text for (text,) in cursor.fetchall())
    columns = {"response": "i8", "conversation": "i8", "turn": "i2", "language": "i2", "source": "i2"}
    everything = conversations is None
    responses = read(_RESPONSES, wanted, columns, everything=everything)
    by_id = np.argsort(responses["response"])
    responses = {name: column[by_id] for name, column in responses.items()}
    columns = {"left": "i8", "right": "i8", "scope": "i2", "dimension": "i4", "annotator": "i8"}
    columns |= {"submission": "i8", "rubric": "i4", "day": "i2", "value": "i2", "state": "i2"}
    found = read(_ANSWERS, wanted, columns, everything=everything)
    codes = found["scope"].astype(np.int64) * 2**32 + found["dimension"]
    asked, question = np.unique(codes, return_inverse=True)
    left = np.searchsorted(responses["response"], found["left"])
    right = np.where(found["right"] > 0, np.searchsorted(responses["response"], found["right"]), -1)
    item = (left * (len(responses["response"]) + 1) + right + 1) * max(len(asked), 1) + question
    # Two people's answers by two versions of the rubric are no pair: what was asked differs.
    versions, version = np.unique(found["rubric"], return_inverse=True)
    item = np.unique(item * max(len(versions), 1) + version, return_inverse=True)[1]
    people, person = np.unique(found["annotator"], return_inverse=True)
    by_person = item * max(len(people), 1) + person
    order = np.lexsort((found["submission"], by_person))
    last = order[_ends(by_person[order])]
    return Answers(
        questions=[_question(*divmod(int(code), 2**32)) for code in asked],
        languages=wanted["languages"],
        sources=wanted["sources"],
        responses=responses,
        question=question[last],
        item=item[last],
        left=left[last],
        right=right[last],
        **{name: found[name][last] for name in ("rubric", "annotator", "value", "state", "day")},
    )


def read_items(project_id: int, conversations: Sequence[int] | None = None) -> Items:
    """Return the items of these conversations of the project, or of all."""
    answers = read_answers(project_id, conversations)
    responses = answers.responses
    order = np.lexsort((answers.value, answers.state, answers.item))
    starts = _starts(answers.item[order] * len(STATES) + answers.state[order])
    first = order[starts]
    patterns, pattern = _patterns(answers.state[first], answers.value[order], starts)
    at, beside = answers.left[first], answers.right[first]
    items = Items(
        names=Names(answers.questions, patterns, answers.languages, answers.sources),
        conversation=responses["conversation"][at],
        question=answers.question[first].astype(np.int16),
        pattern=pattern.astype(np.int32),
        turn=responses["turn"][at],
        language=responses["language"][at],
        source=responses["source"][at],
        other=np.where(beside >= 0, responses["source"][beside], -1).astype(np.int16),
        day=np.maximum.reduceat(answers.day[order], starts) if len(starts) else answers.day,
    )
    return _chosen(items, np.argsort(items.conversation, kind="stable"))


def _question(scope: int, dimension: int) -> Question:
    return Question("comparison" if scope else "rating", ("", "local", "global")[scope], dimension)


def _starts(sorted_keys: Ints) -> Ints:
    """Return where each run of equal keys begins."""
    return np.flatnonzero(np.r_[True, sorted_keys[1:] != sorted_keys[:-1]][: len(sorted_keys)])


def _ends(sorted_keys: Ints) -> Ints:
    """Return where each run of equal keys ends."""
    return np.flatnonzero(np.r_[sorted_keys[1:] != sorted_keys[:-1], True][: len(sorted_keys)])


def _patterns(state: Ints, values: Ints, starts: Ints) -> tuple[list[Pattern], Ints]:
    """Return the patterns, and which of them each item has; an item's values stand from its start on, ascending."""
    sizes = np.diff(np.r_[starts, len(values)])
    code = state.astype(np.int64)
    for place in range(int(sizes.max(initial=0))):
        at = np.minimum(starts + place, len(values) - 1)
        digit = np.where(sizes > place, values[at] + _SHIFT, 0)
        # Made dense at every step: however many values an item has, the code stays small.
        code = np.unique(code * _BASE + digit, return_inverse=True)[1]
    _, example, code = np.unique(code, return_index=True, return_inverse=True)
    patterns = [
        Pattern(
            STATES[state[one]], tuple(int(value) for value in values[starts[one] : starts[one] + sizes[one]])
        )
        for one in example
    ]
    return patterns, code


def _chosen(items: Items, rows: Ints) -> Items:
    return Items(items.names, **{name: getattr(items, name)[rows] for name in _COLUMNS})


def replaced(old: Items, conversations: Sequence[int], new: Items) -> Items:
    """Return the items with those of these conversations replaced by the new ones."""
    kept = _chosen(old, np.flatnonzero(~np.isin(old.conversation, np.array(conversations, dtype=np.int64))))
    places: dict[str, Ints] = {}
    for one in fields(Names):
        known, added = getattr(kept.names, one.name), getattr(new.names, one.name)
        index = {name: place for place, name in enumerate(known)}
        known.extend(name for name in added if name not in index)
        index = {name: place for place, name in enumerate(known)}
        # One place more, for -1: the source that a rating does not have.
        places[one.name] = np.array([*(index[name] for name in added), -1])
    coded = {
        "question": places["questions"][new.question],
        "pattern": places["patterns"][new.pattern],
        "language": places["languages"][new.language],
        "source": places["sources"][new.source],
        "other": places["sources"][new.other],
    }
    columns = {
        name: np.r_[getattr(kept, name), coded.get(name, getattr(new, name))].astype(kind)
        for name, kind in _COLUMNS.items()
    }
    return Items(kept.names, **columns)


def packed(items: Items) -> bytes:
    """Return the items as bytes."""
    columns = {
        name: np.ascontiguousarray(getattr(items, name), dtype=f"<{kind}").tobytes()
        for name, kind in _COLUMNS.items()
    }
    return zlib.compress(msgspec.msgpack.encode((items.names, columns)), level=1)


def unpacked(data: bytes) -> Items:
    """Return the items of these bytes."""
    names, columns = msgspec.msgpack.decode(zlib.decompress(data), type=tuple[Names, dict[str, bytes]])
    return Items(
        names, **{name: np.frombuffer(columns[name], dtype=f"<{kind}") for name, kind in _COLUMNS.items()}
    )
