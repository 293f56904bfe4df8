"""A small drawing kit over Pillow: draw three times too large, then average down to smooth every edge.

All coordinates and sizes are in pixels of the finished picture, x to the right and y down; colours are
``#rrggbb``, or ``#rrggbbaa`` to blend over what is there. Nothing here is random, so the same calls
give the same pixels.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Literal

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from annotate.demo.pictures.palette import INK, PAPER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Anchor = Literal["lm", "mm", "rm", "la", "ma", "lb", "mb"]
Point = tuple[float, float]
SCALE = 3
RIM = 76


@functools.cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size)


def polar(centre: Point, radius: float, degrees: float) -> Point:
    """Find the point at ``radius`` from ``centre``; 0 degrees is to the right, 90 is up."""
    angle = math.radians(degrees)
    return centre[0] + radius * math.cos(angle), centre[1] - radius * math.sin(angle)


def ring(centre: Point, radius: float, count: int, start: float = 90) -> list[Point]:
    """``count`` points evenly round a circle, anticlockwise from ``start`` degrees."""
    return [polar(centre, radius, start + 360 * index / count) for index in range(count)]


def smooth(points: Sequence[Point], *, closed: bool = False, pieces: int = 14) -> list[Point]:
    """Lay a Catmull-Rom curve through ``points``, as a polyline of ``pieces`` straight bits a span."""
    whole = [points[-1], *points, points[0], points[1]] if closed else [points[0], *points, points[-1]]
    out: list[Point] = []
    for a, b, c, d in zip(whole, whole[1:], whole[2:], whole[3:], strict=False):
        for step in range(pieces):
            t = step / pieces
            out.append((_blend(a[0], b[0], c[0], d[0], t), _blend(a[1], b[1], c[1], d[1], t)))
    return out if closed else [*out, points[-1]]


def _blend(a: float, b: float, c: float, d: float, t: float) -> float:
    slope = c - a
    bend = 2 * a - 5 * b + 4 * c - d
    twist = 3 * (b - c) + d - a
    return b + 0.5 * t * (slope + t * (bend + t * twist))


def moved(points: Iterable[Point], dx: float, dy: float, *, turn: float = 0, grow: float = 1) -> list[Point]:
    """Points turned anticlockwise by ``turn`` degrees about the origin, scaled, then shifted."""
    cos, sin = math.cos(math.radians(turn)) * grow, math.sin(math.radians(turn)) * grow
    return [(dx + x * cos + y * sin, dy - x * sin + y * cos) for x, y in points]


class Canvas:
    """One picture while it is drawn; ``finish`` gives the smooth result.

    ``background`` is a colour, or a pair (top, bottom) for a vertical gradient.
    """

    def __init__(self, width: int, height: int, background: str | tuple[str, str] = PAPER) -> None:
        self.width, self.height = width, height
        mode = "RGBA" if isinstance(background, str) and len(background) == len("#rrggbbaa") else "RGB"
        size = (width * SCALE, height * SCALE)
        self.image = Image.new(mode, size, background if isinstance(background, str) else background[0])
        # On an opaque picture Pillow's "RGBA" drawing mode blends; a transparent one is drawn plainly.
        self.draw = ImageDraw.Draw(self.image, "RGBA")
        if isinstance(background, tuple):
            self.gradient((0, 0, width, height), *background)

    def finish(self) -> Image.Image:
        """Give the picture at its real size."""
        return self.image.reduce(SCALE)

    def polygon(self, points: Iterable[Point], fill: str) -> None:
        self.draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=fill)

    def box(
        self,
        box: tuple[float, float, float, float],
        fill: str | None,
        *,
        radius: float = 0,
        outline: str | None = None,
        width: float = 1.5,
    ) -> None:
        """Draw a rectangle (left, top, right, bottom) with round corners."""
        self.draw.rounded_rectangle(
            [v * SCALE for v in box], radius * SCALE, fill, outline, round(width * SCALE) if outline else 0
        )

    def disc(
        self,
        centre: Point,
        radius: float | Point,
        fill: str | None,
        *,
        outline: str | None = None,
        width: float = 2,
    ) -> None:
        """Draw a circle, or an ellipse when ``radius`` is a pair."""
        rx, ry = radius if isinstance(radius, tuple) else (radius, radius)
        (x, y), s = centre, SCALE
        bounds = ((x - rx) * s, (y - ry) * s, (x + rx) * s, (y + ry) * s)
        self.draw.ellipse(bounds, fill, outline, round(width * s) if outline else 0)

    def line(self, points: Sequence[Point], fill: str, width: float = 2, *, closed: bool = False) -> None:
        """Draw a polyline with round joints and ends."""
        run = [*points, points[0]] if closed else list(points)
        thick = max(1, round(width * SCALE))
        scaled = [(x * SCALE, y * SCALE) for x, y in run]
        self.draw.line(scaled, fill=fill, width=thick, joint="curve")
        if len(fill) == len("#rrggbb") and thick > SCALE:
            for x, y in (scaled[0], scaled[-1]):
                half = thick / 2 - 0.5
                self.draw.ellipse((x - half, y - half, x + half, y + half), fill=fill)

    def dashes(self, start: Point, end: Point, fill: str, width: float = 1.5, dash: float = 6) -> None:
        """Draw a dashed straight line."""
        length = math.dist(start, end)
        count = max(1, round(length / (2 * dash)))
        for index in range(count):
            a, b = index / count, (index + 0.5) / count
            self.line([_between(start, end, a), _between(start, end, b)], fill, width)

    def arc(
        self, centre: Point, radius: float, degrees: tuple[float, float], fill: str, width: float = 2
    ) -> None:
        """Draw a piece of a circle, anticlockwise between two angles (0 right, 90 up)."""
        first, last = degrees
        steps = max(4, round(abs(last - first) / 4))
        points = [polar(centre, radius, first + (last - first) * n / steps) for n in range(steps + 1)]
        self.line(points, fill, width)

    def sector(self, centre: Point, radius: float, degrees: tuple[float, float], fill: str) -> None:
        """Draw a pie slice."""
        first, last = degrees
        rim = [polar(centre, radius, first + (last - first) * n / 48) for n in range(49)]
        self.polygon([centre, *rim], fill)

    def arrow(self, start: Point, end: Point, fill: str = INK, width: float = 2, head: float = 10) -> None:
        """Draw a straight arrow that points at ``end``."""
        angle = math.degrees(math.atan2(start[1] - end[1], end[0] - start[0]))
        neck = polar(end, head * 0.8, angle + 180)
        self.line([start, neck], fill, width)
        self.polygon([end, polar(end, head, angle + 157), polar(end, head, angle - 157)], fill)

    def text(  # noqa: PLR0913 - one call a label, all over the drawings
        self,
        at: Point,
        words: str,
        size: float = 16,
        fill: str = INK,
        *,
        anchor: Anchor = "mm",
        bold: bool = False,
    ) -> None:
        """Write Latin text; ``anchor`` is Pillow's (across: l m r, then up: a m b)."""
        stroke = round(size * SCALE / 42) if bold else 0
        self.draw.text(
            (at[0] * SCALE, at[1] * SCALE),
            words,
            fill,
            _font(round(size * SCALE)),
            anchor,
            stroke_width=stroke,
        )

    def label(
        self, at: Point, words: str, size: float = 15, *, fill: str = INK, paper: str = "#fffffff0"
    ) -> None:
        """Write on a small rounded plate, for use over a drawing."""
        left, top, right, bottom = self.draw.textbbox(
            (at[0] * SCALE, at[1] * SCALE), words, _font(round(size * SCALE)), "mm"
        )
        plate = (left / SCALE - 8, top / SCALE - 6, right / SCALE + 8, bottom / SCALE + 6)
        self.box(plate, paper, radius=6)
        self.text(at, words, size, fill)

    def gradient(
        self,
        box: tuple[float, float, float, float],
        first: str,
        last: str,
        *,
        across: bool = False,
        mask: Image.Image | None = None,
    ) -> None:
        """Blend from ``first`` (top, or left when ``across``) to ``last`` inside a box."""
        left, top, right, bottom = (round(v * SCALE) for v in box)
        size = (right - left, bottom - top)
        # One line of the ramp is blended, then repeated: a full-size blend costs ten times as much.
        strip = Image.linear_gradient("L").resize(
            (1, size[0] if across else size[1]), Image.Resampling.BILINEAR
        )
        line = Image.composite(Image.new("RGB", strip.size, last), Image.new("RGB", strip.size, first), strip)
        if across:
            line = line.transpose(Image.Transpose.ROTATE_90)
        blend = line.resize(size, Image.Resampling.NEAREST)
        self.image.paste(blend, (left, top), mask)

    def shaded(self, points: Sequence[Point], first: str, last: str, *, across: bool = False) -> None:
        """Fill a polygon with a gradient over its bounding box."""
        xs, ys = [x for x, _ in points], [y for _, y in points]
        box = (min(xs), min(ys), max(xs), max(ys))
        left, top, right, bottom = (round(v * SCALE) for v in box)
        mask = Image.new("L", (right - left, bottom - top), 0)
        ImageDraw.Draw(mask).polygon([(x * SCALE - left, y * SCALE - top) for x, y in points], fill=255)
        self.gradient(box, first, last, across=across, mask=mask)

    def ball(self, centre: Point, radius: float, light: str, dark: str) -> None:
        """Draw a shaded sphere, lit from the upper left."""
        side = max(2, round(2 * radius * SCALE))
        ramp = Image.radial_gradient("L").resize((side * 2, side * 2), Image.Resampling.BILINEAR)
        corner = round(side * 0.62)
        ramp = ramp.crop((corner, corner, corner + side, corner + side))
        shade = Image.composite(Image.new("RGB", ramp.size, dark), Image.new("RGB", ramp.size, light), ramp)
        mask = Image.new("L", (side, side), 0)
        ImageDraw.Draw(mask).ellipse((0, 0, side - 1, side - 1), fill=255)
        self.image.paste(
            shade, (round((centre[0] - radius) * SCALE), round((centre[1] - radius) * SCALE)), mask
        )

    def glow(self, centre: Point, radius: float, colour: str, strength: float = 0.8) -> None:
        """Soft light that fades out at ``radius``; strength 0 to 1."""
        side = round(2 * radius)
        ramp = ImageChops.invert(Image.radial_gradient("L")).resize((side, side), Image.Resampling.BILINEAR)
        # Pillow's ramp reaches zero only in the corners; start it at the rim, or a square edge shows.
        ramp = ramp.point(
            [max(0, round((value - RIM) * strength * 255 / (255 - RIM))) for value in range(256)]
        )
        mask = ramp.resize((side * SCALE, side * SCALE), Image.Resampling.BILINEAR)
        left, top = round((centre[0] - radius) * SCALE), round((centre[1] - radius) * SCALE)
        self.image.paste(colour, (left, top, left + mask.width, top + mask.height), mask)

    def shadow(self, points: Sequence[Point], blur: float = 8, strength: float = 0.3) -> None:
        """Lay a soft dark shape under what is drawn next."""
        pad = round(3 * blur)
        left = math.floor(min(x for x, _ in points)) - pad
        top = math.floor(min(y for _, y in points)) - pad
        right = math.ceil(max(x for x, _ in points)) + pad
        bottom = math.ceil(max(y for _, y in points)) + pad
        mask = Image.new("L", (right - left, bottom - top), 0)
        ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in points], fill=round(255 * strength))
        mask = mask.filter(ImageFilter.GaussianBlur(blur))
        mask = mask.resize((mask.width * SCALE, mask.height * SCALE), Image.Resampling.BILINEAR)
        place = (left * SCALE, top * SCALE, left * SCALE + mask.width, top * SCALE + mask.height)
        self.image.paste("#101820", place, mask)


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def oval(centre: Point, rx: float, ry: float, count: int = 48) -> list[Point]:
    """Give an ellipse as points, for shadows and shaded shapes."""
    turns = [2 * math.pi * index / count for index in range(count)]
    return [(centre[0] + rx * math.cos(turn), centre[1] + ry * math.sin(turn)) for turn in turns]
