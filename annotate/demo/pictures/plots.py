"""Charts: a smoothing bug and its repair, a bar chart to read, and sorting frame by frame."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

from annotate.demo.pictures.canvas import Canvas, Point
from annotate.demo.pictures.palette import (
    AMBER,
    AQUA,
    CORAL,
    DEEP,
    FROST,
    INK,
    LEAF,
    MIST,
    PAPER,
    RUST,
    SLATE,
    STONE,
    TEAL,
    WHITE,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PIL import Image

SAMPLES, WINDOW = 240, 25
LETTERS = [6, 3, 8, 2, 7, 4, 5]


@functools.cache
def _signal() -> list[float]:
    """Two slow waves under noise from a fixed congruential generator."""
    state, out = 20_240_517, []
    for n in range(SAMPLES):
        total = 0.0
        for _ in range(4):
            state = (1_103_515_245 * state + 12_345) % 2**31
            total += state / 2**31 - 0.5
        out.append(2.4 + math.sin(n / 19) + 0.4 * math.sin(n / 6.5 + 1) + 0.55 * total)
    return out


def _averaged(values: Sequence[float], behind: int, ahead: int, *, divide_by_window: bool) -> list[float]:
    """Take the mean over a window round each sample; past the ends counted as zeros, or left out."""
    out = []
    for n in range(len(values)):
        seen = values[max(0, n - behind) : n + ahead + 1]
        out.append(sum(seen) / (WINDOW if divide_by_window else len(seen)))
    return out


def _frame(
    canvas: Canvas, box: tuple[float, float, float, float], ticks: tuple[Sequence[str], Sequence[str]]
) -> None:
    left, top, right, bottom = box
    canvas.box(box, WHITE)
    across, up = ticks
    for index, words in enumerate(up):
        y = bottom - (bottom - top) * index / (len(up) - 1)
        canvas.line([(left, y), (right, y)], MIST, 1)
        canvas.text((left - 12, y), words, 15, SLATE, anchor="rm")
    for index, words in enumerate(across):
        x = left + (right - left) * index / (len(across) - 1)
        canvas.line([(x, bottom), (x, bottom + 6)], SLATE, 1.2)
        canvas.text((x, bottom + 20), words, 15, SLATE)
    canvas.line([(left, top), (left, bottom), (right, bottom)], SLATE, 1.6)


def _smoothing(
    title: str, smooth: Callable[[list[float]], list[float]], mark: tuple[Point, str] | None = None
) -> Image.Image:
    canvas = Canvas(820, 430, "#fcfcfb")
    box = (70.0, 70.0, 790.0, 360.0)
    _frame(canvas, box, ([str(n) for n in range(0, 241, 40)], ["0", "1", "2", "3", "4"]))

    def place(values: Sequence[float]) -> list[Point]:
        return [(box[0] + 720 * n / 240, box[3] - 72.5 * v) for n, v in enumerate(values)]

    signal = _signal()
    canvas.line(place(signal), AQUA, 1.4)
    canvas.line(place(smooth(signal)), CORAL, 3.6)
    canvas.text((70, 36), title, 20, INK, anchor="lm", bold=True)
    for x, colour, words in ((560, AQUA, "raw"), (650, CORAL, "smooth")):
        canvas.line([(x, 36), (x + 28, 36)], colour, 4)
        canvas.text((x + 38, 36), words, 16, SLATE, anchor="lm")
    canvas.text((430, 408), "sample", 16, SLATE)
    if mark:
        canvas.label(mark[0], mark[1], 16, fill=RUST)
    return canvas.finish()


def _library() -> Image.Image:
    """Two branches by month; the value axis starts at 40, which the asker has not noticed."""
    canvas = Canvas(820, 470, WHITE)
    canvas.text((60, 36), "Library visits per month (thousands)", 22, INK, anchor="lm", bold=True)
    left, bottom, scale = 80.0, 390.0, 10.4
    for value in range(40, 71, 5):
        y = bottom - (value - 40) * scale
        canvas.line([(left, y), (790, y)], MIST, 1.2)
        canvas.text((left - 12, y), str(value), 15, SLATE, anchor="rm")
    main, harbour = (52, 50, 55, 58, 61, 64), (46, 47, 45, 49, 53, 57)
    for index, month in enumerate(("Jan", "Feb", "Mar", "Apr", "May", "Jun")):
        x = 104 + 116 * index
        for shift, value, tint in ((0, main[index], (TEAL, DEEP)), (42, harbour[index], (AMBER, "#c97f1e"))):
            top = bottom - (value - 40) * scale
            canvas.gradient((x + shift, top, x + shift + 38, bottom), *tint)
            canvas.text((x + shift + 19, top - 12), str(value), 15, INK)
        canvas.text((x + 40, bottom + 22), month, 17, SLATE)
    canvas.line([(left, bottom), (790, bottom)], SLATE, 2)
    for x, colour, name in ((250, TEAL, "Main Street"), (420, AMBER, "Harbour")):
        canvas.box((x, 432, x + 20, 452), colour, radius=4)
        canvas.text((x + 30, 442), name, 16, INK, anchor="lm")
    canvas.text((790, 442), "Harbour closed 4-9 March (roof)", 14, STONE, anchor="rm")
    return canvas.finish()


def _bars(
    canvas: Canvas,
    values: Sequence[int],
    box: tuple[float, float, float, float],
    *,
    done: int = 0,
    held: int = -1,
) -> None:
    """Draw bars inside a box: the first ``done`` are in order, ``held`` is the one being carried."""
    left, top, right, bottom = box
    slot = (right - left) / len(values)
    wide = 0.78
    for index, value in enumerate(values):
        x, height = left + slot * index, (bottom - top) * value / 8.5
        tint = (CORAL, RUST) if index == held else (LEAF, "#47763c") if index < done else (AQUA, "#4f8ba3")
        canvas.gradient((x, bottom - height, x + slot * wide, bottom), *tint)
        canvas.text((x + slot * wide / 2, bottom + slot * 0.28), str(value), max(12, slot * 0.34), INK)


def _sort_frame(number: int) -> Image.Image:
    """Frame 0 shows the start, then two frames an element (taken, put down), and 13 the end."""
    values, key = list(LETTERS), (number + 1) // 2
    for index in range(1, key if number % 2 else key + 1):
        values[: index + 1] = sorted(values[: index + 1])
    canvas = Canvas(480, 320, (WHITE, FROST))
    held = -1
    if number == 0:
        words = "Start: the first bar counts as sorted"
    elif number == 2 * len(LETTERS) - 1:
        values, key, words = sorted(LETTERS), len(LETTERS), "Done: seven bars in order"
    elif number % 2:
        held, words = key, f"Take {LETTERS[key]}"
    else:
        held, words = (
            values.index(LETTERS[key]),
            f"{LETTERS[key]} goes into slot {values.index(LETTERS[key]) + 1}",
        )
    _bars(canvas, values, (46, 70, 452, 262), done=max(1, key if number % 2 else key + 1), held=held)
    canvas.text((24, 30), words, 19, INK, anchor="lm", bold=True)
    canvas.text((458, 30), f"{number}", 19, STONE, anchor="rm")
    return canvas.finish()


def _insertion_passes() -> list[list[int]]:
    return [sorted(LETTERS[: n + 1]) + LETTERS[n + 1 :] for n in range(len(LETTERS))]


def _bubble_passes() -> list[list[int]]:
    out, values = [list(LETTERS)], list(LETTERS)
    for last in range(len(values) - 1, 0, -1):
        for index in range(last):
            if values[index] > values[index + 1]:
                values[index], values[index + 1] = values[index + 1], values[index]
        out.append(list(values))
    return out


def _grid(passes: list[list[int]], *, from_left: bool) -> Image.Image:
    """All passes on one sheet, four to a row."""
    canvas = Canvas(880, 440, PAPER)
    canvas.text((30, 32), "One row of bars after every pass", 20, INK, anchor="lm", bold=True)
    for number, values in enumerate(passes):
        left, top = 30 + 212 * (number % 4), 62 + 186 * (number // 4)
        canvas.box((left, top, left + 196, top + 172), WHITE, radius=12, outline=MIST)
        _bars(
            canvas, values, (left + 14, top + 34, left + 186, top + 142), done=number + 1 if from_left else 0
        )
        canvas.text((left + 14, top + 18), f"pass {number}", 15, SLATE, anchor="lm")
    return canvas.finish()


def _growth() -> Image.Image:
    """Comparisons against length: n(n-1)/4 on average for insertion, n log2 n for merging."""
    canvas = Canvas(760, 430, "#fcfcfb")
    box = (90.0, 66.0, 720.0, 360.0)
    _frame(canvas, box, (["0", "10", "20", "30", "40", "50"], ["0", "200", "400", "600", "800"]))
    curves: tuple[tuple[str, str, Callable[[float], float], Point], ...] = (
        ("insertion sort, n(n-1)/4", CORAL, lambda n: n * (n - 1) / 4, (520, 120)),
        ("merge sort, n log n", TEAL, lambda n: n * math.log2(n), (610, 320)),
    )
    for words, colour, rule, at in curves:
        points = [(box[0] + 630 * n / 50, box[3] - 294 * rule(n) / 800) for n in range(1, 51)]
        canvas.line(points, colour, 3.5)
        canvas.label(at, words, 16, fill=colour, paper="#fcfcfbee")
    canvas.text((90, 36), "Comparisons on average", 20, INK, anchor="lm", bold=True)
    canvas.text((405, 408), "number of items n", 16, SLATE)
    return canvas.finish()


def _forecast() -> Image.Image:
    """Draw a day's forecast: temperature as a line, chance of rain as bars, wind in figures."""
    canvas = Canvas(820, 440, ("#eaf3f8", "#fbfaf4"))
    canvas.text((40, 36), "Saturday", 24, INK, anchor="lm", bold=True)
    rain = (5, 5, 10, 15, 60, 80, 30, 10, 5)
    warm = (9, 11, 14, 17, 18, 15, 14, 13, 11)
    wind = (8, 10, 14, 18, 26, 30, 20, 12, 8)
    points: list[Point] = []
    for index, (chance, degrees, speed) in enumerate(zip(rain, warm, wind, strict=True)):
        x = 92.0 + 82 * index
        canvas.gradient((x - 24, 340 - 1.7 * chance, x + 24, 340), AQUA, "#4f8ba3")
        canvas.text((x, 326 - 1.7 * chance), f"{chance}%", 15, DEEP)
        canvas.text((x, 362), f"{6 + 2 * index}:00", 16, SLATE)
        canvas.text((x, 408), str(speed), 17, INK)
        points.append((x, 250 - 9 * degrees))
    canvas.line(points, CORAL, 4)
    for (x, y), degrees in zip(points, warm, strict=True):
        canvas.disc((x, y), 6, WHITE, outline=CORAL, width=3)
        canvas.text((x, y - 20), f"{degrees}°", 17, RUST)
    canvas.line([(50, 340), (790, 340)], SLATE, 1.6)
    canvas.text((40, 386), "wind, km/h", 14, SLATE, anchor="lm")
    for x, colour, words in ((560, CORAL, "temperature"), (690, AQUA, "chance of rain")):
        canvas.disc((x, 36), 7, colour)
        canvas.text((x + 14, 36), words, 15, SLATE, anchor="lm")
    return canvas.finish()


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "smooth-late.png": lambda: _smoothing(
        "My plot: why is it late?", lambda y: _averaged(y, WINDOW - 1, 0, divide_by_window=True)
    ),
    "smooth-same.png": lambda: _smoothing(
        "mode='same'",
        lambda y: _averaged(y, 12, 12, divide_by_window=True),
        ((230, 336), "both ends sag towards 0"),
    ),
    "smooth-ends.png": lambda: _smoothing(
        "centred, short windows at the ends", lambda y: _averaged(y, 12, 12, divide_by_window=False)
    ),
    "smooth-trailing.png": lambda: _smoothing(
        "rolling mean, min_periods=1", lambda y: _averaged(y, WINDOW - 1, 0, divide_by_window=False)
    ),
    "library-visits.png": _library,
    "forecast.png": _forecast,
    "sort-passes.png": lambda: _grid(_insertion_passes(), from_left=True),
    "sort-sheet.png": lambda: _grid(_bubble_passes(), from_left=False),
    "sort-growth.png": _growth,
    **{f"sort-{number:02}.png": functools.partial(_sort_frame, number) for number in range(14)},
}
