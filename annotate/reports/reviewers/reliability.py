"""How far the probability behind a model's flag can be trusted: on what it was fitted, how it came true there."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from annotate.models import Flag


@dataclass(frozen=True, slots=True)
class Reliability:
    """The chance that the model gave the flagged answer, and the calibration behind it: labels, conversations.

    Where a diagram was measured: among ``bin_count`` labels of which the model was about as sure (``predicted``) that
    people would take the other side, ``observed`` is the share that did.
    """

    chance: float
    calibration: uuid.UUID | None
    sample_size: int
    conversations: int
    predicted: float | None
    observed: float | None
    bin_count: int


def reliability(flag: Flag) -> Reliability | None:
    """Return the reliability of a flag's probability; None for flags without one. No statement."""
    if flag.p_value is None:
        return None
    fit = flag.calibration
    near = flag.evidence.get("bin") or {}
    return Reliability(
        chance=flag.p_value,
        calibration=fit.uid if fit else None,
        sample_size=fit.sample_size if fit else 0,
        conversations=fit.conversations if fit else 0,
        predicted=near.get("predicted"),
        observed=near.get("observed"),
        bin_count=near.get("count", 0),
    )
