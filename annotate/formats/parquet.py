"""Parquet files of one table: bounded row groups, bounded shards, hashed while they are written."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from annotate.formats.schema import IMAGE, with_features


@dataclass(frozen=True, slots=True)
class Limits:
    """A row group holds at most ``rows`` and about ``group_bytes`` in memory, a file ``shard_bytes``.

    Tables full of text or pictures reach the bytes long before the rows.
    """

    rows: int = 100_000
    group_bytes: int = 32 * 1024 * 1024
    shard_bytes: int = 512 * 1024 * 1024


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A finished file: name within its folder, hex SHA-256, size in bytes; rows and table if it has any."""

    name: str
    sha256: str
    bytes: int
    rows: int | None = None
    table: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as the manifest lists it."""
        return {key: value for key, value in asdict(self).items() if value is not None}


class _HashedFile(io.RawIOBase):
    """An append-only file that hashes what passes through it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("xb")
        self._hash = hashlib.sha256()
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 - any buffer
        view = memoryview(data)
        self._hash.update(view)
        self._file.write(view)
        self._size += view.nbytes
        return view.nbytes

    def tell(self) -> int:
        return self._size

    def close(self) -> None:
        """Close it with everything on disk, so that a rename cannot publish a hole."""
        if not self.closed:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        super().close()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


def write_file(folder: Path, name: str, data: bytes) -> WrittenFile:
    """Write a whole small file durably."""
    with _HashedFile(folder / name) as file:
        file.write(data)
    return WrittenFile(name, file.sha256, len(data))


class TableWriter:
    """Writes record batches of one table to ``<table>-00000.parquet`` and so on, zstd-compressed.

    Memory stays at about one row group. An empty table becomes one file without rows, so that readers
    find its columns. A file is at most
    ``shard_bytes`` plus its footer unless one row alone is larger.
    """

    def __init__(self, folder: Path, table: str, schema: pa.Schema, limits: Limits = DEFAULT_LIMITS) -> None:
        self._folder = folder
        self._table = table
        self._schema = with_features(schema)
        self._limits = limits
        self._pending: list[pa.RecordBatch] = []
        self._pending_rows = 0
        self._pending_bytes = 0
        self._file: _HashedFile | None = None
        self._writer: pq.ParquetWriter | None = None
        self._shard_rows = 0
        self.files: list[WrittenFile] = []

    @property
    def rows(self) -> int:
        """Rows taken so far."""
        return sum(file.rows or 0 for file in self.files) + self._shard_rows + self._pending_rows

    def write(self, batch: pa.RecordBatch) -> None:
        """Take a batch; a full row group goes to disk."""
        limits = self._limits
        while batch.num_rows:
            taken = batch.slice(0, limits.rows - self._pending_rows)
            batch = batch.slice(taken.num_rows)
            if self._pending and self._pending_bytes + taken.nbytes > limits.group_bytes:
                self._write_group()
            self._pending.append(taken)
            self._pending_rows += taken.num_rows
            self._pending_bytes += taken.nbytes
            if self._pending_rows >= limits.rows or self._pending_bytes >= limits.group_bytes:
                self._write_group()

    def write_all(self, batches: Iterable[pa.RecordBatch]) -> list[WrittenFile]:
        """Write everything and close; return the files."""
        try:
            for batch in batches:
                self.write(batch)
            self._write_group()
            if not self.files and self._writer is None:
                self._open()
        finally:
            self._close_shard()
        return self.files

    def _open(self) -> pq.ParquetWriter:
        name = f"{self._table}-{len(self.files):05}.parquet"
        self._file = _HashedFile(self._folder / name)
        # Pictures are compressed already; a dictionary or a minimum of them would only fill memory.
        plain = IMAGE in self._schema.types
        self._writer = pq.ParquetWriter(
            self._file,
            self._schema,
            compression="none" if plain else "zstd",
            use_dictionary=not plain,
            write_statistics=not plain,
        )
        return self._writer

    def _write_group(self) -> None:
        if not self._pending:
            return
        if self._file is not None and self._file.tell() + self._pending_bytes > self._limits.shard_bytes:
            self._close_shard()
        writer = self._writer or self._open()
        group = pa.Table.from_batches(self._pending).replace_schema_metadata(self._schema.metadata)
        writer.write_table(group, row_group_size=self._pending_rows)
        self._shard_rows += self._pending_rows
        self._pending, self._pending_rows, self._pending_bytes = [], 0, 0

    def _close_shard(self) -> None:
        if self._writer is None or self._file is None:
            return
        name = f"{self._table}-{len(self.files):05}.parquet"
        self._writer.close()
        self._file.close()
        size = self._file.tell()
        self.files.append(WrittenFile(name, self._file.sha256, size, self._shard_rows, self._table))
        self._writer, self._file, self._shard_rows = None, None, 0
