"""The page of a sitting: the conversation, what is asked about it, and, once revealed, who said what.

Candidates stand in an order drawn for this sitting, and are called A, B, C in that order.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.utils.translation import gettext

from annotate.models import Review, Scope, Submission
from annotate.reports import wording
from annotate.reports.reviewers.answers_given import answers_of
from annotate.reports.reviewers.contested import (
    ComparisonQuestion,
    Question,
    RatingQuestion,
    StepQuestion,
    contested,
)
from annotate.reports.reviewers.revealed import Revealed, revealed
from annotate.reports.reviewers.step_texts import steps_shown
from annotate.reports.turns import Asked, Candidate, TurnShown, turns_shown


@dataclass(frozen=True, slots=True)
class Sitting:
    """Everything on the page; ``whole`` are the questions about whole conversations."""

    turns: list[TurnShown]
    whole: list[Asked]
    questions: list[Asked]
    revealed: Revealed | None


@dataclass(frozen=True, slots=True)
class Given:
    """What was sent, and what was wrong with it, by question name."""

    answers: Mapping[str, object]
    problems: Mapping[str, str]


def sitting(review: Review, given: Given | None = None) -> Sitting:
    """Return the page of a sitting, with people's labels only when it is revealed.

    Without ``given``, a revealed sitting offers the reviewer's own blind verdict.
    """
    asked = contested(review)
    shuffle = random.Random(str(review.uid)).shuffle  # noqa: S311 - an order, not a secret
    turns = turns_shown(review.conversation_id, shuffle)
    candidates = {pk: one for _, rows in turns for pk, one in rows.items()}
    names = {pk: one.name for pk, one in candidates.items()}
    shown = revealed(review, asked, names) if review.revealed_at else None
    blind = _verdict(review.blind, asked.questions) if review.blind and shown else {}
    given = given or Given(blind, {})
    steps = steps_shown({one.response for one in asked.questions if isinstance(one, StepQuestion)})
    whole, page = [], []
    for number, question in enumerate(_as_shown(asked.questions, turns), 1):
        one = _asked(number, question, names, given, blind, shown)
        if isinstance(question, StepQuestion):
            one = replace(one, html=steps[question.response][question.index])
        page.append(one)
        if question.scope == Scope.GLOBAL:
            whole.append(one)
        elif not isinstance(question, ComparisonQuestion):
            candidates[question.response].questions.append(one)
        else:
            next(turn for turn, rows in turns if question.left in rows).questions.append(one)
    return Sitting([turn for turn, _ in turns], whole, page, shown)


def _as_shown(
    questions: list[Question], turns: list[tuple[TurnShown, dict[int, Candidate]]]
) -> list[Question]:
    """Return the questions in the order in which they stand on the page: of one turn, candidate by candidate."""
    places = {pk: (turn, place) for turn, (_, rows) in enumerate(turns) for place, pk in enumerate(rows)}

    def place(question: Question) -> tuple[int, ...]:
        if question.scope == Scope.GLOBAL:
            return (len(turns),)
        if isinstance(question, ComparisonQuestion):
            return (places[question.left][0], len(places))
        return places[question.response]

    return sorted(questions, key=place)


def _verdict(submission: Submission, questions: list[Question]) -> dict[str, str]:
    """Return a verdict's values by question name, in three statements."""
    given = answers_of([submission.pk], questions)
    return {name: answers[submission.pk].text for name, answers in given.items()}


def _asked(  # noqa: PLR0913, PLR0917 - all that a question is shown with
    number: int,
    question: Question,
    names: wording.Names,
    given: Given,
    blind: Mapping[str, str],
    shown: Revealed | None,
) -> Asked:
    options = wording.options_of(question, names)
    chosen = given.answers.get(question.name)
    by_value = {option.value: option.name for option in options}
    words, rule = gettext("Which answer is better?"), ""
    if isinstance(question, StepQuestion):
        words = gettext("Is this step right?")
    if isinstance(question, RatingQuestion):
        texts = wording.texts_of(question.dimension)
        words, rule = texts["question"], texts["rules"].get(question.rule, "")
    return Asked(
        number=number,
        name=question.name,
        about=wording.about(question, names),
        title=wording.title(question),
        words=words,
        rule=rule,
        options=options,
        chosen="" if chosen is None else str(chosen),
        labels=shown.labels[question.name] if shown else [],
        blind=by_value.get(blind.get(question.name, ""), ""),
        problem=given.problems.get(question.name, ""),
    )
