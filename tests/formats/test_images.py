"""Every picture here is made by code."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from annotate.formats.images import ImageLimits, normalise, pixel_sha256
from annotate.formats.records import FormatError


def gradient(width: int = 40, height: int = 30) -> Image.Image:
    """Make a picture in which no two corners are alike."""
    red = Image.linear_gradient("L").resize((width, height))
    return Image.merge("RGB", (red, red.transpose(Image.Transpose.ROTATE_180), red.point(lambda v: v // 2)))


def encode(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def decode(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_claiming(width: int, height: int) -> bytes:
    """Make a PNG of a few bytes whose header claims any size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


def refusal(data: bytes, **limits: int) -> str:
    with pytest.raises(FormatError) as caught:
        normalise(data, limits=ImageLimits(**limits))
    return caught.value.code


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_the_pixels_stay_as_they_are(kind: str) -> None:
    data = encode(gradient(), kind, **({"lossless": True} if kind == "WEBP" else {}))

    made = normalise(data)

    assert (made.media_type, made.width, made.height) == ("image/webp", 40, 30)
    assert decode(made.data).tobytes() == gradient().tobytes()
    assert decode(made.data).mode == "RGB"


def test_a_jpeg_is_not_lossy_a_second_time() -> None:
    data = encode(gradient(), "JPEG", quality=60)

    assert decode(normalise(data).data).tobytes() == decode(data).tobytes()


def test_two_encodings_of_one_picture_are_one_picture() -> None:
    first, second = encode(gradient()), encode(gradient(), compress_level=1, pnginfo=text_chunk())

    assert normalise(first).pixel_sha256 == normalise(second).pixel_sha256 == pixel_sha256(gradient())
    assert normalise(first).file_sha256 != normalise(second).file_sha256
    assert normalise(normalise(first).data).pixel_sha256 == normalise(first).pixel_sha256


def test_pictures_of_the_same_bytes_and_another_size_differ() -> None:
    wide, tall = Image.new("RGB", (4, 2)), Image.new("RGB", (2, 4))

    assert normalise(encode(wide)).pixel_sha256 != normalise(encode(tall)).pixel_sha256


def text_chunk() -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "taken at home")
    return info


def exif(orientation: int = 1) -> Image.Exif:
    made = Image.Exif()
    made[0x0112] = orientation
    made[0x010E] = "secret"
    made.get_ifd(0x8825)[2] = (52.0, 31.0, 0.0)
    return made


PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b"<x:xmpmeta>secret</x:xmpmeta>"


@pytest.mark.parametrize(
    "data",
    [
        encode(gradient(), "JPEG", exif=exif(), icc_profile=PROFILE, comment=b"secret", xmp=XMP),
        encode(gradient(), "PNG", exif=exif(), icc_profile=PROFILE, pnginfo=text_chunk()),
        encode(gradient(), "WEBP", exif=exif(), icc_profile=PROFILE, xmp=XMP, lossless=True),
    ],
    ids=["JPEG", "PNG", "WEBP"],
)
def test_no_metadata_is_left(data: bytes) -> None:
    made = normalise(data).data

    assert b"secret" not in made
    assert not decode(made).getexif()
    assert made[12:16] == b"VP8L"  # the plain layout, which has no room for chunks of metadata
    assert not {"exif", "xmp", "icc_profile", "comment"} & set(decode(made).info)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_is_upright(kind: str, orientation: int) -> None:
    made = normalise(encode(gradient(40, 20), kind, exif=exif(orientation)))

    assert (made.width, made.height) == ((40, 20) if orientation <= 4 else (20, 40))


def test_exif_that_cannot_be_read_turns_nothing() -> None:
    data = encode(gradient(), "JPEG", exif=b"Exif\0\0" + b"\xff" * 40)

    assert normalise(data).width == 40


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_transparency_is_laid_on_white(kind: str) -> None:
    clear = Image.new("RGBA", (4, 4), (200, 0, 0, 0))
    half = Image.new("RGBA", (4, 4), (0, 0, 0, 128))
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}

    assert decode(normalise(encode(clear, kind, **options)).data).getpixel((0, 0)) == (255, 255, 255)
    assert decode(normalise(encode(half, kind, **options)).data).getpixel((0, 0)) == (127, 127, 127)


def palette_with_transparency() -> bytes:
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putdata([0, 1])
    return encode(image, transparency=0)


def sixteen_bits() -> bytes:
    image = Image.new("I;16", (2, 1))
    image.putdata([0xFFFF, 0x8000])
    return encode(image)


def cmyk() -> bytes:
    return encode(Image.new("CMYK", (2, 1), (0, 0, 0, 255)), "JPEG", quality=100)


MODES = {
    "grey": (encode(Image.new("L", (2, 1), 7)), [(7, 7, 7)] * 2),
    "black and white": (encode(Image.new("1", (2, 1), 1)), [(255, 255, 255)] * 2),
    "grey with alpha": (encode(Image.new("LA", (2, 1), (0, 0))), [(255, 255, 255)] * 2),
    "palette": (palette_with_transparency(), [(255, 255, 255), (0, 0, 255)]),
    "colour key": (
        encode(Image.new("RGB", (2, 1), (1, 2, 3)), transparency=(1, 2, 3)),
        [(255, 255, 255)] * 2,
    ),
    "16 bits": (sixteen_bits(), [(255, 255, 255), (128, 128, 128)]),
    "CMYK": (cmyk(), [(0, 0, 0)] * 2),
}


@pytest.mark.parametrize(("data", "expected"), MODES.values(), ids=MODES.keys())
def test_every_mode_becomes_rgb_of_eight_bits(data: bytes, expected: list[tuple[int, int, int]]) -> None:
    image = decode(normalise(data).data)

    assert [image.getpixel((x, 0)) for x in range(2)] == expected


def animation(kind: str) -> bytes:
    frames = [Image.new("RGB", (4, 4), (90 * n, 0, 0)) for n in range(3)]
    return encode(frames[0], kind, save_all=True, append_images=frames[1:])


REFUSED = {
    "nothing": (b"", "image_format_refused"),
    "words": (b"hello", "image_format_refused"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>', "image_format_refused"),
    "a page": (b"<!doctype html><script>1</script>", "image_format_refused"),
    "GIF": (encode(gradient(), "GIF"), "image_format_refused"),
    "GIF with a script behind it": (
        encode(gradient(), "GIF") + b"<script>1</script>",
        "image_format_refused",
    ),
    "BMP": (encode(gradient(), "BMP"), "image_format_refused"),
    "TIFF": (encode(gradient(), "TIFF"), "image_format_refused"),
    "PDF": (encode(gradient(), "PDF"), "image_format_refused"),
    "EPS": (encode(gradient(), "EPS"), "image_format_refused"),
    "100 MP in a header": (png_claiming(10_000, 10_000), "image_too_many_pixels"),
    "3 GP in a header": (png_claiming(60_000, 50_000), "image_too_many_pixels"),
    "one long side": (png_claiming(1, 50_000), "image_too_many_pixels"),
    "a header alone": (png_claiming(100, 100), "image_truncated"),
    "no pixels at all": (png_claiming(0, 10), "image_format_refused"),
    "an animated PNG": (animation("PNG"), "image_too_many_frames"),
    "an animated WebP": (animation("WEBP"), "image_too_many_frames"),
    "a PNG cut short": (encode(gradient(400, 400))[:-300], "image_truncated"),
    "a JPEG cut short": (encode(gradient(400, 400), "JPEG")[:-300], "image_truncated"),
    "a WebP cut short": (encode(gradient(400, 400), "WEBP")[:-30], "image_format_refused"),
}


@pytest.mark.parametrize(("data", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_whole_still_picture_is_refused(data: bytes, code: str) -> None:
    assert refusal(data) == code


def test_a_small_file_of_very_many_pixels_is_refused_before_it_is_decoded() -> None:
    data = encode(Image.new("RGB", (9000, 9000)))

    assert len(data) < 300_000
    assert refusal(data) == "image_too_many_pixels"


def test_a_text_that_unpacks_to_very_much_is_refused() -> None:
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 50_000_000))
    data = encode(gradient())

    assert refusal(data[:33] + bomb + data[33:]) in ("image_format_refused", "image_truncated")


def test_the_limits_are_the_callers() -> None:
    data = encode(gradient(40, 30))

    assert refusal(data, file_bytes=len(data) - 1) == "image_file_too_large"
    assert refusal(data, pixels=1199) == refusal(data, side=39) == "image_too_many_pixels"
    assert normalise(data, limits=ImageLimits(file_bytes=len(data), pixels=1200, side=40)).width == 40
    assert normalise(animation("PNG"), limits=ImageLimits(frames=3)).width == 4


def test_the_longest_side_that_is_allowed_can_be_stored() -> None:
    longest = ImageLimits().side

    assert normalise(encode(Image.new("RGB", (longest, 1)))).width == longest


def test_a_jpeg_of_very_many_scans_is_refused() -> None:
    data = encode(gradient(), "JPEG", progressive=True)
    scan = data[data.rfind(b"\xff\xda") : -2]

    assert refusal(data[:-2] + scan * 101 + data[-2:]) == "image_too_many_scans"


def test_what_hangs_behind_a_picture_is_gone() -> None:
    for kind in ("PNG", "JPEG", "WEBP"):
        assert b"<script>" not in normalise(encode(gradient(), kind) + b"<script>alert(1)</script>").data


SEEDS = [
    encode(gradient()),
    encode(gradient(), "JPEG"),
    encode(gradient(), "JPEG", progressive=True, exif=exif(6)),
    encode(gradient(), "WEBP"),
    encode(gradient(), "WEBP", lossless=True, exif=exif(3)),
    animation("WEBP"),
    palette_with_transparency(),
    sixteen_bits(),
]


@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=4)), max_size=4),
    st.none() | st.integers(0, 2000),
)
def test_broken_pictures_raise_nothing_but_a_format_error(
    data: bytes, changes: list[tuple[int, bytes]], length: int | None
) -> None:
    broken = bytearray(data)
    for position, piece in changes:
        broken[position : position + len(piece)] = piece
    try:
        made = normalise(bytes(broken[:length]), limits=ImageLimits(pixels=10_000))
    except FormatError:
        return
    assert pixel_sha256(decode(made.data)) == made.pixel_sha256


@given(st.binary(max_size=100))
def test_arbitrary_bytes_raise_nothing_but_a_format_error(data: bytes) -> None:
    with pytest.raises(FormatError):
        normalise(data)
