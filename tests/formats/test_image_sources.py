from __future__ import annotations

import os
import stat
import struct
import unicodedata
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from annotate.formats.image_sources import SourceLimits, open_source
from annotate.formats.records import FormatError

FILES = {"images/a.png": b"A", "images/b.png": b"B", "other/b.png": b"BB", "deep/er/c.png": b"C"}


def folder(where: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (where / "pictures" / name).parent.mkdir(parents=True, exist_ok=True)
        (where / "pictures" / name).write_bytes(data)
    return where / "pictures"


def archive(where: Path, files: dict[str, bytes]) -> Path:
    path = where / "pictures.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return path


Make = Callable[[Path, dict[str, bytes]], Path]
both = pytest.mark.parametrize("make", [folder, archive])


@both
def test_a_reference_is_a_path_or_else_the_only_such_name(make: Make, tmp_path: Path) -> None:
    with open_source(make(tmp_path, FILES)) as source:
        assert source.read("images/a.png") == b"A"
        assert source.read("./images//a.png") == b"A"
        assert source.read("images\\a.png") == b"A"
        assert source.read("other/b.png") == b"BB"
        assert source.read("c.png") == b"C"
        assert source.read("somewhere/else/c.png") == b"C"
        assert source.read("nowhere.png") is None
        assert source.read("images/A.PNG") is None
        assert source.read("images") is None


@both
def test_names_are_one_in_every_unicode_form(make: Make, tmp_path: Path) -> None:
    for stored, asked in (("NFC", "NFD"), ("NFD", "NFC")):
        where = tmp_path / stored
        where.mkdir()
        source = open_source(make(where, {unicodedata.normalize(stored, "images/é.png"): b"E"}))  # type: ignore[arg-type]
        with source:
            assert source.read(unicodedata.normalize(asked, "images/é.png")) == b"E"  # type: ignore[arg-type]


UNSAFE = {
    "http://example.org/a.png": "image_reference_address",
    "HTTPS://169.254.169.254/latest": "image_reference_address",
    "file:///etc/passwd": "image_reference_address",
    "data:image/png;base64,AAAA": "image_reference_address",
    "//example.org/a.png": "image_reference_address",
    "\\\\host\\share\\a.png": "image_reference_address",
    "C:\\a.png": "image_reference_address",
    "/etc/passwd": "image_reference_unsafe",
    "../a.png": "image_reference_unsafe",
    "images/../../a.png": "image_reference_unsafe",
    "images\\..\\..\\a.png": "image_reference_unsafe",
    "a\0.png": "image_reference_unsafe",
    "a.png\r\nSet-Cookie: x": "image_reference_unsafe",
    "x" * 5000: "image_reference_unsafe",
    "x" * 300: "image_reference_unsafe",
    "b.png": "image_reference_ambiguous",
}


@both
@pytest.mark.parametrize(("reference", "code"), UNSAFE.items(), ids=[name[:30] for name in UNSAFE])
def test_a_reference_that_leads_elsewhere_is_refused(
    make: Make, tmp_path: Path, reference: str, code: str
) -> None:
    with open_source(make(tmp_path, FILES)) as source, pytest.raises(FormatError) as caught:
        source.read(reference)

    assert caught.value.code == code
    assert len(caught.value.place) < 150


@both
def test_a_file_over_the_limit_is_refused(make: Make, tmp_path: Path) -> None:
    with open_source(make(tmp_path, {"a": b"12345"}), limits=SourceLimits(file_bytes=5)) as source:
        assert source.read("a") == b"12345"
    with (
        open_source(make(tmp_path, {"a": b"123456"}), limits=SourceLimits(file_bytes=5)) as source,
        pytest.raises(FormatError) as caught,
    ):
        source.read("a")

    assert caught.value.code == "image_file_too_large"


def test_links_are_followed_inside_the_folder_only(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"no")
    root = folder(tmp_path, FILES)
    (root / "near.png").symlink_to(root / "images/a.png")
    (root / "far.png").symlink_to(tmp_path / "secret")
    (root / "up").symlink_to(tmp_path)
    (root / "loop").symlink_to(root / "loop")

    with open_source(root) as source:
        assert source.read("near.png") == b"A"
        for reference, code in (
            ("far.png", "image_reference_unsafe"),
            ("up/secret", "image_reference_unsafe"),
            ("elsewhere/far.png", "image_reference_unsafe"),
            ("loop", "image_unreadable"),
        ):
            with pytest.raises(FormatError) as caught:
                source.read(reference)
            assert caught.value.code == code


def test_pipes_and_devices_in_a_folder_are_not_read(tmp_path: Path) -> None:
    root = folder(tmp_path, FILES)
    os.mkfifo(root / "pipe.png")

    with open_source(root) as source, pytest.raises(FormatError):
        source.read("pipe.png")


def test_a_folder_of_very_many_files_is_refused_when_it_must_be_searched(tmp_path: Path) -> None:
    with open_source(folder(tmp_path, FILES), limits=SourceLimits(files=3)) as source:
        assert source.read("images/a.png") == b"A"
        with pytest.raises(FormatError) as caught:
            source.read("c.png")

    assert caught.value.code == "images_too_many"


def zip_of(
    where: Path, *members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED
) -> Path:
    path = where / "made.zip"
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", method) as made:
        warnings.simplefilter("ignore")  # zipfile warns of duplicate names, which are wanted here
        for name, data in members:
            made.writestr(name, data)
    return path


def link() -> zipfile.ZipInfo:
    made = zipfile.ZipInfo("link.png")
    made.external_attr = (stat.S_IFLNK | 0o777) << 16
    return made


def with_flag(path: Path) -> Path:
    """Set the flag of encryption in both headers of the only member."""
    data = bytearray(path.read_bytes())
    for signature, position in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + position] |= 1
    path.write_bytes(data)
    return path


ARCHIVES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a link": (lambda where: zip_of(where, (link(), b"/etc/passwd")), "archive_link"),
    "a path out of it": (lambda where: zip_of(where, ("../../x.png", b"x")), "image_reference_unsafe"),
    "an absolute path": (lambda where: zip_of(where, ("/etc/x.png", b"x")), "image_reference_unsafe"),
    "a drive": (lambda where: zip_of(where, ("C:/x.png", b"x")), "image_reference_address"),
    "a name twice": (lambda where: zip_of(where, ("a.png", b"1"), ("a.png", b"2")), "archive_names_collide"),
    "names that differ in case": (
        lambda where: zip_of(where, ("a.png", b"1"), ("A.PNG", b"2")),
        "archive_names_collide",
    ),
    "names that differ in Unicode form": (
        lambda where: zip_of(where, ("\u00e9.png", b"1"), ("e\u0301.png", b"2")),
        "archive_names_collide",
    ),
    "an archive inside": (lambda where: zip_of(where, ("more.ZIP", b"PK")), "archive_nested"),
    "encryption": (lambda where: with_flag(zip_of(where, ("a.png", b"1"))), "archive_encrypted"),
    "a bomb": (lambda where: zip_of(where, ("a.png", b"\0" * 3_000_000)), "archive_bomb"),
    "another method": (
        lambda where: zip_of(where, ("a.png", b"1"), method=zipfile.ZIP_LZMA),
        "archive_method",
    ),
    "too many files": (
        lambda where: zip_of(where, *((f"{n}.png", b"") for n in range(11))),
        "images_too_many",
    ),
    "too much in all": (
        lambda where: zip_of(where, *((f"{n}.png", os.urandom(90_000)) for n in range(10))),
        "archive_too_large",
    ),
    "a very long table of contents": (
        lambda where: zip_of(where, *(("x" * 200 + str(n), b"") for n in range(9))),
        "images_too_many",
    ),
    "no archive at all": (lambda where: folder(where, {"x": b"hello"}) / "x", "archive_damaged"),
    "an archive cut short": (lambda where: cut(zip_of(where, ("a.png", b"1"))), "archive_damaged"),
    "nothing there": (lambda where: where / "missing.zip", "images_missing"),
}


def cut(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:-10])
    return path


@pytest.mark.parametrize(("make", "code"), ARCHIVES.values(), ids=ARCHIVES.keys())
def test_an_unsafe_archive_is_refused_as_a_whole(
    make: Callable[[Path], Path], code: str, tmp_path: Path
) -> None:
    limits = SourceLimits(
        files=10, total_bytes=5_000_000 if code == "archive_bomb" else 800_000, directory_bytes=2000
    )

    with pytest.raises(FormatError) as caught:
        open_source(make(tmp_path), limits=limits)

    assert caught.value.code == code


def test_a_member_that_lies_about_its_size_is_not_unpacked_further(tmp_path: Path) -> None:
    path = zip_of(tmp_path, ("a.png", b"x" * 100_000))
    data = bytearray(path.read_bytes())
    for signature, position in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.index(signature) + position, 10)
    path.write_bytes(data)

    with open_source(path) as source, pytest.raises(FormatError) as caught:
        source.read("a.png")

    assert caught.value.code == "archive_damaged"


def test_what_systems_leave_in_archives_is_ignored(tmp_path: Path) -> None:
    path = zip_of(
        tmp_path,
        ("__MACOSX/._a.png", b"x"),
        ("images/.DS_Store", b"x"),
        ("dir/", b""),
        ("images/a.png", b"A"),
    )

    with open_source(path) as source:
        assert source.read("a.png") == b"A"
        assert source.read("._a.png") is None
