"""What a reviewer sees after the blind verdict: who said what, why it was flagged, what scorers and others say."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass

from django.utils.translation import gettext

from annotate.models import Flag, Note, Rating, Review, Score, Submission
from annotate.questions import dimensions_of
from annotate.reports import wording
from annotate.reports.pseudonyms import pseudonyms
from annotate.reports.reviewers.answers_given import Given, answers_of
from annotate.reports.reviewers.contested import (
    ComparisonQuestion,
    Contested,
    Question,
    StepQuestion,
    responses_of,
)
from annotate.reports.reviewers.decided_cases import Case, decided_cases
from annotate.reports.reviewers.model_reasons import model_reason
from annotate.reports.reviewers.reliability import Reliability, reliability
from annotate.reports.reviewers.sent_back import Returnable, Returned, returnable, returned
from annotate.reports.reviewers.step_strips import Strip, strips
from annotate.reports.wording import Names


@dataclass(frozen=True, slots=True)
class FlagShown:
    """A flag in words; ``reliability`` says how far to trust the probability behind it, where there is one."""

    uid: uuid.UUID
    kind: str
    about_model: bool
    dimension: str
    reason: str
    closed: bool
    reliability: Reliability | None
    cases: list[Case]


@dataclass(frozen=True, slots=True)
class NoteShown:
    """What somebody wrote about a contested response or pair."""

    person: str
    about: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class ScoreShown:
    """What a scorer says about a contested response."""

    response: str
    scorer: str
    trained: bool
    value: float


@dataclass(frozen=True, slots=True)
class Opinion:
    """Another reviewer's finished look at the same questions."""

    outcome: str
    comment: str


@dataclass(frozen=True, slots=True)
class Revealed:
    """Labels by question name as (person, answer in words), and what else was hidden before."""

    labels: dict[str, list[tuple[str, str]]]
    flags: list[FlagShown]
    opinions: list[Opinion]
    notes: list[NoteShown]
    scores: list[ScoreShown]
    strips: list[Strip]
    returnable: list[Returnable]
    returned: list[Returned]


def revealed(review: Review, asked: Contested, names: Names) -> Revealed:
    """Return what the reveal shows, in a fixed number of statements; only for a review that is revealed."""
    if review.revealed_at is None:
        raise ValueError("nothing is revealed before the blind verdict")
    numbers = {person: number for (_, person), number in pseudonyms([review.conversation_id]).items()}
    people = {pk: wording.person(numbers[person]) for pk, person in _valid(review.conversation_id).items()}
    others = _other_reviews(review)
    responses = {one for question in asked.questions for one in responses_of(question)}
    places = {pk: place for place, pk in enumerate(names)}
    scores = sorted(
        Score.objects.filter(response__in=responses, value__isnull=False, dimension=None).select_related(
            "run"
        ),
        key=lambda one: (one.run.scorer, one.run_id, places[one.response_id]),
    )
    return Revealed(
        labels=_labels(asked.questions, people, others, names),
        flags=_flags(review, asked, names),
        opinions=[Opinion(one.outcome, one.comment) for one in others],
        notes=_notes(people, responses, names),
        scores=_scores(scores, names),
        strips=strips(scores, names),
        returnable=returnable(review.conversation_id) if review.finished_at is None else [],
        returned=returned(review),
    )


def _valid(conversation_id: int) -> dict[int, int]:
    """Return the person of each valid submission: the latest of every task, person and origin.

    Answers to training, qualification and gold are no labels.
    """
    rows = (
        Submission.objects.to_work()
        .latest_revisions()
        .filter(task__conversation=conversation_id)
        .exclude(origin=Submission.Origin.REVIEW)
        .order_by("pk")
        .values_list("pk", "annotator")
    )
    return dict(rows)


def _other_reviews(review: Review) -> list[Review]:
    """Return the review that this one repeats, or those that repeated it; finished ones only."""
    found = Review.objects.filter(finished_at__isnull=False)
    found = found.filter(pk=review.second_of_id) if review.second_of_id else found.filter(second_of=review)
    return list(found.order_by("pk"))


def _labels(
    questions: list[Question], people: dict[int, str], others: list[Review], names: Names
) -> dict[str, list[tuple[str, str]]]:
    """Return everybody's latest answer to each question, by question name; other reviewers' after people's."""
    reviewers = {
        pk: who
        for review in others
        for pk, who in (
            (review.blind_id, gettext("Another reviewer, before")),
            (review.final_id, gettext("Another reviewer, after")),
        )
        if pk is not None
    }
    given = answers_of([*people, *reviewers], questions)
    found: dict[str, list[tuple[str, str]]] = {}
    for question in questions:
        answers = given[question.name]
        said = {
            who: answer_in_words(answers[pk], question, names) for pk, who in people.items() if pk in answers
        }
        seconds = [
            (who, answer_in_words(answers[pk], question, names))
            for pk, who in reviewers.items()
            if pk in answers
        ]
        found[question.name] = [*sorted(said.items()), *seconds]
    return found


def answer_in_words(given: Given, question: Question, names: Names) -> str:
    """Return how an answer to a question reads."""
    if given.value is None:
        return wording.states()[given.state]
    if isinstance(question, ComparisonQuestion):
        return wording.preference(given.value, max(question.levels), question, names)
    if isinstance(question, StepQuestion):
        return wording.step_mark(given.value)
    if given.state == Rating.State.DEFAULTED:
        return gettext("%(value)s, the default") % {"value": wording.level_name(given.value)}
    return wording.level_name(given.value)


def _flags(review: Review, asked: Contested, names: Names) -> list[FlagShown]:
    rubric = {one.key: one for one in dimensions_of(asked.task.batch.rubric_id)}
    scale = asked.task.batch.preference_scale
    places = {node.id: turn.number for turn in asked.tree.turns for node in turn.candidates}
    flags = list(
        Flag.objects.filter(review=review.second_of_id or review.pk)
        .select_related("dimension", "calibration", "run")
        .order_by("pk")
    )
    cases = decided_cases(flags, review.reviewer_id)
    flags.sort(key=lambda one: (one.scope == "global", places[one.response_id or one.right_id or 0]))
    return [
        FlagShown(
            uid=flag.uid,
            kind=wording.kind(flag.kind),
            about_model=flag.kind in Flag.ABOUT_MODELS,
            dimension=wording.subject(flag),
            reason=model_reason(flag, names, scale)
            if flag.kind in Flag.ABOUT_MODELS
            else wording.reason(flag, names, scale, rubric),
            closed=flag.status == Flag.Status.CLOSED,
            reliability=reliability(flag),
            cases=cases[flag.pk],
        )
        for flag in flags
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


def _scores(scores: list[Score], names: Names) -> list[ScoreShown]:
    shown = defaultdict(list)
    for score in scores:
        shown[score.run].append(
            ScoreShown(
                response=names[score.response_id].label,
                scorer=f"{score.run.scorer} · {score.run.model}",
                trained=score.run.trained,
                value=score.value or 0.0,
            )
        )
    return [one for run in shown.values() for one in sorted(run, key=lambda row: row.response)]
