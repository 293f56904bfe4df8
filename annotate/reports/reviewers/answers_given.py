"""What submissions answer to the questions of a sitting: annotators' labels and reviewers' verdicts alike."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from annotate.models import Comparison, Rating, StepLabel
from annotate.reports.reviewers.contested import ComparisonQuestion, Question, RatingQuestion, responses_of


@dataclass(frozen=True, slots=True)
class Given:
    """A level, a preference or a step's mark; without one, and for ratings always, the state in words."""

    value: int | None
    state: str = ""

    @property
    def text(self) -> str:
        """What a form sends for it."""
        return self.state if self.value is None else str(self.value)


def answers_of(submissions: Collection[int], questions: Sequence[Question]) -> dict[str, dict[int, Given]]:
    """Return by question name what each of these submissions answers, in three statements."""
    asked: dict[tuple[object, ...], str] = {_key(one): one.name for one in questions}
    found: dict[str, dict[int, Given]] = {one.name: {} for one in questions}
    responses = {response for one in questions for response in responses_of(one)}
    ratings = Rating.objects.filter(submission__in=submissions, response__in=responses)
    for submission, response, dimension, value, state in ratings.values_list(
        "submission", "response", "dimension", "value", "state"
    ):
        if name := asked.get((response, dimension)):
            found[name][submission] = Given(value, state)
    comparisons = Comparison.objects.filter(submission__in=submissions, left__in=responses)
    for submission, *pair, preference in comparisons.values_list(
        "submission", "scope", "left", "right", "dimension", "preference"
    ):
        if name := asked.get(tuple(pair)):
            found[name][submission] = Given(preference)
    steps = StepLabel.objects.filter(submission__in=submissions, response__in=responses)
    for submission, response, index, value in steps.values_list("submission", "response", "index", "value"):
        if name := asked.get(("step", response, index)):
            found[name][submission] = Given(value)
    return found


def _key(question: Question) -> tuple[object, ...]:
    if isinstance(question, RatingQuestion):
        return question.response, question.dimension.pk
    if isinstance(question, ComparisonQuestion):
        dimension = question.dimension.pk if question.dimension else None
        return question.scope, question.left, question.right, dimension
    return "step", question.response, question.index
