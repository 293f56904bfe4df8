"""Which questions a sitting asks, so that they do not tell why it is held.

A reviewer who knew that a conversation was flagged would look for what is wrong with it. So a sitting over flags also
asks one or two things that nobody contests, and one over a random audit alone takes the *shape* of a recent flagged
one drawn by lot: as many ratings, comparisons and responses with steps. Where steps were labelled, both ask about those
of one response at least, as the audit draws one. A second review asks what the first one did.

What is drawn depends on the conversation and on how often it was reviewed, never on the moment or the person:
giving a conversation back and taking it again shows the same questions.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from annotate.models import (
    AuditItem,
    Comparison,
    Conversation,
    Flag,
    Rating,
    Response,
    Review,
    StepLabel,
    Submission,
)
from annotate.reports.contested import comparison_name, rating_name, step_name
from annotate.reports.step_texts import step_counts

# Of so many flagged sittings one is drawn, whose shape an audit takes.
LATEST_SHAPES = 50
# Where no flagged sitting was held yet.
FIRST_SHAPES = (Counter(rating=3, comparison=1), Counter(rating=2, comparison=1), Counter(rating=4))
DECOYS = (1, 2)
LEAST_STEPPED = 1


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
    """Return the names of a sitting's questions, whatever the reasons in the same nine statements."""
    answered = _answered(conversation.pk)
    reviews = Review.objects.filter(conversation=conversation, finished_at__isnull=False).count()
    lot = random.Random(f"{conversation.uid}:{reviews}")  # noqa: S311 - stable, not secret
    shape = lot.choice(_shapes(conversation.project_id) or FIRST_SHAPES)
    stepped = {flag.response_id for flag in reasons.flags if flag.kind == Flag.Kind.MODEL_STEP}
    stepped |= {item.response_id for item in reasons.items if item.is_steps}
    names = {name: None for flag in reasons.flags for name in flag_questions(flag, answered.rating)}
    names |= dict.fromkeys(_item_question(item) for item in reasons.items if not item.is_steps)
    if reasons.first is not None:
        names |= dict.fromkeys(reasons.first.asks)
    if reasons.flags:
        wanted = Counter(shape_of(names))
        wanted[lot.choice(("rating", "rating", "comparison"))] += lot.choice(DECOYS)
    elif reasons.items:
        wanted = shape
    else:
        wanted = Counter()
    if wanted:
        wanted["step"] = max(wanted["step"], LEAST_STEPPED)
    missing = wanted - (shape_of(names) + Counter(step=len(stepped)))
    for kind, there in (("rating", answered.rating), ("comparison", answered.comparison)):
        others = [one for one in there if one not in names]
        names |= dict.fromkeys(lot.sample(others, min(missing[kind], len(others))))
    unstepped = [one for one in answered.steps if one not in stepped]
    stepped |= set(lot.sample(unstepped, min(missing["step"], len(unstepped))))
    return [*names, *_step_questions(pk for pk in stepped if pk is not None)]


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


def _shapes(project_id: int) -> list[Counter[str]]:
    """Return the shapes of the latest flagged sittings that got a verdict. One statement."""
    flagged = Review.objects.filter(
        project=project_id, is_audit=False, second_of=None, blind__isnull=False
    ).exclude(asks=[])
    return [shape_of(asks) for asks in flagged.order_by("-pk").values_list("asks", flat=True)[:LATEST_SHAPES]]


def shape_of(names: Iterable[str]) -> Counter[str]:
    """Count a sitting's questions by kind; all steps of one response are one."""
    whole = {name.rsplit(":", 1)[0] if name.startswith("step:") else name for name in names}
    return Counter(name.split(":", 1)[0] for name in whole)
