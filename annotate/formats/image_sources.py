"""A folder or a zip archive as a source of named images; nothing outside it can be reached.

A reference such as ``images/x.png`` is a path below the folder or the archive's root. Failing that,
the one file of that base name is meant, wherever it lies; if there are several, the reference is
refused. Names are compared in Unicode form NFC. Addresses (``http:``, ``file:``, ``data:``) are
refused: nothing is ever fetched.
"""

from __future__ import annotations

import io
import os
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Protocol, Self

from annotate.formats.fields import MAX_REFERENCE
from annotate.formats.records import FormatError

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|\\\\")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CHUNK = 64 * 1024
_MAX_NAME = 255  # bytes, of one name in any file system
_DAMAGED = (zipfile.BadZipFile, NotImplementedError, RuntimeError, UnicodeError, OverflowError, struct.error)
_ARCHIVES = {".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar", ".zst"}
_SYSTEM_FILES = ("__MACOSX/", ".DS_Store", "Thumbs.db")


@dataclass(frozen=True, slots=True)
class SourceLimits:
    """What a source may hold; sizes are of unpacked bytes."""

    file_bytes: int = 20 * 1024 * 1024
    total_bytes: int = 256 * 1024**3
    files: int = 500_000
    ratio: int = 200  # unpacked to packed, for members over a megabyte
    directory_bytes: int = 64 * 1024 * 1024  # of a zip's own table, read at once


DEFAULT_LIMITS = SourceLimits()


class ImageSource(Protocol):
    """Named images; a context manager, because an archive stays open."""

    def read(self, reference: str) -> bytes | None:
        """Return the file's bytes, None when there is none; FormatError when it must not be read."""

    def close(self) -> None:
        """Close the archive."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *error: object) -> None: ...


def open_source(path: Path, *, limits: SourceLimits = DEFAULT_LIMITS) -> ImageSource:
    """Open a folder or a zip archive; FormatError when it is neither, or not a safe one."""
    if path.is_dir():
        return FolderSource(path, limits)
    if path.is_file():
        return ZipSource(path, limits)
    detail = f"There is no folder or zip archive {path.name}."
    raise FormatError(code="images_missing", detail=detail)


def clean_reference(reference: str) -> str:
    """Return a reference as a relative path in NFC; FormatError when it points outside."""
    name = unicodedata.normalize("NFC", reference)
    if _ADDRESS.match(name):
        detail = "Images are never fetched; name a file of the images folder or archive."
        raise _refused("image_reference_address", detail, reference)
    path = PurePosixPath(name.replace("\\", "/"))
    too_long = len(name) > MAX_REFERENCE or any(len(part.encode()) > _MAX_NAME for part in path.parts)
    if path.is_absolute() or ".." in path.parts or _CONTROL.search(name) or too_long:
        detail = "Wanted a path below the images folder or archive, without .. and control characters."
        raise _refused("image_reference_unsafe", detail, reference)
    return str(path)


class _Names:
    """Finds a file by its path or, failing that, by its base name if only one file has it."""

    def __init__(self) -> None:
        self.paths: dict[str, str] = {}  # in NFC -> as the folder or archive spells it
        self.base_names: dict[str, str | None] = {}  # None: several files have it

    def add(self, name: str) -> None:
        clean = str(PurePosixPath(unicodedata.normalize("NFC", name).replace("\\", "/")))
        self.paths[clean] = name
        base = clean.rpartition("/")[2]
        self.base_names[base] = None if base in self.base_names else name

    def find(self, clean: str, reference: str) -> str | None:
        if found := self.paths.get(clean):
            return found
        base = clean.rpartition("/")[2]
        found = self.base_names.get(base, "")
        if found is None:
            detail = f"Several files are called {base}; give the path below the images folder."
            raise _refused("image_reference_ambiguous", detail, reference)
        return found or None


class FolderSource:
    """The regular files of a folder; links are followed only to files inside it."""

    def __init__(self, root: Path, limits: SourceLimits) -> None:
        self._root = root.resolve()
        self._limits = limits
        self._names: _Names | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is open."""

    def read(self, reference: str) -> bytes | None:
        """Return the file's bytes, None when there is none."""
        clean = clean_reference(reference)
        path = self._root / clean
        if not path.is_file():
            found = self._walk().find(clean, reference)
            if found is None:
                return None
            path = self._root / found
        try:
            real = path.resolve()
            if real.is_relative_to(self._root) and real.is_file():
                with real.open("rb") as stream:
                    return _read_bounded(stream, self._limits.file_bytes, reference)
        except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
            raise _refused("image_unreadable", f"The file cannot be read: {error}.", reference) from None
        detail = "Only plain files are read, and links only to those inside the images folder."
        raise _refused("image_reference_unsafe", detail, reference)

    def _walk(self) -> _Names:
        """List the folder once, when a reference is first not found as it stands."""
        if self._names is None:
            self._names = _Names()
            for folder, _, files in os.walk(self._root):
                for file in files:
                    self._names.add(Path(folder, file).relative_to(self._root).as_posix())
                if len(self._names.paths) > self._limits.files:
                    detail = f"The images folder holds more than {self._limits.files:,} files."
                    raise FormatError(code="images_too_many", detail=detail)
        return self._names


class ZipSource:
    """The members of a zip archive, unpacked one at a time in memory."""

    def __init__(self, path: Path, limits: SourceLimits) -> None:
        self._limits = limits
        self._stream = _SmallReads(path, limits.directory_bytes)
        try:
            self._zip = zipfile.ZipFile(self._stream)
            self._names = self._checked_names()
        except FormatError:
            self._stream.close()
            raise
        except _DAMAGED as error:
            self._stream.close()
            detail = f"The images are not a zip archive that can be read ({error}). Pack them as .zip again."
            raise FormatError(code="archive_damaged", detail=detail) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the archive."""
        self._zip.close()
        self._stream.close()

    def read(self, reference: str) -> bytes | None:
        """Return the member's bytes, None when there is none."""
        found = self._names.find(clean_reference(reference), reference)
        if found is None:
            return None
        try:
            with self._zip.open(found) as member:
                return _read_bounded(member, self._limits.file_bytes, reference)
        except (*_DAMAGED, OSError, EOFError, zlib.error) as error:
            detail = f"The archive is damaged here: {error}."
            raise _refused("archive_damaged", detail, reference) from None

    def _checked_names(self) -> _Names:
        members = [one for one in self._zip.infolist() if not _is_ignored(one)]
        if len(members) > self._limits.files:
            detail = f"The archive holds more than {self._limits.files:,} files."
            raise FormatError(code="images_too_many", detail=detail)
        if sum(one.file_size for one in members) > self._limits.total_bytes:
            detail = f"The archive unpacks to more than {self._limits.total_bytes:,} bytes."
            raise FormatError(code="archive_too_large", detail=detail)
        names, seen = _Names(), set[str]()
        for member in members:
            _check_member(member, self._limits)
            folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", member.filename).casefold())
            if folded in seen:
                detail = "Two members have this name, or differ only in case or Unicode form; rename one."
                raise _refused("archive_names_collide", detail, member.filename)
            seen.add(folded)
            names.add(member.filename)
        return names


class _SmallReads(io.FileIO):
    """A file that refuses to read very much at once.

    zipfile reads a whole central directory in one go, whatever number of entries it claims, and
    makes an object of each entry before its caller can count them.
    """

    def __init__(self, path: Path, most: int) -> None:
        super().__init__(path, "rb")
        self._most = most

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self._most:
            detail = (
                f"The archive's table of contents is larger than {self._most:,} bytes; split the archive."
            )
            raise FormatError(code="images_too_many", detail=detail)
        return super().read(size) or b""


def _is_ignored(member: zipfile.ZipInfo) -> bool:
    name = member.filename
    return member.is_dir() or name.startswith(_SYSTEM_FILES) or name.endswith(_SYSTEM_FILES)


def _check_member(member: zipfile.ZipInfo, limits: SourceLimits) -> None:
    """Refuse an archive that holds what no archive of pictures holds."""
    name = member.filename
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise _refused("archive_link", "The archive holds a link or a device; pack plain files.", name)
    if member.flag_bits & 1:
        raise _refused("archive_encrypted", "The archive is encrypted; pack it without a password.", name)
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _refused("archive_method", "Only stored and deflated members can be read; pack it anew.", name)
    if PurePosixPath(name).suffix.lower() in _ARCHIVES:
        raise _refused("archive_nested", "The archive holds another archive; unpack that first.", name)
    if member.file_size > max(limits.ratio * member.compress_size, 1024 * 1024):
        raise _refused("archive_bomb", f"A member unpacks to more than {limits.ratio} times its size.", name)
    clean_reference(name)


def _read_bounded(stream: IO[bytes], most: int, reference: str) -> bytes:
    """Read to the end, but never more than ``most`` bytes whatever the header claims."""
    pieces, size = [], 0
    while piece := stream.read(_CHUNK):
        size += len(piece)
        if size > most:
            detail = f"The file has more than {most:,} bytes."
            raise _refused("image_file_too_large", detail, reference)
        pieces.append(piece)
    return b"".join(pieces)


def _refused(code: str, detail: str, reference: str) -> FormatError:
    shown = reference if len(reference) <= 120 else reference[:120] + "…"  # noqa: PLR2004, for reading
    return FormatError(code=code, detail=detail, place=repr(shown))
