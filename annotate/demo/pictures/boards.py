"""A sliding board game, and a metro map with routes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from annotate.demo.pictures.canvas import Canvas, Point, oval
from annotate.demo.pictures.palette import (
    AMBER,
    BARK,
    CORAL,
    CREAM,
    INK,
    MOSS,
    RUST,
    SLATE,
    STONE,
    TEAL,
    WHITE,
    WOOD,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from PIL import Image

AMBERS, TEALS = ("C3", "F3", "A5", "E6"), ("C5", "E3", "B2", "D5")
CELL, LEFT, TOP = 66.0, 92.0, 56.0


def _square(name: str) -> Point:
    """Find the middle of a square such as C3: columns A to F from the left, rows 1 to 6 from below."""
    return LEFT + CELL * ("ABCDEF".index(name[0]) + 0.5), TOP + CELL * (6 - int(name[1]) + 0.5)


def _board(ambers: Iterable[str] = AMBERS, teals: Iterable[str] = TEALS) -> Canvas:
    canvas = Canvas(580, 540, ("#6f5238", "#4d3826"))
    canvas.shadow([(60, 40), (520, 40), (520, 500), (60, 500)], 12, 0.5)
    canvas.box((56, 22, 524, 492), WOOD, radius=16)
    canvas.box((LEFT - 6, TOP - 6, LEFT + 6 * CELL + 6, TOP + 6 * CELL + 6), BARK, radius=6)
    for row in range(6):
        for column in range(6):
            x, y = LEFT + CELL * column, TOP + CELL * row
            canvas.box(
                (x + 1, y + 1, x + CELL - 1, y + CELL - 1),
                "#e9d3ab" if (row + column) % 2 else "#dcc096",
                radius=4,
            )
    for index in range(6):
        canvas.text((LEFT + CELL * (index + 0.5), 472), "ABCDEF"[index], 18, CREAM)
        canvas.text((74, TOP + CELL * (index + 0.5)), str(6 - index), 18, CREAM)
    for squares, tints in ((ambers, ("#ffe0a0", "#c47a12")), (teals, ("#9fdbe2", "#0f5661"))):
        for name in squares:
            x, y = _square(name)
            canvas.shadow(oval((x + 3, y + 7), 24, 22), 4, 0.45)
            canvas.ball((x, y), 25, *tints)
            canvas.disc((x, y), 15, None, outline="#ffffff66", width=2)
    return canvas


def _moves(targets: Sequence[str], words: str, taken: str = "") -> Image.Image:
    canvas = _board()
    start = _square("C3")
    for name in targets:
        end = _square(name)
        canvas.disc(end, 27, "#6a9c5b99")
        dx, dy = (math.copysign(1, b - a) if b != a else 0 for a, b in zip(start, end, strict=True))
        canvas.arrow(
            (start[0] + 30 * dx, start[1] + 30 * dy), (end[0] + 4 * dx, end[1] + 4 * dy), MOSS, 5, 18
        )
    canvas.disc(start, 29, None, outline=WHITE, width=4)
    if taken:
        x, y = _square(taken)
        canvas.line([(x - 20, y - 20), (x + 20, y + 20)], RUST, 6)
        canvas.line([(x - 20, y + 20), (x + 20, y - 20)], RUST, 6)
    canvas.text((290, 516), words, 19, CREAM)
    return canvas.finish()


def _after() -> Image.Image:
    canvas = _board(("D3", "F3", "A5", "E6"), ("C5", "B2", "D5"))
    canvas.dashes(_square("D3"), _square("F3"), RUST, 3)
    canvas.disc(_square("E3"), 24, None, outline=RUST, width=3)
    canvas.text((290, 516), "After C3-D3: E3 is lifted off", 19, CREAM)
    return canvas.finish()


STATIONS: dict[str, tuple[Point, str, Point]] = {
    "mill": ((80, 220), "Old Mill", (0, 28)),
    "park": ((200, 220), "Park", (30, -22)),
    "museum": ((320, 220), "Museum", (0, 28)),
    "centre": ((440, 220), "Centre", (42, -22)),
    "market": ((560, 220), "Market", (0, 28)),
    "gate": ((680, 220), "East Gate", (0, -24)),
    "stadium": ((800, 220), "Stadium", (0, 28)),
    "hill": ((440, 60), "North Hill", (58, 0)),
    "library": ((440, 140), "Library", (48, 0)),
    "harbour": ((440, 340), "Harbour", (-40, 26)),
    "ferry": ((540, 440), "Ferry", (0, 28)),
    "airport": ((690, 440), "Airport", (0, 28)),
    "lake": ((200, 100), "Lake", (36, 0)),
    "garden": ((300, 340), "Garden", (0, 28)),
    "beach": ((580, 340), "Beach", (0, -24)),
    "docks": ((720, 340), "Docks", (0, -24)),
}
TRACKS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("A", CORAL, ("mill", "park", "museum", "centre", "market", "gate", "stadium")),
    ("B", TEAL, ("hill", "library", "centre", "harbour", "ferry", "airport")),
    ("C", AMBER, ("lake", "park", "garden", "harbour", "beach", "docks")),
)


def _track(canvas: Canvas, names: Sequence[str], colour: str, width: float) -> None:
    points: list[Point] = []
    for name in names:
        at = STATIONS[name][0]
        if points:
            last = points[-1]
            dx, dy = at[0] - last[0], at[1] - last[1]
            if dx and dy and abs(dx) != abs(dy):  # leave upright, arrive level: no odd angles on a metro map
                bend = min(abs(dx), abs(dy))
                points.append((at[0] - bend * (1 if dx > 0 else -1), at[1] - bend * (1 if dy > 0 else -1)))
        points.append(at)
    canvas.line(points, colour, width)


def _metro(
    route: Sequence[tuple[str, Sequence[str]]] = (), closed: tuple[str, str] | None = None, words: str = ""
) -> Image.Image:
    """Draw the map; a route (colour and stations of each leg) stands out over the faded lines."""
    canvas = Canvas(880, 520, "#fbfaf6")
    canvas.polygon([(500, 520), (620, 400), (880, 370), (880, 520)], "#d7e9f1")
    for letter, colour, stops in TRACKS:
        _track(canvas, stops, colour if not route else colour + "4d", 9)
        end = STATIONS[stops[0]][0]
        badge = (end[0] - 34, end[1]) if letter == "A" else (end[0], end[1] - 30)
        canvas.disc(badge, 15, colour)
        canvas.text(badge, letter, 17, WHITE, bold=True)
    for colour, names in route:
        _track(canvas, names, colour, 12)
    busy = {name for _, names in route for name in names}
    for name, (at, label, shift) in STATIONS.items():
        change = sum(name in names for _, _, names in TRACKS) > 1
        ink = INK if not route or name in busy else STONE
        canvas.disc(at, 11 if change else 7, WHITE, outline=ink, width=3.5)
        canvas.text((at[0] + shift[0], at[1] + shift[1]), label, 17, ink, bold=name in busy)
    if closed:
        (ax, ay), (bx, _) = STATIONS[closed[0]][0], STATIONS[closed[1]][0]
        canvas.dashes((ax + 10, ay), (bx - 10, ay), "#fbfaf6", 9, 7)
        for x in ((ax + bx) / 2 - 60, (ax + bx) / 2 + 60):
            canvas.disc((x, ay), 13, RUST)
            canvas.text((x, ay), "x", 18, WHITE, bold=True)
    canvas.text((28, 490), words or "City metro: 3 min a stop, 4 min a change", 18, SLATE, anchor="lm")
    return canvas.finish()


ONE_CHANGE = (
    (CORAL, ("mill", "park", "museum", "centre")),
    (TEAL, ("centre", "harbour", "ferry", "airport")),
)
TWO_CHANGES = (
    (CORAL, ("mill", "park")),
    (AMBER, ("park", "garden", "harbour")),
    (TEAL, ("harbour", "ferry", "airport")),
)
ASTRAY = ((CORAL, ("mill", "park")), (AMBER, ("park", "garden", "harbour", "beach", "docks")))

PICTURES: dict[str, Callable[[], Image.Image]] = {
    "drift-board.jpg": lambda: _board().finish(),
    "drift-slides.png": lambda: _moves(("C4", "C1", "A3", "D3"), "C3 slides until something stops it", "E3"),
    "drift-steps.png": lambda: _moves(("C4", "C2", "B3", "D3"), "Where the piece on C3 can go"),
    "drift-after.png": _after,
    "metro-map.png": _metro,
    "metro-one-change.png": lambda: _metro(ONE_CHANGE, words="Old Mill to Airport: 6 stops, 1 change"),
    "metro-two-changes.png": lambda: _metro(TWO_CHANGES, words="Old Mill to Airport: 5 stops, 2 changes"),
    "metro-docks.png": lambda: _metro(ASTRAY, words="Suggested route"),
    "metro-sunday.png": lambda: _metro(
        TWO_CHANGES, ("museum", "market"), "Sunday: line A is closed from Museum to Market"
    ),
}
