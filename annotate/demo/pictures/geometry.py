"""Figures of a proof about a circle, and tangrams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotate.demo.pictures.canvas import Canvas, Point, polar
from annotate.demo.pictures.palette import (
    AMBER,
    AQUA,
    CORAL,
    CREAM,
    DEEP,
    GOLD,
    INK,
    LEAF,
    PAPER,
    PLUM,
    SLATE,
    TEAL,
    WHITE,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

Piece = tuple[str, str, list[Point]]

SQUARE: list[Piece] = [
    ("1", CORAL, [(0, 0), (4, 0), (2, 2)]),
    ("2", AMBER, [(0, 0), (2, 2), (0, 4)]),
    ("3", TEAL, [(4, 4), (2, 4), (4, 2)]),
    ("4", LEAF, [(4, 0), (4, 2), (3, 1)]),
    ("5", PLUM, [(2, 2), (3, 3), (1, 3)]),
    ("6", GOLD, [(3, 1), (4, 2), (3, 3), (2, 2)]),
    ("7", AQUA, [(0, 4), (2, 4), (3, 3), (1, 3)]),
]
CAT: list[Piece] = [
    ("1", CORAL, [(2, 3), (2, 7), (4, 5)]),
    ("2", AMBER, [(2, 7), (4, 5), (6, 7)]),
    ("3", TEAL, [(2, 7), (0, 7), (2, 5)]),
    ("4", LEAF, [(1, 2), (1, 0), (2, 1)]),
    ("5", PLUM, [(3, 2), (3, 0), (2, 1)]),
    ("6", GOLD, [(1, 2), (2, 1), (3, 2), (2, 3)]),
    ("7", AQUA, [(6, 7), (8, 7), (9, 6), (7, 6)]),
]
CAT_TWO_SQUARES: list[Piece] = [*CAT[:2], ("3", GOLD, [(2, 7), (1, 6), (0, 7), (1, 8)]), *CAT[3:]]


def _middle(points: list[Point]) -> Point:
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


def _pieces(canvas: Canvas, pieces: list[Piece], at: Point, unit: float, *, numbers: bool = True) -> None:
    placed = [
        (name, colour, [(at[0] + unit * x, at[1] + unit * y) for x, y in points])
        for name, colour, points in pieces
    ]
    for _, _, points in placed:
        canvas.shadow([(x + 2, y + 5) for x, y in points], 5, 0.22)
    for name, colour, points in placed:
        canvas.polygon(points, colour)
        canvas.line(points, WHITE, 2.5, closed=True)
        if numbers:
            canvas.text(_middle(points), name, 20, WHITE, bold=True)


def _tangram(pieces: list[Piece], words: str, unit: float = 44) -> Image.Image:
    xs = [x for _, _, points in pieces for x, _ in points]
    ys = [y for _, _, points in pieces for _, y in points]
    width, height = 560, round(unit * max(ys) + 130)
    canvas = Canvas(width, height, (PAPER, CREAM))
    _pieces(canvas, pieces, ((width - unit * (max(xs) + min(xs))) / 2, 44), unit)
    canvas.text((width / 2, height - 36), words, 18, SLATE)
    return canvas.finish()


def _outline() -> Image.Image:
    canvas = Canvas(560, 440, "#f4efe4")
    unit, at = 44.0, (82.0, 50.0)
    for _, _, points in CAT:
        canvas.polygon([(at[0] + unit * x, at[1] + unit * y) for x, y in points], INK)
    for _, _, points in CAT:
        canvas.line([(at[0] + unit * x, at[1] + unit * y) for x, y in points], INK, 1.5, closed=True)
    canvas.text((280, 404), "Puzzle 14: the cat", 20, SLATE)
    return canvas.finish()


def _steps() -> Image.Image:
    """Three stages side by side: body, then paw and tail, then head."""
    canvas = Canvas(900, 320, (PAPER, CREAM))
    for stage, (words, shown) in enumerate((("1. body", 2), ("2. paw and tail", 4), ("3. head and ears", 7))):
        order = [CAT[0], CAT[1], CAT[2], CAT[6], CAT[5], CAT[3], CAT[4]]
        left = 30 + 294 * stage
        canvas.box((left - 8, 20, left + 262, 300), "#ffffffb0", radius=14)
        for _, _, points in CAT:
            canvas.polygon([(left + 4 + 27 * x, 44 + 27 * y) for x, y in points], "#e6dcc7")
        _pieces(canvas, order[:shown], (left + 4, 44), 27, numbers=False)
        canvas.text((left + 127, 272), words, 19, INK, bold=True)
    return canvas.finish()


def _box() -> Image.Image:
    canvas = Canvas(620, 380, (PAPER, CREAM))
    _pieces(canvas, SQUARE, (50, 60), 62)
    names = (
        "1, 2  large triangles",
        "3  medium triangle",
        "4, 5  small triangles",
        "6  square",
        "7  parallelogram",
    )
    for index, (name, colour) in enumerate(zip(names, (CORAL, TEAL, LEAF, GOLD, AQUA), strict=True)):
        y = 90 + 48 * index
        canvas.box((350, y - 12, 374, y + 12), colour, radius=5)
        canvas.text((390, y), name, 19, INK, anchor="lm")
    return canvas.finish()


def _circle(inscribed: float, *, arc: tuple[float, float], title: str, extra: bool) -> Image.Image:
    """Draw centre O, chord AB, and P on the circle at ``inscribed`` degrees; ``arc`` is coloured."""
    canvas = Canvas(640, 500, WHITE)
    centre, radius = (320.0, 262.0), 186.0
    a, b, p = (polar(centre, radius, angle) for angle in (215, 325, inscribed))
    canvas.sector(centre, 42, (215, 325), "#e2694f55")
    canvas.disc(centre, radius, None, outline=DEEP, width=3)
    canvas.arc(centre, radius, arc, CORAL, 6)
    for end in (a, b):
        canvas.line([centre, end], CORAL, 2.5)
        canvas.line([p, end], TEAL, 3)
    if extra:
        q = polar(centre, radius, inscribed + 180)
        canvas.dashes(p, q, SLATE, 2)
        canvas.text(polar(centre, radius + 20, inscribed + 180), "Q", 22, INK, bold=True)
    for point, name, angle in ((a, "A", 215), (b, "B", 325), (p, "P", inscribed)):
        canvas.disc(point, 6, INK)
        canvas.text(polar(centre, radius + 22, angle), name, 24, INK, bold=True)
    canvas.disc(centre, 5, INK)
    canvas.text((centre[0] + 20, centre[1] - 14), "O", 22, INK, bold=True)
    canvas.text((320, 30), title, 20, SLATE)
    return canvas.finish()


def _thales() -> Image.Image:
    canvas = Canvas(640, 420, WHITE)
    centre, radius = (320.0, 330.0), 230.0
    a, b, p = (polar(centre, radius, angle) for angle in (180, 0, 62))
    canvas.polygon([a, b, p], "#23808c22")
    canvas.arc(centre, radius, (0, 180), DEEP, 3)
    canvas.line([a, b], CORAL, 3.5)
    canvas.line([a, p, b], TEAL, 3)
    canvas.dashes(centre, p, SLATE, 2)
    corner = [polar(p, 24, 211), (0.0, 0.0), polar(p, 24, 301)]
    corner[1] = (corner[0][0] + corner[2][0] - p[0], corner[0][1] + corner[2][1] - p[1])
    canvas.line(corner, INK, 2)
    for point, name, dx, dy in ((a, "A", -20, 8), (b, "B", 20, 8), (p, "P", 14, -20), (centre, "O", 0, 24)):
        canvas.disc(point, 6, INK)
        canvas.text((point[0] + dx, point[1] + dy), name, 24, INK, bold=True)
    canvas.text((320, 34), "AB is a diameter: the angle at P is 90°", 20, SLATE)
    return canvas.finish()


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "circle-homework.png": lambda: _circle(
        78, arc=(215, 325), title="Show that angle APB is half of angle AOB", extra=False
    ),
    "circle-diameter.png": lambda: _circle(
        78, arc=(215, 325), title="Draw the diameter PQ through O", extra=True
    ),
    "circle-arcs.png": lambda: _circle(
        78, arc=(-35, 215), title="Angle at the circumference and its arc", extra=False
    ),
    "circle-outside.png": lambda: _circle(
        20, arc=(215, 325), title="When O lies outside the angle APB", extra=True
    ),
    "circle-thales.png": _thales,
    "tangram-puzzle.png": _outline,
    "tangram-box.png": _box,
    "tangram-cat.png": lambda: _tangram(CAT, "All seven pieces, none overlapping"),
    "tangram-cat-paw.png": lambda: _tangram(CAT_TWO_SQUARES, "The finished cat"),
    "tangram-stages.png": _steps,
}
