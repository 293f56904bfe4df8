"""Small charts drawn by the server: bars in a box of 100 units, since styles may not stand in the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart in a box of 100 units: where it stands, how wide and high it is, what it says."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: int


def bars(values: Sequence[tuple[str, int]], *, fill: float = 0.72) -> list[Bar]:
    """Return one bar per (label, value), as high as its share of the largest; ``fill`` of the width is ink."""
    most = max((value for _, value in values), default=0) or 1
    width = 100 / max(len(values), 1)
    return [
        Bar(
            x=number * width,
            y=100 - 100 * value / most,
            width=width * fill,
            height=100 * value / most,
            label=label,
            value=value,
        )
        for number, (label, value) in enumerate(values)
    ]
