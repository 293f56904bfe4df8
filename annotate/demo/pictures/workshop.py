"""A bicycle hub: the photographs its owner took, and the diagrams of the answers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PIL import Image

from annotate.demo.pictures.canvas import Canvas, Point, moved, oval, polar, ring
from annotate.demo.pictures.palette import (
    AMBER,
    BARK,
    CORAL,
    CREAM,
    DEEP,
    FROST,
    INK,
    IRON,
    LEAF,
    MIST,
    PAPER,
    RUST,
    SLATE,
    STEEL,
    STONE,
    TEAL,
    WHITE,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ORIENTATION = 0x0112


def _spokes(canvas: Canvas, centre: Point, inner: float, outer: float) -> None:
    for index in range(18):
        angle = 20 * index + 5
        lean = 26 if index % 2 else -26
        canvas.line([polar(centre, inner, angle + lean), polar(centre, outer, angle)], "#c4ccd1", 2.2)


def _wheel_photo() -> Image.Image:
    """Held upright, stored sideways with an EXIF orientation, as telephones do."""
    canvas = Canvas(540, 720, ("#39424a", "#1d2328"))
    for index in range(7):
        left = 30 + 82 * index
        canvas.gradient((left, 0, left + 60, 720), "#47525b", "#262d33")
    canvas.glow((150, 90), 330, "#fff1d6", 0.45)
    centre = (262, 380)
    canvas.disc(centre, 312, None, outline="#15191c", width=30)
    canvas.disc(centre, 286, None, outline="#98a2a9", width=14)
    canvas.disc(centre, 274, None, outline="#5c666d", width=3)
    _spokes(canvas, centre, 62, 276)
    canvas.shadow(oval((centre[0] + 10, centre[1] + 14), 128, 128), 12, 0.5)
    for radius, colour in ((128, "#7d878d"), (108, "#949da3"), (90, "#7a848a"), (74, "#a2abb0")):
        teeth = [
            p
            for k in range(36)
            for p in (polar(centre, radius, 10 * k), polar(centre, radius - 7, 10 * k + 5))
        ]
        canvas.polygon(teeth, colour)
        canvas.disc(centre, radius - 16, None, outline="#4a5359", width=3)
    canvas.ball(centre, 48, "#dfe5e8", "#525c63")
    hexagon = ring((centre[0] - 2, centre[1] - 2), 27, 6, 10)
    canvas.shaded(hexagon, "#e8edf0", "#737e85")
    canvas.ball(centre, 13, "#59636a", "#181c1f")
    for angle, length in ((205, 40), (223, 56), (238, 34), (250, 48)):
        canvas.line([polar(centre, 50, angle), polar(centre, 50 + length, angle + 4)], "#3a2c20", 4)
    canvas.glow((330, 300), 60, WHITE, 0.35)
    upright = canvas.finish()
    stored = upright.transpose(Image.Transpose.ROTATE_90)
    stored.getexif()[ORIENTATION] = 6
    return stored


def _cone_photo() -> Image.Image:
    canvas = Canvas(640, 480, ("#7a5c40", "#4b3726"))
    for index in range(11):
        y = 20 + 46 * index
        canvas.line([(0, y), (640, y + 14 * math.sin(index))], "#3d2c1e55", 3)
    canvas.glow((240, 150), 330, "#ffe9c4", 0.4)
    canvas.shadow(oval((330, 280), 190, 160), 18, 0.6)
    canvas.ball((312, 236), 186, "#d3dade", "#3f484e")
    canvas.disc((308, 230), 140, "#808b92")
    canvas.disc((308, 230), 132, "#b7c0c5")
    canvas.disc((308, 230), 104, "#7c878e")
    canvas.disc((308, 230), 92, "#cdd4d8")
    for angle, size in ((62, 7), (71, 9), (80, 6), (93, 8), (104, 5), (118, 6)):
        spot = polar((308, 230), 118, angle)
        canvas.disc(spot, (size, size * 0.8), "#4e3b2e")
        canvas.disc((spot[0] + 1, spot[1] + 2), (size * 0.5, size * 0.4), "#2b211b")
    canvas.disc((308, 230), 52, "#566068")
    for radius in (46, 40, 34):
        canvas.disc((308, 230), radius, None, outline="#20262a", width=2)
    canvas.disc((308, 230), 30, "#14181b")
    canvas.glow((230, 150), 70, WHITE, 0.5)
    return canvas.finish()


def _nut(canvas: Canvas, at: Point, size: Point, tint: tuple[str, str]) -> None:
    (x, y), (wide, tall) = at, size
    half = tall / 2
    canvas.shaded([(x, y - half), (x + wide, y - half), (x + wide, y + half), (x, y + half)], *tint)
    for edge in (-half / 2, half / 2):
        canvas.line([(x, y + edge), (x + wide, y + edge)], "#3a444b66", 1.5)


def _cone(canvas: Canvas, x: float, y: float, facing: int) -> None:
    """Draw a cone with its flats outward; ``facing`` +1 tapers to the right."""
    body = [(0, -26), (16, -26), (44, -15), (44, 15), (16, 26), (0, 26)]
    shape = [(x + (px if facing > 0 else 44 - px), y + py) for px, py in body]
    canvas.shaded(shape, "#e3ecee", "#5d7f88")


def _exploded(order: list[str]) -> Image.Image:
    """Pull the left half of a hub apart along its axle, outermost part first."""
    canvas = Canvas(900, 380, (WHITE, FROST))
    y = 190
    canvas.shadow([(40, y + 40), (840, y + 40), (840, y + 52), (40, y + 52)], 10, 0.22)
    canvas.gradient((40, y - 9, 850, y + 9), "#dbe1e4", "#79858c")
    for x in range(44, 850, 6):
        canvas.line([(x, y - 9), (x - 3, y + 9)], "#5c676e88", 1)
    names = {
        "locknut": "Locknut",
        "washer": "Lock washer",
        "cone": "Cone",
        "balls": "9 balls",
        "shell": "Hub shell",
    }
    widths = {"locknut": 34, "washer": 10, "cone": 44, "balls": 24, "shell": 190}
    x = 92
    for number, part in enumerate(order, start=1):
        _hub_part(canvas, part, x, y)
        middle, above = x + widths[part] / 2, number % 2 == 1
        near, far = (y - 70, 66) if above else (y + 70, 314)
        canvas.line([(middle, near), (middle, far + (12 if above else -12))], STONE, 1.2)
        canvas.disc((middle, far - 4), 14, TEAL)
        canvas.text((middle, far - 4), str(number), 15, WHITE, bold=True)
        canvas.text((middle, far + (-30 if above else 24)), names[part], 16, INK)
        x += widths[part] + 84
    canvas.text((868, 352), "Left side of the axle, outside to inside", 15, SLATE, anchor="rm")
    return canvas.finish()


def _hub_part(canvas: Canvas, part: str, x: float, y: float) -> None:
    if part == "locknut":
        _nut(canvas, (x, y), (34, 62), ("#f3d9a0", "#a8772d"))
    elif part == "washer":
        _nut(canvas, (x, y), (10, 54), ("#dfe5e8", "#6d787f"))
    elif part == "cone":
        _cone(canvas, x, y, 1)
    elif part == "balls":
        for offset in (-27, -9, 9, 27):
            canvas.ball((x + 12, y + offset), 10, WHITE, "#55626a")
    else:
        for left in (x + 10, x + 150):
            canvas.shaded(
                [(left, y - 66), (left + 16, y - 66), (left + 16, y + 66), (left, y + 66)], STEEL, IRON
            )
        canvas.shaded([(x, y - 34), (x + 180, y - 34), (x + 180, y + 34), (x, y + 34)], "#eef2f4", "#707c84")
        canvas.shaded([(x, y - 30), (x + 8, y - 22), (x + 8, y + 22), (x, y + 30)], "#3d464c", "#6f7a81")


def _races() -> Image.Image:
    canvas = Canvas(840, 340, PAPER)
    frost = [(6 * k, 1.6) for k in range(60)]
    pits = [(30, 6.0), (48, 8), (60, 5), (200, 7), (215, 5), (300, 6)]
    cones: tuple[tuple[str, str, str, str, list[tuple[int, float]], str], ...] = (
        ("Polished band", "keep it", LEAF, "#eef4f6", [], ""),
        ("Dull, frosted band", "keep, check again", AMBER, "#a7adab", frost, "#80868466"),
        ("Pits", "replace", CORAL, "#b9c2c7", pits, "#4e3528"),
    )
    for index, (name, verdict, colour, band, marks, tint) in enumerate(cones):
        centre = (150 + 270 * index, 136)
        canvas.shadow(oval((centre[0] + 4, centre[1] + 10), 98, 98), 9, 0.28)
        canvas.ball(centre, 100, "#e4eaed", "#515c63")
        canvas.disc(centre, 74, "#7d8890")
        canvas.disc(centre, 70, band)
        canvas.disc(centre, 46, "#7d8890")
        for angle, size in marks:
            canvas.disc(polar(centre, 51 + (angle * 7) % 16, angle), size, tint)
        canvas.disc(centre, 38, "#c6ced3")
        canvas.disc(centre, 20, "#2c353b")
        canvas.text((centre[0], 262), name, 19, INK)
        canvas.box((centre[0] - 78, 282, centre[0] + 78, 314), colour, radius=16)
        canvas.text((centre[0], 298), verdict, 16, WHITE, bold=True)
    return canvas.finish()


def _cup(count: int, step: float, size: float, caption: str) -> Image.Image:
    """Draw a hub's bearing cup from outside, its balls bedded in grease with a gap at the top."""
    canvas = Canvas(560, 480, (WHITE, MIST))
    centre = (280, 222)
    canvas.shadow(oval((288, 240), 190, 190), 14, 0.35)
    canvas.ball(centre, 190, "#e7ecef", "#4f5a61")
    canvas.disc(centre, 150, "#5d6870")
    canvas.disc(centre, 146, "#d8b25c")
    canvas.disc(centre, 92, "#c39a45")
    canvas.disc(centre, 80, "#39434a")
    canvas.disc(centre, 52, "#1c2226")
    for k in range(count):
        canvas.ball(polar(centre, 118, 90 + step * (k + 1)), size, WHITE, "#5d6a72")
    for angle in (20, 130, 250):
        canvas.arc(centre, 146, (angle, angle + 40), "#f3d98e", 4)
    canvas.text((280, 446), caption, 18, INK)
    return canvas.finish()


def _wrench(canvas: Canvas, at: Point, turn: float, colour: tuple[str, str], jaw: float) -> None:
    handle = [(jaw * 0.7, -11), (250, -15), (262, -8), (262, 8), (250, 15), (jaw * 0.7, 11)]
    canvas.shadow(moved(handle, at[0] + 3, at[1] + 8, turn=turn), 6, 0.3)
    canvas.shaded(moved(handle, *at, turn=turn), *colour)
    head = [polar((0, 0), jaw * 1.5, a) for a in range(28, 334, 9)]
    canvas.polygon(moved(head, *at, turn=turn), colour[1])


def _adjusting() -> Image.Image:
    canvas = Canvas(760, 480, (FROST, "#d3dee4"))
    centre = (360, 250)
    _spokes(canvas, centre, 96, 420)
    canvas.shadow(oval((368, 262), 104, 104), 12, 0.35)
    canvas.ball(centre, 104, "#e8edf0", "#58636a")
    _wrench(canvas, centre, -28, ("#5fb3bd", TEAL), 50)
    canvas.polygon(ring(centre, 54, 6, 4), "#9fb4bb")
    _wrench(canvas, centre, 158, ("#f0b196", CORAL), 38)
    canvas.shaded(ring(centre, 40, 6, 0), "#f6dfae", "#a8772d")
    canvas.ball(centre, 17, "#eef2f4", "#3c464d")
    canvas.label((618, 330), "Cone wrench: hold still", 17, fill=DEEP)
    canvas.label((150, 236), "Locknut wrench: turn", 17, fill=RUST)
    canvas.arc(centre, 196, (146, 112), RUST, 4)
    canvas.arrow(polar(centre, 196, 116), polar(centre, 196, 106), RUST, 4, 16)
    canvas.text((380, 452), "Trap the setting: cone still, locknut against it", 17, SLATE)
    return canvas.finish()


def _play_test() -> Image.Image:
    canvas = Canvas(760, 440, (CREAM, PAPER))
    names = (
        ("Too loose", "rim rocks, clicks", CORAL),
        ("Right", "no rocking, spins freely", LEAF),
        ("Too tight", "notchy, stops early", AMBER),
    )
    for index, (name, note, colour) in enumerate(names):
        x = 132 + 248 * index
        tilt = 9 if index == 0 else 0
        for lean in (-tilt, tilt):
            tyre = moved(oval((0, 0), 20, 128), x, 182, turn=lean)
            canvas.polygon(tyre, "#2d363c" if lean >= 0 else "#2d363c55")
            canvas.polygon(
                moved(oval((0, 0), 12, 110), x, 182, turn=lean), "#8b969d" if lean >= 0 else "#8b969d55"
            )
        for side in (-1, 1):
            canvas.line([(x + side * 52, 60), (x + side * 52, 190)], BARK, 9)
        canvas.gradient((x - 62, 174, x + 62, 190), "#eef2f4", "#66727a")
        canvas.disc((x, 182), (30, 22), "#aeb8be")
        if index == 0:
            canvas.arrow((x - 24, 40), (x - 56, 40), colour, 3)
            canvas.arrow((x + 24, 40), (x + 56, 40), colour, 3)
        canvas.box((x - 70, 336, x + 70, 370), colour, radius=17)
        canvas.text((x, 353), name, 18, WHITE, bold=True)
        canvas.text((x, 396), note, 16, INK)
    return canvas.finish()


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "hub-wheel-photo.jpg": _wheel_photo,
    "hub-cone-photo.jpg": _cone_photo,
    "hub-exploded.png": lambda: _exploded(["locknut", "washer", "cone", "balls", "shell"]),
    "hub-exploded-sketch.png": lambda: _exploded(["cone", "washer", "locknut", "balls", "shell"]),
    "hub-races.png": _races,
    "hub-cup-nine.png": lambda: _cup(9, 36, 33, "Nine balls, room for almost one more"),
    "hub-cup-full.png": lambda: _cup(11, 360 / 11, 30, "Balls bedded in grease"),
    "hub-adjusting.png": _adjusting,
    "hub-play-test.png": _play_test,
}
