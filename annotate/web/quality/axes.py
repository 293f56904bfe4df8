"""Axes of plots: from values to places in per cent, round marks along them, and how numbers are written."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

Form = Callable[[float], str]

# So many characters fit below the narrowest plot, that of a screen of 360 pixels.
_ROOM = 34


def plain(digits: int = 2) -> Form:
    """Return the form that writes a number with so many digits, a minus as wide as a digit, zero without."""
    return lambda value: f"{value:z,.{digits}f}".replace("-", "−")


TWO, WHOLE = plain(2), plain(0)


def percent(value: float) -> str:
    """Write a share as whole per cent."""
    return f"{100 * value:.0f} %".replace("-", "−")


def signed(digits: int = 2) -> Form:
    """Return the form that writes a number with its sign, zero without."""
    return lambda value: (
        f"{value:+,.{digits}f}".replace("-", "−") if round(value, digits) else f"{0:.{digits}f}"
    )


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: where, in per cent, and what stands at it."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Scale:
    """A stretch of numbers and where each stands on it, in per cent from its low end."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Return the place of a value; what lies beyond an end stands at that end."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(1.0, max(0.0, share)), 3)

    def ticks(self, form: Form, count: int = 5) -> list[Tick]:
        """Return about ``count`` marks at round numbers (1, 2 or 5 times a power of ten)."""
        step = _step((self.high - self.low) / count)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        values = [number * step for number in range(first, last + 1)]
        found = [Tick(self.at(value), form(value)) for value in values]
        # Half a person is written as none: what reads like the mark before it is left out.
        return [one for place, one in enumerate(found) if not place or one.label != found[place - 1].label]


def _step(rough: float) -> float:
    """Return the smallest of 1, 2, 5 and 10 times a power of ten that is at least ``rough``."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))


# Ends that are closer, beside their size, are one: what rounding leaves between them has no round marks.
_NARROWEST = 1e-12


def scale(values: Iterable[float | None], low: float | None = None, high: float | None = None) -> Scale:
    """Return a scale that holds all values, from round number to round number; an end that is given stays."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    least = min(known, default=0.0) if low is None else low
    most = max(known, default=1.0) if high is None else high
    if most - least <= _NARROWEST * max(1.0, abs(least)):
        most = least + (abs(least) if abs(least) > _NARROWEST else 1.0)
    step = _step((most - least) / 5)
    return Scale(
        math.floor(least / step + 1e-9) * step if low is None else low,
        math.ceil(most / step - 1e-9) * step if high is None else high,
    )


def named(labels: Sequence[str]) -> list[Tick]:
    """Return the middle of each of equally wide columns; those without room for their label have none."""
    every = max(1, math.ceil(sum(len(one) + 1 for one in labels) / _ROOM))
    return [
        Tick(round(100 * (number + 0.5) / len(labels), 3), label if number % every == 0 else "")
        for number, label in enumerate(labels)
    ]
