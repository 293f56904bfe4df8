"""What a reviewer sees after the blind verdict: who said what, why it was flagged, what scorers say."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext

from annotate.models import Comparison, Flag, Note, Rating, Review, Score, Submission
from annotate.questions import dimensions_of
from annotate.reports import wording
from annotate.reports.contested import ComparisonQuestion, Contested, Question, RatingQuestion
from annotate.reports.pseudonyms import pseudonyms
from annotate.reports.wording import Names


@dataclass(frozen=True, slots=True)
class FlagShown:
    """A flag in words."""

    uid: uuid.UUID
    kind: str
    dimension: str
    reason: str
    closed: bool


@dataclass(frozen=True, slots=True)
class NoteShown:
    """What somebody wrote about a contested response or pair."""

    person: str
    about: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class ScoreShown:
    """What a scorer says about a contested response; steps as (first, last, value), counted from 1."""

    response: str
    scorer: str
    trained: bool
    value: float
    steps: list[tuple[int, int, float]]


@dataclass(frozen=True, slots=True)
class Revealed:
    """Labels by question name as (person, answer in words), and what else was hidden before."""

    labels: dict[str, list[tuple[str, str]]]
    flags: list[FlagShown]
    notes: list[NoteShown]
    scores: list[ScoreShown]


def revealed(review: Review, asked: Contested, names: Names) -> Revealed:
    """Return what the reveal shows, in seven statements; only for a review that is revealed."""
    if review.revealed_at is None:
        raise ValueError("nothing is revealed before the blind verdict")
    numbers = {person: number for (_, person), number in pseudonyms([review.conversation_id]).items()}
    people = {pk: wording.person(numbers[person]) for pk, person in _valid(review.conversation_id).items()}
    responses = {one for question in asked.questions for one in _responses(question)}
    return Revealed(
        labels=_labels(asked.questions, people, names),
        flags=_flags(review, asked, names),
        notes=_notes(people, responses, names),
        scores=_scores(responses, names),
    )


def _responses(question: Question) -> Iterable[int]:
    if isinstance(question, RatingQuestion):
        return [question.response]
    return [question.left, question.right]


def _valid(conversation_id: int) -> dict[int, int]:
    """Return the person of each valid submission: the latest of every task, person and origin."""
    rows = (
        Submission.objects.filter(task__conversation=conversation_id)
        .exclude(origin=Submission.Origin.REVIEW)
        .order_by("task", "annotator", "origin", "-revision")
        .distinct("task", "annotator", "origin")
        .values_list("pk", "annotator")
    )
    return dict(sorted(rows))


def _labels(
    questions: list[Question], people: dict[int, str], names: Names
) -> dict[str, list[tuple[str, str]]]:
    """Return everybody's latest answer to each question, by question name."""
    ratings = {
        (one.submission_id, one.response_id, one.dimension_id): one
        for one in Rating.objects.filter(
            submission__in=people, response__in={r for q in questions for r in _responses(q)}
        )
    }
    comparisons = {
        (one.submission_id, one.scope, one.left_id, one.right_id, one.dimension_id): one
        for one in Comparison.objects.filter(
            submission__in=people, left__in={q.left for q in questions if isinstance(q, ComparisonQuestion)}
        )
    }
    found: dict[str, list[tuple[str, str]]] = {}
    for question in questions:
        dimension = question.dimension.pk if question.dimension else None
        said: dict[str, str] = {}
        for submission, person in people.items():
            if isinstance(question, RatingQuestion):
                rating = ratings.get((submission, question.response, dimension or 0))
                if rating:
                    said[person] = _value(rating)
            else:
                key = (submission, question.scope, question.left, question.right, dimension)
                if key in comparisons:
                    scale = max(question.levels)
                    said[person] = wording.preference(comparisons[key].preference, scale, question, names)
        found[question.name] = sorted(said.items())
    return found


def _value(rating: Rating) -> str:
    if rating.value is None:
        return wording.states()[rating.state]
    if rating.state == Rating.State.DEFAULTED:
        return gettext("%(value)s, the default") % {"value": rating.value}
    return str(rating.value)


def _flags(review: Review, asked: Contested, names: Names) -> list[FlagShown]:
    rubric = {one.key: one for one in dimensions_of(asked.task.batch.rubric_id)}
    scale = asked.task.batch.preference_scale
    places = {node.id: turn.number for turn in asked.tree.turns for node in turn.candidates}
    flags = Flag.objects.filter(review=review).select_related("dimension").order_by("pk")
    ordered = sorted(
        flags, key=lambda one: (one.scope == "global", places[one.response_id or one.right_id or 0])
    )
    return [
        FlagShown(
            uid=flag.uid,
            kind=wording.kind(flag),
            dimension=wording.name_of(flag.dimension),
            reason=wording.reason(flag, names, scale, rubric),
            closed=flag.status == Flag.Status.CLOSED,
        )
        for flag in ordered
    ]


def _notes(people: dict[int, str], responses: set[int], names: Names) -> list[NoteShown]:
    notes = Note.objects.filter(submission__in=people).order_by("submission", "pk")
    kinds = {
        "reason": gettext("Reason"),
        "critique": gettext("Critique"),
        "refinement": gettext("Refinement"),
        "image": gettext("Note on an image"),
    }
    shown = []
    for note in notes:
        ends = [one for one in (note.response_id, note.left_id, note.right_id) if one is not None]
        if set(ends) <= responses:
            on = ", ".join(names[one].label for one in ends)
            shown.append(NoteShown(people[note.submission_id], on, kinds[note.kind], note.text))
    return shown


def _scores(responses: set[int], names: Names) -> list[ScoreShown]:
    scores = Score.objects.filter(response__in=responses, value__isnull=False, dimension=None)
    shown = defaultdict(list)
    for score in scores.select_related("run").order_by("run__scorer", "run", "response"):
        steps = zip(score.step_first or [], score.step_last or [], score.step_values or [], strict=True)
        shown[score.run].append(
            ScoreShown(
                response=names[score.response_id].label,
                scorer=f"{score.run.scorer} · {score.run.model}",
                trained=score.run.trained,
                value=score.value or 0.0,
                steps=[(first + 1, last + 1, value) for first, last, value in steps],
            )
        )
    return [one for run in shown.values() for one in sorted(run, key=lambda row: row.response)]
