"""One person's second look at what was flagged: a blind verdict, the reveal, the decision.

A *sitting* (Review) takes all open flags of one conversation. What keeps it honest is stored, not
hoped for: two people never sit over the same conversation (``review_one_open_per_conversation``),
nothing is revealed before a blind verdict (``review_reveal_only_after_blind_verdict``), and the first
blind verdict stays.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from annotate.models import (
    Comparison,
    Flag,
    Membership,
    Outcome,
    Rating,
    Review,
    Submission,
    Task,
)
from annotate.refusal import Conflict, Problem, Refusal
from annotate.reports.contested import ComparisonQuestion, Question, RatingQuestion, contested
from annotate.reports.review_queue import queue

log = logging.getLogger(__name__)

Verdict = int | str
Verdicts = Mapping[str, Verdict]

# A sitting without a verdict for this long goes back into the queue.
IDLE = timedelta(hours=24)
ABOUT_MODELS = {
    Flag.Kind.MODEL_PREFERENCE,
    Flag.Kind.MODEL_RATING,
    Flag.Kind.MODEL_STEP,
    Flag.Kind.MODEL_HEALTH,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What a sitting comes to: verdicts after the reveal, and an outcome for all flags or some.

    ``flags`` maps a flag's outside id to an outcome of its own; the others get ``outcome``.
    """

    outcome: str
    verdicts: Verdicts
    comment: str = ""
    flags: Mapping[uuid.UUID, str] = field(default_factory=dict)


@transaction.atomic
def next_review(project_id: int, reviewer_id: int) -> Review | None:
    """Return the person's open sitting, or a new one over the conversation with most open flags.

    Never one that the person annotated, and never one where somebody else sits; None when nothing is
    left. Raises Membership.DoesNotExist for somebody who is not in the project.
    """
    # Two tabs of one person wait for one another here.
    Membership.objects.select_for_update(no_key=True).get(project=project_id, user=reviewer_id)
    own = Review.objects.filter(project=project_id, reviewer=reviewer_id, finished_at=None).first()
    if own is not None:
        return own
    _give_back_idle(project_id)
    while (first := queue(project_id, reviewer_id).first()) is not None:
        review = _sit_down(project_id, first["conversation"], reviewer_id)
        if review is not None:
            return review
    return None


def _sit_down(project_id: int, conversation_id: int, reviewer_id: int) -> Review | None:
    """Return a sitting with the conversation's open flags; None when somebody else was faster."""
    try:
        with transaction.atomic():
            review = Review.objects.create(
                project_id=project_id, conversation_id=conversation_id, reviewer_id=reviewer_id
            )
    except IntegrityError:
        return None
    flags = Flag.objects.filter(conversation=conversation_id, status=Flag.Status.OPEN).update(review=review)
    if not flags:  # the last one was closed at this very moment
        review.delete()
        return None
    log.info("review %s of conversation %s begun, %s flags", review.pk, conversation_id, flags)
    return review


def _give_back_idle(project_id: int) -> None:
    idle = Review.objects.select_for_update(skip_locked=True).filter(
        project=project_id, blind=None, finished_at=None, started_at__lt=timezone.now() - IDLE
    )
    for review in idle:
        _give_back(review)


def _give_back(review: Review) -> None:
    Flag.objects.filter(review=review).update(review=None)
    log.info("review %s given back", review.pk)
    review.delete()


@transaction.atomic
def leave(review_id: int) -> None:
    """Give a conversation back to the queue; refused once a verdict is recorded."""
    review = _locked(review_id)
    if review.blind_id is not None:
        detail = "Your verdict is recorded already: finish this review, for nobody else can now."
        raise Conflict.because("verdict_recorded", detail)
    _give_back(review)


@transaction.atomic
def record_blind(review_id: int, verdicts: Verdicts) -> Review:
    """Store the verdict before the reveal: a value for every question of `contested`, by its name.

    A value is a level of the scale, or one of the question's states in words. The first verdict stays:
    a second call changes nothing. Raises Refusal with one problem per missing or wrong value.
    """
    review = _locked(review_id)
    if review.blind_id is None:
        review.blind = _store(review, verdicts)
        review.save(update_fields=["blind"])
        log.info("review %s has its blind verdict", review.pk)
    return review


@transaction.atomic
def reveal(review_id: int) -> Review:
    """Let the reviewer see labels, reasons and scores from now on; only after a blind verdict."""
    review = _locked(review_id)
    if review.blind_id is None:
        raise Conflict.because("not_blind_yet", "Record your own verdict first; then labels are shown.")
    if review.revealed_at is None:
        review.revealed_at = timezone.now()
        review.save(update_fields=["revealed_at"])
    return review


def outcomes(flags: list[Flag]) -> list[Outcome]:
    """Return the outcomes to choose from: a model can only be wrong where a model spoke."""
    models = any(flag.kind in ABOUT_MODELS for flag in flags)
    return [one for one in Outcome if models or one != Outcome.MODEL_WRONG]


@transaction.atomic
def decide(review_id: int, decision: Decision) -> Review:
    """Finish a revealed sitting: its verdicts after the reveal, its outcome, its open flags resolved.

    A second call changes nothing. A flag that was closed meanwhile stays closed; one that was raised
    meanwhile is not part of this sitting. Raises Refusal with every problem.
    """
    review = _locked(review_id)
    if review.finished_at is not None:
        return review
    if review.revealed_at is None:
        raise Conflict.because("not_revealed", "Look at the labels first; then decide.")
    flags = list(Flag.objects.select_for_update().filter(review=review).order_by("pk"))
    problems = list(_outcome_problems(decision, flags))
    review.final = _store(review, decision.verdicts, problems)
    review.outcome, review.comment = decision.outcome, decision.comment.strip()
    review.finished_at = timezone.now()
    review.save(update_fields=["final", "outcome", "comment", "finished_at"])
    for flag in flags:
        if flag.status == Flag.Status.OPEN:
            flag.status, flag.outcome = Flag.Status.RESOLVED, decision.flags.get(flag.uid, decision.outcome)
    Flag.objects.bulk_update(flags, ["status", "outcome"])
    log.info("review %s finished: %s", review.pk, review.outcome)
    return review


def _outcome_problems(decision: Decision, flags: list[Flag]) -> list[Problem]:
    allowed = {one.value for one in outcomes(flags)}
    known = {flag.uid for flag in flags}
    choices = {"outcome": decision.outcome, **{f"flag:{uid}": one for uid, one in decision.flags.items()}}
    problems = [
        Problem("unknown_outcome", "Choose one of the outcomes.", path)
        for path, chosen in choices.items()
        if chosen not in allowed
    ]
    problems += [
        Problem("foreign_flag", "This flag is not part of this review.", f"flag:{uid}")
        for uid in decision.flags
        if uid not in known
    ]
    return problems


def _locked(review_id: int) -> Review:
    return Review.objects.select_for_update().get(pk=review_id)


def _store(review: Review, verdicts: Verdicts, problems: list[Problem] | None = None) -> Submission:
    """Insert the verdicts as the reviewer's next submission on the conversation's task."""
    asked = contested(review)
    problems = [*(problems or []), *_problems(asked.questions, verdicts)]
    if problems:
        raise Refusal(problems)
    submission = _submission(asked.task, review.reviewer_id)
    ratings = [one for one in asked.questions if isinstance(one, RatingQuestion)]
    Rating.objects.bulk_create([_rating(submission, one, verdicts[one.name]) for one in ratings])
    Comparison.objects.bulk_create(
        [
            Comparison(
                submission=submission,
                scope=one.scope,
                left_id=one.left,
                right_id=one.right,
                dimension=one.dimension,
                preference=verdicts[one.name],
            )
            for one in asked.questions
            if isinstance(one, ComparisonQuestion)
        ]
    )
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
