"""The images of a release: listed inside the transaction, read from the store after it.

Reading a large store takes long; a transaction that stays open meanwhile would keep the server from
tidying up. Image rows and files never change, so reading them later gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
from django.core.files.storage import default_storage

from annotate.formats.schema import TABLES
from annotate.refusal import Refusal

BATCH_BYTES = 4 * 1024 * 1024
READERS = 4  # an object store answers slowly; this many images are in memory beyond one row group


def spool(batches: Iterable[pa.RecordBatch], file: Path) -> None:
    """Keep the list of images in a file until the transaction is over."""
    writer = None
    with pa.OSFile(str(file), "wb") as sink:
        for batch in batches:
            writer = writer or pa.ipc.new_file(sink, batch.schema)
            writer.write_batch(batch)
        if writer:
            writer.close()


class Pictures:
    """Reads the bytes of spooled images in bounded batches; counts what is missing where that is allowed."""

    def __init__(self, file: Path, *, allow_missing: bool) -> None:
        self._file = file
        self._allow_missing = allow_missing
        self.missing: list[str] = []

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield rows of the ``images`` table; Refusal when a file is gone or not what was stored."""
        rows: list[dict[str, Any]] = []
        size = 0
        for row in self._rows():
            content = row["image"]["bytes"] if row["image"] else b""
            if rows and size + len(content) > BATCH_BYTES:
                yield pa.RecordBatch.from_pylist(rows, schema=TABLES["images"])
                rows, size = [], 0
            rows.append(row)
            size += len(content)
        if rows:
            yield pa.RecordBatch.from_pylist(rows, schema=TABLES["images"])

    def _rows(self) -> Iterator[dict[str, Any]]:
        listed = self._listed()
        with ThreadPoolExecutor(READERS) as pool:
            while some := list(islice(listed, READERS)):
                yield from pool.map(self._row, some)

    def _listed(self) -> Iterator[dict[str, Any]]:
        if not self._file.stat().st_size:
            return
        with pa.OSFile(str(self._file)) as source, pa.ipc.open_file(source) as reader:
            for number in range(reader.num_record_batches):
                yield from reader.get_batch(number).to_pylist()

    def _row(self, listed: dict[str, Any]) -> dict[str, Any]:
        content = self._read(listed)
        name = f"{listed['id']}{PurePosixPath(listed['file']).suffix}"
        plain = {name: listed[name] for name in ("id", "sha256", "media_type", "width", "height")}
        return {**plain, "image": None if content is None else {"bytes": content, "path": name}}

    def _read(self, listed: dict[str, Any]) -> bytes | None:
        try:
            with default_storage.open(listed["file"], "rb") as file:
                content: bytes = file.read()
        except FileNotFoundError:
            content = b""
        if len(content) == listed["size"]:
            return content
        if self._allow_missing:
            self.missing.append(listed["id"])
            return None
        detail = (
            f"The file of image {listed['id']} ({listed['file']}) has {len(content):,} bytes in the store"
            f" instead of {listed['size']:,}. Restore it from a backup, or export with missing images allowed."
        )
        raise Refusal.because("image_missing", detail)
