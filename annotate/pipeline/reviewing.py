"""One person's second look at a conversation: a blind verdict, the reveal, the decision.

A *sitting* (Review) takes what waits in one conversation: open flags and labels drawn for the random audit, or else a
finished review that a second person repeats. What keeps it honest is stored, not hoped for: two people never
sit over the same conversation (``review_one_open_per_conversation``), nothing is revealed before a blind verdict
(``review_reveal_only_after_blind_verdict``), the first blind verdict stays, and labels are only ever added.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from annotate.models import AuditItem, Flag, Inquiry, InquiryMessage, Membership, Outcome, Review
from annotate.pipeline.verdicts import Verdicts, store
from annotate.refusal import Conflict, Problem
from annotate.reports.reviewers.drawing_up import Reasons, questions_for
from annotate.reports.reviewers.review_queue import next_conversation
from annotate.reports.reviewers.sent_back import submitted

log = logging.getLogger(__name__)

# A sitting without a verdict for this long goes back into the queue.
IDLE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a sitting comes to: verdicts after the reveal, and an outcome for all flags or some.

    ``flags`` maps a flag's outside id to an outcome of its own; the others get ``outcome``. ``fault`` says why the
    model is wrong, where it is. ``send_back`` holds outside ids of assignments that go back to their people.
    """

    outcome: str
    verdicts: Verdicts
    comment: str = ""
    flags: Mapping[uuid.UUID, str] = field(default_factory=dict)
    fault: str = ""
    send_back: Collection[uuid.UUID] = ()
    active_ms: int = 0


@transaction.atomic
def next_review(project_id: int, reviewer_id: int) -> Review | None:
    """Return the person's open sitting, or a new one over what the queue holds next.

    Never one that the person annotated, and never one where somebody else sits; None when nothing is
    left. Raises Membership.DoesNotExist for somebody who is not in the project.
    """
    # Two tabs of one person wait for one another here.
    Membership.objects.select_for_update(no_key=True).get(project=project_id, user=reviewer_id)
    own = Review.objects.filter(project=project_id, reviewer=reviewer_id, finished_at=None).first()
    if own is not None:
        return own
    _give_back_idle(project_id)
    while (conversation := next_conversation(project_id, reviewer_id)) is not None:
        review = _sit_down(project_id, conversation, reviewer_id)
        if review is not None:
            return review
    return None


def _sit_down(project_id: int, conversation_id: int, reviewer_id: int) -> Review | None:
    """Return a sitting with all that waits in the conversation; None when somebody else was faster."""
    try:
        with transaction.atomic():
            review = Review.objects.create(
                project_id=project_id, conversation_id=conversation_id, reviewer_id=reviewer_id
            )
    except IntegrityError:
        return None
    reasons = _take(review)
    if not reasons:  # the last one was closed at this very moment
        review.delete()
        return None
    review.asks = questions_for(review.conversation, reasons)
    review.second_of = reasons.first
    review.is_audit = not reasons.flags and reasons.first is None
    review.save(update_fields=["asks", "second_of", "is_audit"])
    log.info("review %s of conversation %s begun", review.pk, conversation_id)
    return review


def _take(review: Review) -> Reasons:
    """Attach the flags and audit items that wait in the conversation; where none does, what a second person repeats.

    Never both: a second review shows the first one's flags and resolves nothing. It waits on beside new flags.
    """
    here = {"conversation": review.conversation_id}
    item = ("response", "left", "right", "dimension")
    Flag.objects.filter(**here, status=Flag.Status.OPEN).update(review=review)
    AuditItem.objects.filter(**here, review=None).update(review=review)
    flags = list(Flag.objects.filter(review=review).select_related(*item).order_by("pk"))
    items = list(AuditItem.objects.filter(review=review).select_related(*item).order_by("pk"))
    own = Review.objects.filter(**here, reviewer=review.reviewer_id).exclude(pk=review.pk).exists()
    first = Review.objects.filter(**here, wants_second=True).order_by("pk").first()
    return Reasons(flags, items, None if flags or items or own else first)


def _give_back_idle(project_id: int) -> None:
    idle = Review.objects.select_for_update(skip_locked=True).filter(
        project=project_id, blind=None, finished_at=None, started_at__lt=timezone.now() - IDLE
    )
    for review in idle:
        _give_back(review)


def _give_back(review: Review) -> None:
    Flag.objects.filter(review=review).update(review=None)
    AuditItem.objects.filter(review=review).update(review=None)
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
def record_blind(review_id: int, verdicts: Verdicts, *, remark: str = "", active_ms: int = 0) -> Review:
    """Store the verdict before the reveal: a value for every question of `contested`, by its name.

    A value is a level of the scale, or one of the question's states in words. ``remark`` is for annotators, if
    work is sent back: it is written now, so that it cannot tell what the reveal tells. The first verdict and
    remark stay: a second call changes nothing. Raises Refusal with one problem per missing or wrong value.
    """
    review = _locked(review_id)
    if review.blind_id is None:
        review.blind = store(review, verdicts)
        review.remark = remark.strip()
        review.active_ms = _active(review, active_ms)
        review.save(update_fields=["blind", "remark", "active_ms"])
        log.info("review %s has its blind verdict", review.pk)
    return review


def _active(review: Review, told: int) -> int:
    """Return the reviewer's active time as the page told it, never less than before nor more than passed."""
    passed = int((timezone.now() - review.started_at).total_seconds() * 1000)
    return max(review.active_ms, min(told, passed))


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
    models = any(flag.kind in Flag.ABOUT_MODELS for flag in flags)
    return [one for one in Outcome if models or one != Outcome.MODEL_WRONG]


def flags_shown(review: Review) -> list[Flag]:
    """Return the sitting's flags; those of the first review where it repeats one."""
    flags = Flag.objects.filter(review=review.second_of or review)
    return list(flags.select_related("dimension", "calibration", "run").order_by("pk"))


@transaction.atomic
def decide(review_id: int, decision: Decision) -> Review:
    """Finish a revealed sitting: its verdicts after the reveal, its outcome, its open flags resolved.

    A second call changes nothing. A flag that was closed meanwhile stays closed; one that was raised meanwhile is
    not part of this sitting. Where the model is wrong, a flag that no model raised is upheld: people are right.
    A second review resolves nothing. Raises Refusal with every problem.
    """
    review = _locked(review_id)
    if review.finished_at is not None:
        return review
    if review.revealed_at is None:
        raise Conflict.because("not_revealed", "Look at the labels first; then decide.")
    flags = list(Flag.objects.select_for_update().filter(review=review).order_by("pk"))
    problems = [*_outcome_problems(review, decision, flags), *_return_problems(review, decision)]
    review.final = store(review, decision.verdicts, problems)
    review.outcome, review.comment = decision.outcome, decision.comment.strip()
    review.finished_at = timezone.now()
    review.active_ms = _active(review, decision.active_ms)
    review.wants_second = review.second_of_id is None and _is_drawn(review)
    changed = ["final", "outcome", "comment", "finished_at", "active_ms", "wants_second"]
    review.save(update_fields=changed)
    if review.second_of_id is not None:
        Review.objects.filter(pk=review.second_of_id).update(wants_second=False)
    _resolve(flags, decision)
    _send_back(review, decision.send_back)
    log.info("review %s finished: %s", review.pk, review.outcome)
    return review


def _is_drawn(review: Review) -> bool:
    """Return whether a second person is asked: a lot that hangs on the review alone."""
    lot = int(hashlib.sha256(f"second:{review.uid}".encode()).hexdigest()[:8], 16) / 2**32
    return lot < review.project.second_review_share


def _outcome_of(flag: Flag, decision: Decision) -> str:
    own = decision.flags.get(flag.uid)
    if own is None and decision.outcome == Outcome.MODEL_WRONG and flag.kind not in Flag.ABOUT_MODELS:
        return Outcome.UPHOLD
    return own or decision.outcome


def _resolve(flags: list[Flag], decision: Decision) -> None:
    for flag in flags:
        if flag.status == Flag.Status.OPEN:
            flag.status, flag.outcome = Flag.Status.RESOLVED, _outcome_of(flag, decision)
            flag.model_fault = decision.fault if flag.outcome == Outcome.MODEL_WRONG else ""
    Flag.objects.bulk_update(flags, ["status", "outcome", "model_fault"])


def _send_back(review: Review, assignments: Collection[uuid.UUID]) -> None:
    """Begin a thread with each person, the remark its first message."""
    for one in submitted(review.conversation_id).filter(uid__in=assignments).order_by("pk"):
        thread = Inquiry.objects.create(
            project_id=review.project_id, task_id=one.task_id, asked_by_id=one.annotator_id, review=review
        )
        InquiryMessage.objects.create(inquiry=thread, author_id=review.reviewer_id, text=review.remark)


def _outcome_problems(review: Review, decision: Decision, flags: list[Flag]) -> list[Problem]:
    allowed = {one.value for one in outcomes(flags_shown(review))}
    known = {flag.uid: flag for flag in flags}
    problems = []
    if decision.outcome not in allowed:
        problems.append(Problem("unknown_outcome", "Choose one of the outcomes.", "outcome"))
    for uid, chosen in decision.flags.items():
        if uid not in known:
            problems.append(Problem("foreign_flag", "This flag is not part of this review.", f"flag:{uid}"))
        elif chosen not in {one.value for one in outcomes([known[uid]])}:
            problems.append(Problem("unknown_outcome", "Choose one of the outcomes.", f"flag:{uid}"))
    wrong = any(_outcome_of(flag, decision) == Outcome.MODEL_WRONG for flag in flags)
    if wrong and decision.fault not in Flag.ModelFault.values:
        problems.append(Problem("no_fault", "Say why the model is wrong.", "fault"))
    return problems


def _return_problems(review: Review, decision: Decision) -> list[Problem]:
    if not decision.send_back:
        return []
    if not review.remark:
        detail = "Work is sent back with a remark from before the reveal; this review has none."
        return [Problem("no_remark", detail, "send_back")]
    there = submitted(review.conversation_id).filter(uid__in=decision.send_back).count()
    if there < len(set(decision.send_back)):
        return [Problem("not_returnable", "This work cannot be sent back (any more).", "send_back")]
    return []


def _locked(review_id: int) -> Review:
    return Review.objects.select_for_update(of=("self",)).select_related("project").get(pk=review_id)
