"""Attempts at a tea room's logo, and the logo in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotate.demo.pictures.canvas import Canvas, Point, moved, oval, polar, smooth
from annotate.demo.pictures.palette import (
    AMBER,
    BARK,
    CORAL,
    CREAM,
    DEEP,
    GOLD,
    INK,
    LEAF,
    MINT,
    MOSS,
    PAPER,
    RUST,
    SAND,
    SLATE,
    TEAL,
    WHITE,
    WOOD,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PIL import Image

NAME = "STILL WATER"
# A folded paper crane, facing left: (which tint, facet), about 200 across, the body's middle at the origin.
CRANE: tuple[tuple[int, tuple[Point, ...]], ...] = (
    (1, ((-4, -4), (36, 10), (62, -86))),
    (2, ((34, 8), (4, 50), (112, -54), (98, -60))),
    (0, ((-28, 8), (26, 22), (-16, -96))),
    (1, ((26, 22), (-16, -96), (40, 8))),
    (2, ((-28, 8), (36, 10), (4, 56))),
    (0, ((-32, 4), (-4, 44), (-92, -54), (-76, -64))),
    (2, ((-92, -54), (-76, -64), (-70, -48), (-118, -30))),
)
TEALS = ("#4aa3ad", TEAL, DEEP)
INKS = (INK, INK, INK)
WHITES = (WHITE, "#e8f1f2", "#cfe0e2")


def _crane(canvas: Canvas, at: Point, grow: float, tints: Sequence[str], seam: str | None = None) -> None:
    for tint, facet in CRANE:
        points = moved(facet, *at, grow=grow)
        canvas.polygon(points, tints[tint])
        if seam:
            canvas.line(points, seam, 2, closed=True)


def _ripples(canvas: Canvas, at: Point, colour: str, width: float = 3.5, *, grow: float = 1) -> None:
    for index, half in enumerate((86 * grow, 58 * grow, 30 * grow)):
        y = at[1] + 15 * grow * index
        canvas.line(
            smooth(
                [
                    (at[0] - half, y),
                    (at[0] - half / 2, y - 5),
                    (at[0], y),
                    (at[0] + half / 2, y + 5),
                    (at[0] + half, y),
                ]
            ),
            colour,
            width,
        )


def _wordmark(canvas: Canvas, at: Point, colour: str, size: float = 34) -> None:
    """Set the name with wide spacing, and a line below."""
    step = size * 0.92
    left = at[0] - step * (len(NAME) - 1) / 2
    for index, letter in enumerate(NAME):
        canvas.text((left + step * index, at[1]), letter, size, colour)
    canvas.text((at[0], at[1] + size * 1.1), "tea room", size * 0.62, colour)


def _cup(canvas: Canvas, at: Point, tints: tuple[str, str]) -> None:
    x, y = at
    canvas.disc((x + 84, y + 26), (32, 26), None, outline=tints[1], width=11)
    bowl = smooth(
        [
            (x - 90, y - 20),
            (x - 78, y + 40),
            (x - 40, y + 78),
            (x + 40, y + 78),
            (x + 78, y + 40),
            (x + 90, y - 20),
        ]
    )
    canvas.shaded(bowl, *tints)
    canvas.disc((x, y - 20), (90, 17), tints[1])
    canvas.disc((x, y - 19), (80, 12), "#a8692f")
    canvas.disc((x, y + 96), (118, 11), tints[1])


def _leaf(canvas: Canvas, at: Point, length: float, turn: float) -> None:
    half = [(0, 0), (length * 0.3, -length * 0.24), (length * 0.7, -length * 0.2), (length, 0)]
    other = [(length * 0.7, length * 0.2), (length * 0.3, length * 0.24)]
    canvas.polygon(smooth(moved([*half, *other], *at, turn=turn), closed=True, pieces=8), LEAF)
    canvas.line(moved([(0, 0), (length * 0.85, 0)], *at, turn=turn), MOSS, 2.5)


def _leaf_cup() -> Image.Image:
    canvas = Canvas(600, 560, (PAPER, CREAM))
    _cup(canvas, (290, 280), ("#9cc3a0", MOSS))
    for turn in (60, 95, 130):
        _leaf(canvas, (300, 240), 96, turn)
    _wordmark(canvas, (300, 450), MOSS)
    return canvas.finish()


def _steam_cup() -> Image.Image:
    canvas = Canvas(600, 560, WHITE)
    canvas.disc((300, 220), 180, CREAM)
    canvas.disc((300, 220), 180, None, outline=GOLD, width=5)
    _cup(canvas, (288, 240), ("#f0a58f", CORAL))
    for dx in (-34, 0, 34):
        canvas.line(smooth([(288 + dx, 196), (278 + dx, 164), (298 + dx, 134), (286 + dx, 102)]), WOOD, 6)
    _wordmark(canvas, (300, 462), BARK)
    return canvas.finish()


def _round(
    tints: Sequence[str], moon: tuple[str, str], ground: str | tuple[str, str], words: str
) -> Image.Image:
    canvas = Canvas(600, 560, ground)
    canvas.ball((300, 206), 150, *moon)
    _crane(canvas, (304, 216), 1.25, tints)
    _ripples(canvas, (300, 318), words)
    _wordmark(canvas, (300, 448), words)
    return canvas.finish()


def _crane_in_cup() -> Image.Image:
    canvas = Canvas(600, 560, (PAPER, CREAM))
    _crane(canvas, (300, 190), 1.0, TEALS, WHITE)
    _cup(canvas, (290, 290), ("#8fc1c8", TEAL))
    _leaf(canvas, (370, 350), 80, 20)
    _leaf(canvas, (212, 350), 80, 160)
    _wordmark(canvas, (300, 456), DEEP)
    return canvas.finish()


def _ink(ground: str, colour: str = INK) -> Image.Image:
    """One colour, facets told apart by thin gaps; ``ground`` may be fully transparent."""
    canvas = Canvas(600, 560, ground)
    _crane(
        canvas, (304, 214), 1.5, (colour, colour, colour), ground if ground != "#ffffff00" else "#ffffff00"
    )
    _ripples(canvas, (300, 330), colour, 4)
    _wordmark(canvas, (300, 452), colour)
    return canvas.finish()


def _sign() -> Image.Image:
    """Draw a hanging sign at a door in the evening."""
    canvas = Canvas(760, 520, ("#c7b299", "#8d7860"))
    for row in range(9):
        for column in range(9):
            left, top = column * 96 - (48 if row % 2 else 0), row * 60
            canvas.box(
                (left, top, left + 92, top + 56),
                ("#b39d82", "#a89277", "#bda78c")[(row * 5 + column * 3) % 3],
                radius=4,
            )
    canvas.glow((600, 180), 300, "#ffdf9e", 0.6)
    canvas.shaded([(560, 150), (740, 150), (740, 520), (560, 520)], "#5d4431", "#3d2c20")
    canvas.box((582, 174, 718, 360), "#ffe2a6", radius=6)
    canvas.line([(650, 174), (650, 360)], "#5d4431", 6)
    canvas.line([(582, 264), (718, 264)], "#5d4431", 6)
    canvas.line([(60, 70), (430, 70)], "#2f2a26", 10)
    canvas.line([(60, 150), (190, 70)], "#2f2a26", 6)
    for x in (180, 380):
        canvas.line([(x, 70), (x, 116)], "#2f2a26", 4)
    canvas.shadow(oval((292, 290), 158, 158), 12, 0.45)
    canvas.disc((280, 270), 156, DEEP)
    canvas.disc((280, 270), 146, None, outline=GOLD, width=4)
    _crane(canvas, (282, 252), 0.86, WHITES)
    _ripples(canvas, (280, 320), GOLD, 3)
    canvas.text((280, 384), NAME, 22, WHITE)
    return canvas.finish()


def _bag() -> Image.Image:
    canvas = Canvas(640, 520, ("#e9dfce", "#cdbb9d"))
    bag = [(190, 120), (450, 120), (466, 456), (174, 456)]
    canvas.shadow([(x + 12, y + 16) for x, y in bag], 16, 0.35)
    canvas.shaded(bag, "#cfa878", "#b98f5e", across=True)
    canvas.polygon([(450, 120), (492, 142), (506, 440), (466, 456)], "#a27a4c")
    for x in (262, 378):
        canvas.line([(x, 124), (x + 4, 84)], BARK, 6)
    canvas.arc((322, 88), 58, (0, 180), BARK, 6)
    _crane(canvas, (322, 270), 0.8, INKS, "#c49c6c")
    _ripples(canvas, (320, 336), INK, 3, grow=0.85)
    canvas.text((320, 404), NAME, 24, INK)
    canvas.text((320, 430), "tea room", 16, INK)
    return canvas.finish()


def _colours() -> Image.Image:
    canvas = Canvas(820, 340, PAPER)
    cards = (
        (DEEP, WHITES, "Night pond"),
        (MINT, ("#5b9a83", MOSS, "#2c523a"), "Morning"),
        (CREAM, (CORAL, RUST, "#8f3423"), "Lacquer"),
        (SAND, TEALS, "Reed"),
    )
    for index, (ground, tints, name) in enumerate(cards):
        left = 28 + 196 * index
        canvas.shadow([(left, 40), (left + 176, 40), (left + 176, 270), (left, 270)], 7, 0.22)
        canvas.box((left, 30, left + 176, 266), ground, radius=14)
        _crane(canvas, (left + 90, 142), 0.66, tints)
        _ripples(canvas, (left + 88, 204), tints[0], 2.5, grow=0.72)
        canvas.text((left + 88, 300), name, 18, SLATE)
    return canvas.finish()


def _moodboard() -> Image.Image:
    """Show what the owner pinned up: pond, paper crane, cup, lantern."""
    canvas = Canvas(760, 440, "#d9c4a3")
    for k in range(160):
        canvas.disc(((k * 173) % 760, (k * 97 + k * k) % 440), 1.6, "#c4ab8466")
    tiles = (
        (40, 40, 340, 250, -2.0),
        (390, 30, 720, 210, 1.5),
        (60, 276, 330, 420, 1.0),
        (400, 240, 700, 410, -1.5),
    )
    for left, top, right, bottom, turn in tiles:
        middle = ((left + right) / 2, (top + bottom) / 2)
        w, h = (right - left) / 2, (bottom - top) / 2
        card = moved([(-w, -h), (w, -h), (w, h), (-w, h)], *middle, turn=turn)
        canvas.shadow([(x + 4, y + 8) for x, y in card], 7, 0.4)
        canvas.polygon(card, "#fffdf8")
        canvas.disc((middle[0], top + 6), 7, CORAL)
    canvas.gradient((56, 62, 324, 234), "#bfd9dc", "#4f8a94")
    for r in (70, 48, 26):
        canvas.disc((190, 164), (r, r * 0.3), None, outline="#e7f3f4", width=2)
    canvas.gradient((408, 50, 702, 192), "#f3ead9", "#e7d6b8")
    _crane(canvas, (556, 128), 0.6, WHITES, "#b7a88d")
    canvas.text((195, 330), "quiet, early morning", 24, SLATE)
    canvas.text((195, 370), "not cute", 24, RUST)
    canvas.gradient((418, 260, 682, 390), "#2b3a4d", "#18222f")
    canvas.glow((550, 330), 90, "#ffcf7d", 0.9)
    canvas.disc((550, 330), (34, 42), AMBER)
    for angle in (60, 90, 120):
        canvas.line([polar((550, 330), 40, angle), polar((550, 330), 40, -angle)], "#c97f1e", 1.5)
    return canvas.finish()


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "logo-moodboard.jpg": _moodboard,
    "logo-leaf-cup.png": _leaf_cup,
    "logo-steam-cup.png": _steam_cup,
    "logo-crane-moon.png": lambda: _round(TEALS, ("#fdf3d8", "#ecd19a"), (PAPER, "#f3ead8"), DEEP),
    "logo-crane-night.png": lambda: _round(WHITES, ("#f6e2ad", "#c99e4e"), ("#143a4b", "#0d2735"), "#e9f2f3"),
    "logo-crane-cup.png": _crane_in_cup,
    "logo-one-ink.png": lambda: _ink("#ffffff00"),
    "logo-one-ink-white.png": lambda: _ink(WHITE),
    "logo-colours.png": _colours,
    "logo-sign.png": _sign,
    "logo-bag.png": _bag,
}
