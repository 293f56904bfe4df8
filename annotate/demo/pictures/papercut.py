"""Red paper-cuts for a window, and how the paper is folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotate.demo.pictures.canvas import Canvas, Point, moved, oval, polar, ring, smooth
from annotate.demo.pictures.palette import BARK, CREAM, GOLD, INK, PAPER, RUST, SLATE, TEAL, WHITE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PIL import Image

RED, DARK = "#c8321f", "#a32314"
MIDDLE: Point = (290.0, 290.0)


def _window() -> Canvas:
    """Start with a lattice window in winter light."""
    canvas = Canvas(580, 580, ("#e8f0f4", "#cddbe2"))
    canvas.glow((180, 150), 340, WHITE, 0.9)
    for offset in (0, 560):
        canvas.box((offset, 0, offset + 20, 580), BARK)
        canvas.box((0, offset, 580, offset + 20), BARK)
    return canvas


def _round(canvas: Canvas, petals: int, hole: str) -> None:
    """Cut a flower with ``petals`` petals; cuts show the ``hole`` colour."""
    outline: list[Point] = []
    for index in range(petals):
        for share, reach in ((0.0, 186), (0.18, 226), (0.5, 246), (0.82, 226)):
            outline.append(polar(MIDDLE, reach, 90 + 360 * (index - 0.5 + share) / petals))
    edge = smooth(outline, closed=True, pieces=6)
    canvas.shadow([(x + 5, y + 9) for x, y in edge], 8, 0.35)
    canvas.polygon(edge, RED)
    canvas.disc(MIDDLE, 42, hole)
    canvas.disc(MIDDLE, 30, RED)
    for angle in range(0, 360, 360 // petals):
        turn = angle + 90
        _drop(canvas, (84, turn), (40, 15), hole)
        _drop(canvas, (200, turn), (36, 11), hole)
        for side in (-1, 1):
            _drop(canvas, (158, turn + side * 52 / petals), (58, 9), hole)
            canvas.disc(polar(MIDDLE, 224, turn + side * 70 / petals), 6, hole)
        canvas.disc(polar(MIDDLE, 136, turn + 180 / petals), 11, hole)
        for bead in range(3):
            canvas.disc(polar(MIDDLE, 162 + 15 * bead, turn + 180 / petals), 5 - bead, hole)
    for point in ring(MIDDLE, 15, petals):
        canvas.disc(point, 4, hole)


def _drop(canvas: Canvas, at: Point, size: Point, fill: str) -> None:
    """Cut a drop, ``size`` long and half wide, at (reach, turn) from the middle, pointing outwards."""
    (reach, turn), (length, half) = at, size
    shape: Sequence[Point] = [
        (-length / 2, 0),
        (-length * 0.1, -half),
        (length / 2, 0),
        (-length * 0.1, half),
    ]
    canvas.polygon(smooth(moved(shape, *polar(MIDDLE, reach, turn), turn=turn), closed=True, pieces=8), fill)


def _rabbit(canvas: Canvas, at: Point, turn: float, grow: float, fill: str) -> None:
    """Cut a sitting rabbit that looks left, about 100 tall."""
    body = [(-14, -12), (18, -18), (40, 6), (44, 36), (30, 48), (-26, 48), (-28, 40), (-10, 36), (-22, 12)]
    head = [(-44, -18), (-34, -36), (-12, -38), (0, -22), (-8, -6), (-32, -4)]
    ears = (
        [(-22, -34), (-20, -76), (-8, -84), (-6, -58), (-10, -34)],
        [(-8, -32), (8, -70), (20, -74), (16, -50), (0, -26)],
    )
    for part in (body, head, *ears):
        canvas.polygon(smooth(moved(part, *at, turn=turn, grow=grow), closed=True, pieces=6), fill)
    canvas.disc(moved([(46, 34)], *at, turn=turn, grow=grow)[0], 11 * grow, fill)


def _rabbits(count: int) -> Image.Image:
    """Rabbits running round a flower."""
    canvas = _window()
    hole = "#e3ecf1"
    rim = ring(MIDDLE, 252, 96)
    canvas.shadow([(x + 5, y + 9) for x, y in rim], 8, 0.35)
    canvas.polygon(rim, RED)
    canvas.disc(MIDDLE, 236, hole)
    for index in range(count):
        angle = 90 + 360 * index / count
        _rabbit(canvas, polar(MIDDLE, 158, angle), angle - 90, 0.98, RED)
        eye = moved([(-26, -22)], *polar(MIDDLE, 158, angle), turn=angle - 90, grow=0.98)[0]
        canvas.disc(eye, 4, hole)
        for step in (-12, 0, 12):
            canvas.disc(polar(MIDDLE, 244, angle + step), 5, hole)
        canvas.line([polar(MIDDLE, 60, angle), polar(MIDDLE, 122, angle)], RED, 7)
        canvas.line(
            [polar(MIDDLE, 196, angle + 180 / count), polar(MIDDLE, 240, angle + 180 / count)], RED, 6
        )
    canvas.disc(MIDDLE, 84, RED)
    for index in range(count):
        _drop(canvas, (50, 90 + 360 * index / count), (44, 11), hole)
    canvas.disc(MIDDLE, 14, hole)
    return canvas.finish()


def _flower(petals: int) -> Image.Image:
    canvas = _window()
    _round(canvas, petals, "#e3ecf1")
    return canvas.finish()


def _folding() -> Image.Image:
    """Square, triangle, thirds, cut: what gives six equal petals."""
    canvas = Canvas(900, 300, (PAPER, CREAM))
    words = ("square", "in half", "in three: 60°", "in half: 30°", "cut, unfold")
    for index, name in enumerate(words):
        x = 96 + 177 * index
        canvas.box((x - 82, 24, x + 82, 276), "#ffffffb8", radius=14)
        canvas.disc((x - 60, 46), 14, TEAL)
        canvas.text((x - 60, 46), str(index + 1), 15, WHITE, bold=True)
        canvas.text((x, 252), name, 17, INK)
    canvas.polygon([(40, 90), (152, 90), (152, 202), (40, 202)], RED)
    canvas.dashes((40, 202), (152, 90), WHITE)
    canvas.polygon([(205, 190), (341, 190), (273, 110)], RED)
    for angle in (60, 120):
        canvas.dashes((273, 190), polar((273, 190), 66, angle), WHITE)
    canvas.polygon([(450, 204), polar((450, 204), 104, 60), polar((450, 204), 104, 120)], DARK)
    canvas.dashes((450, 204), (450, 106), WHITE)
    canvas.polygon([(627, 208), polar((627, 208), 116, 75), polar((627, 208), 116, 105)], RED)
    wedge = [polar((804, 208), reach, angle) for reach, angle in ((0, 90), (116, 75), (116, 90), (98, 105))]
    canvas.polygon(wedge, RED)
    canvas.disc(polar((804, 208), 60, 104), 8, "#fbf6ea")
    canvas.disc(polar((804, 208), 84, 77), 9, "#fbf6ea")
    canvas.line([polar((804, 208), 130, 68), polar((804, 208), 92, 98)], SLATE, 3)
    return canvas.finish()


def _request() -> Image.Image:
    """Picture, as a telephone does, the window the paper-cut is for."""
    canvas = Canvas(640, 480, ("#c9b79d", "#a8957a"))
    canvas.glow((320, 180), 330, "#fff6e0", 0.6)
    canvas.box((130, 40, 510, 420), BARK, radius=6)
    for column in range(2):
        for row in range(2):
            left, top = 148 + 176 * column, 58 + 176 * row
            canvas.gradient((left, top, left + 168, top + 168), "#eaf3f7", "#b9ced8")
    canvas.shaded([(100, 416), (540, 416), (560, 446), (80, 446)], "#8a6a4a", "#5f4630")
    canvas.shadow(oval((232, 424), 40, 10), 5, 0.4)
    canvas.shaded([(204, 372), (260, 372), (252, 424), (212, 424)], "#f3efe4", "#c3b79d", across=True)
    for angle in (60, 80, 100, 118):
        tip = polar((232, 374), 74, angle)
        canvas.line([(232, 374), tip], BARK, 3)
        for k in range(3):
            canvas.disc(polar((232, 374), 44 + 14 * k, angle + 3 * k), 6, ("#e6b3ad", RUST)[k % 2])
    canvas.disc((320, 230), 116, None, outline=GOLD, width=3)
    return canvas.finish()


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "papercut-window.jpg": _request,
    "papercut-eight.png": lambda: _flower(8),
    "papercut-six.png": lambda: _flower(6),
    "papercut-rabbits-six.png": lambda: _rabbits(6),
    "papercut-rabbits-four.png": lambda: _rabbits(4),
    "papercut-folding.png": _folding,
}
