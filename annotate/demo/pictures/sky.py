"""Eclipses: shadow geometry, the tilted orbit and the Moon's apparent size."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from annotate.demo.pictures.canvas import Canvas, Point, oval, polar
from annotate.demo.pictures.palette import (
    AMBER,
    CORAL,
    DEEP,
    INK,
    PAPER,
    RUST,
    SLATE,
    TEAL,
    WHITE,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

SPACE = ("#0f1a33", "#1d2c50")


def _stars(canvas: Canvas, count: int = 90) -> None:
    """Specks placed by a fixed quadratic walk, so that every run draws the same sky."""
    for index in range(count):
        x = (index * index * 97 + index * 331) % canvas.width
        y = (index * 211 + index * index * 13) % canvas.height
        canvas.disc((x, y), 0.6 + (index % 4) * 0.28, "#ffffff" if index % 3 else "#cfe0ff")


def _sun(canvas: Canvas, centre: Point, radius: float) -> None:
    canvas.glow(centre, radius * 2.3, "#ffb347", 0.75)
    canvas.ball(centre, radius, "#fff3bf", "#f29a2e")


def _earth(canvas: Canvas, centre: Point, radius: float) -> None:
    canvas.glow(centre, radius * 1.5, "#7fc4ff", 0.5)
    canvas.ball(centre, radius, "#a8dcf5", "#1c5c8f")
    for dx, dy, rx, ry in ((-0.3, -0.35, 0.34, 0.2), (0.1, 0.15, 0.28, 0.34), (0.42, -0.3, 0.2, 0.14)):
        canvas.disc((centre[0] + dx * radius, centre[1] + dy * radius), (rx * radius, ry * radius), "#6fae7a")


def _moon(canvas: Canvas, centre: Point, radius: float) -> None:
    canvas.ball(centre, radius, "#f1efe8", "#77797f")
    for dx, dy, r in ((-0.3, -0.2, 0.2), (0.25, 0.2, 0.16), (0.1, -0.45, 0.11)):
        canvas.disc((centre[0] + dx * radius, centre[1] + dy * radius), r * radius, "#a9a9a855")


def _shadow(inner: str, outer: str) -> Image.Image:
    """Sun, Moon and Earth in line, with the dark cone and the half-shadow round it."""
    canvas = Canvas(900, 400, SPACE)
    _stars(canvas)
    sun, moon, earth, y = (110.0, 92.0), (520.0, 30.0), 760.0, 200.0
    reach = moon[0] + (moon[0] - sun[0]) * moon[1] / (sun[1] - moon[1])
    spread = y + moon[1] + (earth + 40 - moon[0]) * (sun[1] + moon[1]) / (moon[0] - sun[0])
    rim = spread - y
    canvas.polygon(
        [(moon[0], y - moon[1]), (earth + 40, y - rim), (earth + 40, y + rim), (moon[0], y + moon[1])],
        "#0a122480",
    )
    canvas.polygon([(moon[0], y - moon[1]), (reach, y), (moon[0], y + moon[1])], "#03060eee")
    for side in (-1, 1):
        canvas.line([(sun[0], y + side * sun[1]), (reach, y)], "#ffd98a99", 1.2)
        canvas.line([(sun[0], y - side * sun[1]), (earth + 40, y + side * rim)], "#ffd98a66", 1.2)
    _sun(canvas, (sun[0], y), sun[1])
    _moon(canvas, (moon[0], y), moon[1])
    _earth(canvas, (earth, y), 58)
    canvas.disc((earth - 55, y), (4, 15), "#0b1020aa")
    canvas.line([(600, y), (618, 88)], WHITE, 1.2)
    canvas.label((618, 76), inner, 18, paper="#f4f7faee")
    canvas.line([(660, y + 52), (636, 330)], WHITE, 1.2)
    canvas.label((636, 342), outer, 18, paper="#f4f7faee")
    for x, name in ((sun[0], "Sun"), (moon[0], "Moon"), (earth, "Earth")):
        canvas.text((x, 374), name, 17, "#dbe6f5")
    canvas.text((882, 22), "not to scale", 14, "#9fb3cf", anchor="rm")
    return canvas.finish()


def _triangles() -> Image.Image:
    canvas = Canvas(860, 400, PAPER)
    y, sun, moon, tip = 190.0, 90.0, 500.0, 760.0
    tall = 120.0
    small = tall * (tip - moon) / (tip - sun)
    canvas.polygon([(sun, y - tall), (tip, y), (sun, y)], "#f6d79a66")
    canvas.polygon([(moon, y - small), (tip, y), (moon, y)], "#23808c55")
    canvas.line([(sun, y), (tip, y)], INK, 2)
    canvas.line([(sun, y - tall), (tip, y)], AMBER, 2.5)
    canvas.line([(sun, y), (sun, y - tall)], RUST, 4)
    canvas.line([(moon, y), (moon, y - small)], TEAL, 4)
    canvas.disc((sun, y), 5, INK)
    canvas.disc((moon, y), 5, INK)
    canvas.disc((tip, y), 5, INK)
    canvas.text((sun - 26, y - tall / 2), "R", 26, RUST, bold=True)
    canvas.text((moon - 20, y - small / 2), "r", 26, TEAL, bold=True)
    canvas.text((tip + 14, y - 16), "tip", 18, INK, anchor="lm")
    for left, right, at, name in ((sun, moon, 238, "D"), (moon, tip, 238, "L"), (sun, tip, 292, "D + L")):
        middle = (left + right) / 2
        canvas.arrow((middle, at), (left, at), SLATE, 1.5, 9)
        canvas.arrow((middle, at), (right, at), SLATE, 1.5, 9)
        canvas.label((middle, at), name, 20, paper=PAPER)
    canvas.text((sun, y + 26), "Sun's centre", 15, SLATE)
    canvas.text((moon, y + 26), "Moon's centre", 15, SLATE)
    canvas.text((430, 362), "Two right triangles with one angle in common:  r / R = L / (D + L)", 18, DEEP)
    canvas.text((430, 34), "How long is the dark cone?", 22, INK, bold=True)
    return canvas.finish()


def _tilt(degrees: float, note: str) -> Image.Image:
    """Draw the Moon's orbit against the ecliptic, seen edge on; drawn steeper than it is."""
    canvas = Canvas(860, 460, SPACE)
    _stars(canvas)
    centre = (430.0, 236.0)
    canvas.polygon([(60, 236), (250, 176), (800, 176), (610, 296)], "#5f7fb055")
    canvas.text((610, 314), "plane of Earth's orbit", 16, "#b9cdec")
    canvas.glow((870, 380), 120, "#ffb347", 0.6)
    canvas.arrow((724, 384), (836, 384), "#ffd98a", 2.5)
    canvas.text((706, 384), "to the Sun", 16, "#ffd98a", anchor="rm")
    slope = math.radians(degrees)
    loop = [
        (centre[0] + 250 * math.cos(a), centre[1] - 250 * math.cos(a) * math.sin(slope) + 58 * math.sin(a))
        for a in (2 * math.pi * k / 90 for k in range(91))
    ]
    canvas.line(loop, "#f0d9a8", 2.5)
    canvas.line([(centre[0] - 290, centre[1]), (centre[0] + 290, centre[1])], "#9fb8de88", 1.5)
    _earth(canvas, centre, 40)
    _moon(canvas, loop[0], 19)
    _moon(canvas, loop[45], 19)
    lift = 250 * math.sin(slope)
    canvas.dashes((loop[0][0], loop[0][1] + 20), (loop[0][0], centre[1]), WHITE)
    canvas.dashes((loop[45][0], loop[45][1] - 20), (loop[45][0], centre[1]), WHITE)
    canvas.label((loop[0][0], centre[1] - lift - 42), "new Moon, too high", 16)
    canvas.label((loop[45][0], centre[1] + lift + 42), "full Moon, too low", 16)
    canvas.text((430, 40), note, 21, WHITE, bold=True)
    canvas.text((430, 432), "Tilt exaggerated", 15, "#9fb3cf")
    return canvas.finish()


def _sizes() -> Image.Image:
    canvas = Canvas(760, 380, ("#17233f", "#2b3b60"))
    for x, ratio, name, note in (
        (200, 1.05, "Moon near: total", "about 357 000 km away"),
        (560, 0.93, "Moon far: annular", "about 400 000 km away"),
    ):
        centre = (x, 170)
        canvas.glow(centre, 156, "#ffe9c4", 0.95)
        canvas.ball(centre, 84, "#fff6cf", "#f7b733")
        canvas.disc(centre, 84 * ratio, "#10182b")
        canvas.text((x, 300), name, 20, WHITE, bold=True)
        canvas.text((x, 330), note, 16, "#c2d0e6")
    canvas.line([(380, 60), (380, 340)], "#ffffff33", 1.5)
    return canvas.finish()


def _sketch() -> Image.Image:
    """Imitate what the asker drew on squared paper."""
    canvas = Canvas(720, 420, "#fdfcf6")
    for step in range(0, 720, 24):
        canvas.line([(step, 0), (step, 420)], "#dbe6ee", 1)
    for step in range(0, 420, 24):
        canvas.line([(0, step), (720, step)], "#dbe6ee", 1)
    pen = "#2c4a8a"
    for centre, radius in (((120, 210), 70), ((430, 206), 20), ((600, 212), 42)):
        for nudge in (0.0, 1.6):
            canvas.line(
                [(x + nudge, y + 2 * math.sin(x / 9)) for x, y in oval(centre, radius + nudge, radius)],
                pen,
                2,
                closed=True,
            )
    for angle in range(0, 360, 30):
        canvas.line([polar((120, 210), 80, angle), polar((120, 210), 98, angle + 3)], pen, 2)
    canvas.line([(196, 206), (404, 208)], pen, 1.5)
    canvas.line([(452, 207), (556, 211)], pen, 1.5)
    for x, y, words in ((120, 330, "Sun"), (430, 256, "Moon"), (600, 284, "Earth")):
        canvas.text((x, y), words, 22, pen)
    canvas.text((360, 66), "Same line every month... so why no eclipse?", 24, "#b0432f")
    canvas.line([(110, 88), (600, 90)], "#b0432f", 2)
    canvas.disc((430, 206), (44, 40), None, outline=CORAL, width=2.5)
    return canvas.finish()


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "eclipse-sketch.png": _sketch,
    "eclipse-tilt.png": lambda: _tilt(12, "Orbit tilted by about 5 degrees"),
    "eclipse-orbit.png": lambda: _tilt(23, "Orbit tilted by 23 degrees"),
    "eclipse-shadow.png": lambda: _shadow("umbra: total", "penumbra: partial"),
    "eclipse-cones.png": lambda: _shadow("penumbra: partial", "umbra: total"),
    "eclipse-triangles.png": _triangles,
    "eclipse-sizes.png": _sizes,
}
