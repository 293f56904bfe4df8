"""Pictures as models see them: upright, on white, RGB, the same pixels that people are shown."""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image as Pillow
from PIL import UnidentifiedImageError
from PIL.Image import Transpose

from inference.types import ItemError

if TYPE_CHECKING:
    from inference.types import Image

PIXEL_LIMIT = 100_000_000
FORMATS = ("PNG", "JPEG", "WEBP")
# What Pillow raises on broken bytes, by design or not; a palette that is missing is an AssertionError.
_BROKEN = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, EOFError,
    RuntimeError, AssertionError, struct.error, zlib.error, Pillow.DecompressionBombError,
)  # fmt: skip
_ORIENTATION = 0x0112
# What makes a picture upright, by its EXIF orientation; from 5 on, width and height change places.
_UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_FIRST_TURNED = 5


class PictureError(ValueError):
    """Why a picture cannot be looked at; ``error`` is what its item gets."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.error = ItemError(code, detail)


@dataclass(frozen=True, slots=True)
class Source:
    """A picture's file: its bytes' SHA-256, and its size once turned. The pixels are read by `pixels`."""

    image: Image
    sha256: str
    width: int
    height: int
    orientation: int = 1


def inspect(image: Image) -> Source:
    """Read a picture's header; PictureError when it is no picture, or more than PIXEL_LIMIT pixels."""
    data = _bytes(image)
    try:
        with Pillow.open(BytesIO(data), formats=FORMATS) as opened:
            width, height = opened.size
            orientation = _orientation(opened)
    except _BROKEN as error:
        raise _unreadable(image, error) from error
    if width * height > PIXEL_LIMIT:
        detail = f"{_name(image)} has {width * height:,} pixels; at most {PIXEL_LIMIT:,} are looked at"
        raise PictureError("image_too_large", detail)
    if orientation >= _FIRST_TURNED:
        width, height = height, width
    return Source(image, hashlib.sha256(data).hexdigest(), width, height, orientation)


def pixels(source: Source) -> Pillow.Image:
    """Return the whole picture, upright, transparency on white, RGB.

    PictureError: it is damaged, or its file is no longer the one that was inspected.
    """
    data = _bytes(source.image)
    if hashlib.sha256(data).hexdigest() != source.sha256:
        detail = f"{_name(source.image)} was changed while it was being scored; score the item again"
        raise PictureError("changed_image", detail)
    try:
        with Pillow.open(BytesIO(data), formats=FORMATS) as opened:
            turn = _UPRIGHT.get(source.orientation)
            upright = opened if turn is None else opened.transpose(turn)
            if upright.has_transparency_data:
                layer = upright.convert("RGBA")
                white = Pillow.new("RGBA", layer.size, "white")
                upright = Pillow.alpha_composite(white, layer)
            return upright.convert("RGB")
    except _BROKEN as error:
        raise _unreadable(source.image, error) from error


def _orientation(opened: Pillow.Image) -> int:
    """Return the EXIF orientation; a PNG's only if it precedes the pixels, which would be decoded for it."""
    if opened.format == "PNG" and "exif" not in opened.info:
        return 1
    found = opened.getexif().get(_ORIENTATION)
    return found if found in _UPRIGHT else 1


def _bytes(image: Image) -> bytes:
    if isinstance(image.source, bytes):
        return image.source
    try:
        return image.source.read_bytes()
    except OSError as error:
        raise PictureError("unreadable_image", f"cannot read {_name(image)}: {error.strerror}") from error


def _name(image: Image) -> str:
    return repr(str(image.source)) if isinstance(image.source, Path) else "the picture"


def _unreadable(image: Image, error: Exception) -> PictureError:
    said = "it is no PNG, JPEG or WebP file" if isinstance(error, UnidentifiedImageError) else str(error)
    return PictureError("bad_image", f"cannot read {_name(image)}: {said or 'it is damaged'}")
