"""Make one safe picture of uploaded bytes: checked, upright, RGB, without metadata, re-encoded.

Never keep or serve the upload itself: a file can be a picture and something else at once.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from dataclasses import dataclass

from PIL import Image, ImageOps

from annotate.formats.records import FormatError

# Pillow has 70 readers; each further one is a parser of hostile bytes (SVG, EPS, FITS, PSD …).
_FORMATS = ("PNG", "JPEG", "WEBP")
_JPEG = ("JPEG", "MPO")  # a phone's picture with a second one behind it: the first is the picture
_SIXTEEN_BITS = ("I", "I;16", "I;16B", "I;16L", "I;16N")
_START_OF_SCAN = b"\xff\xda"
_MAX_SCANS = 100

# What Pillow raises on broken bytes, by design or not.
_BROKEN = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError,
    OverflowError, EOFError, RuntimeError, AssertionError, struct.error, zlib.error,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What a picture may be at most; it is measured on the header, before anything is decoded."""

    file_bytes: int = 20 * 1024 * 1024
    pixels: int = 40_000_000
    side: int = 16_383  # WebP's own limit
    frames: int = 1


@dataclass(frozen=True, slots=True)
class NormalisedImage:
    """A picture to store. The hashes are hex SHA-256.

    ``pixel_sha256`` is of the decoded, upright RGB pixels with their size: two encodings of one
    picture share it. ``file_sha256`` is of the bytes that were uploaded.
    """

    data: bytes
    media_type: str
    width: int
    height: int
    pixel_sha256: str
    file_sha256: str


DEFAULT_LIMITS = ImageLimits()


def normalise(data: bytes, *, limits: ImageLimits = DEFAULT_LIMITS) -> NormalisedImage:
    """Decode PNG, JPEG or WebP (by content) and encode it anew; FormatError says what is wrong.

    The picture is turned upright as its EXIF says, transparency is laid on white, 16 bits become
    eight, CMYK, grey and palettes become RGB. Metadata and colour profiles are left behind.
    """
    if len(data) > limits.file_bytes:
        detail = f"The file has {len(data):,} bytes; at most {limits.file_bytes:,} are taken."
        raise FormatError(code="image_file_too_large", detail=detail)
    with _open(data, limits) as image:
        _check_header(image, data, limits)
        try:
            image.load()
            picture = _rgb(_upright(image))
        except _BROKEN as error:
            detail = f"The picture is cut short or damaged: {error}."
            raise FormatError(code="image_truncated", detail=detail) from None
    encoded = io.BytesIO()
    picture.info = {}  # else saving writes the profile that came with it
    # Lossless, so that models and people see the uploaded pixels, and the stored file still decodes
    # to pixel_sha256. WebP at its lowest effort: on published InterMT pictures of 450 to 900 pixels
    # it takes 10 to 30 ms and is 10 to 28 % smaller than PNG at its default level, which takes 60
    # to 190 ms. JPEG sources grow about threefold; a second lossy pass would change the pixels.
    picture.save(encoded, "WEBP", lossless=True, method=0, quality=0)
    return NormalisedImage(
        data=encoded.getvalue(),
        media_type="image/webp",
        width=picture.width,
        height=picture.height,
        pixel_sha256=pixel_sha256(picture),
        file_sha256=hashlib.sha256(data).hexdigest(),
    )


def pixel_sha256(picture: Image.Image) -> str:
    """Return the hex SHA-256 of an RGB picture: mode, size and raw pixels."""
    digest = hashlib.sha256(f"{picture.mode} {picture.width}x{picture.height}\n".encode())
    digest.update(picture.tobytes())
    return digest.hexdigest()


def _open(data: bytes, limits: ImageLimits) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels(limits) from None
    except _BROKEN:
        detail = "Only PNG, JPEG and WebP pictures are taken, and this is none, or its header is damaged."
        if not data:
            detail = "The file is empty."
        raise FormatError(code="image_format_refused", detail=detail) from None


def _check_header(image: Image.Image, data: bytes, limits: ImageLimits) -> None:
    width, height = image.size
    if width * height > limits.pixels or max(width, height) > limits.side:
        raise _too_many_pixels(limits)
    if image.format in _JPEG:
        # Each scan of a progressive picture is a pass over all of it, however few bytes it has.
        if data.count(_START_OF_SCAN) > _MAX_SCANS:
            detail = f"The JPEG has more than {_MAX_SCANS} scans; save it anew."
            raise FormatError(code="image_too_many_scans", detail=detail)
        return
    frames = getattr(image, "n_frames", 1)
    if frames > limits.frames:
        detail = f"The picture is animated ({frames} frames); give one frame as a still picture."
        raise FormatError(code="image_too_many_frames", detail=detail)


def _too_many_pixels(limits: ImageLimits) -> FormatError:
    detail = (
        f"The picture is larger than {limits.pixels:,} pixels or {limits.side:,} on a side; scale it down."
    )
    return FormatError(code="image_too_many_pixels", detail=detail)


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except _BROKEN:  # EXIF that cannot be read turns nothing
        return image


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode in _SIXTEEN_BITS:
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if not image.has_transparency_data:
        return image.convert("RGB")
    layered = image.convert("RGBA")
    white = Image.new("RGB", layered.size, "white")
    white.paste(layered, mask=layered.getchannel("A"))
    return white
