"""What scorers' numbers were found to mean, link by link: how reliable, open or closed, and why."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Count, Q

from annotate.models import Calibration, Flag, ScorerRun
from annotate.stats.reliability import Reliability

NAME = "calibrations"


@dataclass(frozen=True, slots=True)
class Link:
    """One current link. What is not defined is None; ``reason`` says why the gate is open or closed.

    ``accuracy`` is how often the scorer orders two answers as people do, ``lower`` and ``upper`` its bounds (95 %
    each). ``disagreement`` is the share of labels against the scorer, beside what the link expects. Ratings have
    errors instead (in levels, beside those of everybody's own average), and the share that a ``nominal`` rate flags,
    by links that never saw the conversation.
    """

    id: uuid.UUID
    scorer: str
    model: str
    revision: str
    question: str
    scope: str
    dimension: str | None
    stratum: str
    stage: str
    form: str
    sample: int
    conversations: int
    is_open: bool
    code: str
    reason: str
    accuracy: float | None
    lower: float | None
    upper: float | None
    needed: int
    decisions: int
    precision_lower: float | None
    open_flags: int
    disagreement: float | None
    expected_disagreement: float | None
    mean_error: float | None
    constant_mean_error: float | None
    nominal: float | None
    realised: float | None
    reliability: Reliability | None
    fitted_at: datetime


@dataclass(frozen=True, slots=True)
class CalibrationsReport:
    """All current links, how many are closed by reason, and the scorers that never speak, being untrained.

    ``closed_share`` is None without links.
    """

    links: list[Link]
    closed: dict[str, int]
    closed_share: float | None
    untrained: list[str]


def calibrations(project_id: int) -> CalibrationsReport:
    """Return the project's current links by scorer, question and stratum, in two statements."""
    current = (
        Calibration.objects.filter(run__project=project_id, run__trained=True, is_current=True)
        .select_related("run", "dimension")
        .annotate(flagged=Count("flags", filter=Q(flags__status=Flag.Status.OPEN)))
        .order_by("run__scorer", "run", "question", "scope", "dimension__position", "stratum")
    )
    links = [_link(one) for one in current]
    closed = Counter(one.code for one in links if not one.is_open)
    untrained = ScorerRun.objects.filter(project=project_id, trained=False).order_by("scorer")
    return CalibrationsReport(
        links,
        dict(closed.most_common()),
        sum(closed.values()) / len(links) if links else None,
        list(dict.fromkeys(untrained.values_list("scorer", flat=True))),
    )


def _link(one: Calibration) -> Link:
    metrics: dict[str, Any] = one.metrics
    gate = metrics["gate"]
    measured = metrics.get("reliability")
    return Link(
        id=one.uid,
        scorer=one.run.scorer,
        model=one.run.model,
        revision=one.run.revision,
        question=one.question,
        scope=one.scope,
        dimension=one.dimension.key if one.dimension else None,
        stratum=one.stratum,
        stage=one.stage,
        form=one.link,
        sample=one.sample_size,
        conversations=one.conversations,
        is_open=one.gate_open,
        code=gate["code"],
        reason=one.gate_reason,
        accuracy=gate["accuracy"],
        lower=gate["lower"],
        upper=gate["upper"],
        needed=gate["needed"],
        decisions=gate["decisions"],
        precision_lower=gate["precision_lower"],
        open_flags=one.flagged,  # type: ignore[attr-defined]
        disagreement=metrics.get("disagreement"),
        expected_disagreement=metrics.get("expected_disagreement"),
        mean_error=metrics.get("mean_error"),
        constant_mean_error=metrics.get("constant_mean_error"),
        nominal=metrics.get("nominal"),
        realised=metrics.get("realised"),
        reliability=msgspec.convert(measured, Reliability) if measured else None,
        fitted_at=one.created_at,
    )
