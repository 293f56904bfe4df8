"""What a wanted interval takes in conversations, labels, hours and money; more people an item against more items.

The part that reads all answers (`forecast_basis`) is stored; what is made of it for a wanted half-width is arithmetic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import msgspec
from django.db.models import Avg, Count, Q

from annotate.models import AuditItem, Dimension, Flag, Project, Review, Submission
from annotate.reports.labels.columns import read
from annotate.reports.labels.given import GivenRatings, Ints, given_ratings, of_responses
from annotate.reports.quality.agreement import AgreementReport, agreement_report
from annotate.reports.quality.stored import stored
from annotate.reports.sql import IS_BASE_ONCE, latest
from annotate.stats import forecast
from annotate.stats.forecast import Answers, Components, Need

WINS = "wins"
OVERLAPS = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Basis:
    """What makes answers to one question differ: a dimension's ratings by source model, or who wins (``wins``)."""

    question: str
    components: Components


@dataclass(frozen=True, slots=True)
class ReviewBasis:
    """What reviewing takes so far, of so many answered ``conversations``.

    ``sittings`` were finished, second ones too, ``waiting`` are conversations with an open flag or a label drawn for
    the audit, and second reviews to come. ``sitting_ms`` is the mean active time of the ``timed`` finished ones.
    """

    conversations: int
    sittings: int
    waiting: int
    sitting_ms: float | None
    timed: int


@dataclass(frozen=True, slots=True)
class ForecastBasis:
    """What forecasts rest on: variances by question, people at work, the mean active time of a task and of how many."""

    questions: list[Basis]
    people: int
    task_ms: float | None
    timed: int
    reviews: ReviewBasis


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a manager asks: the half-width of which number's interval, by how many people, at what rate an hour.

    ``kind`` "mean" is of a source model's ratings on a dimension (of ``wins``: its share of wins), "alpha" a
    dimension's.
    With ``people`` the mean is to hold for people like these, whoever they are; without, for the people at work, whose
    offsets cancel where sources are compared. The rate has no currency and is stored nowhere; ``review_rate`` is
    reviewers', the same where it is not given.
    """

    question: str = ""
    kind: Literal["mean", "alpha"] = "mean"
    half_width: Annotated[float, msgspec.Meta(ge=0.001, le=4)] = 0.1
    people: Annotated[int, msgspec.Meta(ge=1, le=100_000)] | None = None
    rate: Annotated[float, msgspec.Meta(ge=0, le=1e9)] | None = None
    review_rate: Annotated[float, msgspec.Meta(ge=0, le=1e9)] | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What one way takes and the range it may; hours and money None without timed tasks or a rate.

    Beside the annotators' stand reviewers': for as many sittings a conversation as so far, finished and waiting. That
    is at the number of people an item there is now; more of them raise more disagreements, and settle more.
    """

    need: Need
    hours: float | None
    hours_low: float | None
    hours_high: float | None
    money: float | None
    money_low: float | None
    money_high: float | None
    review_hours: float | None
    review_hours_low: float | None
    review_hours_high: float | None
    review_money: float | None
    review_money_low: float | None
    review_money_high: float | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """The answer: a cost for each number of people an item, and how wide intervals get with labels, by people an item.

    ``present`` is the half-width that the labels there are give. ``floor`` is the half-width below which these people
    cannot come. ``undefined``: why there is no answer ("" where there is one): few_conversations, few_people,
    no_variation, no_alpha, too_few_people (the floor lies above what is wanted), no_question.
    """

    wanted: Wanted
    costs: list[Cost]
    present: float | None
    floor: float | None
    undefined: str


@dataclass(frozen=True, slots=True)
class ForecastReport:
    """What forecasts rest on, and the one that was asked for."""

    basis: ForecastBasis
    forecast: Forecast


def forecast_of(project_id: int, basis: ForecastBasis, wanted: Wanted) -> ForecastReport:
    """Return what is wanted, from its basis."""
    people = wanted.people
    if wanted.kind == "alpha":
        return ForecastReport(basis, _alpha(project_id, basis, wanted))
    asked = {one.question: one.components for one in basis.questions}
    # Without a question, or with one that is not there, the first that can be answered.
    known = next((key for key, one in asked.items() if not one.undefined), next(iter(asked), ""))
    question = wanted.question if wanted.question in asked else known
    wanted = replace(wanted, question=question)
    if question not in asked:
        return ForecastReport(basis, Forecast(wanted, [], None, None, "no_question"))
    found = asked[question]
    needs = [forecast.need(found, wanted.half_width, overlap, people) for overlap in OVERLAPS]
    undefined = found.undefined or ("" if any(needs) else "too_few_people")
    costs = [_cost(one, basis, wanted) for one in needs if one is not None]
    present = (
        forecast.half_width(found, found.conversations, found.overlap, people)
        if found.conversations
        else None
    )
    return ForecastReport(
        basis, Forecast(wanted, costs, present, forecast.people_floor(found, people), undefined)
    )


def _alpha(project_id: int, basis: ForecastBasis, wanted: Wanted) -> Forecast:
    """Return what narrows alpha's interval: it shrinks with the root of the conversations, at the overlap there is."""
    kept = stored(project_id, "agreement", AgreementReport)
    report = kept.report if kept else agreement_report(project_id)
    found = next((one for one in report.dimensions if one.dimension == wanted.question), None)
    reach = found.agreement.intervals.get("alpha") if found else None
    basis_of = next((one.components for one in basis.questions if one.question == wanted.question), None)
    if reach is None or basis_of is None:
        return Forecast(wanted, [], None, None, "no_alpha")
    present = (reach.high - reach.low) / 2
    conversations = basis_of.conversations * (present / wanted.half_width) ** 2
    overlap = max(2, round(basis_of.overlap))
    # The interval's own width is off by about 1 / sqrt(2 n) with n conversations; what it takes, by twice that.
    spread = 1 + forecast.Z * 2 / math.sqrt(2 * max(1, basis_of.conversations))
    middle, low, high = (
        math.ceil(one) for one in (conversations, conversations / spread, conversations * spread)
    )
    need = Need(overlap, middle, low, high, middle * overlap, low * overlap, high * overlap)
    return Forecast(wanted, [_cost(need, basis, wanted)], present, None, "")


def _cost(need: Need, basis: ForecastBasis, wanted: Wanted) -> Cost:
    hours = [
        None if basis.task_ms is None else labels * basis.task_ms / 3_600_000
        for labels in (need.labels, need.labels_low, need.labels_high)
    ]
    reviewing = [
        _review_hours(basis.reviews, conversations)
        for conversations in (need.conversations, need.low, need.high)
    ]
    review_rate = wanted.rate if wanted.review_rate is None else wanted.review_rate
    return Cost(need, *hours, *_paid(hours, wanted.rate), *reviewing, *_paid(reviewing, review_rate))


def _review_hours(found: ReviewBasis, conversations: int) -> float | None:
    if found.sitting_ms is None or not found.conversations:
        return None
    sittings = conversations * (found.sittings + found.waiting) / found.conversations
    return sittings * found.sitting_ms / 3_600_000


def _paid(hours: list[float | None], rate: float | None) -> list[float | None]:
    return [None if one is None or rate is None else one * rate for one in hours]


def forecast_basis(project_id: int) -> ForecastBasis:
    """Return the variances of every dimension's ratings and of overall preferences, in nine statements."""
    given = given_ratings(project_id)
    rubric = Project.objects.values_list("rubric", flat=True).get(pk=project_id)
    dimensions = Dimension.objects.filter(rubric=rubric).order_by("position").values_list("pk", "key")
    (sources,) = of_responses(project_id, given.response, "source")
    questions = [
        Basis(key, forecast.components(_answers(given, sources, given.dimension == pk)))
        for pk, key in dimensions
    ]
    questions.append(Basis(WINS, forecast.components(_wins(project_id))))
    live = Submission.objects.filter(task__batch__project=project_id, origin=Submission.Origin.LIVE).to_work()
    # A follow-up asks little: its time is not a task's.
    timed = Q(revision=1, active_ms__gt=0, task__follows=None)
    work = live.aggregate(
        people=Count("annotator", distinct=True),
        task_ms=Avg("active_ms", filter=timed),
        timed=Count("pk", filter=timed),
    )
    return ForecastBasis(questions, **work, reviews=_reviews(project_id))


def _reviews(project_id: int) -> ReviewBasis:
    answered = Submission.objects.filter(
        task__batch__project=project_id, origin=Submission.Origin.LIVE
    ).to_work()
    reviews = Review.objects.filter(project=project_id)
    timed = Q(finished_at__isnull=False, active_ms__gt=0)
    found = reviews.aggregate(
        sittings=Count("pk", filter=Q(finished_at__isnull=False)),
        seconds=Count("pk", filter=Q(finished_at__isnull=False, wants_second=True)),
        sitting_ms=Avg("active_ms", filter=timed),
        timed=Count("pk", filter=timed),
    )
    flags = Flag.objects.filter(project=project_id, status=Flag.Status.OPEN, conversation__isnull=False)
    drawn = AuditItem.objects.filter(project=project_id, review=None)
    begun = reviews.filter(finished_at=None)
    waiting = flags.values("conversation").union(drawn.values("conversation"), begun.values("conversation"))
    return ReviewBasis(
        conversations=answered.aggregate(count=Count("task__conversation", distinct=True))["count"],
        sittings=found["sittings"],
        waiting=waiting.count() + found["seconds"],
        sitting_ms=found["sitting_ms"],
        timed=found["timed"],
    )


def _answers(given: GivenRatings, sources: Ints, which: Any) -> Answers:  # noqa: ANN401 - a column of bools
    used = given.of(which)
    return Answers(sources[which], used.conversation, used.annotator, used.value.astype(float))


_WINS_SOURCE = f"""
    FROM annotate_submission submission JOIN annotate_task task ON task.id = submission.task_id
    JOIN annotate_batch batch ON batch.id = task.batch_id
    WHERE batch.project_id = %(project)s AND submission.origin = 'live' AND {IS_BASE_ONCE}"""

# A win of the source that comes first by name, so that a pair of sources is one thing whoever was on the left.
_WINS = f"""
WITH latest AS MATERIALIZED ({latest("submission.id, submission.annotator_id, task.conversation_id", _WINS_SOURCE)})
SELECT dense_rank() OVER (ORDER BY least(l.source_model, r.source_model), greatest(l.source_model, r.source_model))
       AS pair, latest.conversation_id AS conversation, latest.annotator_id AS annotator,
       sign(comparison.preference) * CASE WHEN l.source_model < r.source_model THEN -1 ELSE 1 END AS side
FROM latest JOIN annotate_comparison comparison ON comparison.submission_id = latest.id
JOIN annotate_response l ON l.id = comparison.left_id JOIN annotate_response r ON r.id = comparison.right_id
WHERE comparison.dimension_id IS NULL AND comparison.scope = 'local' AND l.source_model <> r.source_model
"""  # noqa: S608 - no value is pasted in


def _wins(project_id: int) -> Answers:
    columns = {"pair": "i8", "conversation": "i8", "annotator": "i8", "side": "i2"}
    found = read(_WINS, {"project": project_id}, columns, everything=True)
    return Answers(found["pair"], found["conversation"], found["annotator"], (1 + found["side"]) / 2)
