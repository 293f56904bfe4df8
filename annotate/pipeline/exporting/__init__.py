"""Releases: frozen, named, hashed copies of a project that training code loads without a converter.

``create`` stores what is wanted, ``run`` writes it; ``unfinished`` is what a sweep hands to ``run`` again.
All tables are read in one transaction and streamed to Parquet in constant memory.
"""

from annotate.pipeline.exporting.filters import FORMATS, Filters
from annotate.pipeline.exporting.releases import (
    Wanted,
    create,
    file_path,
    files,
    folder_of,
    progress_of,
    run,
    unfinished,
)

__all__ = [
    "FORMATS",
    "Filters",
    "Wanted",
    "create",
    "file_path",
    "files",
    "folder_of",
    "progress_of",
    "run",
    "unfinished",
]
