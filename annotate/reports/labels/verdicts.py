"""Labels held against reviewers' verdicts, and verdicts against one another: what flag statistics count."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.db import connection

from annotate.reports.sql import IS_ORDINARY, IS_WORK
from annotate.stats import kappa
from annotate.stats.proportions import Share, share

Item = Literal["rating", "comparison", "step"]


@dataclass(frozen=True, slots=True)
class Held:
    """A label against a blind verdict: the same, or opposed; ``moved``: the final verdict is another.

    ``kind`` is the flag's, "" for the audit, which alone has a ``probability`` below 1. ``calibration`` is the fit that
    the flag rests on, if a model raised it. A flag on steps is one case of as many ``labels`` as it names, of which
    so many are ``wrong``: opposed by the verdict. ``flagged_as`` says what kinds of flags there are on a label of the
    audit, decided or not.
    """

    kind: str
    item: Item
    conversation: int
    probability: float
    same: bool
    opposed: bool
    moved: bool
    labels: int = 1
    wrong: int = 0
    calibration: int | None = None
    flagged_as: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two reviewers' blind verdicts on the same questions: weighted kappa with its interval, and the same share.

    ``undefined`` is "", no_pairs, or one_value; an interval needs ten conversations.
    """

    item: Item
    pairs: int
    exact: Share
    kappa: float | None
    low: float | None
    high: float | None
    undefined: str = ""


def _statement(value: str, joins: str, label: str, where: str = "TRUE") -> str:
    """Return the statement for decided flags: ``value`` of the label, the blind and the final verdict.

    The label is the person's latest before the verdict: submissions' ids grow with time.
    """
    return f"""
    SELECT flag.id, flag.kind, flag.calibration_id, flag.conversation_id, label.{value}, blind.{value}, final.{value}
    FROM annotate_flag flag JOIN annotate_review review ON review.id = flag.review_id {joins}
    CROSS JOIN LATERAL (
        SELECT own.* FROM annotate_task task JOIN annotate_batch batch ON batch.id = task.batch_id
        JOIN annotate_submission given ON given.task_id = task.id AND given.annotator_id = flag.annotator_id
             AND given.origin <> 'review' AND given.id < review.blind_id
        JOIN {label}
        WHERE task.conversation_id = flag.conversation_id AND {IS_WORK}
        ORDER BY given.id DESC LIMIT 1) label
    WHERE flag.project_id = %(project)s AND flag.status = 'resolved' AND {where}
      AND (%(run)s::bigint IS NULL OR flag.run_id = %(run)s)
    """  # noqa: S608 - no value is pasted in


def _rating(name: str, submission: str) -> str:
    return f"""annotate_rating {name} ON {name}.submission_id = {submission}
        AND {name}.response_id = flag.response_id AND {name}.dimension_id = flag.dimension_id"""


def _comparison(name: str, submission: str) -> str:
    return f"""annotate_comparison {name} ON {name}.submission_id = {submission} AND {name}.scope = flag.scope
        AND {name}.left_id = flag.left_id AND {name}.right_id = flag.right_id
        AND {name}.dimension_id IS NOT DISTINCT FROM flag.dimension_id"""


def _step(name: str, submission: str) -> str:
    return f"""annotate_steplabel {name} ON {name}.submission_id = {submission}
        AND {name}.response_id = flag.response_id AND {name}.index = (named ->> 'index')::int"""


_RATINGS = _statement(
    "value",
    f"JOIN {_rating('blind', 'review.blind_id')} JOIN {_rating('final', 'review.final_id')}",
    _rating("own", "given.id"),
    "blind.state = 'rated' AND label.state = 'rated'",
)
_COMPARISONS = _statement(
    "preference",
    f"JOIN {_comparison('blind', 'review.blind_id')} JOIN {_comparison('final', 'review.final_id')}",
    _comparison("own", "given.id"),
)
# The steps that a flag names, each a row.
_STEPS = _statement(
    "value",
    f"""CROSS JOIN LATERAL jsonb_array_elements(flag.evidence -> 'steps') named
        JOIN {_step("blind", "review.blind_id")} JOIN {_step("final", "review.final_id")}""",
    _step("own", "given.id"),
    "flag.kind = 'F4'",
)

_SAME_LABEL = """ARRAY(
    SELECT flag.kind FROM annotate_flag flag
    WHERE flag.conversation_id = item.conversation_id AND flag.annotator_id = item.annotator_id AND {})"""
_ON_RATING = _SAME_LABEL.format(
    "flag.response_id = item.response_id AND flag.dimension_id = item.dimension_id"
)
_ON_COMPARISON = _SAME_LABEL.format(
    "flag.left_id = item.left_id AND flag.right_id = item.right_id AND flag.scope = item.scope"
    " AND flag.dimension_id IS NOT DISTINCT FROM item.dimension_id"
)
_ON_STEP = _SAME_LABEL.format(
    "flag.response_id = item.response_id AND flag.kind = 'F4'"
    " AND flag.evidence -> 'steps' @> jsonb_build_array(jsonb_build_object('index', label.index))"
)

_ITEMS = f"""
WITH item AS (
    SELECT item.*, review.blind_id, review.final_id FROM annotate_audititem item
    JOIN annotate_review review ON review.id = item.review_id
    JOIN annotate_submission submission ON submission.id = item.submission_id
    JOIN annotate_task task ON task.id = submission.task_id
    JOIN annotate_batch batch ON batch.id = task.batch_id
    LEFT JOIN annotate_assignment assignment ON assignment.id = submission.assignment_id
    WHERE item.project_id = %(project)s AND {IS_WORK} AND {IS_ORDINARY}
)"""  # noqa: S608
_AUDITED = f"""{_ITEMS}
SELECT 'rating', item.conversation_id, item.probability, {_ON_RATING}, label.value, blind.value, final.value
FROM item JOIN annotate_rating label ON label.submission_id = item.submission_id
     AND label.response_id = item.response_id AND label.dimension_id = item.dimension_id
JOIN annotate_rating blind ON blind.submission_id = item.blind_id AND blind.response_id = item.response_id
     AND blind.dimension_id = item.dimension_id AND blind.state = 'rated'
LEFT JOIN annotate_rating final ON final.submission_id = item.final_id
     AND final.response_id = item.response_id AND final.dimension_id = item.dimension_id
UNION ALL
SELECT 'comparison', item.conversation_id, item.probability, {_ON_COMPARISON},
       label.preference, blind.preference, final.preference
FROM item JOIN annotate_comparison label ON label.submission_id = item.submission_id AND label.scope = item.scope
     AND label.left_id = item.left_id AND label.right_id = item.right_id
     AND label.dimension_id IS NOT DISTINCT FROM item.dimension_id
JOIN annotate_comparison blind ON blind.submission_id = item.blind_id AND blind.scope = item.scope
     AND blind.left_id = item.left_id AND blind.right_id = item.right_id
     AND blind.dimension_id IS NOT DISTINCT FROM item.dimension_id
LEFT JOIN annotate_comparison final ON final.submission_id = item.final_id AND final.scope = item.scope
     AND final.left_id = item.left_id AND final.right_id = item.right_id
     AND final.dimension_id IS NOT DISTINCT FROM item.dimension_id
UNION ALL
SELECT 'step', item.conversation_id, item.probability, {_ON_STEP}, label.value, blind.value, final.value
FROM item JOIN annotate_steplabel label ON label.submission_id = item.submission_id
     AND label.response_id = item.response_id
JOIN annotate_steplabel blind ON blind.submission_id = item.blind_id AND blind.response_id = item.response_id
     AND blind.index = label.index
LEFT JOIN annotate_steplabel final ON final.submission_id = item.final_id
     AND final.response_id = item.response_id AND final.index = label.index
WHERE item.dimension_id IS NULL
"""  # noqa: S608 - no value is pasted in


def flagged(project_id: int, run_id: int | None = None) -> list[Held]:
    """Return every decided flag whose person's label a blind verdict can be held against, in three statements.

    Of the whole project, or those that this run raised.
    """
    held = []
    items: tuple[tuple[Item, str], ...] = (("rating", _RATINGS), ("comparison", _COMPARISONS))
    for item, statement in items:
        for _, kind, calibration, conversation, *values in _rows(statement, project_id, run_id):
            held.append(replace(_held(kind, item, conversation, 1.0, *values), calibration=calibration))
    steps: defaultdict[tuple[int, int, int | None], list[Held]] = defaultdict(list)
    for flag, kind, calibration, conversation, *values in _rows(_STEPS, project_id, run_id):
        steps[flag, conversation, calibration].append(_held(kind, "step", conversation, 1.0, *values))
    held += [
        Held(
            "F4",
            "step",
            conversation,
            1.0,
            same=all(one.same for one in rows),
            opposed=any(one.opposed for one in rows),
            moved=any(one.moved for one in rows),
            labels=len(rows),
            wrong=sum(one.wrong for one in rows),
            calibration=calibration,
        )
        for (_, conversation, calibration), rows in steps.items()
    ]
    return held


def audited(project_id: int) -> list[Held]:
    """Return every audited label of ordinary work that a blind verdict can be held against, in one statement."""
    return [
        replace(_held("", item, conversation, probability, *values), flagged_as=frozenset(kinds))
        for item, conversation, probability, kinds, *values in _rows(_AUDITED, project_id)
    ]


def _held(  # noqa: PLR0913, PLR0917 - a row of the statements above
    kind: str,
    item: Item,
    conversation: int,
    probability: float,
    label: int,
    blind: int,
    final: int | None,
) -> Held:
    if item == "rating":
        same, opposed = label == blind, abs(label - blind) > 1
    else:
        same, opposed = _sign(label) == _sign(blind), label * blind < 0
    return Held(kind, item, conversation, probability, same, opposed, final != blind, wrong=int(opposed))


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


_PAIRED = """
SELECT 'rating', own.conversation_id, a.dimension_id::text, a.value, b.value
FROM {reviews} JOIN annotate_rating a ON a.submission_id = {a} AND a.state = 'rated'
JOIN annotate_rating b ON b.submission_id = {b} AND b.response_id = a.response_id
     AND b.dimension_id = a.dimension_id AND b.state = 'rated'
WHERE own.project_id = %(project)s AND own.finished_at IS NOT NULL
UNION ALL
SELECT 'comparison', own.conversation_id, concat_ws(':', a.scope, a.dimension_id), a.preference, b.preference
FROM {reviews} JOIN annotate_comparison a ON a.submission_id = {a}
JOIN annotate_comparison b ON b.submission_id = {b} AND b.scope = a.scope AND b.left_id = a.left_id
     AND b.right_id = a.right_id AND b.dimension_id IS NOT DISTINCT FROM a.dimension_id
WHERE own.project_id = %(project)s AND own.finished_at IS NOT NULL
UNION ALL
SELECT 'step', own.conversation_id, '', a.value, b.value
FROM {reviews} JOIN annotate_steplabel a ON a.submission_id = {a}
JOIN annotate_steplabel b ON b.submission_id = {b} AND b.response_id = a.response_id AND b.index = a.index
WHERE own.project_id = %(project)s AND own.finished_at IS NOT NULL
"""
_TWO_REVIEWERS = _PAIRED.format(
    reviews="annotate_review own JOIN annotate_review first ON first.id = own.second_of_id",
    a="own.blind_id",
    b="first.blind_id",
)
_BEFORE_AND_AFTER = _PAIRED.format(reviews="annotate_review own", a="own.blind_id", b="own.final_id")


def reviewers_agreement(project_id: int) -> list[Agreement]:
    """Return how far two reviewers agree blind, by sort of item, in one statement."""
    groups: dict[str, list[dict[Any, Counter[tuple[int, int]]]]] = {
        item: [{} for _ in range(kappa.GROUPS)] for item in ("rating", "comparison", "step")
    }
    for item, conversation, dimension, own, first in _rows(_TWO_REVIEWERS, project_id):
        tables = groups[item][conversation % kappa.GROUPS]
        tables.setdefault(dimension, Counter())[own, first] += 1
    return [_agreement(item, groups[item]) for item in ("rating", "comparison", "step")]


def _agreement(item: Any, groups: list[dict[Any, Counter[tuple[int, int]]]]) -> Agreement:  # noqa: ANN401
    tables = kappa.merged(groups)
    pairs = sum(table.total() for table in tables.values())
    same = sum(count for table in tables.values() for (own, first), count in table.items() if own == first)
    found, interval = kappa.weighted_kappa(tables.values()), kappa.interval(groups)
    return Agreement(
        item=item,
        pairs=pairs,
        exact=share(same, pairs),
        kappa=found,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        undefined="no_pairs" if not pairs else "one_value" if found is None else "",
    )


def revised_answers(project_id: int) -> Share:
    """Return the share of reviewers' answers that changed between verdict and decision, in one statement."""
    rows = _rows(_BEFORE_AND_AFTER, project_id)
    return share(sum(before != after for *_, before, after in rows), len(rows))


def _rows(statement: str, project_id: int, run_id: int | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"project": project_id, "run": run_id})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
