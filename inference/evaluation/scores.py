"""The file of raw scores: what a model said, kept so that metrics can be computed again without it.

The first line says which run the scores are of: ``{"run": {"benchmark", "file_sha256", "configuration",
"scorer"}}``. Every other line is one of OUT.jsonl, its id the item's place in the benchmark file. Lines are
added batch by batch; of several lines with one id the last holds, and a last line that breaks off is none.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

import msgspec

from inference.evaluation.cases import EvaluationError
from inference.types import ItemError, Result, ScorerInfo, StepScore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_START = b'{"run":'


class Run(msgspec.Struct, frozen=True):
    """What must be the same for scores to be of one run."""

    benchmark: str
    file_sha256: str
    configuration: str
    scorer: ScorerInfo


class _Head(msgspec.Struct):
    run: Run


class _Step(msgspec.Struct):
    text: str
    score: float


class _Line(msgspec.Struct):
    id: str
    value: float | None = None
    steps: list[_Step] | None = None
    dimensions: dict[str, float] | None = None
    error: ItemError | None = None


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(path: Path) -> tuple[Run, dict[str, Result]] | None:
    """Return the run and its results by id; None for a file without a whole line.

    EvaluationError for what is no file of raw scores, OSError for what cannot be read.
    """
    data = path.read_bytes()
    if data and not data.startswith(_START):  # else `adding` would cut off a stranger's only line
        raise EvaluationError(f"{path}: is no file of raw scores made by --scores")
    lines = data.split(b"\n")[:-1]
    if not lines:
        return None
    try:
        run = msgspec.json.decode(lines[0], type=_Head).run
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path}: line 1: {error}") from None
    results = {}
    for number, line in enumerate(lines[1:], start=2):
        try:
            found = msgspec.json.decode(line, type=_Line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise EvaluationError(f"{path}: line {number}: {error}") from None
        if found.value is None and found.error is None:
            raise EvaluationError(f"{path}: line {number}: has neither a value nor an error")
        results[found.id] = _result(found)
    return run, results


def check(path: Path, found: Run, wanted: Run) -> None:
    """Refuse scores of another run: EvaluationError names what differs."""
    differs = [name for name in Run.__struct_fields__ if getattr(found, name) != getattr(wanted, name)]
    if differs:
        names = ", ".join(differs)
        raise EvaluationError(f"{path}: holds scores of another run ({names} differ); name another file")


@contextmanager
def adding(path: Path, run: Run) -> Iterator[IO[str]]:
    """Open a file of raw scores to add lines; a new one gets its first line, a broken last line is cut off."""
    if path.exists() and not path.is_file():
        raise OSError(None, "is not an ordinary file; name one to write to", str(path))
    with path.open("ab+") as file:
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
    with path.open("a", encoding="utf-8", newline="\n") as out:
        if out.tell() == 0:
            out.write(msgspec.json.encode(_Head(run)).decode() + "\n")
        yield out


def _result(line: _Line) -> Result:
    """Return the result as it was; no step of a benchmark is joined, so steps count one by one."""
    steps = None
    if line.steps is not None:
        found = enumerate(line.steps)
        steps = tuple(StepScore(text=one.text, score=one.score, first=n, last=n) for n, one in found)
    return Result(id=line.id, value=line.value, steps=steps, dimensions=line.dimensions, error=line.error)
