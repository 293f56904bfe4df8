"""What process scorers say about an answer, step by step, beside the steps themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from annotate.models import Score
from annotate.reports.reviewers.step_texts import steps_shown
from annotate.reports.wording import Names
from annotate.steps import SPLITTER_VERSION


@dataclass(frozen=True, slots=True)
class StepShown:
    """A step, or several that the scorer joined, counted from 1: their text as safe HTML and the scorer's value.

    ``width`` is the value in percent of the bar, ``is_low`` marks values below a half, ``is_lowest`` the least of all.
    """

    first: int
    last: int
    html: list[str]
    value: float
    width: int
    is_low: bool
    is_lowest: bool


@dataclass(frozen=True, slots=True)
class Strip:
    """All steps of one response as one scorer sees them."""

    response: str
    scorer: str
    trained: bool
    steps: list[StepShown]


def strips(scores: Iterable[Score], names: Names) -> list[Strip]:
    """Return a strip for every score that speaks of steps as they are cut today, in one statement."""
    stepped = [one for one in scores if one.step_values and one.splitter_version == SPLITTER_VERSION]
    texts = steps_shown({one.response_id for one in stepped})
    return [
        Strip(
            response=names[score.response_id].label,
            scorer=f"{score.run.scorer} · {score.run.model}",
            trained=score.run.trained,
            steps=_steps(score, texts.get(score.response_id, [])),
        )
        for score in stepped
    ]


def _steps(score: Score, texts: list[str]) -> list[StepShown]:
    values = score.step_values or []
    rows = zip(score.step_first or [], score.step_last or [], values, strict=True)
    return [
        StepShown(
            first=first + 1,
            last=last + 1,
            html=texts[first : last + 1],
            value=value,
            width=round(100 * min(1.0, max(0.0, value))),
            is_low=value < 0.5,  # noqa: PLR2004 - as likely wrong as right, to the scorer
            is_lowest=len(values) > 1 and value == min(values),
        )
        for first, last, value in rows
    ]
