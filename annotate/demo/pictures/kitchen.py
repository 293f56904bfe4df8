"""Dumplings from dough to plate."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from annotate.demo.pictures.canvas import Canvas, Point, moved, oval, polar, smooth
from annotate.demo.pictures.palette import (
    AMBER,
    BARK,
    CORAL,
    CREAM,
    INK,
    LEAF,
    MINT,
    MOSS,
    PAPER,
    RUST,
    SLATE,
    TEAL,
    WHITE,
    WOOD,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image


def _table() -> Canvas:
    canvas = Canvas(720, 460, ("#d9a873", "#b07f4e"))
    for row in range(6):
        y = 76 * row + 30
        canvas.line(smooth([(0, y), (180, y + 8), (380, y - 6), (560, y + 9), (720, y)]), "#9b6d3f55", 3)
        canvas.line([(0, y + 34), (720, y + 34)], "#8d623866", 2)
    canvas.glow((200, 90), 330, "#fff0cf", 0.45)
    return canvas


def _dust(canvas: Canvas, centre: Point, wide: float) -> None:
    for k in range(70):
        turn, reach = k * 137.5, wide * math.sqrt(k / 70)
        at = polar(centre, reach, turn)
        canvas.disc((at[0], centre[1] + (at[1] - centre[1]) * 0.6), 2 + k % 4, "#fffdf2aa")


def _bowl(canvas: Canvas, centre: Point, wide: float, tints: tuple[str, str], inside: str) -> None:
    x, y = centre
    canvas.shadow(oval((x + 10, y + wide * 0.62), wide * 0.8, wide * 0.3), 12, 0.45)
    side = smooth(
        [
            (x - wide, y),
            (x - wide * 0.86, y + wide * 0.44),
            (x - wide * 0.46, y + wide * 0.74),
            (x + wide * 0.46, y + wide * 0.74),
            (x + wide * 0.86, y + wide * 0.44),
            (x + wide, y),
        ]
    )
    canvas.shaded(side, *tints, across=True)
    canvas.disc((x, y), (wide, wide * 0.38), tints[0], outline=WHITE, width=3)
    canvas.disc((x, y + 4), (wide * 0.9, wide * 0.31), inside)


def _dumpling(
    canvas: Canvas,
    at: Point,
    turn: float = 0,
    grow: float = 1,
    tints: tuple[str, str] = ("#fffaf0", "#e2cfae"),
) -> None:
    """Draw a pleated half-moon about 110 wide, flat side down."""
    rim = [polar((0, 0), 55, a) for a in range(0, 181, 12)]
    body = [(x, y * 0.86) for x, y in rim] + [(-40, 12), (0, 17), (40, 12)]
    shape = smooth(moved(body, *at, turn=turn, grow=grow), closed=True, pieces=3)
    canvas.shadow([(x + 4, y + 9) for x, y in shape], 5, 0.35)
    canvas.shaded(shape, *tints)
    belly = smooth(
        moved([(-36, 4), (-20, -20), (0, -26), (20, -20), (36, 4), (0, 13)], *at, turn=turn, grow=grow),
        closed=True,
        pieces=4,
    )
    canvas.polygon(belly, "#ffffff70")
    for angle in range(24, 170, 19):
        outer, inner = polar((0, 0), 53, angle), polar((0, 0), 37, angle + 9)
        pleat = moved([(outer[0], outer[1] * 0.86), (inner[0], inner[1] * 0.86)], *at, turn=turn, grow=grow)
        canvas.line(pleat, "#b99f74", 2.2 * grow)


def _dough() -> Image.Image:
    canvas = _table()
    _bowl(canvas, (250, 180), 170, ("#5f98a3", "#2d5d68"), "#e9e2d2")
    canvas.ball((250, 156), 92, "#fffaf0", "#d9c49c")
    canvas.line(smooth([(196, 130), (236, 114), (276, 128)]), "#d0b98e", 3)
    _dust(canvas, (540, 330), 150)
    canvas.shaded([(500, 180), (640, 180), (620, 330), (520, 330)], "#eaf4f6", "#bcd4da", across=True)
    canvas.shaded([(506, 230), (633, 230), (619, 326), (521, 326)], "#cfe9f2", "#9cc7d6", across=True)
    for k in range(4):
        canvas.line([(512 + 3 * k, 210 + 28 * k), (536 + 3 * k, 210 + 28 * k)], SLATE, 2)
    canvas.label((570, 372), "water 150 g", 19)
    canvas.label((250, 386), "flour 300 g", 19)
    return canvas.finish()


def _wrappers() -> Image.Image:
    canvas = _table()
    _dust(canvas, (330, 240), 260)
    for x, y in ((130, 130), (280, 96), (180, 270), (340, 238)):
        canvas.shadow(oval((x + 3, y + 6), 66, 62), 5, 0.3)
        canvas.ball((x, y), 66, "#fffdf6", "#e3d2ae")
        canvas.disc((x, y), 30, "#f6ead0")
    for index in range(5):
        canvas.ball((470 + 48 * (index % 3), 100 + 48 * (index // 3)), 23, "#fffaf0", "#d9c49c")
    pin = moved([(-150, -24), (150, -24), (158, 0), (150, 24), (-150, 24), (-158, 0)], 500, 312, turn=24)
    canvas.shadow([(x + 6, y + 14) for x, y in pin], 9, 0.4)
    for end in (-190, 160):
        canvas.polygon(
            moved([(end, -10), (end + 34, -10), (end + 34, 10), (end, 10)], 500, 312, turn=24), BARK
        )
    canvas.shaded(pin, "#e8c28d", WOOD)
    canvas.label((160, 424), "8 cm across, thick in the middle", 18)
    return canvas.finish()


def _filling() -> Image.Image:
    canvas = _table()
    _bowl(canvas, (300, 170), 190, ("#f3efe4", "#c3b79d"), "#b5735a")
    tints = ("#c98568", "#a7634c", LEAF, MOSS, "#d99a7c", MINT, AMBER)
    for k in range(230):
        turn, reach = k * 137.5, math.sqrt(k / 230)
        at = (
            300 + 160 * reach * math.cos(math.radians(turn)),
            168 + 50 * reach * math.sin(math.radians(turn)) - 12 * (1 - reach),
        )
        canvas.disc(at, (5 + k % 4, 4 + k % 3), tints[(k * k * 3 + k // 5) % 7])
    for k in range(12):
        canvas.line([(540 + 9 * k, 120), (532 + 10 * k, 330)], (LEAF, MOSS)[k % 2], 6)
    canvas.box((528, 262, 660, 282), RUST, radius=6)
    canvas.label((300, 382), "pork 250 g, chives 200 g", 19)
    canvas.label((594, 96), "chives", 17)
    return canvas.finish()


def _fold(names: tuple[str, ...]) -> Image.Image:
    """Four panels: round with filling, folded, pinched in the middle, pleated."""
    canvas = Canvas(880, 300, (PAPER, CREAM))
    for index, name in enumerate(names):
        x = 118 + 214 * index
        canvas.box((x - 96, 24, x + 96, 276), "#ffffffb8", radius=16)
        canvas.disc((x - 72, 48), 15, TEAL)
        canvas.text((x - 72, 48), str(index + 1), 16, WHITE, bold=True)
        {"fill": _panel_fill, "fold": _panel_fold, "pinch": _panel_pinch, "pleat": _panel_pleat}[name](
            canvas, (x, 150)
        )
        canvas.text(
            (x, 248),
            {
                "fill": "a spoon of filling",
                "fold": "fold in half",
                "pinch": "pinch the middle",
                "pleat": "pleat both sides",
            }[name],
            17,
            INK,
        )
    return canvas.finish()


def _panel_fill(canvas: Canvas, at: Point) -> None:
    canvas.shadow(oval((at[0] + 3, at[1] + 6), 64, 64), 5, 0.25)
    canvas.ball(at, 66, "#fffdf6", "#e3d2ae")
    canvas.ball(at, 24, "#d99a7c", "#9c553d")
    for angle in range(0, 360, 60):
        canvas.disc(polar(at, 12, angle), 4, LEAF)


def _half(canvas: Canvas, at: Point) -> list[Point]:
    rim = [polar((at[0], at[1] + 26), 66, a) for a in range(0, 181, 10)]
    canvas.shadow([(x + 3, y + 6) for x, y in rim], 5, 0.25)
    canvas.shaded(rim, "#fffaf0", "#e0cca6")
    return rim


def _panel_fold(canvas: Canvas, at: Point) -> None:
    _half(canvas, at)
    canvas.arc((at[0], at[1] + 26), 82, (20, 70), CORAL, 3)
    canvas.arrow(polar((at[0], at[1] + 26), 82, 66), polar((at[0], at[1] + 26), 82, 82), CORAL, 3, 13)


def _panel_pinch(canvas: Canvas, at: Point) -> None:
    _half(canvas, at)
    top = (at[0], at[1] - 40)
    canvas.disc(top, 9, CORAL)
    canvas.arrow((top[0] - 44, top[1] - 16), (top[0] - 12, top[1] - 3), CORAL, 3, 12)
    canvas.arrow((top[0] + 44, top[1] - 16), (top[0] + 12, top[1] - 3), CORAL, 3, 12)


def _panel_pleat(canvas: Canvas, at: Point) -> None:
    _dumpling(canvas, (at[0], at[1] + 22), grow=1.25)


def _steam(canvas: Canvas, at: Point) -> None:
    for dx in (-60, 0, 60):
        path = smooth(
            [
                (at[0] + dx, at[1]),
                (at[0] + dx - 16, at[1] - 36),
                (at[0] + dx + 12, at[1] - 70),
                (at[0] + dx - 6, at[1] - 106),
            ]
        )
        canvas.line(path, "#ffffff66", 9)


def _pot(*, burst: bool) -> Image.Image:
    canvas = Canvas(720, 460, ("#59656d", "#363f46") if burst else ("#cfe0e0", "#9fb7b8"))
    if not burst:
        for row in range(6):
            for column in range(9):
                canvas.box(
                    (column * 82 + 2, row * 78 + 2, column * 82 + 80, row * 78 + 76), "#e3eeee", radius=3
                )
    canvas.shadow(oval((368, 300), 270, 120), 16, 0.5)
    canvas.box((84, 214, 140, 244), INK, radius=10)
    canvas.box((580, 214, 636, 244), INK, radius=10)
    canvas.shaded([(130, 210), (590, 210), (560, 400), (160, 400)], "#7b8990", "#39434a", across=True)
    canvas.disc((360, 210), (232, 96), "#9aa6ac")
    canvas.disc((360, 214), (214, 84), "#d8cfae" if burst else "#dcebec")
    if burst:
        for k in range(50):
            canvas.disc(
                (190 + (k * 97) % 340, 170 + (k * 41) % 90), (5, 3), (LEAF, "#a7634c", "#c98568")[k % 3]
            )
    for index, (x, y, turn) in enumerate(
        ((240, 214, 12), (340, 190, -8), (450, 212, 20), (300, 262, -14), (410, 264, 6))
    ):
        _dumpling(canvas, (x, y), turn, 0.85)
        if burst and index in (1, 3):
            split = smooth(
                moved([(-30, 0), (-8, -16), (12, -8), (30, -12), (14, 8), (-10, 6)], x, y, turn=turn),
                closed=True,
                pieces=4,
            )
            canvas.polygon(split, "#8f4f39")
    _steam(canvas, (360, 150))
    return canvas.finish()


def _plate(tints: tuple[str, str], *, pan: bool) -> Image.Image:
    canvas = _table()
    canvas.shadow(oval((300, 262), 236, 150), 14, 0.45)
    if pan:
        canvas.box((500, 214, 720, 250), "#2a3136", radius=14)
        canvas.disc((290, 236), (240, 160), "#20262a")
        canvas.disc((290, 230), (216, 140), "#3a444b")
    else:
        canvas.disc((290, 236), (240, 156), WHITE)
        canvas.disc((290, 232), (196, 122), "#e9f0f2", outline="#3f7fa0", width=4)
    for index in range(6):
        at = polar((290, 236), 120, 60 * index + 20)
        _dumpling(canvas, (at[0], 236 + (at[1] - 236) * 0.62), 12 * (index % 3 - 1), 0.95, tints)
    _dumpling(canvas, (290, 242), 4, 1.0, tints)
    _bowl(canvas, (600, 330 if pan else 250), 70, ("#c9584a", "#7d2f26"), "#4a2418")
    for k in range(9):
        canvas.disc(polar((600, 332 if pan else 252), 30 * (k % 3) / 2 + 6, 80 * k), 3, (MINT, AMBER)[k % 2])
    _steam(canvas, (290, 130))
    return canvas.finish()


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "jiaozi-dough.png": _dough,
    "jiaozi-wrappers.png": _wrappers,
    "jiaozi-filling.png": _filling,
    "jiaozi-fold.png": lambda: _fold(("fill", "fold", "pinch", "pleat")),
    "jiaozi-fold-order.png": lambda: _fold(("fold", "fill", "pleat", "pinch")),
    "jiaozi-burst.jpg": lambda: _pot(burst=True),
    "jiaozi-pot.png": lambda: _pot(burst=False),
    "jiaozi-plate.png": lambda: _plate(("#fffaf0", "#e2cfae"), pan=False),
    "jiaozi-pan.png": lambda: _plate(("#fbe6b8", "#c98a3c"), pan=True),
}
