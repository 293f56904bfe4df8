"""How far the annotators of a project agree: by dimension and on comparisons, and both by stratum.

Which answers count says annotate/reports/labels/items.py; of ratings only those of state ``rated``: an accepted
default says nothing about agreement. Training, qualification and gold are left out: those answers measure people, and
everybody gives them on the same few items.

A question's strata are the turn's number (local questions), the language, the source model or the two of them, and the
week or month in which an item's last answer came.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from django.db.models import Max
from django.utils import timezone

from annotate.models import Dimension, Project
from annotate.reports.labels.items import Items, Question, packed, read_items, replaced, touched, unpacked
from annotate.reports.quality.sampled import SampledAgreement, sampled_agreement
from annotate.reports.quality.strata import Numbers, Stratum
from annotate.stats.agreement import SIDES, Agreement

NAME = "agreement"
# The ordinal alpha from which work may go on, and from which a dimension may be published as reliable; the share of
# pairs of people on the same side that a pilot should reach, ties left out and ties as half.
CONTINUE, RELIABLE = 0.4, 0.6
SAME_SIDE, TIES_AS_HALF = 0.70, 0.60
# All answers are read anew once a day, whatever was carried on.
WHOLE_AGAIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RatingAgreement:
    """Agreement on one dimension; ``left_out`` counts what was not rated, by state.

    ``verdict`` on the ordinal alpha: reliable, continue, below, or "" where it is not defined; ``is_certain`` when the
    whole interval says so.
    """

    dimension: str
    code: str
    scope: str
    minimum: int
    maximum: int
    agreement: Agreement
    left_out: dict[str, int]
    verdict: str = ""
    is_certain: bool = False
    strata: list[Stratum] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ComparisonAgreement:
    """Agreement on which of two is better, by scope, on a dimension or overall (None).

    ``same_side`` is the share of pairs of people who prefer the same side, ties left out; in ``ties_as_half`` a tie
    beside a side counts half. The same answers differ by 15 to 20 points between the two. ``verdict``: whether both
    reach what a pilot should (reached, below), or "" where one is not defined.
    """

    scope: str
    dimension: str | None
    agreement: Agreement
    same_side: float | None
    ties_as_half: float | None
    verdict: str = ""
    is_certain: bool = False
    strata: list[Stratum] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class AgreementReport:
    """Dimensions in the rubric's order, then comparisons, overall ones first; strata are by week or by month.

    In these every item weighs the same, however likely it was chosen. ``sampled`` weighs each sample of unequal
    chances by itself.
    """

    dimensions: list[RatingAgreement]
    comparisons: list[ComparisonAgreement]
    period: str = "week"
    as_of: datetime | None = None
    sampled: list[SampledAgreement] = field(default_factory=list)


class _State(msgspec.Struct):
    items: bytes
    whole_at: datetime


def agreement_report(project_id: int) -> AgreementReport:
    """Return agreement on everything that is rated or compared."""
    return _report(project_id, read_items(project_id))


def carry_on(project_id: int, state: bytes | None, through: int) -> tuple[AgreementReport, bytes]:
    """Return the same, with what the next time needs; only conversations that were touched since are read."""
    old = None if state is None else msgspec.msgpack.decode(state, type=_State)
    if old is None or timezone.now() - old.whole_at > WHOLE_AGAIN:
        items, whole_at = read_items(project_id), timezone.now()
    else:
        conversations, items, whole_at = touched(project_id, through), unpacked(old.items), old.whole_at
        if conversations:
            items = replaced(items, conversations, read_items(project_id, conversations))
    kept = msgspec.msgpack.encode(_State(packed(items), whole_at))
    return _report(project_id, items), kept


def _report(project_id: int, items: Items) -> AgreementReport:
    asked = items.names.questions
    # Batches may differ: what could be given is the widest of their scales.
    scales = Project.objects.annotate(widest=Max("batches__preference_scale", default=1))
    rubric, widest = scales.values_list("rubric", "widest").get(pk=project_id)
    seen = [one.dimension for one in asked if one.dimension]
    dimensions = Dimension.objects.filter(rubric=rubric) | Dimension.objects.filter(pk__in=seen)
    ordered = {one.pk: one for one in dimensions.order_by("rubric", "position")}
    numbers = Numbers(items)
    ratings = [
        _rating(one, numbers, Question("rating", "", pk), range(one.minimum, one.maximum + 1))
        for pk, one in ordered.items()
    ]
    places = list(ordered)
    compared = sorted(
        (one for one in asked if one.kind == "comparison"),
        key=lambda one: (places.index(one.dimension) + 1 if one.dimension else 0, one.scope != "local"),
    )
    comparisons = [
        _comparison(one, ordered[one.dimension].key if one.dimension else None, numbers, widest)
        for one in compared
    ]
    return AgreementReport(
        ratings, comparisons, numbers.period, timezone.now(), sampled_agreement(project_id)
    )


def _rating(dimension: Dimension, numbers: Numbers, question: Question, scale: range) -> RatingAgreement:
    found, strata = numbers.on(question, scale, with_turns=dimension.scope == "local")
    bounds = found.agreement.intervals.get("alpha")
    verdict = _reliability(found.agreement.alpha)
    certain = bounds is not None and _reliability(bounds.low) == _reliability(bounds.high)
    return RatingAgreement(
        dimension=dimension.key,
        code=dimension.code,
        scope=dimension.scope,
        minimum=dimension.minimum,
        maximum=dimension.maximum,
        agreement=found.agreement,
        left_out=numbers.left_out(question),
        verdict=verdict,
        is_certain=certain,
        strata=strata,
    )


def _reliability(alpha: float | None) -> str:
    if alpha is None:
        return ""
    return "reliable" if alpha >= RELIABLE else "continue" if alpha >= CONTINUE else "below"


def _comparison(
    question: Question, dimension: str | None, numbers: Numbers, widest: int
) -> ComparisonAgreement:
    scale = range(-widest, widest + 1)
    found, strata = numbers.on(question, scale, with_turns=question.scope == "local")
    bounds = [one for name in SIDES if (one := found.agreement.intervals.get(name))]
    both = len(bounds) == len(SIDES)
    ends = [(one.low, one.high) for one in bounds]
    lowest, highest = (_pilot(*end) for end in zip(*ends, strict=True)) if both else ("", "")
    verdict = _pilot(found.same_side, found.ties_as_half)
    return ComparisonAgreement(
        scope=question.scope,
        dimension=dimension,
        agreement=found.agreement,
        same_side=found.same_side,
        ties_as_half=found.ties_as_half,
        verdict=verdict,
        is_certain=both and lowest == highest,
        strata=strata,
    )


def _pilot(same_side: float | None, ties_as_half: float | None) -> str:
    if same_side is None or ties_as_half is None:
        return ""
    return "reached" if same_side >= SAME_SIDE and ties_as_half >= TIES_AS_HALF else "below"
