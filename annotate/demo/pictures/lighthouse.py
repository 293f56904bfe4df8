"""An imaginary lighthouse on its island, in four kinds of weather."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from annotate.demo.pictures.canvas import Canvas, Point, polar, smooth
from annotate.demo.pictures.palette import AQUA, BARK, CORAL, CREAM, DEEP, INK, SAND, TEAL, WHITE

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

Tint = tuple[str, str]
FOOT: Point = (560, 290)
TALL = 220.0
LAMP: Point = (FOOT[0], FOOT[1] - TALL * 1.085)
RAIL = "#39505a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """The light of one hour; ``light`` is the Sun or Moon: place, radius, colour."""

    sky: Tint
    sea: Tint
    land: Tint
    walls: Tint = ("#fffaf0", "#b9b3ab")
    light: tuple[Point, float, str] | None = None
    lit: bool = False
    swell: float = 3
    stars: bool = False


EVENING = Weather(
    sky=("#f5b98a", "#f7e2c4"),
    sea=("#7fa9b0", "#2f6673"),
    land=("#8fa56c", "#4d5f4a"),
    light=((150, 250), 34, "#fff0c9"),
)
STORM = Weather(
    sky=("#1c2436", "#48556b"),
    sea=("#33485a", "#14222e"),
    land=("#3c4a3e", "#232a2c"),
    walls=("#c9cbd0", "#595e6a"),
    lit=True,
    swell=10,
)
DAWN = Weather(
    sky=("#8fb6d4", "#fbd9c0"),
    sea=("#e2b9a4", "#5f8f9c"),
    land=("#9bb276", "#586a4d"),
    light=((196, 300), 42, "#fff2cf"),
)
NIGHT = Weather(
    sky=("#0d1730", "#30406b"),
    sea=("#22406a", "#0c1a33"),
    land=("#3a4d4a", "#1b2527"),
    walls=("#d9dbe4", "#5f6478"),
    light=((130, 90), 24, "#f5efd8"),
    lit=True,
    stars=True,
)


def _tower(canvas: Canvas, weather: Weather, *, striped: bool) -> None:
    """Draw the tower up to its gallery: white, or with three red bands."""
    x, y = FOOT
    canvas.shaded(_band(0, 1), *weather.walls, across=True)
    if striped:
        for start in (0.14, 0.44, 0.74):
            canvas.shaded(_band(start, start + 0.14), "#c8442f", "#7d2a1d", across=True)
    for share in (0.3, 0.55, 0.78):
        at = y - TALL * share
        canvas.box((x - 5, at - 10, x + 5, at + 10), "#ffd98a" if weather.lit else "#4c6a78", radius=5)
    canvas.box((x - 10, y - 32, x + 10, y), DEEP, radius=8)


def _band(low: float, high: float) -> list[Point]:
    """Give the tower's outline between two shares of its height."""
    (x, y), wide, narrow = FOOT, TALL * (0.15 - 0.05 * low), TALL * (0.15 - 0.05 * high)
    return [
        (x - wide, y - TALL * low),
        (x - narrow, y - TALL * high),
        (x + narrow, y - TALL * high),
        (x + wide, y - TALL * low),
    ]


def _lantern(canvas: Canvas, *, lit: bool) -> None:
    """Draw the gallery with its railing, the glass room and the roof."""
    x, top = FOOT[0], FOOT[1] - TALL
    canvas.box((x - 32, top - 4.4, x + 32, top + 3.3), RAIL, radius=2)
    for k in range(-4, 5):
        canvas.line([(x + 7.5 * k, top - 4.4), (x + 7.5 * k, top - 16.5)], RAIL, 1.4)
    canvas.line([(x - 31, top - 16.5), (x + 31, top - 16.5)], RAIL, 1.8)
    canvas.box((x - 16, top - 33, x + 16, top - 4.4), "#ffe9b0" if lit else "#b9d3da", radius=2)
    for k in (-1, 0, 1):
        canvas.line([(x + 9.5 * k, top - 33), (x + 9.5 * k, top - 4.4)], RAIL, 1.4)
    canvas.shaded([(x - 20, top - 33), (x, top - 52), (x + 20, top - 33)], TEAL, DEEP, across=True)
    canvas.ball((x, top - 53), 3, "#ffe9b0", "#a8772d")


def _island(canvas: Canvas, level: float, tints: Tint) -> None:
    hill = smooth(
        [
            (250, level + 40),
            (330, level - 6),
            (430, level - 42),
            (540, level - 54),
            (640, level - 34),
            (740, level - 8),
            (840, level + 20),
        ]
    )
    canvas.shaded([*hill, (840, level + 90), (230, level + 90)], *tints)
    for index in range(15):
        x = 262 + 41 * index
        y = level + 44 + 12 * math.sin(index * 1.7)
        canvas.ball((x, y), 17 + 6 * math.sin(index * 2.3), tints[1], "#2b3036")


def _sea(canvas: Canvas, level: float, tints: Tint, swell: float, foam: str) -> None:
    canvas.gradient((0, level, canvas.width, canvas.height), *tints)
    for row in range(9):
        y = level + 10 + row * (canvas.height - level) / 9
        points = [
            (x, y + swell * math.sin(x / (30 + 7 * row) + row * 1.9))
            for x in range(-10, canvas.width + 20, 10)
        ]
        canvas.line(points, foam, 1.2 + row * 0.2)


def _beam(canvas: Canvas, lamp: Point, angle: float, spread: float, length: float) -> None:
    for width, strength in ((spread, "22"), (spread * 0.6, "33"), (spread * 0.25, "55")):
        canvas.polygon(
            [lamp, polar(lamp, length, angle + width), polar(lamp, length, angle - width)],
            "#fff1bd" + strength,
        )


def _view(weather: Weather, *, striped: bool = False) -> Canvas:
    canvas = Canvas(760, 480, weather.sky)
    for index in range(70 if weather.stars else 0):
        star = ((index * index * 53 + index * 137) % 760, (index * 61) % 260)
        canvas.disc(star, 0.8 + index % 3 * 0.3, "#f3f6ff")
    if weather.light:
        at, radius, colour = weather.light
        canvas.glow(at, radius * 4, colour, 0.6)
        canvas.disc(at, radius, colour)
    _sea(canvas, 330, weather.sea, weather.swell, "#ffffff3a")
    _island(canvas, 336, weather.land)
    if weather.lit:
        _beam(canvas, LAMP, 168, 7, 700)
        _beam(canvas, LAMP, -12, 7, 300)
    _tower(canvas, weather, striped=striped)
    _lantern(canvas, lit=weather.lit)
    canvas.box((596, 256, 668, 296), weather.walls[1], radius=2)
    canvas.shaded([(590, 258), (610, 230), (656, 230), (674, 258)], TEAL, DEEP)
    canvas.box((622, 268, 640, 284), "#ffd98a" if weather.lit else "#4c6a78", radius=2)
    if weather.lit:
        canvas.glow(LAMP, 70, "#fff3c4", 0.95)
    return canvas


def _shore(*, striped: bool = False) -> Image.Image:
    canvas = _view(EVENING, striped=striped)
    canvas.line(smooth([(548, 292), (500, 312), (430, 322), (360, 346), (300, 392)]), SAND, 7)
    canvas.shaded(smooth([(40, 418), (70, 446), (150, 450), (178, 416)]), BARK, "#4a3424")
    canvas.line([(110, 416), (110, 330)], BARK, 4)
    canvas.polygon([(114, 332), (114, 404), (166, 404)], CREAM)
    for x, y in ((260, 120), (300, 96), (330, 132), (420, 70)):
        canvas.line(
            smooth([(x - 14, y + 5), (x - 6, y - 3), (x, y + 2), (x + 6, y - 3), (x + 14, y + 5)]), INK, 2
        )
    return canvas.finish()


def _storm() -> Image.Image:
    canvas = _view(STORM)
    for x, y, r in ((90, 70, 60), (170, 50, 74), (270, 76, 58), (380, 40, 66), (720, 12, 60), (610, 4, 50)):
        canvas.disc((x, y), (r * 1.4, r * 0.6), "#2a3346b8")
    for index in range(110):
        x, y = (index * 71) % 790, (index * 139) % 420
        canvas.line([(x, y), (x - 9, y + 26)], "#c8d6e644", 1.2)
    for index in range(10):
        canvas.disc((250 + 58 * index, 424 + 5 * math.sin(index * 2.1)), (44, 8), "#e8f0f45c")
    return canvas.finish()


def _dawn() -> Image.Image:
    canvas = _view(DAWN)
    canvas.shaded(smooth([(96, 396), (120, 428), (236, 430), (262, 394)]), "#e9eef0", "#8c9aa3")
    canvas.box((150, 362, 214, 396), WHITE, radius=4)
    canvas.box((162, 370, 178, 384), AQUA, radius=2)
    canvas.box((188, 336, 202, 364), CORAL, radius=2)
    return canvas.finish()


def _night() -> Image.Image:
    canvas = _view(NIGHT)
    for k in range(10):
        canvas.line([(130 - 12 - 3 * k, 346 + 13 * k), (130 + 12 + 3 * k, 346 + 13 * k)], "#f5efd844", 2.5)
    return canvas.finish()


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "light-shore.png": _shore,
    "light-stripes.png": lambda: _shore(striped=True),
    "light-night.png": _night,
    "light-storm.png": _storm,
    "light-dawn.png": _dawn,
}
