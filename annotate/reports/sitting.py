"""The page of a sitting: the conversation, what is asked about it, and, once revealed, who said what.

Candidates stand in an order drawn for this sitting, and are called A, B, C in that order.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Prefetch
from django.utils.translation import gettext

from annotate.models import MessagePart, Response, Review, Scope, Submission, Turn
from annotate.reports import wording
from annotate.reports.contested import ComparisonQuestion, Question, RatingQuestion, contested
from annotate.reports.revealed import Revealed, revealed
from annotate.reports.wording import Name, Option


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as shown: what it is about, its words, its rule about images, its options.

    ``chosen`` is the option's value that is offered or was sent; ``labels`` are what people said and
    ``blind`` what the reviewer said before (after the reveal); ``problem`` is what was wrong.
    """

    number: int
    name: str
    about: str
    title: str
    words: str
    rule: str
    options: list[Option]
    chosen: str
    labels: list[tuple[str, str]]
    blind: str
    problem: str


@dataclass(slots=True)
class Candidate:
    """A response as shown, with what is asked about it alone."""

    name: Name
    parts: list[MessagePart]
    questions: list[Asked] = field(default_factory=list)


@dataclass(slots=True)
class TurnShown:
    """A user message, its candidates, what is asked about pairs of them.

    ``after`` names the response that the turn follows, where there are several.
    """

    number: int
    after: str
    parts: list[MessagePart]
    candidates: list[Candidate]
    questions: list[Asked] = field(default_factory=list)


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
    turns = _turns(review)
    candidates = {pk: one for _, rows in turns for pk, one in rows.items()}
    names = {pk: one.name for pk, one in candidates.items()}
    shown = revealed(review, asked, names) if review.revealed_at else None
    blind = _verdict(review.blind, asked.questions) if review.blind and shown else {}
    given = given or Given(blind, {})
    whole, page = [], []
    for number, question in enumerate(asked.questions, 1):
        one = _asked(number, question, names, given, blind, shown)
        page.append(one)
        if question.scope == Scope.GLOBAL:
            whole.append(one)
        elif isinstance(question, RatingQuestion):
            candidates[question.response].questions.append(one)
        else:
            next(turn for turn, rows in turns if question.left in rows).questions.append(one)
    return Sitting([turn for turn, _ in turns], whole, page, shown)


def _turns(review: Review) -> list[tuple[TurnShown, dict[int, Candidate]]]:
    """Return the turns in order, each with its candidates by inside id, in four statements."""
    parts = Prefetch("parts", MessagePart.objects.select_related("image").order_by("position"))
    turns = (
        Turn.objects.filter(conversation=review.conversation_id)
        .order_by("number", "pk")
        .prefetch_related(
            parts, Prefetch("responses", Response.objects.order_by("pk").prefetch_related(parts))
        )
    )
    shuffle = random.Random(str(review.uid)).shuffle  # noqa: S311 - an order, not a secret
    labels: dict[int, str] = {}
    shown = []
    for turn in turns:
        rows = list(turn.responses.all())
        shuffle(rows)
        candidates = {}
        for place, row in enumerate(rows):
            letter = chr(ord("A") + place)
            label = gettext("turn %(number)s, %(letter)s") % {"number": turn.number, "letter": letter}
            candidates[row.pk] = Candidate(Name(letter, label), list(row.parts.all()))
            labels[row.pk] = label if len(rows) > 1 else ""
        after = labels[turn.parent_id] if turn.parent_id else ""
        shown.append(
            (TurnShown(turn.number, after, list(turn.parts.all()), list(candidates.values())), candidates)
        )
    return shown


def _verdict(submission: Submission, questions: list[Question]) -> dict[str, str]:
    """Return a verdict's values by question name, in two statements."""
    ratings = {
        (one.response_id, one.dimension_id): one.state if one.value is None else str(one.value)
        for one in submission.ratings.all()
    }
    comparisons = {
        (one.scope, one.left_id, one.right_id, one.dimension_id): str(one.preference)
        for one in submission.comparisons.all()
    }
    return {
        one.name: comparisons[one.scope, one.left, one.right, one.dimension.pk if one.dimension else None]
        if isinstance(one, ComparisonQuestion)
        else ratings[one.response, one.dimension.pk]
        for one in questions
    }


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
    if isinstance(question, RatingQuestion):
        texts = wording.texts_of(question.dimension)
        words, rule = texts["question"], texts["rules"].get(question.rule, "")
    return Asked(
        number=number,
        name=question.name,
        about=wording.about(question, names),
        title=wording.name_of(question.dimension),
        words=words,
        rule=rule,
        options=options,
        chosen="" if chosen is None else str(chosen),
        labels=shown.labels[question.name] if shown else [],
        blind=by_value.get(blind.get(question.name, ""), ""),
        problem=given.problems.get(question.name, ""),
    )
