"""How an attempt at a qualification came out: for the person, and for managers by person."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from annotate.models import Assignment, Batch, Dimension, Membership, Qualification
from annotate.questions import dimensions_of
from annotate.reports import wording
from annotate.reports.keyed import Keyed, keyed

PASS_MARK = 0.5  # of a qualification batch that names none


@dataclass(frozen=True, slots=True)
class DimensionResult:
    """A dimension beside the key: ``distance`` is the mean of |own − key|, ``lean`` that of own − key."""

    dimension: str
    name: str
    ratings: int
    exact: float
    distance: float
    lean: float


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """One attempt; ``kappa`` is None where it is not defined. Dimensions stand the farthest off first.

    ``assignments`` are its items in the order in which they were submitted: their keys may be seen now.
    """

    attempt: int
    passed: bool
    kappa: float | None
    pass_mark: float
    ratings: int
    finished_at: datetime
    dimensions: list[DimensionResult]
    assignments: list[uuid.UUID]


@dataclass(frozen=True, slots=True)
class OwnQualification:
    """Whether the project asks for a qualification, whether the person has it, and the latest attempt."""

    required: bool
    qualified: bool
    latest: AttemptResult | None


def own_qualification(member: Membership) -> OwnQualification:
    """Return a person's own standing, in five statements; the membership comes with its project."""
    latest = (
        Qualification.objects.filter(batch__project=member.project_id, annotator=member.user_id)
        .select_related("batch")
        .order_by("-finished_at", "-pk")
        .first()
    )
    return OwnQualification(
        required=member.project.qualification_required,
        qualified=member.qualified_at is not None,
        latest=_attempt(latest, member) if latest else None,
    )


def _attempt(one: Qualification, member: Membership) -> AttemptResult:
    found = keyed(member.project_id, gold=False, batch=one.batch_id, person=member.user_id)
    return AttemptResult(
        attempt=one.attempt,
        passed=one.passed,
        kappa=one.kappa,
        pass_mark=PASS_MARK if one.batch.pass_mark is None else one.batch.pass_mark,
        ratings=one.items,
        finished_at=one.finished_at,
        dimensions=_dimensions(found.get(member.user_id, Keyed()), one.batch),
        assignments=list(
            Assignment.objects.filter(
                annotator=member.user_id,
                task__batch=one.batch_id,
                status=Assignment.Status.SUBMITTED,
                closed_at__lte=one.finished_at,
                task__gold_key__retired_at=None,
                task__gold_key__isnull=False,
            )
            .order_by("closed_at", "pk")
            .values_list("uid", flat=True)
        ),
    )


def _dimensions(answers: Keyed, batch: Batch) -> list[DimensionResult]:
    known = {one.pk: one for one in dimensions_of(batch.rubric_id)}
    found = [_dimension(known[pk], table) for pk, table in answers.tables.items() if pk in known]
    return sorted(found, key=lambda one: (-one.distance, one.dimension))


def _dimension(one: Dimension, table: Counter[tuple[int, int]]) -> DimensionResult:
    total = sum(table.values())

    def mean(values: Iterable[float]) -> float:
        return sum(values) / total

    return DimensionResult(
        dimension=one.key,
        name=wording.name_of(one),
        ratings=total,
        exact=mean(count for (own, right), count in table.items() if own == right),
        distance=mean(count * abs(own - right) for (own, right), count in table.items()),
        lean=mean(count * (own - right) for (own, right), count in table.items()),
    )
