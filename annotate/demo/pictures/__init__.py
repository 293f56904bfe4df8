"""Every picture of the demo project, by file name, each drawn by a function of no arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotate.demo.pictures import (
    boards,
    garden,
    geometry,
    kitchen,
    lighthouse,
    lighthouse_rooms,
    logos,
    papercut,
    plots,
    sky,
    workshop,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

PICTURES: dict[str, Callable[[], Image.Image]] = {
    name: draw
    for theme in (
        workshop,
        garden,
        sky,
        geometry,
        logos,
        plots,
        boards,
        lighthouse,
        lighthouse_rooms,
        kitchen,
        papercut,
    )
    for name, draw in theme.PICTURES.items()
}
