"""The annotators of a project beside one another: what a manager looks at before talking to somebody.

Nothing here pauses, pays or ranks anybody by itself. Offsets and agreement rest on ratings of the same items by others;
gold on keys; the rest on how the answers were given.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Count, Sum

from annotate.models import Flag, Note, Submission, User
from annotate.reports.annotators.own_progress import pace
from annotate.reports.labels.given import GivenRatings, Ints, given_ratings, of_responses
from annotate.reports.managers.gold import GoldResult, gold_results
from annotate.reports.quality.repeats import SelfAgreement, self_agreement
from annotate.stats.judging import NOTHING, Estimate
from annotate.stats.people import (
    Ratings,
    StraightLines,
    agreement_with_others,
    offset_estimates,
    offsets,
    shared,
    straight_lines,
)
from annotate.stats.texts import near_duplicates

# The latest of a person's texts that are compared with one another; how many pairs are shown, and how much of each.
TEXTS = 500
PAIRS = 5
EXCERPT = 160


@dataclass(frozen=True, slots=True)
class TextPair:
    """Two texts of one person that are nearly the same, cut to their beginnings."""

    left: str
    right: str
    alike: float


@dataclass(frozen=True, slots=True)
class TextsAlike:
    """Of a person's latest ``texts``, how many are nearly the same as another one; the most alike pairs."""

    texts: int
    alike: int
    pairs: list[TextPair]


@dataclass(frozen=True, slots=True)
class ModelDissent:
    """An open F5 flag: against a scorer more often than expected, and one sign without any model agrees.

    Of ``labels`` at which the scorer was sure ``against`` went against it where ``expected`` would; ``certainty`` is
    P(rate > 1.5 times expected). ``signs``: odd_one_out (P of being it 1.5 times as often as others),
    seconds_a_task (less than half the usual), gold_exact (the share right, lower than others').
    """

    scorer: str
    labels: int
    against: int
    expected: float
    certainty: float
    signs: dict[str, float]


@dataclass(frozen=True, slots=True)
class Annotator:
    """One person's work in the project; ``pace_ms`` as `own_progress.pace` says.

    ``offset`` in levels: above 0 rates higher than the others on the same items. ``agreement`` is the weighted kappa
    with them, ``itself`` that with the own answers on hidden repeats; None without any.
    """

    id: uuid.UUID
    name: str
    submissions: int
    ratings: int
    offset: Estimate
    agreement: Estimate
    itself: SelfAgreement | None
    gold: GoldResult | None
    pace_ms: float | None
    active_ms: int
    straight: StraightLines
    texts: TextsAlike
    dissents: list[ModelDissent]


@dataclass(frozen=True, slots=True)
class AnnotatorReport:
    """Everybody who has submitted real work, by name; what the usual pace is, and the usual share of straight lines."""

    annotators: list[Annotator]
    pace_ms: float | None
    straight_share: float | None


def annotator_report(project_id: int) -> AnnotatorReport:
    """Return the report, in twelve statements and one more for each person's texts."""
    work = _work(project_id)
    people = list(User.objects.filter(pk__in=work).order_by("username"))
    given = given_ratings(project_id)
    person = _places(given.annotator, [one.pk for one in people])
    given, person = given.of(person >= 0), person[person >= 0]
    ratings = np.bincount(person, minlength=len(people))
    offset, agreement = _measured(given, person, len(people))
    gold = gold_results(project_id)
    repeats, dissents = self_agreement(project_id), _dissents(project_id)
    straight = _straight(project_id, given, person, len(people))
    annotators = [
        Annotator(
            id=one.uid,
            name=one.username,
            submissions=work[one.pk]["submissions"],
            ratings=int(ratings[place]),
            offset=offset[place],
            agreement=agreement[place],
            itself=repeats.get(one.pk),
            gold=gold.get(one.pk),
            pace_ms=work[one.pk]["pace"],
            active_ms=work[one.pk]["active"] or 0,
            straight=straight[place],
            texts=_texts(project_id, one.pk),
            dissents=dissents.get(one.pk, []),
        )
        for place, one in enumerate(people)
    ]
    paces = [one.pace_ms for one in annotators if one.pace_ms is not None]
    shares = [one.straight.share for one in annotators if one.straight.share is not None]
    return AnnotatorReport(
        annotators,
        float(np.median(paces)) if paces else None,
        float(np.median(shares)) if shares else None,
    )


def _dissents(project_id: int) -> dict[int, list[ModelDissent]]:
    # These have no conversation: to say so spares the server a look at all open flags.
    flags = Flag.objects.filter(project=project_id, status=Flag.Status.OPEN, conversation=None)
    found: dict[int, list[ModelDissent]] = {}
    rows = (
        flags.filter(kind=Flag.Kind.PERSON).order_by("pk").values_list("annotator", "run__scorer", "evidence")
    )
    for person, scorer, evidence in rows:
        numbers = {key: evidence[key] for key in ("labels", "against", "expected", "certainty", "signs")}
        found.setdefault(person, []).append(ModelDissent(scorer=scorer or "", **numbers))
    return found


def _work(project_id: int) -> dict[int, dict[str, Any]]:
    live = Submission.objects.filter(task__batch__project=project_id, origin=Submission.Origin.LIVE).to_work()
    rows = live.values("annotator").annotate(
        submissions=Count("assignment", distinct=True),
        pace=pace(with_followups=False),
        active=Sum("active_ms"),
    )
    return {row["annotator"]: dict(row) for row in rows}


def _places(annotator: Ints, people: list[int]) -> Ints:
    """Return the place of each annotator among these people; -1 for somebody else."""
    known, person = np.unique(annotator, return_inverse=True)
    places = {pk: place for place, pk in enumerate(people)}
    return np.array([places.get(pk, -1) for pk in known.tolist()], dtype=np.int64)[person]


def _measured(given: GivenRatings, person: Ints, people: int) -> tuple[list[Estimate], list[Estimate]]:
    """Return everybody's offset and agreement with others, by place."""
    dimensions, dimension = np.unique(given.dimension, return_inverse=True)
    several = shared(Ratings(given.item, dimension, given.conversation, person, given.value.astype(float)))
    if not len(several.item):
        return [NOTHING] * people, [NOTHING] * people
    return (
        offset_estimates(several, offsets(several, people), people),
        agreement_with_others(several, people, len(dimensions)),
    )


def _straight(project_id: int, given: GivenRatings, person: Ints, people: int) -> list[StraightLines]:
    """Return how often everybody's answers to a task are all alike, by place."""
    (turn,) = of_responses(project_id, given.response, "number")
    # By response and dimension they are in order already.
    order = np.lexsort((turn, given.submission, person))
    ends = np.searchsorted(person[order], np.arange(1, people))
    return [
        straight_lines(given.submission[mine], given.value[mine]) for mine in np.split(order, ends)[:people]
    ]


def _texts(project_id: int, person: int) -> TextsAlike:
    notes = Note.objects.filter(
        submission__annotator=person,
        submission__task__batch__project=project_id,
        submission__origin=Submission.Origin.LIVE,
    )
    # A later revision repeats what the earlier one said: of one place the latest text alone is compared.
    latest: dict[tuple[Any, ...], str] = {}
    rows = notes.order_by("-pk").values_list(
        "submission__assignment", "kind", "scope", "response", "left", "right", "dimension", "image", "text"
    )
    for *where, text in rows[: 2 * TEXTS]:
        latest.setdefault(tuple(where), text)
    texts = list(latest.values())[:TEXTS]
    found = near_duplicates(texts)
    pairs = [
        TextPair(texts[one.left][:EXCERPT], texts[one.right][:EXCERPT], one.jaccard) for one in found[:PAIRS]
    ]
    return TextsAlike(len(texts), len({place for one in found for place in (one.left, one.right)}), pairs)
