"""Synthetic reviewers: they take sittings from the queue and decide them, through the stage that people use.

They know the truth up to a slip now and then, and find a label wrong where it is: so that what is measured of flags,
audits and reviewers can be held against what is true.
"""

from __future__ import annotations

from annotate.models import (
    Comparison,
    Flag,
    Membership,
    Outcome,
    Project,
    Rating,
    Review,
    StepLabel,
    Submission,
)
from annotate.pipeline import auditing, enrolling, flagging, reviewing
from annotate.pipeline.simulating import Known, plan_of
from annotate.pipeline.simulating.people import prefix_of
from annotate.pipeline.verdicts import Verdict
from annotate.refusal import Refusal
from annotate.reports.reviewers.contested import ComparisonQuestion, Question, RatingQuestion, contested
from annotate.stats.simulation import generator

REVIEWERS = 2
_SLIP = 0.08  # of verdicts
_TIE = 0.2  # a gap that is none


def review(project: Project, count: int) -> int:
    """Let synthetic reviewers decide so many sittings, or all there are; return how many were decided.

    Flags are raised and the audit drawn before. Two reviewers take turns, so that some sittings are repeated.
    """
    if project.simulation is None:
        raise Refusal.because(
            "not_simulated", f"{project.slug} was not simulated: its labels have no known truth."
        )
    flagging.flag_project(project.pk)
    auditing.audit_project(project.pk)
    names = [f"{prefix_of(project)}reviewer-{number + 1}" for number in range(REVIEWERS)]
    people = [enrolling.ensure_person(project, Membership.Role.REVIEWER, name, None) for name in names]
    done = 0
    while done < count:
        sittings = [reviewing.next_review(project.pk, person.pk) for person in people[: count - done]]
        taken = [one for one in sittings if one is not None]
        if not taken:
            break
        for sitting in taken:
            _decide(project, sitting)
        done += len(taken)
    return done


def _decide(project: Project, sitting: Review) -> None:
    known = Known.of(project, sitting.conversation)
    seed = plan_of(project).seed
    rng = generator(seed, "review", known.scene.name, sitting.reviewer_id)
    verdicts = {
        one.name: _verdict(known, one, slips=rng.random() < _SLIP) for one in contested(sitting).questions
    }
    reviewing.record_blind(sitting.pk, verdicts)
    reviewing.reveal(sitting.pk)
    shown = reviewing.flags_shown(sitting)
    outcomes = {flag.uid: _outcome(known, flag) for flag in shown}
    own = {flag.uid: outcomes[flag.uid] for flag in shown if flag.review_id == sitting.pk}
    changes = Outcome.CHANGE in outcomes.values()
    decision = reviewing.Decision(
        outcome=Outcome.CHANGE if changes else Outcome.UPHOLD,
        verdicts=verdicts,
        flags=own,
        fault=Flag.ModelFault.OTHER if Outcome.MODEL_WRONG in own.values() else "",
    )
    reviewing.decide(sitting.pk, decision)


def _verdict(known: Known, question: Question, *, slips: bool) -> Verdict:
    """Return what is true of a question, or the level beside it."""
    levels = question.levels
    if isinstance(question, RatingQuestion):
        if question.rule in {"no_image", "no_output_image"}:
            return "not_applicable"
        place = levels.index(known.rating(question.response, question.dimension))
    elif isinstance(question, ComparisonQuestion):
        gap = known.gap(question.left, question.right, question.scope)
        fair = 0 if abs(gap) < _TIE and 0 in levels else 1 if gap > 0 else -1
        place = levels.index(fair)
    else:
        place = levels.index(1 if known.step(question.response, question.index) else -1)
    if slips:
        place += 1 if place == 0 else -1
    return levels[place]


def _outcome(known: Known, flag: Flag) -> Outcome:
    """Return whether the flagged person's label stands: against a model that speaks for nothing else."""
    stands = _stands(known, flag)
    if stands is None:
        return Outcome.AMBIGUOUS
    if not stands:
        return Outcome.CHANGE
    return Outcome.MODEL_WRONG if flag.kind in Flag.ABOUT_MODELS else Outcome.UPHOLD


def _stands(known: Known, flag: Flag) -> bool | None:
    """Return whether the label is right: within a level, on the right side; None where nobody stands out."""
    if flag.annotator_id is None:
        return None
    own = Submission.objects.to_work().filter(
        annotator=flag.annotator_id, task__conversation=flag.conversation, origin=Submission.Origin.LIVE
    )
    of_item = {"submission__in": own, "dimension": flag.dimension_id}
    if flag.kind == Flag.Kind.MODEL_STEP and flag.response_id is not None:
        named = [one["index"] for one in flag.evidence["steps"]]
        labels = StepLabel.objects.filter(submission__in=own, response=flag.response_id, index__in=named)
        return all((one.value > 0) == known.step(one.response_id, one.index) for one in labels)
    if flag.response_id is not None and flag.dimension is not None:
        rating = Rating.objects.filter(**of_item, response=flag.response_id, state="rated").last()
        fair = known.rating(flag.response_id, flag.dimension)
        return None if rating is None or rating.value is None else abs(rating.value - fair) <= 1
    if flag.left_id is None or flag.right_id is None:
        return None
    given = Comparison.objects.filter(**of_item, left=flag.left_id, right=flag.right_id).last()
    return (
        None if given is None else given.preference * known.gap(flag.left_id, flag.right_id, flag.scope) >= 0
    )
