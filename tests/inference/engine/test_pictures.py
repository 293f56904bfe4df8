from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow
from PIL import ImageOps

from inference.engine import pictures
from inference.engine.pictures import PictureError, inspect, pixels
from inference.types import Image

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def encoded(picture: Pillow.Image, kind: str = "PNG", **options: Any) -> Image:
    file = BytesIO()
    picture.save(file, kind, **options)
    return Image(source=file.getvalue())


def near(picture: Pillow.Image, place: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    found = picture.getpixel(place)
    assert isinstance(found, tuple)
    return all(abs(have - want) < 30 for have, want in zip(found, colour, strict=True))


def test_a_turned_photograph_is_looked_at_upright() -> None:
    stored = Pillow.new("RGB", (40, 20), RED)
    stored.paste(BLUE, (0, 0, 20, 20))
    exif = Pillow.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    source = inspect(encoded(stored, "JPEG", exif=exif, quality=95))
    upright = pixels(source)

    assert (source.width, source.height) == upright.size == (20, 40)
    assert near(upright, (10, 5), BLUE)
    assert near(upright, (10, 35), RED)


def palette() -> Pillow.Image:
    made = Pillow.new("P", (4, 4), 0)
    made.putpalette([*RED, *BLUE])
    made.info["transparency"] = 0
    return made


@pytest.mark.parametrize(
    "clear",
    [Pillow.new("RGBA", (4, 4), (*RED, 0)), Pillow.new("LA", (4, 4), (30, 0)), palette()],
    ids=["RGBA", "LA", "P"],
)
def test_what_is_transparent_is_white(clear: Pillow.Image) -> None:
    options: dict[str, Any] = {"transparency": 0} if clear.mode == "P" else {}
    seen = pixels(inspect(encoded(clear, **options)))

    assert (seen.mode, seen.getpixel((1, 1))) == ("RGB", WHITE)


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert pixels(inspect(encoded(Pillow.new("RGB", (4, 4), WHITE).convert(mode), kind))).mode == "RGB"


def test_a_file_that_is_no_picture_or_cut_short_is_the_items_own_error(tmp_path: Path) -> None:
    whole = encoded(Pillow.effect_noise((60, 60), 50).convert("RGB"))
    assert isinstance(whole.source, bytes)
    with pytest.raises(PictureError, match="no PNG, JPEG or WebP") as no_picture:
        inspect(Image(source=b"GIF89a no"))
    cut = inspect(Image(source=whole.source[: len(whole.source) // 2]))
    with pytest.raises(PictureError) as short:
        pixels(cut)
    with pytest.raises(PictureError, match="cannot read") as gone:
        inspect(Image(source=tmp_path / "gone.png"))

    assert [one.value.error.code for one in (no_picture, short, gone)] == [
        "bad_image",
        "bad_image",
        "unreadable_image",
    ]


def test_a_bomb_is_refused_by_its_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "PIXEL_LIMIT", 99)
    with pytest.raises(PictureError, match="100 pixels; at most 99") as refused:
        inspect(encoded(Pillow.new("RGB", (10, 10))))
    assert refused.value.error.code == "image_too_large"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pictures_are_turned_as_pillow_turns_them(kind: str, orientation: int) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    noise = Pillow.effect_noise((32, 16), 80).convert("RGB")
    image = encoded(noise, kind, exif=exif, **({} if kind == "PNG" else {"quality": 100}))
    assert isinstance(image.source, bytes)
    expected = ImageOps.exif_transpose(Pillow.open(BytesIO(image.source))).convert("RGB")
    source = inspect(image)

    assert (source.width, source.height) == expected.size
    assert pixels(source).tobytes() == expected.tobytes()
