"""The lighthouse from inside: the tower cut open, its library, its lamp; and the map of its island."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from annotate.demo.pictures.canvas import Canvas, Point, polar, smooth
from annotate.demo.pictures.palette import (
    AMBER,
    BARK,
    CORAL,
    CREAM,
    DEEP,
    GOLD,
    INK,
    MOSS,
    PAPER,
    PLUM,
    RUST,
    SLATE,
    STONE,
    TEAL,
    WHITE,
    WOOD,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

COAST: list[Point] = [
    (150, 250),
    (200, 150),
    (320, 120),
    (430, 150),
    (560, 140),
    (610, 230),
    (560, 340),
    (430, 370),
    (330, 400),
    (210, 350),
]
ROOMS = (
    ("Lantern", "#fff0bf"),
    ("Watch room", "#cfe0e6"),
    ("Library", "#e6c9a0"),
    ("Bunk room", "#c9d6b8"),
    ("Kitchen", "#f0c8a4"),
    ("Oil store", "#bfb6ad"),
)


def _cutaway() -> Image.Image:
    """Draw a tall section through the tower, one room a floor."""
    canvas = Canvas(520, 900, ("#dcebf1", "#f7f0e1"))
    canvas.polygon([(0, 850), (520, 830), (520, 900), (0, 900)], "#8fa56c")
    centre, base, storey = 200.0, 846.0, 112.0
    for level in range(5):
        low, high = 118 - 9 * level, 118 - 9 * (level + 1)
        floor, ceiling = base - storey * level, base - storey * (level + 1)
        wall = [
            (centre - low, floor),
            (centre - high, ceiling),
            (centre + high, ceiling),
            (centre + low, floor),
        ]
        canvas.shaded(wall, "#fffaf0", "#c9c2b8", across=True)
        name, colour = ROOMS[5 - level]
        inner = [
            (centre - low + 16, floor - 8),
            (centre - high + 16, ceiling + 6),
            (centre + high - 16, ceiling + 6),
            (centre + low - 16, floor - 8),
        ]
        canvas.polygon(inner, colour)
        canvas.line([(centre - low, floor), (centre + low, floor)], BARK, 5)
        _furnish(canvas, name, (centre, floor - 8))
    _lantern_room(canvas, centre, base - 5 * storey)
    for level, (name, _) in enumerate(reversed(ROOMS)):
        y = base - storey * level - 56
        canvas.line([(centre + 128, y), (346, y)], STONE, 1.2)
        canvas.disc((360, y), 14, DEEP)
        canvas.text((360, y), str(level + 1), 15, WHITE, bold=True)
        canvas.text((384, y), name, 19, INK, anchor="lm")
    canvas.text((260, 34), "The tower, floor by floor", 22, INK, bold=True)
    return canvas.finish()


def _furnish(canvas: Canvas, name: str, at: Point) -> None:
    x, y = at
    if name == "Oil store":
        for dx in (-56, -14, 28):
            canvas.shaded(
                [(x + dx, y - 42), (x + dx + 32, y - 42), (x + dx + 32, y), (x + dx, y)],
                WOOD,
                BARK,
                across=True,
            )
            for lift in (-32, -12):
                canvas.line([(x + dx, y + lift), (x + dx + 32, y + lift)], INK, 2)
    elif name == "Kitchen":
        canvas.box((x - 66, y - 44, x - 18, y), "#39434a", radius=4)
        canvas.box((x - 56, y - 30, x - 28, y - 10), AMBER, radius=3)
        canvas.line([(x - 42, y - 44), (x - 42, y - 92)], "#39434a", 7)
        canvas.line([(x + 4, y - 30), (x + 64, y - 30)], BARK, 6)
        canvas.line([(x + 14, y - 30), (x + 14, y)], BARK, 4)
        canvas.line([(x + 54, y - 30), (x + 54, y)], BARK, 4)
        canvas.disc((x + 32, y - 40), (9, 8), TEAL)
    elif name == "Bunk room":
        for lift, blanket in ((-14, CORAL), (-56, TEAL)):
            canvas.box((x - 58, y + lift - 8, x + 58, y + lift + 4), BARK, radius=2)
            canvas.box((x - 52, y + lift - 20, x + 52, y + lift - 8), blanket, radius=5)
            canvas.box((x - 52, y + lift - 24, x - 28, y + lift - 10), WHITE, radius=4)
        canvas.line([(x + 56, y), (x + 56, y - 84)], BARK, 4)
    elif name == "Library":
        _shelves(canvas, (x - 56, y - 84, x + 56, y), 3, 15)
    elif name == "Watch room":
        canvas.line([(x - 44, y - 34), (x + 44, y - 34)], BARK, 6)
        for dx in (-34, 34):
            canvas.line([(x + dx, y - 34), (x + dx, y)], BARK, 4)
        canvas.polygon([(x - 30, y - 40), (x + 20, y - 40), (x + 26, y - 48), (x - 24, y - 48)], PAPER)
        canvas.line([(x + 14, y - 50), (x + 46, y - 76)], GOLD, 7)


def _shelves(canvas: Canvas, box: tuple[float, float, float, float], rows: int, books: int) -> None:
    left, top, right, bottom = box
    canvas.box(box, "#6b4a33", radius=3)
    deep = (bottom - top) / rows
    wide = (right - left - 8) / books
    for row in range(rows):
        floor = top + deep * (row + 1) - 3
        for book in range(books):
            tall = deep * (0.58 + 0.3 * ((book * 7 + row * 5) % 4) / 4)
            x = left + 4 + wide * book
            canvas.box(
                (x, floor - tall, x + wide * 0.84, floor),
                (CORAL, TEAL, GOLD, MOSS, PLUM, CREAM, DEEP)[(book * 3 + row * 2) % 7],
            )
        canvas.line([(left, floor + 1.5), (right, floor + 1.5)], "#4a3424", 3)


def _lantern_room(canvas: Canvas, x: float, floor: float) -> None:
    canvas.box((x - 104, floor - 6, x + 104, floor + 6), "#39505a", radius=3)
    for k in range(-5, 6):
        canvas.line([(x + k * 19, floor - 6), (x + k * 19, floor - 34)], "#39505a", 2)
    canvas.line([(x - 98, floor - 34), (x + 98, floor - 34)], "#39505a", 3)
    canvas.glow((x, floor - 62), 120, "#fff0b3", 0.8)
    canvas.box((x - 56, floor - 120, x + 56, floor - 6), "#fff0bf", outline="#39505a", width=3)
    canvas.disc((x, floor - 60), (26, 44), "#ffffff", outline=GOLD, width=3)
    for k in range(-3, 4):
        canvas.line([(x - 24, floor - 60 + 12 * k), (x + 24, floor - 60 + 12 * k)], GOLD, 1.6)
    canvas.ball((x, floor - 60), 9, WHITE, AMBER)
    canvas.shaded([(x - 72, floor - 120), (x, floor - 188), (x + 72, floor - 120)], TEAL, DEEP, across=True)
    canvas.ball((x, floor - 190), 9, "#ffe9b0", "#a8772d")


def _library() -> Image.Image:
    canvas = Canvas(760, 480, ("#b98c5f", "#8d6541"))
    canvas.shaded([(0, 390), (760, 390), (760, 480), (0, 480)], "#7a5436", "#4f3422")
    _shelves(canvas, (24, 40, 250, 390), 6, 17)
    _shelves(canvas, (510, 40, 736, 390), 6, 17)
    arch = [*(polar((380, 150), 84, a) for a in range(0, 181, 6)), (296.0, 330.0), (464.0, 330.0)]
    canvas.shaded(arch, "#f2b98c", "#f8e3c3")
    canvas.gradient((296, 250, 464, 330), "#7fa9b0", "#3c7482")
    canvas.disc((412, 236), 18, "#fff0c9")
    canvas.line(arch, "#5d4431", 10, closed=True)
    canvas.line([(380, 68), (380, 330)], "#5d4431", 6)
    canvas.line([(296, 210), (464, 210)], "#5d4431", 6)
    canvas.disc((390, 440), (230, 34), "#a8483a")
    canvas.disc((390, 440), (200, 26), "#c9705c")
    canvas.shadow([(306, 420), (470, 420), (480, 446), (300, 446)], 9, 0.4)
    canvas.box((312, 288, 458, 420), "#2c6b74", radius=26)
    canvas.box((326, 340, 444, 424), TEAL, radius=18)
    for x in (300, 438):
        canvas.box((x, 338, x + 34, 430), "#1b5660", radius=14)
    canvas.line([(548, 444), (548, 300)], "#3b3028", 6)
    canvas.polygon([(520, 300), (576, 300), (562, 258), (534, 258)], "#ffe2a6")
    canvas.glow((548, 290), 140, "#ffdf9e", 0.6)
    return canvas.finish()


def _lens() -> Image.Image:
    canvas = Canvas(760, 480, ("#0d1730", "#233560"))
    for index in range(60):
        canvas.disc(((index * index * 37 + index * 151) % 760, (index * 67) % 300), 1, "#e8eeff")
    canvas.gradient((0, 330, 760, 400), "#1d3a5e", "#12263f")
    canvas.glow((380, 220), 330, "#ffe2a0", 0.8)
    for radius_x, radius_y in ((150, 176), (118, 150), (86, 122), (54, 92)):
        canvas.disc((380, 220), (radius_x, radius_y), "#ffffff2e", outline="#e6c878", width=3)
    for k in range(-6, 7):
        half = 150 * math.sqrt(max(0.0, 1 - (k * 26 / 176) ** 2))
        canvas.line([(380 - half, 220 + 26 * k), (380 + half, 220 + 26 * k)], "#e6c87899", 2)
    canvas.ball((380, 220), 30, WHITE, "#ffc861")
    for x in (30, 205, 555, 730):
        canvas.line([(x, 0), (x, 410)], "#2b3b44", 9)
    canvas.line([(0, 96), (760, 96)], "#2b3b44", 6)
    canvas.shaded([(270, 404), (490, 404), (520, 480), (240, 480)], "#c99e4e", "#6b4a20")
    canvas.gradient((0, 404, 760, 416), "#39505a", "#1f2d34")
    return canvas.finish()


def _map() -> Image.Image:
    canvas = Canvas(720, 500, ("#efe0bd", "#e0cb9c"))
    coast = smooth(COAST, closed=True)
    for grow, colour in ((14, "#b9cfc9"), (7, "#9fbfba")):
        canvas.line(coast, colour, grow * 2, closed=True)
    canvas.polygon(coast, "#d5d3a2")
    canvas.line(coast, BARK, 3, closed=True)
    canvas.line(smooth([(214, 330), (280, 300), (340, 250), (430, 250), (520, 200)]), RUST, 3)
    places = (
        (208, 334, -18, "Jetty"),
        (340, 250, -18, "Well"),
        (430, 252, 20, "Keeper's garden"),
        (520, 198, -18, "Lighthouse"),
        (330, 360, -18, "Seal rocks"),
        (480, 336, -18, "Tide pool"),
    )
    for x, y, shift, name in places:
        canvas.disc((x, y), 6, DEEP)
        canvas.text((x, y + shift), name, 17, INK)
    for x, y in ((270, 190), (300, 176), (330, 196), (390, 190), (260, 226)):
        canvas.polygon([(x - 10, y + 10), (x, y - 16), (x + 10, y + 10)], MOSS)
    canvas.disc((640, 410), 40, None, outline=SLATE, width=2)
    canvas.polygon([(640, 360), (648, 410), (640, 404), (632, 410)], RUST)
    canvas.text((640, 348), "N", 20, SLATE, bold=True)
    for k in range(7):
        x, y = 60 + 40 * (k % 3), 90 + 50 * k
        canvas.line(smooth([(x - 14, y), (x - 6, y - 5), (x, y), (x + 8, y - 5), (x + 16, y)]), "#8fb0ae", 2)
    return canvas.finish()


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "light-map.jpg": _map,
    "light-cutaway.png": _cutaway,
    "light-library.png": _library,
    "light-lens.png": _lens,
}
