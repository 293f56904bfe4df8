"""Which questions a sitting asks, so that they do not tell why it is held.

A reviewer who knew that a conversation was flagged would look for what is wrong with it. So all sittings take their
*form* (how many ratings, comparisons and responses with steps) in one way: the most of what they are held for, of what
one of the latest sittings of the other sort was held for, drawn by lot, and of what the audit draws of a submission;
and one or two things more. F and A being what flags and audits need, max(F, an A) and max(A, an F) are distributed
alike. What is missing is drawn from what nobody contests. A second review asks what the first one did.

What is drawn depends on the conversation and on how often it was reviewed, never on the moment or the person:
giving a conversation back and taking it again shows the same questions.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Prefetch

from annotate.models import (
    AuditItem,
    Comparison,
    Conversation,
    Flag,
    Project,
    Rating,
    Response,
    Review,
    StepLabel,
    Submission,
)
from annotate.reports.reviewers.contested import comparison_name, rating_name, step_name
from annotate.reports.reviewers.step_texts import step_counts

# Of so many sittings of either sort one is drawn.
LATEST = 50
# What the audit draws of a submission, where it was answered.
LEAST = Counter(rating=3, comparison=1, step=1)
DECOYS = (1, 2)


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why a sitting is held: open flags, waiting audit items, a finished review that another person repeats."""

    flags: Sequence[Flag]
    items: Sequence[AuditItem]
    first: Review | None

    def __bool__(self) -> bool:
        return bool(self.flags or self.items or self.first)


@dataclass(frozen=True, slots=True)
class _Answered:
    """Names of what annotators answered in a conversation, in a stable order; of steps, the responses' ids."""

    rating: list[str]
    comparison: list[str]
    steps: list[int]


def questions_for(conversation: Conversation, reasons: Reasons) -> list[str]:
    """Return the names of a sitting's questions, whatever the reasons in the same number of statements."""
    answered = _answered(conversation.pk)
    reviews = Review.objects.filter(conversation=conversation, finished_at__isnull=False).count()
    lot = random.Random(f"{conversation.uid}:{reviews}")  # noqa: S311 - stable, not secret
    project = conversation.project_id
    least = LEAST if Project.objects.filter(pk=project, audit_share__gt=0).exists() else Counter[str]()
    held = {is_audit: _needs_of_latest(project, is_audit=is_audit) for is_audit in (False, True)}
    other = lot.choice(held[bool(reasons.flags)] or [Counter()])
    extra = Counter({lot.choice(("rating", "rating", "comparison")): lot.choice(DECOYS)})
    names, stepped = _needed(reasons.flags, reasons.items, answered.rating)
    if reasons.first is not None:
        return list(reasons.first.asks)
    form = (_form(names, stepped) | other | least) + extra
    missing = form - _form(names, stepped)
    for kind, there in (("rating", answered.rating), ("comparison", answered.comparison)):
        others = [one for one in there if one not in names]
        names |= dict.fromkeys(lot.sample(others, min(missing[kind], len(others))))
    unstepped = [one for one in answered.steps if one not in stepped]
    stepped |= set(lot.sample(unstepped, min(missing["step"], len(unstepped))))
    return [*names, *_step_questions(stepped)]


def _needed(
    flags: Iterable[Flag], items: Iterable[AuditItem], answered: Collection[str]
) -> tuple[dict[str, None], set[int]]:
    """Return the names of what flags and audit items ask, steps aside, and the responses whose steps they ask."""
    flags, items = list(flags), list(items)
    names = {name: None for flag in flags for name in flag_questions(flag, answered)}
    names |= dict.fromkeys(_item_question(item) for item in items if not item.is_steps)
    stepped = {flag.response_id for flag in flags if flag.kind == Flag.Kind.MODEL_STEP}
    stepped |= {item.response_id for item in items if item.is_steps}
    return names, {one for one in stepped if one is not None}


def _form(names: Iterable[str], stepped: Collection[int]) -> Counter[str]:
    return shape_of(names) + Counter(step=len(stepped))


def _needs_of_latest(project_id: int, *, is_audit: bool) -> list[Counter[str]]:
    """Return the forms of what the latest sittings of one sort were held for. Three statements."""
    item = ("response", "left", "right", "dimension")
    sittings = Review.objects.filter(
        project=project_id, is_audit=is_audit, second_of=None, blind__isnull=False
    ).prefetch_related(
        Prefetch("flags", Flag.objects.select_related(*item)),
        Prefetch("audit_items", AuditItem.objects.select_related(*item)),
    )
    # Of a person's worst ratings, those that were given there are the ones that were asked.
    return [
        _form(*_needed(one.flags.all(), one.audit_items.all(), one.asks))
        for one in sittings.order_by("-pk")[:LATEST]
    ]


def flag_questions(flag: Flag, answered: Collection[str]) -> Iterator[str]:
    """Yield the questions that a flag asks, but for those about steps; its items are loaded.

    Of a person's worst ratings (F3) all that were given in this conversation: ``answered`` names its ratings.
    """
    key = flag.dimension.key if flag.dimension else ""
    if flag.response and key:
        yield rating_name(flag.response.uid, key)
    if flag.left and flag.right:
        yield comparison_name(flag.scope, flag.left.uid, flag.right.uid, key)
    if flag.left and flag.right and flag.kind == Flag.Kind.SELF_CONSISTENCY:
        for one in flag.evidence["ratings"]:
            if one["wide"]:
                yield rating_name(flag.left.uid, one["dimension"])
                yield rating_name(flag.right.uid, one["dimension"])
    if flag.kind == Flag.Kind.MODEL_RATING:
        worst = [rating_name(one["response"], one["dimension"]) for one in flag.evidence["items"]]
        yield from (name for name in worst if name in answered)


def _item_question(item: AuditItem) -> str:
    key = item.dimension.key if item.dimension else ""
    if item.response:
        return rating_name(item.response.uid, key)
    assert item.left  # noqa: S101 - audit_item_on_a_response_or_a_pair
    assert item.right  # noqa: S101
    return comparison_name(item.scope, item.left.uid, item.right.uid, key)


def _step_questions(responses: Iterable[int]) -> Iterator[str]:
    """Yield a question for each step of these responses, in two statements."""
    counts = step_counts(responses)
    uids = dict(Response.objects.filter(pk__in=counts).values_list("pk", "uid"))
    for response in sorted(counts):
        for index in range(counts[response]):
            yield step_name(uids[response], index)


def _answered(conversation_id: int) -> _Answered:
    """Return what annotators answered, in three statements; what measures people is left out."""
    submissions = Submission.objects.to_work().filter(task__conversation=conversation_id)
    labels = submissions.exclude(origin=Submission.Origin.REVIEW)
    ratings = Rating.objects.filter(submission__in=labels, state=Rating.State.RATED)
    comparisons = Comparison.objects.filter(submission__in=labels)
    steps = StepLabel.objects.filter(submission__in=labels)
    pairs = comparisons.values_list("scope", "left__uid", "right__uid", "dimension__key")
    return _Answered(
        rating=sorted({rating_name(*one) for one in ratings.values_list("response__uid", "dimension__key")}),
        comparison=sorted(
            {comparison_name(scope, left, right, key or "") for scope, left, right, key in pairs}
        ),
        steps=sorted(set(steps.values_list("response", flat=True))),
    )


def shape_of(names: Iterable[str]) -> Counter[str]:
    """Count a sitting's questions by kind; all steps of one response are one."""
    whole = {name.rsplit(":", 1)[0] if name.startswith("step:") else name for name in names}
    return Counter(name.split(":", 1)[0] for name in whole)
