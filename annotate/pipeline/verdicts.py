"""A reviewer's answers to the questions of a sitting, checked and stored as a submission of origin review."""

from __future__ import annotations

from collections.abc import Mapping

from annotate.models import Comparison, Rating, Review, StepLabel, Submission, Task
from annotate.refusal import Problem, Refusal
from annotate.reports.reviewers.contested import (
    ComparisonQuestion,
    Question,
    RatingQuestion,
    StepQuestion,
    contested,
)
from annotate.steps import SPLITTER_VERSION

Verdict = int | str
Verdicts = Mapping[str, Verdict]


def store(review: Review, verdicts: Verdicts, problems: list[Problem] | None = None) -> Submission:
    """Insert the verdicts as the reviewer's next submission on the conversation's task.

    Raises Refusal with the given problems and one for each missing or wrong value.
    """
    asked = contested(review)
    problems = [*(problems or []), *_problems(asked.questions, verdicts)]
    if problems:
        raise Refusal(problems)
    submission = _submission(asked.task, review.reviewer_id)
    ratings, comparisons, steps = [], [], []
    for one in asked.questions:
        value = verdicts[one.name]
        match one:
            case RatingQuestion():
                ratings.append(_rating(submission, one, value))
            case ComparisonQuestion():
                comparisons.append(_comparison(submission, one, value))
            case StepQuestion():
                steps.append(_step(submission, one, value))
    Rating.objects.bulk_create(ratings)
    Comparison.objects.bulk_create(comparisons)
    StepLabel.objects.bulk_create(steps)
    return submission


def _problems(questions: list[Question], verdicts: Verdicts) -> list[Problem]:
    problems = []
    for question in questions:
        value = verdicts.get(question.name)
        if value is None:
            problems.append(Problem("missing_verdict", "Choose an answer.", question.name))
        elif value not in question.levels and value not in question.states:
            problems.append(Problem("off_scale", "Choose one of the answers offered.", question.name))
    names = {question.name for question in questions}
    problems += [
        Problem("not_asked", "This review does not ask for this.", name)
        for name in verdicts
        if name not in names
    ]
    return problems


def _submission(task: Task, reviewer_id: int) -> Submission:
    origin = Submission.Origin.REVIEW
    earlier = Submission.objects.filter(task=task, annotator=reviewer_id, origin=origin).count()
    return Submission.objects.create(
        task=task,
        annotator_id=reviewer_id,
        rubric_id=task.batch.rubric_id,
        origin=origin,
        revision=earlier + 1,
    )


def _rating(submission: Submission, question: RatingQuestion, verdict: Verdict) -> Rating:
    given = isinstance(verdict, int)
    return Rating(
        submission=submission,
        response_id=question.response,
        dimension=question.dimension,
        value=verdict if given else None,
        state=Rating.State.RATED if given else verdict,
    )


def _comparison(submission: Submission, question: ComparisonQuestion, verdict: Verdict) -> Comparison:
    return Comparison(
        submission=submission,
        scope=question.scope,
        left_id=question.left,
        right_id=question.right,
        dimension=question.dimension,
        preference=verdict,
    )


def _step(submission: Submission, question: StepQuestion, verdict: Verdict) -> StepLabel:
    return StepLabel(
        submission=submission,
        response_id=question.response,
        index=question.index,
        value=verdict,
        splitter_version=SPLITTER_VERSION,
    )
