"""Which scorer may be asked about which dimension, before any label has spoken.

A starting belief from what the published models were trained on; the gate (`annotate.stats.gates`) decides.
Outcome models compare whole answers, process models whole chains of reasoning; no model of either kind was taught
to look at how good a picture is or whether pictures keep one style, so these are never held against people.
"""

from __future__ import annotations

# Nothing speaks to these: not taught, so a disagreement says nothing about the person.
NEVER = frozenset({"visual_perceptual_quality", "style_coherence"})
# What a process model may be asked about, beside the overall preference.
PROCESS = frozenset({"helpfulness", "crucial_step_recognition"})
# Where a process model's weakest step speaks, not the mean of its steps.
BY_WEAKEST_STEP = "crucial_step_recognition"
# Fewer steps than this are no chain of reasoning.
LEAST_STEPS = 2


def may_speak(dimension: str | None, *, process: bool, dedicated: bool = False) -> bool:
    """Return whether a scorer's number may be held against labels on a dimension (None: overall).

    ``dedicated`` is a number that the scorer gave for this very dimension.
    """
    if dimension is None:
        return True
    if dimension in NEVER:
        return False
    return dedicated or not process or dimension in PROCESS
