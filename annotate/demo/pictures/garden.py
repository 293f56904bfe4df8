"""A balcony before and after: an isometric scene, plans and a calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotate.demo.pictures.canvas import Canvas, Point, moved, oval, polar, smooth
from annotate.demo.pictures.palette import (
    AMBER,
    AQUA,
    BARK,
    CORAL,
    CREAM,
    DEEP,
    FROST,
    INK,
    LEAF,
    MINT,
    MIST,
    MOSS,
    PAPER,
    PLUM,
    ROSE,
    RUST,
    SAND,
    SKY,
    SLATE,
    STONE,
    TEAL,
    WHITE,
    WOOD,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

Plant = tuple[float, float, str]  # metres along the rail, metres from the rail, kind


def _iso(x: float, y: float, z: float = 0) -> Point:
    """Metres on the balcony to pixels: x along the rail, y towards the house, z up."""
    return 130 + 132 * x + 62 * y, 364 + 34 * x - 74 * y - 118 * z


def _block(
    canvas: Canvas,
    at: tuple[float, float, float],
    size: tuple[float, float, float],
    tint: tuple[str, str, str],
) -> None:
    """Draw an upright box standing at (x, y, z); tint is top, front, side."""
    (x, y, z), (w, d, h) = at, size
    canvas.polygon([_iso(x, y, z), _iso(x + w, y, z), _iso(x + w, y, z + h), _iso(x, y, z + h)], tint[1])
    canvas.polygon(
        [_iso(x + w, y, z), _iso(x + w, y + d, z), _iso(x + w, y + d, z + h), _iso(x + w, y, z + h)], tint[2]
    )
    top = z + h
    canvas.polygon(
        [_iso(x, y, top), _iso(x + w, y, top), _iso(x + w, y + d, top), _iso(x, y + d, top)], tint[0]
    )


def _balcony(sky: tuple[str, str] = ("#cfe4ee", "#f7efe0")) -> Canvas:
    canvas = Canvas(760, 520, sky)
    canvas.glow((640, 60), 150, "#fff3c9", 0.9)
    floor = [_iso(0, 0), _iso(3.6, 0), _iso(3.6, 1.6), _iso(0, 1.6)]
    canvas.shadow([(x + 6, y + 22) for x, y in floor], 14, 0.3)
    wall = [_iso(0, 1.6), _iso(3.6, 1.6), _iso(3.6, 1.6, 2), _iso(0, 1.6, 2)]
    canvas.shaded(wall, "#f3e3cc", "#e4cba8", across=True)
    door = [_iso(2.3, 1.6), _iso(3.2, 1.6), _iso(3.2, 1.6, 1.75), _iso(2.3, 1.6, 1.75)]
    canvas.shaded(door, "#6f98a6", "#a9cbd4", across=True)
    canvas.line(door, WHITE, 4, closed=True)
    canvas.line([_iso(2.75, 1.6), _iso(2.75, 1.6, 1.75)], WHITE, 4)
    window = [_iso(0.5, 1.6, 0.8), _iso(1.6, 1.6, 0.8), _iso(1.6, 1.6, 1.6), _iso(0.5, 1.6, 1.6)]
    canvas.shaded(window, "#82a9b5", "#b5d3da", across=True)
    canvas.line(window, WHITE, 4, closed=True)
    _block(canvas, (0, 0, -0.16), (3.6, 1.6, 0.16), (SAND, "#b99a70", "#a3855d"))
    for step in range(1, 9):
        canvas.line([_iso(0.4 * step, 0), _iso(0.4 * step, 1.6)], "#c9b08988", 1.5)
    return canvas


def _rail(canvas: Canvas) -> None:
    for step in range(19):
        canvas.line([_iso(0.2 * step, 0), _iso(0.2 * step, 0, 0.8)], "#5b6b76", 2)
    for height in (0.8, 0.08):
        canvas.line([_iso(0, 0, height), _iso(3.6, 0, height)], "#41505b", 5)
    for step in range(8):
        canvas.line([_iso(3.6, 0.2 * step), _iso(3.6, 0.2 * step, 0.8)], "#5b6b76", 2)
    canvas.line([_iso(3.6, 0, 0.8), _iso(3.6, 1.6, 0.8)], "#41505b", 5)


def _pot(canvas: Canvas, x: float, y: float, kind: str) -> None:
    base = _iso(x, y)
    canvas.shadow(oval((base[0] + 6, base[1] + 2), 30, 10), 5, 0.35)
    if kind == "trough":
        _block(canvas, (x - 0.4, y - 0.12, 0), (0.8, 0.26, 0.26), ("#6b4a33", WOOD, BARK))
        for step in range(7):
            _tuft(canvas, _iso(x - 0.34 + 0.11 * step, y, 0.27), 13, (LEAF, "#82b36c", MOSS)[step % 3])
        return
    tall = 46 if kind in ("tomato", "olive") else 32
    canvas.shaded(
        [
            (base[0] - 26, base[1] - tall),
            (base[0] + 26, base[1] - tall),
            (base[0] + 18, base[1] + 4),
            (base[0] - 18, base[1] + 4),
        ],
        "#d98b63",
        "#b0603f",
        across=True,
    )
    canvas.disc((base[0], base[1] - tall), (26, 8), "#5a3d2b")
    top = (base[0], base[1] - tall)
    {
        "tomato": _tomato,
        "lavender": _lavender,
        "olive": _olive,
        "geranium": _geranium,
        "herb": _herb,
        "fern": _fern,
    }[kind](canvas, top)


def _tuft(canvas: Canvas, at: Point, size: float, colour: str) -> None:
    for angle in (40, 65, 90, 115, 140):
        tip = polar(at, size * 1.5, angle)
        side = polar(at, size * 0.8, angle + 16)
        canvas.polygon(
            smooth([at, side, tip, polar(at, size * 0.8, angle - 16)], closed=True, pieces=5), colour
        )


def _tomato(canvas: Canvas, at: Point) -> None:
    canvas.line([at, (at[0], at[1] - 96)], BARK, 3)
    for step in range(5):
        side = -1 if step % 2 else 1
        _tuft(canvas, (at[0] + side * 7, at[1] - 12 - 18 * step), 15, (MOSS, LEAF)[step % 2])
    for dx, dy in ((-14, -24), (15, -40), (-11, -62), (9, -72)):
        canvas.ball((at[0] + dx, at[1] + dy), 8, "#ff9b80", "#b3311c")


def _lavender(canvas: Canvas, at: Point) -> None:
    for angle in range(50, 140, 10):
        tip = polar(at, 62 - abs(90 - angle) / 3, angle)
        canvas.line([at, tip], "#7f9a78", 2)
        for step in range(5):
            canvas.disc(polar(tip, 5 * step, angle), 4 - step * 0.5, (PLUM, "#8d76a8")[step % 2])


def _olive(canvas: Canvas, at: Point) -> None:
    canvas.line([at, (at[0] + 3, at[1] - 60)], BARK, 5)
    for dx, dy, r in ((0, -92, 34), (-24, -76, 22), (26, -78, 23), (4, -66, 20)):
        canvas.ball((at[0] + dx, at[1] + dy), r, "#b5c8a0", "#5f7a55")


def _geranium(canvas: Canvas, at: Point) -> None:
    for dx, dy in ((-20, -6), (20, -6), (0, -10), (-10, -16), (12, -16)):
        canvas.disc((at[0] + dx, at[1] + dy), 14, (LEAF, MOSS)[(dx // 10) % 2])
    for dx, dy in ((-18, -28), (4, -36), (22, -26), (-4, -18)):
        for k in range(6):
            canvas.disc(polar((at[0] + dx, at[1] + dy), 6, 60 * k), 5, (CORAL, RUST)[k % 2])


def _herb(canvas: Canvas, at: Point) -> None:
    for dx in (-14, 0, 14):
        _tuft(canvas, (at[0] + dx, at[1]), 22, (LEAF, "#82b36c", MOSS)[(dx + 14) // 14])


def _fern(canvas: Canvas, at: Point) -> None:
    for angle in (20, 45, 70, 95, 120, 145, 165):
        tip = polar(at, 58, angle)
        canvas.line(smooth([at, polar(at, 36, angle + 8), (tip[0], tip[1] + 12)]), (MOSS, LEAF)[angle % 2], 6)


def _scene(*plants: Plant) -> Image.Image:
    canvas = _balcony()
    for x, y, kind in sorted(plants, key=lambda plant: -plant[1]):
        _pot(canvas, x, y, kind)
    _rail(canvas)
    return canvas.finish()


def _sun_plan() -> Image.Image:
    """Hours of direct sun on the floor, seen from above."""
    canvas = Canvas(720, 420, PAPER)
    left, top, wide, deep = 90, 96, 540, 220
    zones = (("6-7 h", 0.42, "#f6c453"), ("4-5 h", 0.33, "#f8dd98"), ("2-3 h", 0.25, "#cfdde3"))
    canvas.shadow(
        [(left, top + 8), (left + wide, top + 8), (left + wide, top + deep + 6), (left, top + deep + 6)],
        9,
        0.25,
    )
    x: float = left
    for hours, share, colour in zones:
        canvas.box((x, top, x + wide * share, top + deep), colour)
        canvas.text((x + wide * share / 2, top + deep / 2), hours, 26, INK, bold=True)
        x += wide * share
    canvas.box((left, top, left + wide, top + deep), None, outline=SLATE, width=3)
    canvas.line([(left, top + deep), (left + wide, top + deep)], DEEP, 8)
    canvas.text((left + wide / 2, top + deep + 24), "railing, facing south", 16, DEEP)
    canvas.text((left + wide / 2, top - 24), "house wall", 16, SLATE)
    canvas.text((left - 30, top + deep / 2), "W", 20, SLATE, bold=True)
    canvas.text((left + wide + 30, top + deep / 2), "E", 20, SLATE, bold=True)
    canvas.text((360, 34), "Hours of direct sun, May to August", 21, INK, bold=True)
    canvas.text((360, 388), "3.6 m x 1.6 m", 16, SLATE)
    return canvas.finish()


def _calendar() -> Image.Image:
    canvas = Canvas(820, 440, WHITE)
    canvas.text((32, 36), "What to do when", 24, INK, anchor="lm", bold=True)
    months = ("Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct")
    for index, month in enumerate(months):
        x = 190 + 76 * index
        canvas.box((x, 66, x + 76, 400), FROST if index % 2 else WHITE)
        canvas.text((x + 38, 86), month, 16, SLATE)
    rows: dict[str, tuple[tuple[float, float, str], ...]] = {
        "Cherry tomato": ((0, 1.8, SKY), (2.2, 3.6, MINT), (4, 7, CORAL)),
        "Basil": ((1, 2.2, SKY), (2.3, 3.2, MINT), (3.2, 7, LEAF)),
        "Cut lettuce": ((0.4, 1.4, SKY), (1.4, 4, LEAF), (5.4, 8, LEAF)),
        "Chives": ((0, 1, MINT), (1, 8, LEAF)),
        "Strawberry": ((0.6, 1.6, MINT), (3, 6.4, CORAL)),
    }
    for number, (name, bars) in enumerate(rows.items()):
        y = 128 + 52 * number
        canvas.text((176, y), name, 17, INK, anchor="rm")
        canvas.line([(190, y + 26), (798, y + 26)], MIST, 1)
        for start, end, colour in bars:
            canvas.box((190 + 76 * start, y - 14, 190 + 76 * end, y + 14), colour, radius=14)
    for index, (name, colour) in enumerate(
        (("sow indoors", SKY), ("plant out", MINT), ("cut leaves", LEAF), ("pick fruit", CORAL))
    ):
        x = 200 + 150 * index
        canvas.disc((x, 418), 8, colour)
        canvas.text((x + 16, 418), name, 15, SLATE, anchor="lm")
    return canvas.finish()


def _watering() -> Image.Image:
    """Draw a section through a self-watering trough."""
    canvas = Canvas(640, 440, (FROST, SKY))
    canvas.box((110, 130, 530, 390), "#c9825c", radius=18)
    canvas.box((128, 130, 512, 374), "#f3e6d4", radius=10)
    canvas.box((128, 140, 512, 290), "#6b4a33")
    for k in range(60):
        canvas.disc((136 + (k * 53) % 368, 150 + (k * 37) % 134), 2.4, "#8a6447")
    canvas.box((128, 304, 512, 374), AQUA, radius=10)
    canvas.box((128, 290, 512, 300), "#3f4c55")
    for x in (200, 320, 440):
        canvas.box((x - 18, 290, x + 18, 362), "#7d5a3c", radius=4)
        canvas.arrow((x, 350), (x, 256), "#d9f1f7", 3)
    for x in (170, 250, 330, 410, 480):
        _tuft(canvas, (x, 142), 28, (LEAF, MOSS)[(x // 10) % 2])
    canvas.box((532, 84, 560, 330), "#dfe8ec", radius=8, outline=SLATE)
    canvas.box((512, 312, 560, 336), "#dfe8ec", radius=6)
    canvas.arrow((546, 40), (546, 80), TEAL, 3)
    canvas.label((320, 202), "potting soil", 17)
    canvas.label((320, 334), "water, about 6 litres", 17, fill=DEEP)
    canvas.text((476, 40), "fill here", 16, DEEP)
    canvas.text((320, 416), "Soil wicks draw water up; no pump", 16, INK)
    return canvas.finish()


def _box_plan(title: str, *plants: tuple[str, float, str]) -> Image.Image:
    """Railing boxes from above: name, diameter in centimetres, colour."""
    canvas = Canvas(760, 300, CREAM)
    canvas.text((380, 34), title, 20, INK, bold=True)
    canvas.shadow([(60, 100), (700, 100), (700, 216), (60, 216)], 8, 0.3)
    canvas.box((56, 90, 704, 210), WOOD, radius=12)
    canvas.box((66, 100, 694, 200), "#6b4a33", radius=8)
    gap = 628 / len(plants)
    for index, (name, size, colour) in enumerate(plants):
        centre = (66 + gap * (index + 0.5), 150)
        for k in range(9):
            canvas.disc(polar(centre, size * 0.55, 40 * k), size * 0.5, colour if k % 2 else MOSS)
        canvas.disc(centre, size * 0.55, colour)
        canvas.text((centre[0], 232), name, 16, INK)
        canvas.text((centre[0], 254), f"{round(size)} cm", 14, STONE)
    canvas.text((380, 280), "trough 100 cm x 20 cm", 14, SLATE)
    return canvas.finish()


def _photo() -> Image.Image:
    canvas = _balcony(("#a9bfca", "#e9dcc4"))
    base = _iso(0.7, 0.9)
    canvas.shaded(moved([(-22, -34), (22, -34), (16, 4), (-16, 4)], *base), "#d98b63", "#b0603f", across=True)
    canvas.disc((base[0], base[1] - 34), (22, 7), "#5a3d2b")
    for angle in (60, 88, 120):
        canvas.line([(base[0], base[1] - 36), polar((base[0], base[1] - 36), 40, angle)], "#8a6a45", 3)
    _block(canvas, (1.6, 0.9, 0), (0.5, 0.4, 0.24), ("#7fa3b5", "#5c8296", "#4b6e80"))
    _rail(canvas)
    canvas.gradient((0, 500, 760, 520), "#d9c9ac", "#bfae92")
    return canvas.finish()


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "balcony-today.jpg": _photo,
    "balcony-sun.png": _sun_plan,
    "balcony-kitchen.png": lambda: _scene(
        (0.5, 0.35, "trough"),
        (1.5, 0.35, "trough"),
        (2.5, 0.3, "tomato"),
        (3.2, 0.35, "tomato"),
        (0.4, 1.3, "herb"),
        (1.9, 1.35, "herb"),
    ),
    "balcony-flowers.png": lambda: _scene(
        (0.4, 0.3, "lavender"),
        (1.1, 0.3, "geranium"),
        (1.8, 0.3, "lavender"),
        (2.5, 0.3, "geranium"),
        (3.25, 0.35, "olive"),
        (0.4, 1.3, "fern"),
    ),
    "balcony-mixed.png": lambda: _scene(
        (0.5, 0.35, "trough"),
        (1.4, 0.3, "geranium"),
        (2.1, 0.3, "lavender"),
        (3.2, 0.35, "tomato"),
        (1.9, 1.35, "herb"),
    ),
    "balcony-calendar.png": _calendar,
    "balcony-watering.png": _watering,
    "balcony-box-bees.png": lambda: _box_plan(
        "Railing box for bees",
        ("Thyme", 26, "#b58bb5"),
        ("Lavender", 34, "#8d76a8"),
        ("Borage", 38, "#7f9fd0"),
        ("Calendula", 28, AMBER),
        ("Oregano", 28, ROSE),
    ),
}
