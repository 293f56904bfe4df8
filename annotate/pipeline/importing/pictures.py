"""The pictures of one import: found by reference, checked, re-encoded, stored once per project.

A file is written before the row that names it, and to a name made of its content: what a killed
import leaves behind is an orphan that the next one takes up, never a row without its file.
"""

from __future__ import annotations

import uuid
from collections import OrderedDict
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from annotate.formats.image_sources import ImageSource, clean_reference
from annotate.formats.images import NormalisedImage, normalise
from annotate.formats.records import FormatError
from annotate.formats.strict_json import join_place

_REMEMBERED = 50_000  # references; bounds memory, a forgotten one is only read again


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is really there. ``sha256`` is of its pixels, ``size`` in bytes."""

    sha256: str
    file: str
    media_type: str
    width: int
    height: int
    size: int


class Pictures:
    """Finds pictures by the names that a file gives them."""

    def __init__(
        self, source: ImageSource | None, project: uuid.UUID, *, allow_missing: bool, dry_run: bool
    ) -> None:
        self._source = source
        self._project = project
        self._allow_missing = allow_missing
        self._dry_run = dry_run
        self._found: OrderedDict[str, Picture | None] = OrderedDict()

    def find(self, reference: str, place: str) -> Picture | None:
        """Return the picture of this name; None where none is named or it may be missing.

        FormatError (``image_missing``, or what is wrong with the picture) names place and reference.
        """
        if not reference:
            return None
        if reference in self._found:
            self._found.move_to_end(reference)
        else:
            self._found[reference] = self._read(reference, place)
            if len(self._found) > _REMEMBERED:
                self._found.popitem(last=False)
        picture = self._found[reference]
        if picture is None and not self._allow_missing:
            detail = f"The image “{reference}” is not there. Add it to the images, or allow missing images."
            raise FormatError(code="image_missing", detail=detail, place=place)
        return picture

    def _read(self, reference: str, place: str) -> Picture | None:
        try:
            clean_reference(reference)  # also where nothing is read: an address is never a missing file
            data = self._source.read(reference) if self._source else None
            return None if data is None else self._keep(normalise(data))
        except FormatError as error:
            where = join_place(place, error.place or repr(reference))
            raise FormatError(code=error.code, detail=error.detail, place=where) from None

    def _keep(self, image: NormalisedImage) -> Picture:
        suffix = image.media_type.rpartition("/")[2]
        name = f"images/{self._project}/{image.pixel_sha256}.{suffix}"
        if not self._dry_run:
            name = _write(name, image.data)
        return Picture(
            sha256=image.pixel_sha256,
            file=name,
            media_type=image.media_type,
            width=image.width,
            height=image.height,
            size=len(image.data),
        )


def _write(name: str, data: bytes) -> str:
    if default_storage.exists(name):
        if default_storage.size(name) == len(data):
            return name
        default_storage.delete(name)  # cut short when an import was killed
    # Another import may have written it just now: the storage then chooses another name, which is as good.
    return default_storage.save(name, ContentFile(data))
